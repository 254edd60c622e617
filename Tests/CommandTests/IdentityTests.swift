import Foundation
import Testing

@Suite struct IdentityTests {
  @Test func `A key waits for its certificate, and gets it`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "new", "carol@example.org", "--key", "p-256", "--out", "carol.csr"] + Cast.newPassword)
    let waiting = try shell.smime("id", "list", "--json")
    #expect(waiting.output.contains("waits for its certificate"))
    let again = try shell.smime("id", "request", "carol@example.org")
    #expect(try again.output == shell.text("carol.csr"))
    try shell.smime(["ca", "sign", "carol.csr", "--ca", "ca", "--out", "carol.pem"] + Cast.password)
    try shell.smime("id", "import", "carol.pem")
    let list = try shell.smime("id", "list")
    #expect(list.output.contains("carol@example.org"))
    #expect(!list.output.contains("waits"))

    try shell.write(Cast.mail.replacingOccurrences(of: "alice@example.org", with: "carol@example.org"), to: "draft.eml")
    try shell.smime(["sign", "draft.eml", "--out", "carols.eml"] + Cast.password)
    try shell.smime("verify", "carols.eml", "--anchor", "ca/root.pem")
  }

  @Test func `The store is for its owner only`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "alice.p12"] + Cast.password)
    #expect(try shell.permissions("home") == 0o700)
    #expect(try shell.permissions("home/store.db") == 0o600)
    let key = try shell.script("smime id export alice@example.org --no-passphrase --password 'open sesame' --out a.p12")
    #expect(key.status == 0, "\(key.errors)")
    let shown = try shell.smime("id", "list", "--json").output
    #expect(shown.contains(#""protection":"passphrase""#))
  }

  @Test func `The store's key opens mail, and its certificate is found by address`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "import", "bob.p12"] + Cast.password)
    let opened = try shell.smime(["open", "sealed.eml", "--anchor", "ca/root.pem"] + Cast.password)
    #expect(opened.output.contains("Thursday"))
    try shell.smime("encrypt", "mail.eml", "--recipient", "Bob@Example.com", "--out", "again.eml")
    try shell.smime(["decrypt", "again.eml"] + Cast.password)
    try shell.smime(["id", "import", "alice.p12"] + Cast.password)
    try shell.smime("encrypt", "mail.eml", "--recipient", "eve.pem", "--out", "own.eml")
    try shell.smime(["decrypt", "own.eml", "--identity", "alice.p12"] + Cast.password)
    let wrong = try shell.smime("open", "sealed.eml", "--anchor", "ca/root.pem", "--password", "wrong", expect: 77)
    #expect(wrong.errors.contains("bob@example.com: no password given opens it"))
  }

  @Test func `No passphrase must be typed`() throws {
    let shell = try Cast.copy()
    try shell.smime(["id", "export", "alice.p12", "--no-passphrase", "--out", "open.p12"] + Cast.password)
    try shell.smime("id", "import", "open.p12", expect: 64)
    try shell.smime("id", "import", "open.p12", "--no-passphrase")
    try shell.smime("sign", "mail.eml", "--out", "unasked.eml")
    try shell.smime("verify", "unasked.eml", "--anchor", "ca/root.pem")
  }

  @Test(arguments: [[], ["--compat"]]) func `What is exported can be read again, also by OpenSSL`(form: [String]) throws
  {
    let shell = try Cast.copy()
    try shell.smime(["id", "export", "alice.p12", "--out", "copy.p12"] + form + Cast.password)
    try shell.smime(["sign", "mail.eml", "--identity", "copy.p12", "--out", "copied.eml"] + Cast.password)
    let openssl = try shell.script(
      "command -v openssl > /dev/null || exit 0; openssl pkcs12 -in copy.p12 -passin 'pass:open sesame' -nodes > copy.pem"
    )
    #expect(openssl.status == 0, "\(openssl.errors)")
    if shell.exists("copy.pem"), try !shell.text("copy.pem").isEmpty {
      try shell.smime("sign", "mail.eml", "--identity", "copy.pem", "--out", "pem.eml")
      try shell.smime("verify", "pem.eml", "--anchor", "ca/root.pem")
    }
  }

  @Test func `A certificate that belongs to no key is refused with a word about where it goes`() throws {
    let shell = try Cast.copy()
    let result = try shell.smime("id", "import", "alice.pem", expect: 77)
    #expect(result.errors.contains("hint: "))
  }

  @Test func `Passwords come from a file, from the environment, and from the terminal`() throws {
    let shell = try Cast.copy()
    try shell.write("open sesame\n", to: "passphrase")
    try shell.smime("sign", "mail.eml", "--identity", "alice.p12", "--password-file", "passphrase", "--out", "1.eml")
    let environment = try shell.script(
      "SECRET='open sesame' smime sign mail.eml --identity alice.p12 --password-env SECRET --out 2.eml")
    #expect(environment.status == 0, "\(environment.errors)")
    let typed = try shell.script(
      """
      command -v script > /dev/null || exit 0
      type() {
        for n in $(seq 50); do if grep -q 'password of' log; then break; fi; sleep 0.2; done
        echo 'open sesame'; sleep 1
      }
      touch log
      type | timeout 30 script -qfec 'smime sign mail.eml --identity alice.p12 --out 3.eml' log
      grep -q 'password of alice.p12' log
      test -s 3.eml
      ! grep -q 'open sesame' log
      """)
    #expect(typed.status == 0, "\(typed.output)\(typed.errors)")
  }
}
