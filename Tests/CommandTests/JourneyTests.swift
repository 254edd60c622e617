import Foundation
import Testing

@Suite struct JourneyTests {
  @Test func `A signed mail is verified, and says by whom`() throws {
    let shell = try Cast.shared.get().shell
    let result = try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem")
    #expect(result.output.contains("alice@example.org"))
    #expect(try shell.text("signed.eml").contains("multipart/signed"))
  }

  @Test func `The verdict as JSON has the documented shape`() throws {
    let shell = try Cast.shared.get().shell
    let result = try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem", "--json")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    #expect(report["version"] as? Int == 1)
    let verdict = try #require(report["verdict"] as? [String: Any])
    #expect(verdict["signature"] as? String == "verified")
    #expect(verdict["encryption"] as? String == "none")
    let signers = try #require(report["signers"] as? [[String: Any]])
    #expect(signers.count == 1)
    #expect(signers.first?["addresses"] as? [String] == ["alice@example.org"])
    #expect(report["from"] as? [String] == ["alice@example.org"])
  }

  @Test func `A sealed mail is opened by its recipient`() throws {
    let shell = try Cast.shared.get().shell
    let result = try shell.smime(
      ["open", "sealed.eml", "--identity", "bob.p12", "--anchor", "ca/root.pem"] + Cast.password)
    #expect(result.output.contains("Tea at the café on Thursday"))
  }

  @Test func `Decrypting gives the signed part inside, byte for byte`() throws {
    let shell = try Cast.copy()
    try shell.smime(["decrypt", "sealed.eml", "--identity", "bob.p12", "--out", "inner.eml"] + Cast.password)
    #expect(try shell.permissions("inner.eml") == 0o600)
    let inner = try shell.text("inner.eml")
    #expect(inner.hasPrefix("Content-Type: multipart/signed"))
    let body = try #require(inner.range(of: "\r\n\r\n"))
    #expect(try shell.text("signed.eml").hasSuffix(inner[body.lowerBound...]))
    // Without the outer header there is no sender that the signature could be for.
    let verdict = try shell.smime("verify", "inner.eml", "--anchor", "ca/root.pem", "--json", expect: 1)
    #expect(verdict.output.contains("\"signerMismatch\""))
  }

  @Test(arguments: [[], ["--opaque"]]) func `Standard input and output serve as well`(form: [String]) throws {
    let shell = try Cast.copy()
    let signed = try shell.smime(
      ["sign", "--identity", "alice.p12"] + form + Cast.password, input: Data(Cast.mail.utf8))
    let verified = try shell.smime(
      "verify", "--anchor", "ca/root.pem", input: Data(signed.output.utf8))
    #expect(verified.output.contains("alice@example.org"))
  }

  @Test func `Modern encryption is authenticated`() throws {
    let shell = try Cast.copy()
    try shell.smime("encrypt", "--modern", "mail.eml", "--recipient", "bob.pem", "--out", "modern.eml")
    #expect(try shell.text("modern.eml").lowercased().contains("authenveloped-data"))
    let opened = try shell.smime(
      ["open", "modern.eml", "--identity", "bob.p12", "--json", "--anchor", "ca/root.pem"] + Cast.password)
    #expect(opened.output.contains("\"decrypted\""))
  }

  @Test func `Two signers are both reported`() throws {
    let shell = try Cast.copy()
    try shell.smime(
      ["sign", "mail.eml", "--identity", "alice.p12", "--identity", "eve.p12", "--out", "two.eml"] + Cast.password)
    let result = try shell.smime(
      ["verify", "two.eml", "--anchor", "ca/root.pem", "--json"], expect: nil)
    #expect(result.output.contains("alice@example.org"))
    #expect(result.output.contains("eve@example.net"))
  }

  @Test func `verify --out writes the signed content`() throws {
    let shell = try Cast.copy()
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem", "--out", "content.eml")
    #expect(try shell.text("content.eml").contains("Content-Type: text/plain"))
  }

  @Test func `Attachments are saved under safe names`() throws {
    let shell = try Cast.copy()
    try shell.write(
      """
      From: alice@example.org\r
      To: bob@example.com\r
      MIME-Version: 1.0\r
      Content-Type: multipart/mixed; boundary=b\r
      \r
      --b\r
      Content-Type: text/plain\r
      \r
      Three files.\r
      --b\r
      Content-Type: application/octet-stream\r
      Content-Disposition: attachment; filename="../../escape.txt"\r
      \r
      one\r
      --b\r
      Content-Type: application/octet-stream\r
      Content-Disposition: attachment; filename=".bashrc"\r
      \r
      two\r
      --b\r
      Content-Type: application/octet-stream\r
      Content-Disposition: attachment; filename="/etc/passwd"\r
      \r
      three\r
      --b--\r

      """, to: "three.eml")
    try shell.smime("open", "three.eml", "--save", "saved")
    let names = try FileManager.default.contentsOfDirectory(atPath: shell.url("saved").path).sorted()
    #expect(names.count == 3)
    #expect(!names.contains { $0.hasPrefix(".") || $0.contains("/") })
    #expect(!FileManager.default.fileExists(atPath: shell.folder.deletingLastPathComponent().path + "/escape.txt"))
  }
}

@Suite struct RefusalTests {
  @Test func `A changed mail is refused`() throws {
    let shell = try Cast.copy()
    try shell.write(try shell.text("signed.eml").replacingOccurrences(of: "agreed", with: "denied"), to: "changed.eml")
    let result = try shell.smime("verify", "changed.eml", "--anchor", "ca/root.pem", "--json", expect: 1)
    #expect(result.output.contains("\"contentAltered\""))
  }

  @Test func `A mail signed by another than its sender is refused`() throws {
    let shell = try Cast.copy()
    try shell.smime(["sign", "mail.eml", "--identity", "eve.p12", "--out", "eve.eml"] + Cast.password)
    let result = try shell.smime("verify", "eve.eml", "--anchor", "ca/root.pem", "--json", expect: 1)
    #expect(result.output.contains("\"signerMismatch\""))
  }

  @Test func `Without an anchor the mail is untrusted, and the way out is told`() throws {
    let shell = try Cast.copy()
    let result = try shell.smime("verify", "signed.eml", "--json", expect: 1)
    #expect(result.output.contains("\"untrusted\""))
    #expect(result.errors.contains("hint: ") && result.errors.contains("--anchor"))
  }

  @Test func `A revoked signer is refused, under soft and hard`() throws {
    let shell = try Cast.copy()
    try shell.smime("ca", "revoke", "alice@example.org", "--ca", "ca", "--reason", "keyCompromise")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "test.crl"] + Cast.password)
    for mode in ["soft", "hard"] {
      let result = try shell.smime(
        "verify", "signed.eml", "--anchor", "ca/root.pem", "--crl", "test.crl", "--revocation", mode, "--json",
        expect: 1)
      #expect(result.output.contains("\"revoked\""))
    }
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem", "--crl", "test.crl", "--revocation", "off")
  }

  @Test func `Hard revocation needs a list`() throws {
    let shell = try Cast.copy()
    let result = try shell.smime(
      "verify", "signed.eml", "--anchor", "ca/root.pem", "--revocation", "hard", "--json", expect: 1)
    #expect(result.output.contains("\"revocationUnknown\""))
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "test.crl"] + Cast.password)
    try shell.smime("verify", "signed.eml", "--anchor", "ca/root.pem", "--revocation", "hard", "--crl", "test.crl")
  }

  @Test func `A file among the store's lists that is none is left out with a warning, and the others count`() throws {
    let shell = try Cast.copy()
    try shell.smime("ca", "revoke", "alice@example.org", "--ca", "ca")
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "test.crl"] + Cast.password)
    #expect(try shell.script("mkdir -p home/crls; echo junk > home/crls/a.crl; : > home/crls/z.crl").status == 0)
    let question = ["verify", "signed.eml", "--anchor", "ca/root.pem"]
    func verify(_ options: String..., expect status: Int32, says word: String) throws {
      let result = try shell.smime(question + options, expect: status)
      #expect(result.output.contains("signature: \(word)"), "\(result.output)")
      let warnings = result.errors.split(separator: "\n").filter { $0.hasPrefix("warning: left out: ") }
      #expect(warnings.count == 2, "\(result.errors)")
      #expect(warnings.first?.contains("home/crls/a.crl: is neither PEM nor DER") == true, "\(result.errors)")
      #expect(warnings.last?.contains("home/crls/z.crl: is empty") == true, "\(result.errors)")
    }
    try verify(expect: 0, says: "verified")
    try verify("--revocation", "hard", expect: 1, says: "revocationUnknown")
    #expect(try shell.script("cp test.crl home/crls/m.crl").status == 0)
    try verify(expect: 1, says: "revoked")
    // A file that somebody named is another matter.
    try shell.smime(question + ["--crl", "home/crls/a.crl"], expect: 65)
  }

  @Test func `Before and after its time a certificate is refused`() throws {
    let shell = try Cast.shared.get().shell
    for (time, state) in [
      ("2001-01-01T00:00:00Z", "certificateNotYetValid"), ("2035-01-01T00:00:00+02:00", "certificateExpired"),
    ] {
      let result = try shell.smime(
        "verify", "signed.eml", "--anchor", "ca/root.pem", "--at", time, "--json", expect: 1)
      #expect(result.output.contains("\"\(state)\""))
    }
  }

  @Test func `Who has no key is told whose it would need`() throws {
    let shell = try Cast.shared.get().shell
    let without = try shell.smime(["open", "sealed.eml", "--anchor", "ca/root.pem", "--json"], expect: 77)
    #expect(without.output.contains("\"keyMissing\""))
    let eve = try shell.smime(["decrypt", "sealed.eml", "--identity", "eve.p12"] + Cast.password, expect: 77)
    #expect(eve.output.isEmpty)
    #expect(eve.errorLines.count == 1)
  }
}
