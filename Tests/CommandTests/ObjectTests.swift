import Foundation
import SMIMETestSupport
import Testing

/// `smime cms` as a user types it: files and objects that are not mail.
@Suite struct ObjectTests {
  private static let trust = ["--anchor", "ca/root.pem"]
  private static let alice = ["--identity", "alice.p12"] + Cast.password

  private func document(_ count: Int = 200_000) throws -> Shell {
    let shell = try Cast.copy()
    try shell.write(Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }), to: "report.pdf")
    return shell
  }

  @Test func `A document is signed beside itself, and verified with it`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "--detached", "report.pdf", "--out", "report.p7s"] + Self.alice)
    let good = try shell.smime(["cms", "verify", "--content", "report.pdf", "report.p7s"] + Self.trust)
    #expect(good.output.hasPrefix("signature: verified") && good.output.contains("content: data, 200000 bytes beside"))
    try shell.write(Data("other".utf8), to: "other.pdf")
    let altered = try shell.smime(["cms", "verify", "--content", "other.pdf", "report.p7s"] + Self.trust, expect: 1)
    #expect(altered.output.hasPrefix("signature: contentAltered"))
    let missing = try shell.smime(["cms", "verify", "report.p7s"] + Self.trust, expect: 1)
    #expect(missing.errors.contains("--content FILE"))
  }

  @Test(arguments: [[], ["--pem"], ["--key-id", "--no-time"], ["--digest", "sha-384"]])
  func `What is inside an object comes out as it went in`(options: [String]) throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "report.pdf", "--out", "report.p7m"] + options + Self.alice)
    try shell.smime(["cms", "verify", "report.p7m", "--out", "back.pdf"] + Self.trust)
    #expect(try shell.data("back.pdf") == shell.data("report.pdf"))
  }

  @Test func `Several people sign one document, and one bad signature is enough`() throws {
    let shell = try document()
    try shell.smime(
      ["cms", "sign", "report.pdf", "--identity", "alice.p12", "--identity", "bob.p12", "--out", "two.p7m"]
        + Cast.password)
    let both = try shell.smime(["cms", "verify", "two.p7m"] + Self.trust)
    #expect(both.output.contains("signer: alice@example.org (verified)"))
    #expect(both.output.contains("signer: bob@example.com (verified)"))
    let shown = try shell.smime("cms", "show", "two.p7m").output
    #expect(shown.components(separatedBy: "signature: ECDSA with SHA-256").count == 3)
  }

  @Test func `Content that is not good is not given out`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "report.pdf", "--out", "report.p7m"] + Self.alice)
    var object = try shell.data("report.p7m")
    object[object.count / 2] ^= 1
    try shell.write(object, to: "changed.p7m")
    try shell.smime(["cms", "verify", "changed.p7m", "--out", "back.pdf"] + Self.trust, expect: 1)
    #expect(!shell.exists("back.pdf"))
    let stranger = try shell.smime("cms", "verify", "report.p7m", "--out", "back.pdf", expect: 1)
    #expect(stranger.output.hasPrefix("signature: untrusted"))
    #expect(!shell.exists("back.pdf"))
  }

  @Test func `Certificates travel in an object that nobody signed`() throws {
    let shell = try Cast.copy()
    try shell.smime("cms", "certificates", "alice.pem", "ca/root.pem", "--out", "people.p7c")
    #expect(try shell.smime("cms", "show", "people.p7c").output.contains("subject: CN=alice"))
    let verified = try shell.smime(["cms", "verify", "people.p7c"] + Self.trust, expect: 1)
    #expect(verified.output.hasPrefix("signature: unsigned"))
    try shell.smime("encrypt", "mail.eml", "--recipient", "people.p7c", "--out", "sealed2.eml")
  }

  @Test func `What is printed keeps its schema`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "--detached", "report.pdf", "--out", "report.p7s"] + Self.alice)
    for (schema, arguments) in [
      ("verdict", ["verify", "--content", "report.pdf", "report.p7s"] + Self.trust),
      ("verdict", ["verify", "report.p7s"] + Self.trust), ("show", ["show", "report.p7s"]),
      ("error", ["verify", "mail.eml"]), ("error", ["show", "alice.pem"]),
    ] {
      let result = try shell.smime(["cms"] + arguments + ["--json"], expect: nil)
      let printed = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
      let faults = try Schema(named: schema).faults(in: printed)
      #expect(faults.isEmpty, "\(arguments): \(faults)")
    }
  }

  @Test(arguments: [
    (["verify", "mail.eml"], 65, "is mail, not a CMS object"), (["verify", "nowhere"], 66, "nowhere"),
    (["verify", "alice.pem"], 65, "alice.pem"), (["show", "alice.p12"], 65, "alice.p12"),
    (["sign", "mail.eml", "--digest", "md5"], 64, "--digest"),
    (["verify", "--content", "mail.eml", "mail.eml", "--out", "x"], 64, "--out"),
    (["verify", "mail.eml", "--out", "-"], 64, "--out"),
  ]) func `Wrong use is told`(arguments: [String], status: Int32, words: String) throws {
    let result = try Cast.shared.get().shell.smime(["cms"] + arguments, expect: status)
    #expect(result.errorLines.count == 1 && result.errors.contains(words), "\(result.errors)")
  }

  // MARK: Adding to what is signed

  @Test func `A signature is added later, and never over other content`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "--detached", "report.pdf", "--out", "one.p7s"] + Self.alice)
    let bob = ["--identity", "bob.p12"] + Cast.password
    try shell.smime(["cms", "add", "--content", "report.pdf", "one.p7s", "--out", "two.p7s"] + bob)
    let both = try shell.smime(["cms", "verify", "--content", "report.pdf", "two.p7s"] + Self.trust).output
    #expect(both.contains("alice@example.org (verified)") && both.contains("bob@example.com (verified)"))
    try shell.write("other", to: "other.pdf")
    let refused = try shell.smime(
      ["cms", "add", "--content", "other.pdf", "one.p7s", "--out", "no.p7s"] + bob, expect: 1)
    #expect(refused.errors.contains("signed other content") && !shell.exists("no.p7s"))
  }

  @Test func `A countersignature is told under the signature that it is over`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "report.pdf", "--out", "one.p7m"] + Self.alice)
    try shell.smime(
      ["cms", "countersign", "one.p7m", "--identity", "bob.p12", "--out", "seen.p7m"] + Cast.password)
    let told = try shell.smime(["cms", "verify", "seen.p7m"] + Self.trust).output
    #expect(told.contains("  countersigned:\n    signer: bob@example.com (verified)"))
    #expect(try shell.smime("cms", "show", "seen.p7m").output.contains("countersigners:"))
  }

  @Test func `A time stamp is fetched in two steps, and counts once its authority is trusted`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "report.pdf", "--out", "one.p7m"] + Self.alice)
    try shell.smime("cms", "timestamp", "request", "one.p7m", "--out", "one.tsq")
    try Self.writeStampingConfiguration(shell)
    let answered = try shell.script(
      """
      echo 01 > serial
      openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out tsa.pem -subj /CN=TSA -days 2 -config ts.cnf
      openssl ts -reply -queryfile one.tsq -config ts.cnf -inkey k.pem -signer tsa.pem -out one.tsr
      """)
    #expect(answered.status == 0, "\(answered.errors)")
    let attach = ["cms", "timestamp", "attach", "one.p7m", "--request", "one.tsq", "--response", "one.tsr"]
    try shell.smime(attach + ["--out", "stamped.p7m"])
    let doubted = try shell.smime(["cms", "verify", "stamped.p7m"] + Self.trust).output
    #expect(doubted.contains("time stamp: proves nothing by CN=TSA"))
    let proven = try shell.smime(["cms", "verify", "stamped.p7m", "--anchor", "tsa.pem"] + Self.trust).output
    #expect(proven.contains("time stamp: 20") && !proven.contains("proves nothing"))
    // Another signature's request and answer.
    try shell.smime(["cms", "sign", "report.pdf", "--out", "two.p7m"] + Self.alice)
    let other = try shell.smime(
      "cms", "timestamp", "attach", "two.p7m", "--request", "one.tsq", "--response", "one.tsr", "--out", "no.p7m",
      expect: 1)
    #expect(other.errors.contains("something else") && !shell.exists("no.p7m"))
  }

  private static func writeStampingConfiguration(_ shell: Shell) throws {
    try shell.write(
      """
      [req]
      distinguished_name = dn
      x509_extensions = ext
      [dn]
      [ext]
      extendedKeyUsage = critical,timeStamping
      [tsa]
      default_tsa = t
      [t]
      serial = serial
      crypto_device = builtin
      signer_digest = sha256
      default_policy = 1.2.3.4
      digests = sha256
      ess_cert_id_alg = sha256
      """, to: "ts.cnf")
  }

  /// openssl is the authority, behind a server that hands it what was posted.
  private static func stampingServer(_ shell: Shell, type: String = "application/timestamp-reply") throws
    -> ScriptedServer
  {
    try writeStampingConfiguration(shell)
    let made = try shell.script(
      """
      echo 01 > serial
      openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out tsa.pem -subj /CN=TSA -days 2 -config ts.cnf
      """)
    #expect(made.status == 0, "\(made.errors)")
    return try ScriptedServer { request in
      let answer = shell.folder.appendingPathComponent("posted.tsr")
      guard request.method == "POST", request.headers["content-type"] == "application/timestamp-query",
        (try? Data(request.body).write(to: shell.folder.appendingPathComponent("posted.tsq"))) != nil,
        (try? shell.script(
          "openssl ts -reply -queryfile posted.tsq -config ts.cnf -inkey k.pem -signer tsa.pem -out posted.tsr"))?
          .status == 0, let bytes = try? Data(contentsOf: answer)
      else { return .http(400) }
      return .http(200, ["Content-Type": type], Array(bytes))
    }
  }

  @Test func `A time stamp is fetched from its authority, and only when the network is asked for`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "report.pdf", "--out", "one.p7m"] + Self.alice)
    let server = try Self.stampingServer(shell)
    let fetch = ["cms", "timestamp", "fetch", "one.p7m", "--authority", server.url("/tsa"), "--out", "stamped.p7m"]
    let offline = try shell.smime(fetch, expect: 64)
    #expect(offline.errors.contains("--online") && server.requests.isEmpty && !shell.exists("stamped.p7m"))
    // A private address is not asked unless that is allowed.
    let foreign = try shell.smime(fetch + ["--online"], expect: 69)
    #expect(foreign.errors.contains("is private") && server.requests.isEmpty)

    try shell.smime(fetch + ["--online", "--allow-private"])
    #expect(server.requests.map(\.path) == ["/tsa"])
    let proven = try shell.smime(["cms", "verify", "stamped.p7m", "--anchor", "tsa.pem"] + Self.trust).output
    #expect(proven.contains("time stamp: 20") && !proven.contains("proves nothing"))
  }

  @Test func `An authority that answers with something else leaves no file behind`() throws {
    let shell = try document()
    try shell.smime(["cms", "sign", "report.pdf", "--out", "one.p7m"] + Self.alice)
    let page = try ScriptedServer { _ in .http(200, ["Content-Type": "text/html"], Array("<p>sorry".utf8)) }
    let broken = try ScriptedServer { _ in
      .http(200, ["Content-Type": "application/timestamp-reply"], [0x30, 0x03, 0x02, 0x01, 0x00])
    }
    // PKIStatusInfo with status 2, rejection, and failInfo badAlg.
    let refusing = try ScriptedServer { _ in
      .http(
        200, ["Content-Type": "application/timestamp-reply"],
        [0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02, 0x03, 0x02, 0x07, 0x80])
    }
    for (url, status, words) in [
      (page.url(), Int32(69), "text/html"), (broken.url(), 69, "not what was asked for"),
      (refusing.url(), 1, "badAlg"),
      ("http://127.0.0.1:\(try ScriptedServer.closedPort())/", 69, "refused"), ("ftp://127.0.0.1/", 69, "http"),
    ] {
      let result = try shell.smime(
        [
          "cms", "timestamp", "fetch", "one.p7m", "--authority", url, "--out", "no.p7m", "--online", "--allow-private",
        ], expect: status)
      #expect(result.errors.contains(words), "\(url): \(result.errors)")
      #expect(!shell.exists("no.p7m"))
    }
  }

  // MARK: Encrypting

  @Test(arguments: [
    (["--recipient", "bob.pem"], ["--identity", "bob.p12"] + Cast.password),
    (["--recipient", "bob.pem", "--key-id", "--compatible"], ["--identity", "bob.p12"] + Cast.password),
    (["--recipient", "bob.pem", "--cipher", "chacha20-poly1305"], ["--identity", "bob.p12"] + Cast.password),
    (["--password", "tea at five"], ["--password", "tea at five"]),
    (["--shared-key", "0a0b:key"], ["--shared-key", "0a0b:key"]),
    (["--content-key", "key"], ["--content-key", "key"]),
    (["--recipient", "alice.pem", "--password", "tea", "--shared-key", "0a:key"], ["--password", "tea"]),
  ]) func `What was encrypted is opened by whom it was for`(writing: [String], reading: [String]) throws {
    let shell = try document()
    try shell.write(String(repeating: "5a", count: 32) + "\n", to: "key")
    try shell.smime(["cms", "encrypt", "report.pdf", "--out", "sealed.p7m"] + writing)
    try shell.smime(["cms", "decrypt", "sealed.p7m", "--out", "back.pdf"] + reading)
    #expect(try shell.data("back.pdf") == shell.data("report.pdf"))
    #expect(try shell.permissions("back.pdf") == 0o600)
    let asEve = ["--identity", "eve.p12", "--password", "open sesame"]
    let wrong = try shell.smime(["cms", "decrypt", "sealed.p7m", "--out", "no.pdf"] + asEve, expect: nil)
    #expect(wrong.status == 77 || wrong.status == 1)
    #expect(!shell.exists("no.pdf") && wrong.output.isEmpty)
  }

  @Test func `A key in digits is the same key with and without a line end`() throws {
    let shell = try document(1_000)
    let digits = String(repeating: "0f", count: 16)
    try shell.write(digits, to: "key")
    try shell.write(digits + "\n", to: "key-line")
    try shell.write(Data(repeating: 0x0F, count: 16), to: "key-bytes")
    try shell.smime("cms", "encrypt", "report.pdf", "--shared-key", "01:key", "--out", "sealed.p7m")
    for name in ["key", "key-line", "key-bytes"] {
      try shell.smime("cms", "decrypt", "sealed.p7m", "--shared-key", "01:\(name)", "--out", "\(name).pdf")
      #expect(try shell.data("\(name).pdf") == shell.data("report.pdf"))
    }
  }

  @Test func `Of a large layer around what is signed nothing is written`() throws {
    let shell = try Cast.copy()
    // A compressed mail of 34 MiB, most of it a stranger's text before the part that Alice signed.
    let signed = try shell.text("signed.eml")
    let split = try #require(signed.range(of: "\r\n\r\n"))
    var generator = SystemRandomNumberGenerator()
    let letters = Array("abcdefghijklmnopqrstuvwxyz012345".utf8)
    var preamble = Data()
    while preamble.count < 34 << 20 {
      var word = UInt64.random(in: 0...UInt64.max, using: &generator)
      for _ in 0..<12 {
        preamble.append(letters[Int(word & 31)])
        word >>= 5
      }
      preamble.append(contentsOf: Data(repeating: 0x2E, count: 50) + [0x0D, 0x0A])
    }
    let headers = signed[..<split.lowerBound].replacing("\r\n ", with: " ").split(separator: "\r\n")
    let inner = headers.filter {
      $0.lowercased().hasPrefix("content-type:") || $0.lowercased().hasPrefix("mime-version:")
    }
    try shell.write(
      Data((inner.joined(separator: "\r\n") + "\r\n\r\n").utf8) + preamble + Data(signed[split.upperBound...].utf8),
      to: "inner.eml")
    try shell.smime("cms", "compress", "inner.eml", "--out", "inner.p7z")
    let base64 = try shell.data("inner.p7z").base64EncodedString(options: .lineLength76Characters)
    try shell.write(
      "From: alice@example.org\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
        + "smime-type=compressed-data; name=smime.p7z\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64,
      to: "large.eml")
    let result = try shell.smime(["verify", "large.eml", "--out", "content.eml"] + Self.trust, expect: nil)
    guard result.status == 0 else {
      #expect(!shell.exists("content.eml"))
      return
    }
    try shell.smime(["verify", "signed.eml", "--out", "expected.eml"] + Self.trust)
    #expect(try shell.data("content.eml") == shell.data("expected.eml"))
  }

  @Test func `Changed content never comes out, not even in part`() throws {
    let shell = try document()
    try shell.smime("cms", "encrypt", "report.pdf", "--recipient", "bob.pem", "--out", "sealed.p7m")
    var object = try shell.data("sealed.p7m")
    object[object.count - 40] ^= 1
    try shell.write(object, to: "sealed.p7m")
    let bob = ["--identity", "bob.p12"] + Cast.password
    let printed = try shell.smime(["cms", "decrypt", "sealed.p7m"] + bob, expect: 1)
    #expect(printed.output.isEmpty)
    try shell.smime(["cms", "decrypt", "sealed.p7m", "--out", "back.pdf"] + bob, expect: 1)
    #expect(!shell.exists("back.pdf"))
    // The same for a code beside content that can be read.
    try shell.smime("cms", "authenticate", "report.pdf", "--recipient", "bob.pem", "--out", "code.p7m")
    try shell.smime(["cms", "decrypt", "code.p7m", "--out", "good.pdf"] + bob)
    #expect(try shell.data("good.pdf") == shell.data("report.pdf"))
    var code = try shell.data("code.p7m")
    code[code.count / 2] ^= 1
    try shell.write(code, to: "code.p7m")
    #expect(try shell.smime(["cms", "decrypt", "code.p7m"] + bob, expect: 1).output.isEmpty)
  }

  /// What does not fit into memory is checked in one pass and printed in another. The pipe holds the second up as soon as
  /// something is in it, and the file is written to behind what was read of it.
  @Test(arguments: [["--content-key", "key"], ["--shared-key", "01:key"]])
  func `A file that is written to while it is printed is told`(key: [String]) throws {
    let shell = try Shell()
    try shell.write(String(repeating: "5a", count: 32), to: "key")
    let options = key.joined(separator: " ")
    let result = try shell.script(
      """
      head -c 36000000 /dev/zero > plain
      smime cms encrypt \(options) plain --out sealed.p7m 2> /dev/null
      smime cms decrypt \(options) sealed.p7m 2> /dev/null | cmp - plain
      mkfifo pipe
      smime cms decrypt \(options) sealed.p7m > pipe 2> errors &
      exec 3< pipe
      dd bs=1 count=1 <&3 > begun 2> /dev/null
      printf x | dd of=sealed.p7m bs=1 seek=20000000 conv=notrunc 2> /dev/null
      cat <&3 > rest
      status=0
      wait $! || status=$?
      echo "status $status"
      """)
    #expect(result.status == 0 && result.output == "status 1\n", "\(result.output)\(result.errors)")
    #expect(try shell.text("errors").contains("what came out is not what was checked"))
    #expect(try shell.text("errors").contains("--out FILE"))
  }

  /// Of content that fits in memory and of content that does not, into a file and to standard output.
  @Test(arguments: [1_000, 33 << 20]) func `OpenSSL 31629: nothing comes out before the tag holds`(count: Int) throws {
    let shell = try document(count)
    try shell.smime("cms", "encrypt", "report.pdf", "--recipient", "bob.pem", "--out", "sealed.p7m")
    var object = try shell.data("sealed.p7m")
    // The tag is the last thing in the object.
    object[object.count - 1] ^= 1
    try shell.write(object, to: "sealed.p7m")
    let decrypt = ["cms", "decrypt", "sealed.p7m", "--identity", "bob.p12"] + Cast.password
    #expect(try shell.smime(decrypt, expect: 1).output.isEmpty)
    try shell.smime(decrypt + ["--out", "back.pdf"], expect: 1)
    #expect(!shell.exists("back.pdf"))
  }

  @Test func `Every kind of key has certificates, and does what it can`() throws {
    let shell = try document(1_000)
    let issuing = ["--ca", "ca"] + Cast.password + Cast.newPassword
    for kind in [
      "p-521", "brainpoolp256r1", "brainpoolp384r1", "brainpoolp512r1", "ed25519", "ed448", "ml-dsa-65", "ml-dsa-87",
      "x25519", "x448", "ml-kem-768", "ml-kem-1024",
    ] {
      try shell.smime(["ca", "issue", "\(kind)@example.org", "--key", kind, "--out", "\(kind).p12"] + issuing)
      try shell.smime(["id", "export", "\(kind).p12", "--certificates", "--out", "\(kind).pem"] + Cast.password)
      let identity = ["--identity", "\(kind).p12"] + Cast.password
      let signs = !kind.hasPrefix("x") && !kind.hasPrefix("ml-kem")
      let signed = try shell.smime(["cms", "sign", "report.pdf", "--out", "\(kind).p7m"] + identity, expect: nil)
      #expect((signed.status == 0) == signs, "\(kind): \(signed.errors)")
      if signs { try shell.smime(["cms", "verify", "\(kind).p7m"] + Self.trust) }
      let encrypts = !kind.hasPrefix("ed") && !kind.hasPrefix("ml-dsa")
      let sealed = try shell.smime(
        "cms", "encrypt", "report.pdf", "--recipient", "\(kind).pem", "--out", "\(kind).enc", expect: nil)
      #expect((sealed.status == 0) == encrypts, "\(kind): \(sealed.errors)")
      if encrypts {
        try shell.smime(["cms", "decrypt", "\(kind).enc", "--out", "\(kind).pdf"] + identity)
        #expect(try shell.data("\(kind).pdf") == shell.data("report.pdf"))
      }
    }
    // RFC 8419 §3.1: SHAKE256 by an identifier that says its length.
    let shown = try shell.smime("cms", "show", "ed448.p7m").output
    #expect(shown.contains("digest: SHAKE256\n") && !shown.contains("another length"), "\(shown)")
    let refused = try shell.smime(
      ["ca", "issue", "kem@example.org", "--key", "ml-kem-768", "--use", "signing", "--out", "no.p12"] + issuing,
      expect: 1)
    #expect(refused.errors.contains("keyUsage") && !shell.exists("no.p12"))
    let asked = try shell.smime(["id", "new", "kem@example.org", "--key", "x25519"] + Cast.newPassword, expect: 64)
    #expect(asked.errors.contains("only encrypts"))
  }

  @Test func `A certificate beside a file is not taken for the file's own`() throws {
    let shell = try document(100)
    // Bob's certificates lie where Alice's would be looked for in the store.
    try FileManager.default.removeItem(at: shell.url("alice.pem"))
    try FileManager.default.copyItem(at: shell.url("bob.pem"), to: shell.url("alice.pem"))
    try shell.smime(["cms", "sign", "report.pdf", "--out", "one.p7m"] + Self.alice)
    #expect(try shell.smime(["cms", "verify", "one.p7m"] + Self.trust).output.contains("signer: alice@example.org"))
    try shell.smime(["id", "export", "alice.p12", "--certificates", "--out", "own.pem"] + Cast.password)
    #expect(try shell.smime("show", "own.pem").output.contains("CN=alice"))
  }

  // MARK: Other forms

  @Test func `A digest tells damage, and vouches for nobody`() throws {
    let shell = try document()
    try shell.smime("cms", "digest", "--detached", "report.pdf", "--digest", "sha3-384", "--out", "report.p7d")
    #expect(
      try shell.smime("cms", "check", "--content", "report.pdf", "report.p7d").output.hasPrefix("digest: intact"))
    try shell.write("other", to: "other.pdf")
    let altered = try shell.smime("cms", "check", "--content", "other.pdf", "report.p7d", expect: 1)
    #expect(altered.output.hasPrefix("digest: altered"))
    // It is no signature, and is never taken for one.
    try shell.smime("cms", "digest", "report.pdf", "--out", "inside.p7d")
    try shell.smime("cms", "verify", "inside.p7d", "--out", "taken.pdf", expect: 65)
    #expect(!shell.exists("taken.pdf"))
    let printed = try shell.smime("cms", "check", "inside.p7d", "--json", "--out", "back.pdf").output
    #expect(try shell.data("back.pdf") == shell.data("report.pdf"))
    let object = try JSONSerialization.jsonObject(with: Data(printed.utf8))
    #expect(try Schema(named: "digest").faults(in: object).isEmpty)
  }

  @Test(arguments: [[], ["--pem"]])
  func `A file is wrapped and unwrapped, and nobody vouches for it`(options: [String]) throws {
    let shell = try document()
    try shell.smime(["cms", "wrap", "report.pdf", "--out", "report.p7"] + options)
    try shell.smime("cms", "unwrap", "report.p7", "--out", "back.pdf")
    #expect(try shell.data("back.pdf") == shell.data("report.pdf"))
    #expect(try shell.smime("cms", "show", "report.p7").output.contains("content: 200000 bytes"))
    let verified = try shell.smime(["cms", "verify", "report.p7", "--out", "no"] + Self.trust, expect: 65)
    #expect(verified.errors.contains("is data") && verified.errors.contains("'smime cms unwrap'"))
    #expect(!shell.exists("no"))
    // The end of the object is missing.
    try shell.write(try shell.data("report.p7").dropLast(2_000), to: "cut.p7")
    let cut = try shell.smime("cms", "unwrap", "cut.p7", expect: 65)
    #expect(cut.output.isEmpty && cut.errorLines.count == 1)
    try shell.smime("cms", "unwrap", "cut.p7", "--out", "no", expect: 65)
    #expect(!shell.exists("no"))
  }

  @Test(
    arguments: [
      ("mail.eml", 65, "is mail"), ("alice.pem", 65, "alice.pem"), ("nowhere", 66, "nowhere"),
      ("empty", 65, "is empty"),
      ("signed.p7m", 65, "'smime cms verify'"), ("number.p7", 65, "expected OCTET STRING"),
    ] as [(String, Int32, String)])
  func `What is not just wrapped is not unwrapped`(file: String, status: Int32, words: String) throws {
    let shell = try document(100)
    try shell.write("", to: "empty")
    try shell.smime(["cms", "sign", "report.pdf", "--out", "signed.p7m"] + Self.alice)
    // ContentInfo of the type data, with an INTEGER in it.
    let oid: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01]
    try shell.write(Data([0x30, 0x10] + oid + [0xA0, 0x03, 0x02, 0x01, 0x05]), to: "number.p7")
    let result = try shell.smime(["cms", "unwrap", file, "--out", "no"], expect: status)
    #expect(result.errorLines.count == 1 && result.errors.contains(words), "\(result.errors)")
    #expect(!shell.exists("no"))
  }

  @Test func `A compressed file is expanded, and damage is told`() throws {
    let shell = try document()
    try shell.write(String(repeating: "tea and cake ", count: 50_000), to: "text")
    try shell.smime("cms", "compress", "text", "--out", "text.p7z")
    #expect(try shell.data("text.p7z").count < 5_000)
    try shell.smime("cms", "expand", "text.p7z", "--out", "back")
    #expect(try shell.data("back") == shell.data("text"))
    try shell.write(try shell.data("text.p7z").dropLast(20), to: "cut.p7z")
    try shell.smime("cms", "expand", "cut.p7z", "--out", "no", expect: 65)
    #expect(!shell.exists("no"))
  }

  /// The last octets of the object are the checksum of the content, of which nothing comes out without it: whether it fits
  /// into memory or, for all that the object's size tells, may not.
  @Test func `Nothing of a damaged compressed file is printed`() throws {
    let shell = try Shell()
    try shell.write(String(repeating: "tea and cake ", count: 50_000), to: "small")
    var generator = SystemRandomNumberGenerator()
    try shell.write(Data((0..<200_000).map { _ in UInt8.random(in: 0...255, using: &generator) }), to: "large")
    for name in ["small", "large"] {
      try shell.smime("cms", "compress", name, "--out", "\(name).p7z")
      let whole = try shell.run("/bin/sh", ["-c", "smime cms expand \(name).p7z | cmp - \(name)"], input: Data())
      #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
      var object = try shell.data("\(name).p7z")
      object[object.count - 1] ^= 1
      try shell.write(object, to: "damaged.p7z")
      let damaged = try shell.smime("cms", "expand", "damaged.p7z", expect: 65)
      #expect(damaged.output.isEmpty && damaged.errors.contains("is no zlib stream"), "\(damaged.errors)")
    }
  }
}
