import Foundation
import Testing

/// The cipher follows from what the store and the certificates know of the recipients.
@Suite struct EncryptionChoiceTests {
  /// A shell whose store trusts the authority.
  private func trusting() throws -> Shell {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    return shell
  }

  /// Encrypts the mail, and returns what was printed of the choice and of the object's kind.
  private func choice(_ shell: Shell, _ options: String...) throws -> (report: [String: Any], kind: String) {
    let command = ["encrypt", "mail.eml", "--out", "sealed-now.eml", "--force", "--json"] + options
    let printed = try JSONSerialization.jsonObject(with: Data(try shell.smime(command).output.utf8))
    #expect(try Schema(named: "encryption").faults(in: printed).isEmpty)
    let text = try shell.text("sealed-now.eml")
    let kind = text.contains("smime-type=authEnveloped-data") ? "AEAD" : text.contains("enveloped-data") ? "CBC" : "?"
    return (printed as? [String: Any] ?? [:], kind)
  }

  private func recipients(_ report: [String: Any]) -> [[String: Any]] { report["recipients"] as? [[String: Any]] ?? [] }

  @Test func `What a correspondent's message said is heard, and the sender's own identity with it`() throws {
    let shell = try trusting()
    try shell.smime("verify", "signed.eml")
    let (alone, kind) = try choice(shell, "--recipient", "alice@example.org")
    #expect(kind == "AEAD" && alone["cipher"] as? String == "AES-256-GCM" && alone["reason"] as? String == "known")
    let alice = try #require(recipients(alone).first)
    #expect(alice["source"] as? String == "message" && alice["seen"] is String)
    #expect((alice["reads"] as? [String])?.first == "AES-256-GCM")
    try shell.smime(["decrypt", "sealed-now.eml", "--identity", "alice.p12"] + Cast.password)

    // The sender gets a copy by an identity of the store.
    try shell.smime(["id", "import", "bob.p12"] + Cast.password)
    let mail = try shell.text("mail.eml").replacingOccurrences(
      of: "From: Alice Liddell <alice@example.org>", with: "From: bob@example.com")
    try shell.write(mail, to: "mail.eml")
    let (both, kindOfBoth) = try choice(shell, "--recipient", "alice@example.org")
    #expect(kindOfBoth == "AEAD")
    #expect(recipients(both).map { $0["source"] as? String } == ["message", "own"])
    try shell.smime(["decrypt", "sealed-now.eml"] + Cast.password)
  }

  @Test func `Of whom nothing is known gets what much software reads, and options ask nobody`() throws {
    let shell = try trusting()
    try shell.smime("verify", "signed.eml")
    let (file, kind) = try choice(shell, "--recipient", "bob.pem")
    #expect(kind == "CBC" && file["reason"] as? String == "presumed" && file["cipher"] as? String == "AES-256-CBC")
    #expect(recipients(file).first?["source"] as? String == "nothing")
    let (mixed, kindOfMixed) = try choice(shell, "--recipient", "bob.pem", "--recipient", "alice@example.org")
    #expect(kindOfMixed == "CBC" && mixed["reason"] as? String == "presumed")
    #expect(try choice(shell, "--recipient", "alice@example.org", "--compatible").kind == "CBC")
    let (modern, kindOfModern) = try choice(shell, "--recipient", "bob.pem", "--modern")
    #expect(kindOfModern == "AEAD" && modern["reason"] as? String == "asked")
    let told = try shell.smime(
      "encrypt", "mail.eml", "-v", "--recipient", "alice@example.org", "--recipient", "bob.pem")
    #expect(told.errors.contains("encrypted by AES-256-CBC") && told.errors.contains("bob.pem: nothing is known"))
    #expect(told.errors.contains("alice@example.org: AES-256-GCM") && told.errors.contains("a message of"))
    #expect(told.output.contains("enveloped-data"))
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob.pem", "--json", expect: 64)
    try shell.smime("encrypt", "mail.eml", "--recipient", "bob.pem", "--modern", "--compatible", expect: 64)
  }

  @Test func `Another program's word is heard, and the newest counts`() throws {
    let shell = try trusting()
    try shell.smime("verify", "signed.eml")
    let made = try shell.script(
      """
      openssl pkcs12 -in alice.p12 -passin 'pass:open sesame' -nodes -nocerts -out key.pem
      openssl cms -sign -in mail.eml -signer alice.pem -certfile ca/issuing.pem -inkey key.pem -text \
        -from alice@example.org -to bob@example.com -subject Tea -out theirs.eml
      """)
    #expect(made.status == 0, "\(made.errors)")
    // A signature of the same second is not older.
    try shell.smime("verify", "theirs.eml")
    let (report, kind) = try choice(shell, "--recipient", "alice@example.org")
    #expect(kind == "CBC" && report["reason"] as? String == "known" && report["cipher"] as? String == "AES-256-CBC")
    let reads = recipients(report).first?["reads"] as? [String]
    #expect(reads == ["AES-256-CBC", "AES-192-CBC", "AES-128-CBC", "3DES-CBC", "DES-CBC"])
    // What is changed is not believed.
    try shell.smime(["sign", "mail.eml", "--identity", "alice.p12", "--out", "later.eml"] + Cast.password)
    try shell.write(
      try shell.text("later.eml").replacingOccurrences(of: "Thursday", with: "Saturday"), to: "changed.eml")
    try shell.smime("verify", "changed.eml", expect: 1)
    #expect(try choice(shell, "--recipient", "alice@example.org").kind == "CBC")
    try shell.smime("verify", "later.eml")
    #expect(try choice(shell, "--recipient", "alice@example.org").kind == "AEAD")
  }

  @Test func `Nobody's word is heard whose key waits for the user's`() throws {
    let shell = try trusting()
    try shell.smime("cert", "import", "--pin", "alice.pem")
    let issue =
      ["ca", "issue", "alice@example.org", "--key", "p-256", "--ca", "ca", "--out", "other.p12"] + Cast.password
      + Cast.newPassword
    try shell.smime(issue)
    try shell.smime(["sign", "mail.eml", "--identity", "other.p12", "--out", "other.eml"] + Cast.password)
    #expect(try shell.smime("verify", "other.eml").errors.contains("another key"))
    let (report, kind) = try choice(shell, "--recipient", "alice@example.org")
    #expect(kind == "CBC" && recipients(report).first?["source"] as? String == "nothing")
    try shell.smime("verify", "signed.eml")
    #expect(try choice(shell, "--recipient", "alice@example.org").kind == "AEAD")
  }

  @Test func `Where nothing is read by all, that is said without being asked`() throws {
    let shell = try trusting()
    let made = try shell.script(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout key.pem -nodes -out carol.pem -subj /CN=Carol \
        -days 30 -addext basicConstraints=CA:FALSE -addext subjectAltName=email:carol@example.org \
        -addext 1.2.840.113549.1.9.15=DER:300c300a06082a864886f70d0307 2> /dev/null
      """)
    #expect(made.status == 0, "\(made.errors)")
    let told = try shell.smime("encrypt", "mail.eml", "--recipient", "carol.pem", "--out", "carol.eml")
    #expect(told.errors.contains("warning: encrypted by AES-256-CBC: there is none"))
  }

  /// RFC 4262
  @Test func `A certificate's own word is heard where no message said anything`() throws {
    let shell = try trusting()
    let made = try shell.script(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout key.pem -nodes -out carol.pem -subj /CN=Carol \
        -days 30 -addext basicConstraints=CA:FALSE -addext subjectAltName=email:carol@example.org \
        -addext 1.2.840.113549.1.9.15=DER:300d300b060960864801650304012e 2> /dev/null
      """)
    #expect(made.status == 0, "\(made.errors)")
    for name in ["carol.pem", "carol@example.org"] {
      let (report, kind) = try choice(shell, "--recipient", name)
      #expect(kind == "AEAD" && report["cipher"] as? String == "AES-256-GCM" && report["reason"] as? String == "known")
      #expect(recipients(report).first?["source"] as? String == "certificate")
      try shell.smime("cert", "import", "carol.pem")
    }
    #expect(try shell.smime("show", "carol.pem").output.contains("AES-256-GCM"))
  }
}
