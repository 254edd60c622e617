import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// `smime cert find`, as a user types it.
@Suite struct CertificateFindingTests {
  private struct Scene {
    let shell: Shell
    let pki: TestPKI
    let at = ["--at", "2026-09-21T14:13:20Z", "--anchor", "root.pem", "--intermediate", "issuing.pem"]
    static let online = ["--online", "--allow-private"]

    init() async throws {
      shell = try Shell()
      pki = try await TestPKI()
      try shell.write(pki.root.certificate.pem, to: "root.pem")
      try shell.write(pki.issuing.certificate.pem, to: "issuing.pem")
    }

    /// Brings the certificate into the store, without a word on whose it is.
    func know(_ certificate: Certificate, _ name: String) throws {
      try shell.write(certificate.pem, to: "\(name).pem")
      try shell.smime("cert", "import", "\(name).pem")
    }

    func store(_ certificate: Certificate) throws -> ScriptedServer {
      let bytes = Array(certificate.derBytes)
      return try ScriptedServer { request in
        request.path == "/s?email=bob%40example.com"
          ? .http(200, ["Content-Type": "application/pkix-cert"], bytes) : .http(404)
      }
    }
  }

  @Test func `The store is looked in first, and nobody is asked unless that is wanted`() async throws {
    let scene = try await Scene()
    let none = try scene.shell.smime(["cert", "find", "bob@example.com"], expect: 1)
    #expect(none.output == "no certificate of bob@example.com was found\n" && none.errors.contains("hint: "))
    let bob = try await scene.pki.mailbox("bob@example.com").certificate
    try scene.know(bob, "bob")
    let found = try scene.shell.smime(["cert", "find", "bob@example.com", "--out", "found.pem"] + scene.at)
    #expect(found.output.hasPrefix("usable: CN=bob@example.com, until "))
    #expect(found.output.contains("\n  found: the store\n"))
    #expect(found.output.contains("\n  path: CN=bob@example.com < CN=Test Issuing < CN=Test Root\n"))
    #expect(try scene.shell.text("found.pem") == bob.pem)
    let refused = try scene.shell.smime(["cert", "find", "bob@example.com", "--out", "x.pem"], expect: 1)
    #expect(refused.output.hasPrefix("not usable: ") && refused.output.contains("\n  path: "))
    #expect(!scene.shell.exists("x.pem"))
  }

  @Test func `What the user pinned is usable without a path, unless it is revoked or expired`() throws {
    let shell = try Cast.copy()
    let find = ["cert", "find", "bob@example.com"]
    try shell.smime("cert", "import", "bob.pem")
    #expect(try shell.smime(find, expect: 1).output.hasPrefix("not usable: "))
    try shell.smime("cert", "import", "--pin", "bob.pem")
    let found = try shell.smime(find + ["--out", "found.pem"])
    #expect(found.output.hasPrefix("usable: ") && found.output.contains("\n  trusted: you pinned it\n"))
    #expect(try shell.text("bob.pem").hasPrefix(shell.text("found.pem")))
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob@example.com", "--out", "to.eml")
    func report(_ options: [String] = [], expect status: Int32 = 0) throws -> [String: Any] {
      let output = try shell.smime(find + ["--json"] + options, expect: status).output
      let printed = try JSONSerialization.jsonObject(with: Data(output.utf8))
      let faults = try Schema(named: "find").faults(in: printed)
      #expect(faults.isEmpty, "\(faults)")
      let certificates = (printed as? [String: Any])?["certificates"] as? [[String: Any]] ?? []
      #expect(certificates.count == 1)
      return certificates.first ?? [:]
    }
    func failures(_ report: [String: Any]) -> [String] {
      (report["failures"] as? [[String: Any]])?.compactMap { $0["check"] as? String } ?? []
    }
    let pinned = try report()
    #expect(pinned["trust"] as? String == "pinned" && pinned["usable"] as? Bool == true && failures(pinned).isEmpty)
    // Where there is a path, it is told too.
    let path = try report(["--anchor", "ca/root.pem", "--intermediate", "ca/issuing.pem"])
    #expect(path["trust"] as? String == "pinned" && (path["path"] as? [Any])?.count == 3)
    let late = try report(["--at", "2099-01-01T00:00:00Z"], expect: 1)
    #expect(late["usable"] as? Bool == false && failures(late) == ["expired"])

    try shell.smime("cert", "import", "ca/issuing.pem")
    try shell.smime("ca", "revoke", "bob@example.com", "--ca", "ca")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "list.pem"] + Cast.password)
    #expect(try shell.script("mkdir home/crls; cp list.pem home/crls/").status == 0)
    let revoked = try report(expect: 1)
    #expect(revoked["usable"] as? Bool == false && failures(revoked).contains("revoked"))
    #expect(try shell.smime(find, expect: 1).output.contains("\n  revoked: "))
  }

  @Test func `What a certificate store has is judged, and told with where it was`() async throws {
    let scene = try await Scene()
    let bob = try await scene.pki.mailbox("bob@example.com").certificate
    let server = try scene.store(bob)
    let place = ["--certstore", server.url("/s")]
    let found = try scene.shell.smime(["cert", "find", "bob@example.com"] + scene.at + Scene.online + place)
    #expect(found.output.contains("\n  found: \(server.url("/s"))\n"))
    #expect(found.output.contains("\nasked: \(server.url("/s")): 1 certificate\n"))
    let other = try scene.shell.smime(
      ["cert", "find", "eve@example.com"] + scene.at + Scene.online + place, expect: 1)
    #expect(other.output.contains("asked: \(server.url("/s")): it answers 404"))
    let refused = try scene.shell.smime(
      ["cert", "find", "bob@example.com", "--online"] + scene.at + place, expect: 69)
    #expect(refused.output.contains("127.0.0.1 is at 127.0.0.1, which is not asked: it is private"))
    #expect(server.requests.count == 2)
  }

  @Test func `Where no place answers the exit says so`() async throws {
    let scene = try await Scene()
    let closed = "http://127.0.0.1:\(try Shell.freePort())/s"
    let question = ["cert", "find", "bob@example.com", "--certstore", closed] + Scene.online + scene.at
    let silent = try scene.shell.smime(question, expect: 69)
    #expect(silent.output.contains("asked: \(closed): the connection was refused"))
    // What the store has is still of use.
    try scene.know(try await scene.pki.mailbox("bob@example.com").certificate, "bob")
    try scene.shell.smime(question, expect: 0)
  }

  @Test func `The JSON keeps its schema`() async throws {
    let scene = try await Scene()
    let server = try scene.store(try await scene.pki.mailbox("bob@example.com").certificate)
    try scene.know(try await TestPKI(name: "Other").mailbox("bob@example.com").certificate, "stranger")
    let closed = "http://127.0.0.1:\(try Shell.freePort())/s"
    let missing = server.url("/other")
    for (address, status) in [("bob@example.com", Int32(0)), ("eve@example.com", 1)] {
      let result = try scene.shell.smime(
        [
          "cert", "find", address, "--json", "--certstore", server.url("/s"), "--certstore", closed, "--certstore",
          missing,
        ]
          + Scene.online + scene.at, expect: status)
      let printed = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
      let faults = try Schema(named: "find").faults(in: printed)
      #expect(faults.isEmpty, "\(faults)")
      let report = printed as? [String: Any]
      let states = (report?["places"] as? [[String: Any]])?.compactMap { $0["state"] as? String }
      #expect(states == [status == 0 ? "found" : "nothing", "failed", "nothing"])
      let usable = (report?["certificates"] as? [[String: Any]])?.compactMap { $0["usable"] as? Bool }
      #expect(usable == (status == 0 ? [true, false] : []))
    }
  }

  @Test(arguments: [
    ["nobody"], ["bob@example.com", "--smimea"], ["bob@example.com", "--ldap", "ldap://h/"],
    ["bob@example.com", "--online", "--ldap", "http://h/"], ["bob@example.com", "--online", "--ldap", "ldap:///x"],
    ["bob@example.com", "--online", "--certstore", "ldap://h/"],
    ["bob@example.com", "--online", "--name-server", "::1"],
  ]) func `What makes no sense is refused`(arguments: [String]) throws {
    try Shell().smime(["cert", "find"] + arguments, expect: 64)
  }

  // MARK: show and lint

  @Test func `Certificates are shown, and their faults found`() async throws {
    let scene = try await Scene()
    let bob = try await scene.pki.mailbox("bob@example.com").certificate
    try scene.shell.write(bob.pem + scene.pki.issuing.certificate.pem, to: "chain.pem")
    let shown = try scene.shell.smime("cert", "show", "chain.pem")
    #expect(shown.output.hasPrefix("certificate:\n  subject: CN=bob@example.com\n"))
    #expect(shown.output.contains("subject: CN=Test Issuing\n"))
    try scene.shell.smime("cert", "show", "nowhere.pem", expect: 66)
    let clean = try scene.shell.smime("cert", "lint", "chain.pem")
    #expect(clean.output == "nothing was found\n")
    let poor = try scene.shell.poorCertificate()
    let faults = try scene.shell.smime(["cert", "lint", poor], expect: 1)
    #expect(faults.output.contains("(RFC 5280 §4.1.2.2)") || faults.output.contains("(BR 6.3.2)"))
    #expect(faults.output.contains("(BR 7.1.4.2.1)"))
    let missing = try scene.shell.smime("cert", "lint", "chain.pem", "--issuer", "root.pem", expect: 66)
    #expect(missing.errors.contains("CN=Test Issuing is not in root.pem"))
    for (schema, command) in [
      ("lint", ["lint", "chain.pem"]), ("lint", ["lint", poor]), ("show", ["show", "chain.pem"]),
      ("error", ["lint", "nowhere"]),
    ] {
      let result = try scene.shell.smime(["cert"] + command + ["--json"], expect: nil)
      let found = try Schema(named: schema).faults(in: try JSONSerialization.jsonObject(with: Data(result.output.utf8)))
      #expect(found.isEmpty, "\(command): \(found)")
    }
  }
}

extension Shell {
  /// A certificate that breaks rules: no address, too long, a short serial number.
  fileprivate func poorCertificate() throws -> String {
    let key = try PrivateKey(generate: .ec(.p256))
    let name = DistinguishedName(commonName: "Poor")
    let algorithm = key.publicKey.defaultSignatureAlgorithm
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        der.context(0) { $0.int(2) }
        der.int(7)
        algorithm.identifier.write(to: &der)
        der.raw(name.encoded)
        der.sequence { der in
          der.time(TestPKI.now)
          der.time(TestPKI.now.addingTimeInterval(1_000 * 86_400))
        }
        der.raw(name.encoded)
        der.raw(key.publicKey.spki)
      }
    }
    let signature = try key.sign(.message(tbs[...]), algorithm)
    let encoded = DERWriter.encode { der in
      der.sequence { der in
        der.raw(tbs)
        algorithm.identifier.write(to: &der)
        der.bits(signature)
      }
    }
    try write(Data(encoded), to: "poor.der")
    return "poor.der"
  }
}
