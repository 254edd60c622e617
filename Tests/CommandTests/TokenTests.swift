import Foundation
import Testing

private var areTokensPossible: Bool {
  #if PKCS11
    return ["softhsm2-util", "pkcs11-tool"].allSatisfy { FileManager.default.fileExists(atPath: "/usr/bin/\($0)") }
      || ProcessInfo.processInfo.environment["CI"] == "true"
  #else
    return false
  #endif
}

/// Tokens as a user names them, on SoftHSM: Alice's and Bob's keys are on one, and nowhere else.
@Suite(.enabled(if: areTokensPossible, "softhsm2-util or pkcs11-tool is not installed"))
struct TokenTests {
  private static let module =
    ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"]
    .first { FileManager.default.fileExists(atPath: $0) } ?? "/usr/lib/softhsm/libsofthsm2.so"

  /// p11-kit's module of the certificates that the system trusts, where the system has any.
  private static let trustModule: String? = {
    let has = { FileManager.default.fileExists(atPath: $0) }
    guard has("/etc/ssl/certs/ca-certificates.crt") || has("/etc/pki/ca-trust/source") else { return nil }
    let folders = ["/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
    return folders.map { "\($0)/pkcs11/p11-kit-trust.so" }.first(where: has)
  }()

  /// A script of the shell in a folder with a token, after the lines that name it.
  private struct Desk {
    /// Made once: no test changes the token.
    static let shared = Swift.Result { try Desk() }

    let shell: Shell

    private init() throws {
      shell = try Cast.copy()
      try shell.write("directories.tokendir = \(shell.url("tokens").path)\nlog.level = ERROR\n", to: "softhsm2.conf")
      try FileManager.default.createDirectory(at: shell.url("tokens"), withIntermediateDirectories: true)
      try shell.write("4711\n", to: "pin")
      try shell.write("no", to: "wrong")
      try shell.write("", to: "empty")
      let made = try script(
        """
        softhsm2-util --init-token --free --label Work --so-pin 12345678 --pin 4711
        n=1
        for name in alice bob; do
          openssl pkcs12 -in $name.p12 -passin 'pass:open sesame' -nodes -nocerts | openssl pkcs8 -topk8 -nocrypt \
            -outform der -out $name.key
          openssl x509 -in $name.pem -outform der -out $name.der
          tool="pkcs11-tool --module \(TokenTests.module) --login --pin 4711 --id 0$n --label $name"
          $tool --write-object $name.key --type privkey --usage-sign --usage-derive
          $tool --write-object $name.der --type cert
          n=$((n + 1))
        done
        openssl x509 -in ca/issuing.pem -outform der -out issuing.der
        pkcs11-tool --module \(TokenTests.module) --login --pin 4711 --id 09 --label issuing --write-object issuing.der \
          --type cert
        rm alice.p12 bob.p12 alice.key bob.key
        """)
      #expect(made.status == 0, "\(made.output)\(made.errors)")
    }

    func script(_ text: String) throws -> Shell.Result {
      try shell.script("export SOFTHSM2_CONF=\(shell.url("softhsm2.conf").path)\n" + text)
    }

    /// `smime` with these words, as they are typed.
    @discardableResult
    func smime(
      _ words: String, expect status: Int32 = 0, _ location: SourceLocation = #_sourceLocation
    ) throws -> Shell.Result {
      let result = try script("smime " + words)
      #expect(result.status == status, "\(words): \(result.output)\(result.errors)", sourceLocation: location)
      return result
    }

    func address(_ path: String, _ query: String = "") -> String {
      "'pkcs11:\(path)?module-path=\(TokenTests.module)\(query)'"
    }
  }

  @Test func `A mail is signed and opened by keys on a token`() throws {
    let desk = try Desk.shared.get()
    let (alice, bob) = (desk.address("token=Work;object=alice", "&pin-source=file:pin"), desk.address("object=bob"))
    try desk.smime("sign mail.eml --identity \(alice) --out by-token.eml")
    let verified = try desk.smime("verify by-token.eml --anchor ca/root.pem")
    #expect(verified.output.contains("alice@example.org"))
    try desk.smime("encrypt by-token.eml --recipient bob.pem --out for-token.eml")
    let opened = try desk.smime("open for-token.eml --identity \(bob) --password-file pin --anchor ca/root.pem")
    #expect(opened.output.contains("Thursday"))
    try desk.smime("decrypt sealed.eml --identity \(desk.address("token=Work")) --password-file pin --out inner.eml")
    #expect(try desk.shell.text("inner.eml").contains("multipart/signed"))
    let environment = try desk.script(
      "PIN=4711 smime cms sign mail.eml --identity \(alice.replacing("&pin-source=file:pin", with: "")) "
        + "--password-env PIN --out object.p7m && smime cms verify object.p7m --anchor ca/root.pem > content")
    #expect(environment.status == 0, "\(environment.errors)")
  }

  @Test func `The list shows what to give to --identity, without a PIN`() throws {
    let desk = try Desk.shared.get()
    let list = try desk.smime("token list \(desk.address(""))")
    #expect(list.output.contains("token: Work"))
    #expect(list.output.contains("pin: needed"))
    let line = try #require(
      list.output.split(separator: "\n").first { $0.contains("identity: ") && $0.contains("object=alice") })
    let address = try #require(line.split(separator: " ").last)
    try desk.smime("sign mail.eml --identity '\(address)' --password-file pin --out listed.eml")
    try desk.smime("verify listed.eml --anchor ca/root.pem")
    let json = try desk.smime("token list \(desk.address("token=Work")) --json")
    let printed = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
    #expect(try Schema(named: "tokens").faults(in: printed).isEmpty)
    let report = try #require(printed as? [String: Any])
    let tokens = try #require(report["tokens"] as? [[String: Any]])
    #expect(tokens.count == 1)
    #expect((tokens.first?["certificates"] as? [Any])?.count == 3)
  }

  @Test(.enabled(if: trustModule != nil, "p11-kit-trust is not installed"))
  func `What the system trusts is no identity, and is listed only when it is named`() throws {
    let desk = try Desk.shared.get()
    let module = try #require(Self.trustModule)
    let list = try desk.smime("token list 'pkcs11:?module-path=\(module)'")
    #expect(list.output.isEmpty && list.errors.contains("no token with keys is there"), "\(list.errors)")
    let named = try desk.smime("token list 'pkcs11:model=p11-kit-trust?module-path=\(module)'")
    #expect(named.output.contains("model: p11-kit-trust"))
    for address in ["pkcs11:?module-path=\(module)", "pkcs11:model=p11-kit-trust?module-path=\(module)"] {
      let used = try desk.smime("sign mail.eml --identity '\(address)' --out x.eml", expect: 66)
      #expect(used.errors.contains("no certificate with its private key is on the token"), "\(used.errors)")
    }
    // A real token beside it is listed as before.
    #expect(try desk.smime("token list \(desk.address(""))").output.contains("token: Work"))
  }

  /// A token counts wrong PINs: SoftHSM's flag says that one was tried, and not more.
  @Test func `A wrong PIN is tried once, and none is made up`() throws {
    let desk = try Desk.shared.get()
    let alice = desk.address("object=alice")
    for words in ["--password-file wrong", "--password no --password never --password 4711"] {
      let wrong = try desk.smime("sign mail.eml --identity \(alice) \(words) --out x.eml", expect: 77)
      #expect(wrong.errors.contains("the PIN of the token 'Work' is wrong; it was tried once"))
    }
    for words in ["", "--password-file empty"] {
      let none = try desk.smime("sign mail.eml --identity \(alice) \(words) --out x.eml", expect: 77)
      #expect(none.errors.contains("asks for a PIN"))
    }
    let reading = try desk.smime(
      "decrypt sealed.eml --identity \(desk.address("object=bob")) --password-file wrong", expect: 77)
    #expect(reading.errors.contains("tried once"))
    #expect(!desk.shell.exists("x.eml"))
  }

  /// The password of a file beside a token is not sent to the token.
  @Test func `A password beside a file is no PIN`() throws {
    let desk = try Desk.shared.get()
    let both = "--identity eve.p12 --identity \(desk.address("object=alice"))"
    let refused = try desk.smime("cms sign mail.eml \(both) --password 'open sesame' --out x.p7m", expect: 77)
    #expect(refused.errors.contains("asks for a PIN"))
    let source = "--identity eve.p12 --identity \(desk.address("object=alice", "&pin-source=pin"))"
    try desk.smime("cms sign mail.eml \(source) --password 'open sesame' --out both.p7m")
  }

  /// Several wrong tries lock a token for good: a PIN goes to the token that it was meant for.
  @Test func `The PIN of one token is never tried on another`() throws {
    let desk = try Desk.shared.get()
    try desk.shell.write(
      """
      #!/bin/sh
      echo "$1" >> asked
      case "$1" in *Work*) echo 4711 ;; *Other*) echo 1234 ;; esac

      """, to: "ask")
    let made = try desk.script(
      """
      chmod +x ask
      softhsm2-util --init-token --free --label Other --so-pin 12345678 --pin 1234
      openssl pkcs12 -in eve.p12 -passin 'pass:open sesame' -nodes -nocerts | openssl pkcs8 -topk8 -nocrypt -outform der \
        -out eve.key
      openssl x509 -in eve.pem -outform der -out eve.der
      tool="pkcs11-tool --module \(Self.module) --token-label Other --login --pin 1234 --id 01 --label eve"
      $tool --write-object eve.key --type privkey --usage-sign --usage-derive
      $tool --write-object eve.der --type cert
      """)
    #expect(made.status == 0, "\(made.output)\(made.errors)")
    let other = desk.address("token=Other;object=eve")
    let both = "--identity \(desk.address("token=Work;object=alice")) --identity \(other)"
    /// SoftHSM's flag says that a wrong PIN was tried since the last right one.
    func wrongTries() throws -> String {
      let slots = "pkcs11-tool --module \(Self.module) --list-slots"
      return try desk.script("\(slots) | grep -A9 'label.*: Other' | grep flags").output
    }
    // Given for two tokens it is for neither; nobody answers for them.
    for words in ["--password 4711", "--password 4711 --password 1234"] {
      let refused = try desk.smime("cms sign mail.eml \(both) \(words) --out x.p7m", expect: 77)
      #expect(refused.errors.contains("asks for a PIN"))
    }
    #expect(try !wrongTries().contains("count low"))
    // Typed for one it is that one's, and the other is asked for.
    let typed = try desk.script(
      "rm -f asked; SMIME_ASKPASS=./ask smime cms sign mail.eml \(both) --out two.p7m; cat asked")
    #expect(typed.status == 0, "\(typed.errors)")
    #expect(typed.output == "PIN of the token 'Work'\nPIN of the token 'Other'\n")
    #expect(try !wrongTries().contains("count low"))
    try desk.shell.write("#!/bin/sh\ncase \"$1\" in *Work*) echo 4711 ;; *) exit 1 ;; esac\n", to: "ask")
    let half = try desk.script("SMIME_ASKPASS=./ask smime cms sign mail.eml \(both) --out x.p7m || exit 7")
    #expect(half.status == 7 && half.errors.contains("'Other' asks for a PIN"), "\(half.errors)")
    #expect(try !wrongTries().contains("count low"))
    // The flag is a witness: a PIN that is wrong there sets it.
    try desk.smime("sign mail.eml --identity \(other) --password 4711 --out x.eml", expect: 77)
    #expect(try wrongTries().contains("count low"))
    try desk.smime("cms sign mail.eml --identity \(other) --password 1234 --out own.p7m --force")
  }

  @Test(arguments: [
    ("'pkcs11:token=Nobody?module-path=MODULE'", Int32(66), "no token is there"),
    ("'pkcs11:object=nothing?module-path=MODULE'", 66, "no certificate with its private key"),
    ("'pkcs11:?module-path=MODULE'", 64, "could sign"), ("'pkcs11:?module-path=/dev/null'", 69, "no PKCS#11 module"),
    ("'pkcs11:card=1'", 64, "the attribute card of PKCS#11 URIs is not supported"),
    ("'pkcs11:token=a;token=b'", 64, "is there twice"),
    ("'pkcs11:object=alice?module-path=MODULE&pin-source=nowhere'", 66, "nowhere"),
  ]) func `What cannot be used is told`(address: String, status: Int32, words: String) throws {
    let desk = try Desk.shared.get()
    let result = try desk.smime(
      "sign mail.eml --identity \(address.replacing("MODULE", with: Self.module)) --password-file pin --out x.eml",
      expect: status)
    #expect(result.errors.contains(words), "\(result.errors)")
  }

  /// The library is loaded when a token is named, and not before.
  @Test func `Who names no token does not load p11-kit`() throws {
    let shell = try Cast.copy()
    let quiet = try shell.script("LD_DEBUG=files LD_DEBUG_OUTPUT=loaded smime --version && cat loaded.* > loaded")
    #expect(quiet.status == 0)
    #expect(try shell.text("loaded").contains("libc.so"))
    #expect(try !shell.text("loaded").contains("p11-kit"))
  }
}
