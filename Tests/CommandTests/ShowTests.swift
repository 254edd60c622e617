import Foundation
import Testing

@Suite struct ShowTests {
  @Test(arguments: [
    ("mail.eml", "mail"), ("signed.eml", "mail"), ("sealed.eml", "mail"), ("alice.pem", "certificate"),
    ("ca/root.key", "privateKey"), ("alice.p12", "pkcs12"), ("alice.der", "certificate"), ("signature.der", "cms"),
    ("signature.b64", "cms"), ("signature.pem", "cms"), ("test.crl", "crl"), ("carol.csr", "request"),
  ]) func `Whatever it is, it is recognised`(file: String, kind: String) throws {
    let shell = try Self.shelf.get()
    let result = try shell.smime(["show", file, "--json"] + Cast.password)
    #expect(result.output.contains("\"kind\":\"\(kind)\""), "\(result.output)")
    let text = try shell.smime(["show", file] + Cast.password)
    #expect(text.output.contains("\(kind):"))
    #expect(!text.output.contains("open sesame"))
  }

  @Test func `What it is not is said`() throws {
    let shell = try Shell()
    try shell.write("hello world\n", to: "words.txt")
    try shell.smime("show", "words.txt", expect: 65)
    try shell.write(Data([0x30, 0x82, 0xFF, 0xFF, 0x02]), to: "broken.der")
    let broken = try shell.smime("show", "broken.der", expect: 65)
    #expect(broken.errors.contains("broken.der: "))
  }

  @Test func `Nothing in a file moves the cursor`() throws {
    let shell = try Shell()
    try shell.write("From: \u{1B}[2Jalice@example.org\r\nSubject: \u{202E}evil\r\n\r\nx\r\n", to: "escape.eml")
    let result = try shell.smime("show", "escape.eml")
    #expect(!result.output.contains("\u{1B}") && !result.output.contains("\u{202E}"))
  }

  /// The cast's files, and some of them in other clothes.
  static let shelf = Swift.Result {
    let shell = try Cast.copy()
    try shell.smime(["ca", "crl", "--ca", "ca", "--out", "test.crl"] + Cast.password)
    try shell.smime(["id", "new", "carol@example.org", "--key", "p-256", "--out", "carol.csr"] + Cast.newPassword)
    let certificate = try shell.text("alice.pem").components(separatedBy: "-----END")[0]
      .split(separator: "\n").dropFirst().joined()
    try shell.write(Data(base64Encoded: certificate) ?? Data(), to: "alice.der")
    let part = try shell.text("signed.eml").components(separatedBy: "application/pkcs7-signature").last ?? ""
    let base64 = part.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n")
      .components(separatedBy: "\r\n--")[0]
    try shell.write(base64, to: "signature.b64")
    try shell.write("-----BEGIN CMS-----\n\(base64)\n-----END CMS-----\n", to: "signature.pem")
    try shell.write(Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data(), to: "signature.der")
    return shell
  }
}
