import Foundation
import Testing

/// Objects in PEM, found in the text that they came with; and mail that has such text in it, and stays mail.
@Suite struct ArmourTests {
  /// A folder with `object.pem`, which Alice signed.
  private func folder() throws -> (shell: Shell, pem: String) {
    let shell = try Cast.copy()
    try shell.write(String(repeating: "Ten pounds of tea.\n", count: 500), to: "contract")
    try shell.smime(
      ["cms", "sign", "contract", "--pem", "--identity", "alice.p12", "--out", "object.pem"] + Cast.password)
    return (shell, try shell.text("object.pem"))
  }

  private static let words = String(
    repeating: "It was signed by Alice in the presence of Bob - and of Eve.\n", count: 1_000)

  @Test(arguments: [
    ("", ""), ("\n\n", "\n"), ("\r\n \t\r\n", ""), ("\u{FEFF}", ""), ("\u{FEFF}\n", ""),
    ("This is the contract.\n\nIt is signed.\n", "\nRegards,\n-- \nAlice\n"), (words, words),
    // RFC 7468 §2 has such words right above a block. No mail has a block among its fields.
    ("Subject: CN=Alice\nIssuer: CN=Test\n", ""), ("-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n", ""),
    ("", "-----BEGIN CMS-----\nAAAA\n-----END CMS-----\n"),
  ]) func `A block is found in its text`(before: String, after: String) throws {
    let (shell, pem) = try folder()
    for text in [before + pem + after, (before + pem + after).replacingOccurrences(of: "\n", with: "\r\n")] {
      try shell.write(text, to: "text")
      let verified = try shell.smime("cms", "verify", "text", "--anchor", "ca/root.pem", "--out", "back", "--force")
      #expect(verified.output.hasPrefix("signature: verified"), "\(verified.output)")
      #expect(try shell.data("back") == shell.data("contract"))
    }
    // To show is to show every block, and those that were made up here hold nothing.
    if !(before + after).contains("AAAA") { #expect(try shell.smime("show", "text").output.contains("cms:")) }
  }

  @Test(arguments: [
    "From: alice@example.org\nSubject: contract\n\n", "Note: see below\n\nHere it is:\n",
    "\u{FEFF}From: alice@example.org\nSubject: contract\n\n",
    "From alice@example.org Mon Mar  2 09:14:07 2026\nFrom: alice@example.org\n\n",
  ]) func `A mail with a block in its text is mail`(head: String) throws {
    let (shell, pem) = try folder()
    try shell.write(head + pem, to: "text")
    let refused = try shell.smime("cms", "verify", "text", expect: 65)
    #expect(refused.errors.contains("is mail, not a CMS object"), "\(refused.errors)")
    #expect(try shell.smime("show", "text").output.contains("mail:"))
    #expect(try shell.smime("verify", "text", expect: 1).output.contains("signature: unsigned"))
  }

  @Test func `What has no block, or one that does not end, is told`() throws {
    let (shell, pem) = try folder()
    let end = try #require(pem.range(of: "-----END"))
    let middle = pem.index(pem.startIndex, offsetBy: pem.count / 2)
    for (text, words) in [
      (String(pem[..<end.lowerBound]), "does not end"),
      (pem[..<middle] + "\n--cut--\n" + pem[middle...], "does not end"),
      (String(repeating: Self.words, count: 2) + pem, "neither mail nor CMS"),
      (pem.replacingOccurrences(of: "BEGIN CMS", with: "BEGIN OTHER"), "neither mail nor CMS"),
      ("-----BEGIN CMS-----", "neither mail nor CMS"), ("-----BEGIN CMS-----\n-----END CMS-----\n", "missing"),
    ] {
      try shell.write(text, to: "text")
      let result = try shell.smime("cms", "verify", "text", "--out", "back", expect: 65)
      #expect(result.errorLines.count == 1 && result.errors.contains(words), "\(words): \(result.errors)")
      #expect(!shell.exists("back"))
    }
  }
}
