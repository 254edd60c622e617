import CMS
import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

/// Reading with the network: a server on the loopback is the authority's, and counts what it is asked.
@Suite struct OnlineTests {
  /// An authority whose responder and lists are here, and a mail that Alice signed.
  struct Scene: Sendable {
    let shell: Shell
    let server: ScriptedServer
    let pki: TestPKI
    let alice: Identity
    private let replies: Replies

    /// What is served under each path's first segment.
    private final class Replies: Sendable {
      let values = Mutex<[String: ScriptedServer.Reply]>([:])

      subscript(path: String) -> ScriptedServer.Reply {
        let name = path.split(separator: "/").first.map(String.init) ?? ""
        return values.withLock { $0[name] } ?? .http(404)
      }
    }

    init(from: String = "alice@example.com", more: String = "") async throws {
      shell = try Shell()
      let replies = Replies()
      self.replies = replies
      let server = try ScriptedServer { replies[$0.path] }
      self.server = server
      pki = try await TestPKI()
      alice = try await pki.mailbox("alice@example.com") { template in
        template.extensions += [
          .crlDistributionPoints(uris: [server.url("/crl")]),
          .authorityInformationAccess(ocsp: [server.url("/ocsp")], caIssuers: [server.url("/ca")]),
        ]
      }
      try shell.write(pki.root.certificate.pem, to: "root.pem")
      try shell.write(pki.issuing.certificate.pem, to: "issuing.pem")
      try shell.write(alice.certificate.pem, to: "alice.pem")
      let file = try PKCS12.write(alice, friendlyName: "alice", password: Password("open sesame"), profile: .compat)
      try shell.write(Data(file), to: "alice.p12")
      try shell.write(
        "From: \(from)\r\n\(more)To: bob@example.com\r\nSubject: Tea\r\n\r\nTea on Thursday.\r\n", to: "mail.eml")
      try shell.smime(["sign", "mail.eml", "--identity", "alice.p12", "--out", "signed.eml"] + Cast.password)
    }

    func serve(_ name: String, _ reply: ScriptedServer.Reply) { replies.values.withLock { $0[name] = reply } }

    func serveOCSP(_ status: CertificateStatus = .good, control: String? = nil) async throws {
      // Right at the time that is asked about, and in any year that the tests are run in.
      let answer = try pki.answer(on: alice.certificate, status, nextUpdate: Date(timeIntervalSince1970: 4_000_000_000))
      let bytes = try await OCSPResponseTemplate([answer], producedAt: TestPKI.now).signed(by: pki.issuing)
      var headers = ["Content-Type": "application/ocsp-response"]
      headers["Cache-Control"] = control
      serve("ocsp", .http(200, headers, bytes))
    }

    func serveList(revoking: [Identity] = []) async throws {
      let list = try await pki.revocationList(revoking: revoking)
      serve("crl", .http(200, ["Content-Type": "application/pkix-crl"], Array(list.derBytes)))
    }

    /// Judges at ``TestPKI/now``; the issuing authority is trusted, so that only Alice's certificate is asked about.
    @discardableResult
    func verify(
      _ options: String..., file: String = "signed.eml", expect status: Int32,
      _ location: SourceLocation = #_sourceLocation
    ) throws -> Shell.Result {
      try shell.smime(
        ["verify", file, "--anchor", "issuing.pem", "--at", "2026-09-21T14:13:20Z"] + options, expect: status, location)
    }

    /// The first segments of the paths that were asked for.
    var asked: [String] {
      server.requests.map { $0.path.split(separator: "/").first.map(String.init) ?? "" }
    }
  }

  private let online = ["--online", "--allow-private"]

  @Test func `Who was asked, what was answered and how old it is are told`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP()
    let result = try scene.verify("--online", "--allow-private", "--revocation", "hard", expect: 0)
    let line =
      "revocation: CN=alice@example.com: good, by \(scene.server.url("/ocsp")) (OCSP) of 2026-09-21T14:03:20Z, 600 s old"
    #expect(result.output.contains(line), "\(result.output)")
    #expect(result.errors.isEmpty)
    #expect(scene.asked == ["ocsp"])
  }

  @Test func `Nothing is asked unless it is wanted`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP()
    let result = try scene.verify(expect: 0)
    #expect(result.output.contains("nothing says whether it is revoked"))
    #expect(!scene.shell.exists("home/cache"))
    let refused = try scene.verify("--online", expect: 0)
    #expect(refused.output.contains("127.0.0.1 is at 127.0.0.1, which is not asked"))
    try scene.verify("--online", "--allow-private", "--revocation", "off", expect: 0)
    #expect(scene.asked.isEmpty)
  }

  @Test func `A revoked certificate is refused, by OCSP and by the list`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP(
      .revoked(RevokedCertificate(date: TestPKI.now.addingTimeInterval(-60), reason: .superseded)))
    try await scene.serveList(revoking: [scene.alice])
    let byOCSP = try scene.verify("--online", "--allow-private", expect: 1)
    #expect(byOCSP.output.contains("signature: revoked"))
    #expect(
      byOCSP.output.contains("revoked on 2026-09-21T14:12:20Z (superseded), by \(scene.server.url("/ocsp")) (OCSP)"))
    #expect(scene.asked == ["ocsp"])
    let byList = try scene.verify("--online", "--allow-private", "--no-ocsp", expect: 1)
    #expect(byList.output.contains("(keyCompromise), by \(scene.server.url("/crl")) (CRL)"))
    #expect(scene.asked == ["ocsp", "crl"])
  }

  @Test func `What was revoked once stays so, whoever can be asked`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP(
      .revoked(RevokedCertificate(date: TestPKI.now.addingTimeInterval(-60), reason: .superseded)))
    try scene.verify("--online", "--allow-private", expect: 1)
    let offline = try scene.verify(expect: 1)
    #expect(offline.output.contains("signature: revoked") && offline.output.contains("(superseded)"))
    #expect(offline.output.contains("from the cache"), "\(offline.output)")
    // The responder is gone, and the list says nothing.
    scene.serve("ocsp", .http(503))
    try await scene.serveList()
    try scene.verify("--online", "--allow-private", expect: 1)
    #expect(scene.asked == ["ocsp"])
    // Who names lists is answered by those.
    try scene.shell.write(Data(try await scene.pki.revocationList().derBytes), to: "list.crl")
    try scene.verify("--crl", "list.crl", expect: 0)
    try scene.verify("--revocation", "off", expect: 0)
  }

  @Test func `What was had from the network is heard without it`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP()
    try scene.verify("--revocation", "hard", expect: 1)
    try scene.verify("--online", "--allow-private", "--revocation", "hard", expect: 0)
    let offline = try scene.verify("--revocation", "hard", expect: 0)
    #expect(offline.output.contains("from the cache"), "\(offline.output)")
    #expect(scene.asked == ["ocsp"])
  }

  @Test func `Where nobody knows, soft passes and says so, and hard does not pass`() async throws {
    let scene = try await Scene()
    scene.serve("ocsp", .http(503))
    let soft = try scene.verify("--online", "--allow-private", expect: 0)
    #expect(soft.output.contains("revocation: CN=alice@example.com: unknown"))
    #expect(soft.output.contains("asked: \(scene.server.url("/ocsp")) (OCSP): it answers 503"))
    #expect(soft.output.contains("asked: \(scene.server.url("/crl")) (CRL): it answers 404"))
    let hard = try scene.verify("--online", "--allow-private", "--revocation", "hard", expect: 1)
    #expect(hard.output.contains("signature: revocationUnknown"))
    #expect(scene.asked == ["ocsp", "crl", "ocsp", "crl"])
    try await scene.serveList()
    try scene.verify("--online", "--allow-private", "--revocation", "hard", expect: 0)
  }

  @Test func `Nobody is asked about a signature that is wrong`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP()
    try scene.shell.write(try scene.shell.text("signed.eml").replacing("Thursday", with: "Friday"), to: "altered.eml")
    let result = try scene.verify("--online", "--allow-private", file: "altered.eml", expect: 1)
    #expect(result.output.contains("contentAltered"))
    #expect(scene.asked.isEmpty)
  }

  @Test func `Somebody is asked about the sender shown, and nobody about another signer`() async throws {
    let stranger = try await Scene(from: "mallory@example.net")
    try await stranger.serveOCSP()
    let result = try stranger.verify("--online", "--allow-private", expect: 1)
    #expect(result.output.contains("signature: signerMismatch"))
    #expect(stranger.asked.isEmpty)
    let secretary = try await Scene(from: "boss@example.com", more: "Sender: alice@example.com\r\n")
    try await secretary.serveOCSP()
    let onBehalf = try secretary.verify("--online", "--allow-private", expect: 1)
    #expect(onBehalf.output.contains("signature: verifiedOnBehalf"))
    #expect(secretary.asked == ["ocsp"])
  }

  @Test func `With a nonce each question is new`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP(control: "max-age=600")
    for _ in 1...2 { try scene.verify("--online", "--allow-private", "--ocsp-nonce", expect: 0) }
    let nonces = try scene.server.requests.map { try OCSPRequest(der: $0.body[...]).nonce.map(Array.init) }
    #expect(scene.server.requests.map(\.method) == ["POST", "POST"])
    #expect(nonces.allSatisfy { $0?.count == 32 } && nonces[0] != nonces[1])
  }

  @Test func `What is fresh is not asked for again; what HTTP wants asked is, and a revocation is seen at once`()
    async throws
  {
    let scene = try await Scene()
    try await scene.serveOCSP(control: "max-age=600")
    try scene.verify("--online", "--allow-private", expect: 0)
    let again = try scene.verify("--online", "--allow-private", expect: 0)
    #expect(again.output.contains("600 s old, from the cache"))
    #expect(scene.asked == ["ocsp"])
    #expect(try scene.shell.permissions("home/cache") == 0o700)
    let careful = try await Scene()
    try await careful.serveOCSP(control: "max-age=0, must-revalidate")
    try careful.verify("--online", "--allow-private", expect: 0)
    try await careful.serveOCSP(
      .revoked(RevokedCertificate(date: TestPKI.now, reason: .keyCompromise)), control: "max-age=0, must-revalidate")
    try careful.verify("--online", "--allow-private", expect: 1)
  }

  @Test func `A certificate is validated, and its issuer found where it says`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP()
    scene.serve(
      "ca", .http(200, ["Content-Type": "application/pkix-cert"], Array(scene.pki.issuing.certificate.derBytes)))
    let question = ["cert", "validate", "alice.pem", "--anchor", "root.pem", "--at", "2026-09-21T14:13:20Z"]
    let offline = try scene.shell.smime(question, expect: 1)
    #expect(offline.output.hasPrefix("not valid: CN=alice@example.com\n"))
    #expect(offline.output.contains("path: the certificate of the issuer CN=Test Issuing is not known"))
    let found = try scene.shell.smime(question + online, expect: 0)
    #expect(
      found.output.hasPrefix(
        "valid: CN=alice@example.com\npath: CN=alice@example.com < CN=Test Issuing < CN=Test Root\n"))
    #expect(found.output.contains("revocation: CN=alice@example.com: good, by"))
    #expect(scene.asked == ["ca", "ocsp"])
    let hard = try scene.shell.smime(question + online + ["--revocation", "hard"], expect: 1)
    #expect(hard.output.contains("revocationUnknown: CN=Test Issuing"))
    try scene.shell.smime(question + ["--intermediate", "issuing.pem"], expect: 0)
    let expired = try scene.shell.smime(
      ["cert", "validate", "alice.pem", "--anchor", "issuing.pem", "--at", "2036-01-01T00:00:00Z"], expect: 1)
    #expect(expired.output.contains("expired: CN=alice@example.com"))
    // Whatever would be found makes nothing good of it.
    let before = scene.asked.count
    let late = try scene.shell.smime(
      ["cert", "validate", "alice.pem", "--anchor", "root.pem", "--at", "2036-01-01T00:00:00Z"] + online, expect: 1)
    #expect(late.output.contains("expired: CN=alice@example.com") && scene.asked.count == before)
  }

  @Test func `The JSON of what was asked keeps its schema`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP(.revoked(RevokedCertificate(date: TestPKI.now, reason: .keyCompromise)))
    for (schema, command) in [
      ("verdict", ["verify", "signed.eml"]), ("validation", ["cert", "validate", "alice.pem"]),
    ] {
      for network in [online, online + ["--no-ocsp"]] {
        let options = ["--anchor", "issuing.pem", "--at", "2026-09-21T14:13:20Z", "--json"]
        let result = try scene.shell.smime(command + options + network, expect: nil)
        let printed = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        let faults = try Schema(named: schema).faults(in: printed)
        #expect(faults.isEmpty, "\(faults)")
        let report = printed as? [String: Any]
        let holder = schema == "verdict" ? (report?["signers"] as? [[String: Any]])?.first : report
        let inquiries = (holder?["revocation"] as? [[String: Any]])?.first?["inquiries"] as? [[String: Any]]
        let expected = network.contains("--no-ocsp") ? scene.server.url("/crl") : scene.server.url("/ocsp")
        #expect(inquiries?.first?["url"] as? String == expected)
      }
    }
  }

  @Test func `Another responder is asked where one is named`() async throws {
    let scene = try await Scene()
    try await scene.serveOCSP()
    let other = try ScriptedServer { _ in .http(503) }
    let refused = try scene.verify(
      "--online", "--allow-private", "--no-ocsp", "--ocsp-url", other.url(), expect: 64)
    #expect(refused.errors.contains("exclude each other"))
    try scene.verify(
      "--online", "--allow-private", "--ocsp-url", other.url(), "--ocsp-url", scene.server.url("/ocsp/2"), expect: 0)
    #expect(other.requests.count == 1 && scene.asked == ["ocsp"])
  }

  @Test(arguments: [
    ["--allow-private"], ["--ocsp-nonce"], ["--no-ocsp"], ["--online", "--ocsp-nonce", "--no-ocsp"],
    ["--ocsp-url", "http://h/"], ["--online", "--ocsp-url", "ldap://h/"],
  ]) func `Options that make no sense are refused`(options: [String]) throws {
    let shell = try Cast.shared.get().shell
    try shell.smime(["verify", "signed.eml"] + options, expect: 64)
  }

  @Test
  func `Without its network side the command says so; with a broken one it passes or fails as when nobody answers`()
    async throws
  {
    let scene = try await Scene()
    // Another process writes what is run: one that this process wrote may still be open in a child of it.
    _ = try scene.shell.script("cp '\(Shell.binary.path)' smime")
    let command = "PATH=/usr/bin:/bin ./smime verify signed.eml --anchor issuing.pem --at 2026-09-21T14:13:20Z"
    let missing = try scene.shell.script("\(command) --online")
    #expect(missing.status == 69)
    #expect(missing.errorLines == ["error: smime-net, which asks the network, is not installed"])
    #expect(missing.errors.contains("hint: "))
    #expect(try scene.shell.script(command).status == 0)
    for script in ["exit 3", "echo '{}'; cat >/dev/null", "head -c 100000 /dev/zero"] {
      _ = try scene.shell.script("printf '%s\\n' '#!/bin/sh' \"\(script)\" > smime-net && chmod 755 smime-net")
      let soft = try scene.shell.script("\(command) --online")
      #expect(soft.status == 0 && soft.output.contains("smime-net failed"), "\(script): \(soft.output)\(soft.errors)")
      #expect(try scene.shell.script("\(command) --online --revocation hard").status == 1)
    }
  }

  @Test func `The network side is not for people, and takes nothing but its protocol`() throws {
    let shell = try Shell()
    let program = Shell.binary.deletingLastPathComponent().appendingPathComponent("smime-net").path
    let help = try shell.run(program, ["--help"], input: Data())
    #expect(help.status == 0 && help.output.contains("not meant for people"))
    #expect(try shell.run(program, ["http://example.org/"], input: Data()).status == 64)
    let nothing = try shell.run(program, [], input: Data())
    #expect(nothing.status == 0 && nothing.output.isEmpty && nothing.errors.isEmpty)
    let noise = try shell.run(program, [], input: Data("GET / HTTP/1.1\r\n\r\n".utf8))
    #expect(noise.status == 65 && noise.errors.hasPrefix("smime-net: error: "))
  }
}
