import Foundation
import Issuance
import PKIX
import SMIMETestSupport
import Testing

/// `smime crl` and `smime ocsp`, as typed.
@Suite struct RevocationTests {
  private static let at = ["--at", "2026-09-21T14:13:20Z"]

  /// Prints with --json, and holds it against the schema.
  private func report(
    _ schema: String, _ shell: Shell, _ arguments: [String], expect status: Int32 = 0
  ) throws -> [String: Any] {
    let output = try shell.smime(arguments + ["--json"], expect: status).output
    let printed = try JSONSerialization.jsonObject(with: Data(output.utf8))
    let faults = try Schema(named: schema).faults(in: printed)
    #expect(faults.isEmpty, "\(arguments): \(faults)")
    return printed as? [String: Any] ?? [:]
  }

  @Test func `A list is shown in a few lines, and one entry when it is asked for`() async throws {
    let shell = try Shell()
    let pki = try await TestPKI()
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let list = try await pki.revocationList(revoking: [alice], number: 18, reason: .superseded)
    try shell.write(list.pem + (try await pki.rootRevocationList()).pem, to: "lists.pem")
    try shell.write(Data(list.derBytes), to: "list.crl")
    let shown = try shell.smime("crl", "show", "lists.pem").output
    for line in ["issuer: CN=Test Issuing", "number: 12", "entries: 1", "issuer: CN=Test Root", "entries: 0"] {
      #expect(shown.contains(line), "\(shown)")
    }
    #expect(!shown.contains(alice.certificate.serialNumber.description))
    let serial = alice.certificate.serialNumber.description
    let one = try shell.smime("crl", "show", "list.crl", "--serial", serial).output
    #expect(one.contains("listed: yes") && one.contains("reason: superseded"))
    let none = try report(
      "crl", shell, ["crl", "show", "list.crl", "--serial", bob.certificate.serialNumber.description])
    let lists = try #require(none["lists"] as? [[String: Any]])
    #expect(lists.first?["listed"] as? Bool == false && (lists.first?["revoked"] as? [Any])?.isEmpty == true)
    let all = try report("crl", shell, ["crl", "show", "lists.pem", "--entries"])
    let revoked = (all["lists"] as? [[String: Any]])?.compactMap { $0["revoked"] as? [[String: Any]] }
    #expect(revoked?.map(\.count) == [1, 0])
    #expect(revoked?.first?.first?["serial"] as? String == serial)
    _ = try report("crl", shell, ["crl", "show", "lists.pem"])
    try shell.smime("crl", "show", "list.crl", "--serial", "xyz", expect: 64)
    try shell.smime("crl", "show", "nowhere.crl", expect: 66)
    try shell.write("not a list", to: "bad.crl")
    try shell.smime("crl", "show", "bad.crl", expect: 65)
  }

  /// A list of more than a mebibyte is looked up by an index, which the command leaves beside it.
  @Test func `A large list is indexed where it lies, and read as a whole where that cannot be`() async throws {
    let shell = try Shell()
    let pki = try await TestPKI()
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let others = try (0..<36_000).map { number in
      try RevokedEntry(
        serialNumber: SerialNumber([0x11] + (0..<12).map { UInt8(truncatingIfNeeded: number >> $0) }),
        date: TestPKI.now.addingTimeInterval(-86_400), reason: .unspecified)
    }
    func write(_ revoked: Certificate, number: Int, to name: String) async throws {
      let entry = try RevokedEntry(
        serialNumber: revoked.serialNumber, date: TestPKI.now.addingTimeInterval(-7_200), reason: .keyCompromise)
      let list = try await RevocationListTemplate(
        number: number, thisUpdate: TestPKI.now.addingTimeInterval(-3_600),
        nextUpdate: TestPKI.now.addingTimeInterval(86_400), entries: others + [entry]
      ).signed(by: pki.issuing)
      #expect(list.derBytes.count > 1 << 20)
      try shell.write(Data(list.derBytes), to: name)
    }
    for (name, identity) in [("alice", alice), ("bob", bob)] { try shell.write(identity.certificate.pem, to: name) }
    try shell.write(pki.issuing.certificate.pem, to: "anchor.pem")
    func expectRevoked(_ revoked: String, not good: String, _ list: String) throws {
      let judge = ["cert", "validate", "--anchor", "anchor.pem", "--revocation", "hard", "--crl", list] + Self.at
      #expect(try shell.smime(judge + [revoked], expect: 1).output.contains("keyCompromise"))
      try shell.smime(judge + [good])
    }

    try await write(alice.certificate, number: 1, to: "list.crl")
    try expectRevoked("alice", not: "bob", "list.crl")
    #expect(try shell.permissions("list.crl.index") == 0o600)
    let index = try shell.data("list.crl.index")
    let serial = alice.certificate.serialNumber.description
    let shown = try report("crl", shell, ["crl", "show", "list.crl", "--serial", serial])
    let list = try #require((shown["lists"] as? [[String: Any]])?.first)
    #expect(list["listed"] as? Bool == true && list["entries"] as? Int == 36_001 && list["number"] as? String == "01")
    #expect((list["revoked"] as? [[String: Any]])?.first?["reason"] as? String == "keyCompromise")
    #expect(try shell.data("list.crl.index") == index)
    #expect(try shell.smime("crl", "show", "list.crl", "--entries").output.contains(serial))

    // The next list has the old one's name.
    try await write(bob.certificate, number: 2, to: "list.crl")
    try expectRevoked("bob", not: "alice", "list.crl")
    #expect(try shell.data("list.crl.index") != index)

    // Where there is no place for an index the answers are the same.
    try await write(alice.certificate, number: 3, to: "other.crl")
    try FileManager.default.createDirectory(at: shell.url("other.crl.index"), withIntermediateDirectories: false)
    try expectRevoked("alice", not: "bob", "other.crl")
    let again = try shell.smime("crl", "show", "other.crl", "--serial", serial).output
    #expect(again.contains("listed: yes") && again.contains("entries: 36001"))

    // And in the store's folder.
    try await write(alice.certificate, number: 4, to: "kept.crl")
    let copied = try shell.script("mkdir -p \"$SMIME_HOME/crls\"; cp kept.crl \"$SMIME_HOME/crls/\"")
    #expect(copied.status == 0, "\(copied.errors)")
    let judge = ["cert", "validate", "--anchor", "anchor.pem", "--revocation", "hard"] + Self.at
    try shell.smime(judge + ["alice"], expect: 1)
    try shell.smime(judge + ["bob"])
    #expect(try shell.script("ls \"$SMIME_HOME/crls\"").output.contains("kept.crl.index"))
  }

  @Test func `Lists are fetched by what a certificate names, and by URL`() async throws {
    let scene = try await OnlineTests.Scene()
    try await scene.serveList(revoking: [scene.alice])
    let shell = scene.shell
    let fetched = try shell.smime("crl", "fetch", "alice.pem", "--allow-private", "--out", "fetched.pem")
    #expect(fetched.errors.contains("\(scene.server.url("/crl")): CN=Test Issuing, of 2026-09-21T13:13:20Z"))
    #expect(fetched.output.isEmpty && scene.asked == ["crl"])
    let validation = try shell.smime(
      ["cert", "validate", "alice.pem", "--anchor", "issuing.pem", "--crl", "fetched.pem"] + Self.at, expect: 1)
    #expect(validation.output.contains("revoked on"))
    try shell.smime("crl", "fetch", scene.server.url("/crl"), "--allow-private", "--der", "--out", "fetched.crl")
    #expect(try shell.smime("crl", "show", "fetched.crl").output.contains("entries: 1"))
    // What is there stays, and is not asked for in vain.
    try shell.smime("crl", "fetch", "alice.pem", "--allow-private", "--out", "fetched.pem", expect: 73)
    #expect(scene.asked == ["crl", "crl"])
    try shell.smime("crl", "fetch", "alice.pem", "--out", "refused.pem", expect: 69)
    scene.serve("crl", .http(404))
    let missing = try shell.smime("crl", "fetch", "alice.pem", "--allow-private", "--out", "none.pem", expect: 69)
    #expect(missing.errors.contains("it answers 404"))
    #expect(!shell.exists("none.pem") && !shell.exists("refused.pem"))
    try shell.smime("crl", "fetch", "root.pem", "--allow-private", expect: 66)
  }

  @Test func `Fetched lists are kept with the store, each in the place of the one before it`() async throws {
    let scene = try await OnlineTests.Scene()
    let shell = scene.shell
    func serve(_ list: CertificateRevocationList, spoilt: Bool = false) {
      var bytes = Array(list.derBytes)
      // The signature's last octet.
      if spoilt { bytes[bytes.count - 1] ^= 1 }
      scene.serve("crl", .http(200, ["Content-Type": "application/pkix-crl"], bytes))
    }
    func list(_ number: Int, revoking: [Identity] = []) async throws -> CertificateRevocationList {
      try await scene.pki.revocationList(revoking: revoking, number: number)
    }
    func kept() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: shell.url("home/crls").path).sorted()
    }
    let fetch = ["crl", "fetch", "alice.pem", "--allow-private", "--keep"]

    // A list of which nobody knows whether it is genuine could keep genuine ones away.
    serve(try await list(5))
    let unknown = try shell.smime(fetch, expect: 1)
    #expect(unknown.errors.contains("not kept: the certificate of CN=Test Issuing is not at hand"))
    #expect(!shell.exists("home/crls"))
    try shell.smime("cert", "import", "issuing.pem")
    let first = try shell.smime(fetch)
    let name = try #require(try kept().first)
    #expect(try kept().count == 1 && name.hasPrefix("test_issuing-") && name.hasSuffix(".crl"), "\(name)")
    #expect(first.output.isEmpty && first.errors.contains("kept as \(shell.folder.path)/home/crls/\(name)"))
    #expect(try shell.permissions("home/crls/\(name)") == 0o600)
    try scene.verify("--revocation", "hard", expect: 0)

    // The next list takes its place, and an older one does not: 9 comes before 18, whatever their digits.
    let revoking = try await list(18, revoking: [scene.alice])
    serve(revoking)
    try shell.smime(fetch)
    #expect(try shell.data("home/crls/\(name)") == Data(revoking.derBytes))
    #expect(try shell.smime(fetch).errors.contains("\(name) is that list already"))
    serve(try await list(9))
    let older = try shell.smime(fetch + ["--out", "older.pem"])
    #expect(older.errors.contains("\(name) stays: it is newer"), "\(older.errors)")
    #expect(try shell.text("older.pem").contains("BEGIN X509 CRL"))
    #expect(try kept() == [name] && shell.data("home/crls/\(name)") == Data(revoking.derBytes))
    #expect(try scene.verify(expect: 1).output.contains("signature: revoked"))

    // No list is kept that the issuer did not sign.
    serve(try await list(33), spoilt: true)
    #expect(try shell.smime(fetch, expect: 1).errors.contains("warning: not kept: the list of CN=Test Issuing"))
    #expect(try shell.data("home/crls/\(name)") == Data(revoking.derBytes))
    serve(try await list(34, revoking: [scene.alice]))
    try shell.smime(fetch)
    #expect(try shell.data("home/crls/\(name)") != Data(revoking.derBytes))

    // What is no list gives way; another issuer's list does not come into its place, even under the same name.
    try shell.write("junk", to: "home/crls/\(name)")
    try shell.smime(fetch)
    #expect(try shell.smime("crl", "show", "home/crls/\(name)").output.contains("number: 22"))
    for other in [try await TestPKI(), try await TestPKI(name: "Other")] {
      serve(try await other.revocationList(number: 100))
      try shell.write(other.issuing.certificate.pem, to: "other.pem")
      try shell.smime("cert", "import", "other.pem")
      try shell.smime("crl", "fetch", scene.server.url("/crl"), "--allow-private", "--keep")
    }
    #expect(try kept().count == 3 && kept().filter { $0.hasPrefix("other_issuing-") }.count == 1)
    #expect(try shell.smime("crl", "show", "home/crls/\(name)").output.contains("number: 22"))
    try shell.smime(fetch + ["--der"], expect: 64)
  }

  @Test func `A responder is asked, its answer kept and judged again`() async throws {
    let scene = try await OnlineTests.Scene()
    try await scene.serveOCSP()
    let shell = scene.shell
    let issuer = ["--issuer", "issuing.pem"]
    let asked = try shell.smime(
      ["ocsp", "alice.pem", "--allow-private", "--no-nonce", "--out", "answer.der"] + issuer + Self.at)
    let line = "revocation: CN=alice@example.com: good, by \(scene.server.url("/ocsp")) (OCSP) of 2026-09-21T14:03:20Z"
    #expect(asked.output.contains(line), "\(asked.output)")
    let nonce = try shell.smime(["ocsp", "alice.pem", "--allow-private"] + issuer + Self.at)
    #expect(nonce.output.contains("without the nonce that was sent"))
    #expect(scene.asked == ["ocsp", "ocsp"])
    _ = try report("ocsp", shell, ["ocsp", "alice.pem", "--response", "answer.der"] + issuer + Self.at)
    #expect(scene.asked.count == 2, "nobody is asked about an answer that is at hand")
    // Too early for it, somebody else's, and no answer at all.
    let early = try shell.smime(
      ["ocsp", "alice.pem", "--response", "answer.der", "--at", "2026-09-20T14:13:20Z"] + issuer, expect: 1)
    #expect(early.output.contains("it is not valid before"))
    let bob = try await scene.pki.mailbox("bob@example.com")
    try shell.write(bob.certificate.pem + scene.pki.issuing.certificate.pem, to: "bob.pem")
    let other = try shell.smime(["ocsp", "bob.pem", "--response", "answer.der"] + Self.at, expect: 1)
    #expect(other.output.contains("it answers for another certificate"))
    let unnamed = try shell.smime(["ocsp", "bob.pem"] + Self.at, expect: 66)
    #expect(unnamed.errors.contains("no responder is named"))
    try shell.smime(["ocsp", "alice.pem", "--issuer", "root.pem"] + Self.at, expect: 66)
    try shell.smime(["ocsp", "alice.pem", "--response", "answer.der", "--no-nonce"] + issuer, expect: 64)
    scene.serve("ocsp", .http(503))
    let silent = try report("ocsp", shell, ["ocsp", "alice.pem", "--allow-private"] + issuer + Self.at, expect: 69)
    #expect((silent["revocation"] as? [[String: Any]])?.first?["status"] as? String == "unknown")
    try await scene.serveOCSP(
      .revoked(RevokedCertificate(date: TestPKI.now.addingTimeInterval(-60), reason: .keyCompromise)))
    let revoked = try shell.smime(["ocsp", "alice.pem", "--allow-private"] + issuer + Self.at, expect: 1)
    #expect(revoked.output.contains("(keyCompromise)"))
  }
}
