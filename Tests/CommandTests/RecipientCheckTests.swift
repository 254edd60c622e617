import Foundation
import Testing

/// What is known against a certificate is told before anything is encrypted with it.
@Suite struct RecipientCheckTests {
  /// A shell whose store trusts the authority.
  private func trusting() throws -> Shell {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    return shell
  }

  /// Has the authority withdraw every certificate for `address`, and puts its lists into the store's folder.
  private func revoke(_ address: String, in shell: Shell) throws {
    try shell.smime("ca", "revoke", address, "--reason", "keyCompromise", "--ca", "ca")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "list.pem"] + Cast.password)
    #expect(try shell.script("mkdir -p home/crls; cp list.pem home/crls/").status == 0)
  }

  /// Encrypts for `recipient` as mail and as an object, and returns what was said about the mail.
  private func encrypt(to recipient: String, in shell: Shell, expect status: Int32 = 0) throws -> String {
    let rest = ["mail.eml", "--recipient", recipient, "--force", "--out"]
    let object = try shell.smime(["cms", "encrypt"] + rest + ["to.p7m"], expect: status)
    let mail = try shell.smime(["encrypt"] + rest + ["to.eml"], expect: status)
    if status != 0 {
      #expect(!shell.exists("to.eml") && !shell.exists("to.p7m"))
      #expect(object.errorLines == mail.errorLines && mail.errorLines.count == 1)
    }
    return mail.errors
  }

  /// `carol.pem`: a certificate that nobody vouches for.
  private func makeCarol(in shell: Shell) throws {
    let made = try shell.script(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout carol.key -nodes -out carol.pem \
        -subj /CN=Carol -days 30 -addext basicConstraints=CA:FALSE \
        -addext subjectAltName=email:carol@example.org 2> /dev/null
      """)
    #expect(made.status == 0, "\(made.errors)")
  }

  private let unproven = "carol@example.org: the certificate does not validate: CN=Carol is not a trust anchor"

  @Test func `A certificate that is revoked is refused, by its address and by its file`() throws {
    let shell = try trusting()
    #expect(try shell.smime("cert", "import", "bob.pem").errors.contains("bob@example.com: validated"))
    for name in ["bob@example.com", "bob.pem"] {
      #expect(try !encrypt(to: name, in: shell).contains("warning: "))
    }
    #expect(try shell.script("rm to.eml to.p7m").status == 0)
    try revoke("bob@example.com", in: shell)
    for (name, hint) in [("bob@example.com", "smime cert import --pin"), ("bob.pem", "smime cert validate bob.pem")] {
      let told = try encrypt(to: name, in: shell, expect: 77)
      #expect(told.contains("error: \(name): the certificate was revoked on 20"), "\(told)")
      #expect(told.contains("Z (keyCompromise)") && told.contains(hint), "\(told)")
    }
    // Others are not.
    #expect(try !encrypt(to: "eve.pem", in: shell).contains("warning: "))
  }

  @Test func `A list at hand is enough to refuse a file, and none is looked for where there is no home`() throws {
    let shell = try Cast.copy()
    try shell.smime("ca", "revoke", "bob@example.com", "--ca", "ca")
    #expect(try !encrypt(to: "bob.pem", in: shell).contains("warning: ") && !shell.exists("home"))
    #expect(try shell.script("rm to.eml to.p7m").status == 0)
    // The authority is not trusted, and need not be to withdraw what it issued.
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "list.pem"] + Cast.password)
    #expect(try shell.script("mkdir -p home/crls; cp list.pem home/crls/").status == 0)
    #expect(try encrypt(to: "bob.pem", in: shell, expect: 77).contains("(unspecified)"))
    let more = try shell.smime("cert", "validate", "bob.pem", expect: 1)
    #expect(more.output.contains("\nrevoked: ") && more.output.contains("\npath: "))
    #expect(!shell.exists("home/store.db"))
  }

  @Test func `A certificate that nobody vouches for is used with a warning, and without one when it is pinned`() throws
  {
    let shell = try trusting()
    try makeCarol(in: shell)
    // Who names a file knows whose it is.
    #expect(try !encrypt(to: "carol.pem", in: shell).contains("warning: "))
    let brought = try shell.smime("cert", "import", "carol.pem")
    #expect(brought.errors.contains("warning: \(unproven)") && brought.errors.contains("harvested"))
    #expect(try encrypt(to: "carol@example.org", in: shell).contains("warning: \(unproven)"))
    let command = ["encrypt", "mail.eml", "--json", "--force", "--out", "to.eml", "--recipient"]
    func warnings() throws -> [String]? {
      let output = try shell.smime(command + ["carol@example.org"]).output
      let printed = try JSONSerialization.jsonObject(with: Data(output.utf8))
      #expect(try Schema(named: "encryption").faults(in: printed).isEmpty)
      let recipients = (printed as? [String: Any])?["recipients"] as? [[String: Any]]
      return recipients?.first?["warnings"] as? [String]
    }
    #expect(try warnings() == ["the certificate does not validate: CN=Carol is not a trust anchor"])
    try shell.smime("cert", "import", "--pin", "carol.pem")
    #expect(try !encrypt(to: "carol@example.org", in: shell).contains("warning: "))
    #expect(try warnings() == nil)
  }

  @Test func `A certificate that is pinned is refused when its issuer withdraws it`() throws {
    let shell = try Cast.copy()
    try shell.smime("cert", "import", "--pin", "bob.pem")
    try shell.smime("cert", "import", "ca/issuing.pem")
    #expect(try !encrypt(to: "bob@example.com", in: shell).contains("warning: "))
    #expect(try shell.script("rm to.eml to.p7m").status == 0)
    try revoke("bob@example.com", in: shell)
    #expect(try encrypt(to: "bob@example.com", in: shell, expect: 77).contains("was revoked on"))
  }

  @Test func `A certificate that a message brought is warned of when its path holds no longer`() throws {
    let shell = try trusting()
    try shell.smime("verify", "signed.eml")
    // The message brought the authority between, too.
    #expect(try !encrypt(to: "alice@example.org", in: shell).contains("warning: "))
    try shell.smime("trust", "remove", "ca/root.pem")
    let warned = try encrypt(to: "alice@example.org", in: shell)
    #expect(warned.contains("warning: alice@example.org: the certificate does not validate: "), "\(warned)")
    try shell.smime("trust", "add", "ca/root.pem")
    #expect(try !encrypt(to: "alice@example.org", in: shell).contains("warning: "))
    #expect(try shell.script("rm to.eml to.p7m").status == 0)
    try revoke("alice@example.org", in: shell)
    #expect(try encrypt(to: "alice@example.org", in: shell, expect: 77).contains("(keyCompromise)"))
  }

  @Test func `What an authority may not vouch for is warned of where a file is named, too`() throws {
    let shell = try Cast.copy()
    let made = try shell.script(
      """
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout narrow.key -nodes -out narrow.pem \
        -subj /CN=Narrow -days 30 -addext basicConstraints=critical,CA:TRUE \
        -addext 'nameConstraints=permitted;email:example.net' 2> /dev/null
      openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout carol.key -nodes -out carol.csr \
        -subj /CN=Carol -addext subjectAltName=email:carol@example.org 2> /dev/null
      openssl x509 -req -in carol.csr -CA narrow.pem -CAkey narrow.key -days 30 -copy_extensions copy -out carol.pem \
        2> /dev/null
      """)
    #expect(made.status == 0, "\(made.errors)")
    try shell.smime("trust", "add", "narrow.pem")
    let warned = try encrypt(to: "carol.pem", in: shell)
    #expect(warned.contains("warning: carol.pem: the certificate does not validate: CN=Carol: "), "\(warned)")
  }

  @Test func `There is no copy for a sender whose own certificate is revoked`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "alice.p12"] + Cast.password)
    #expect(try !encrypt(to: "bob.pem", in: shell).contains("warning: "))
    try shell.smime(["decrypt", "to.eml"] + Cast.password)
    try revoke("alice@example.org", in: shell)
    let warned = try encrypt(to: "bob.pem", in: shell)
    #expect(warned.contains("warning: alice@example.org: the certificate was revoked on"), "\(warned)")
    #expect(warned.contains("there is no copy for you"))
    try shell.smime(["decrypt", "to.eml"] + Cast.password, expect: 77)
    #expect(try shell.script("rm to.eml to.p7m").status == 0)
    let refused = try encrypt(to: "alice@example.org", in: shell, expect: 77)
    #expect(refused.contains("smime id new alice@example.org"))
  }
}
