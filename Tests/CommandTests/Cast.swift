import Foundation
import Testing

/// An authority, Alice and Bob, and a mail between them, made once with the command itself.
struct Cast {
  let shell: Shell

  static let password = ["--password", "open sesame"]
  static let newPassword = ["--new-password", "open sesame"]

  static let mail = """
    From: Alice Liddell <alice@example.org>\r
    To: bob@example.com\r
    Subject: Tea\r
    Date: Mon, 02 Mar 2026 09:14:07 +0100\r
    MIME-Version: 1.0\r
    Content-Type: text/plain; charset=utf-8\r
    Content-Transfer-Encoding: 8bit\r
    \r
    Tea at the café on Thursday, as agreed.\r

    """

  /// The result of making them, so that a failure is reported by each test that needs them.
  static let shared = Swift.Result { try Cast() }

  private init() throws {
    shell = try Shell()
    try shell.write(Self.mail, to: "mail.eml")
    try shell.smime(["ca", "init", "--name", "Test", "--ca", "ca"] + Self.newPassword)
    for (name, address) in [("alice", "alice@example.org"), ("bob", "bob@example.com"), ("eve", "eve@example.net")] {
      try shell.smime(
        ["ca", "issue", address, "--name", name, "--key", "p-256", "--ca", "ca", "--out", "\(name).p12"]
          + Self.password + Self.newPassword)
      try shell.smime(["id", "export", "\(name).p12", "--certificates", "--out", "\(name).pem"] + Self.password)
    }
    try shell.smime(["sign", "mail.eml", "--identity", "alice.p12", "--out", "signed.eml"] + Self.password)
    try shell.smime(["encrypt", "signed.eml", "--recipient", "bob.pem", "--out", "sealed.eml"])
  }

  /// A new folder with everything in it, for a test that changes things.
  static func copy() throws -> Shell {
    let original = try shared.get().shell
    let copy = try Shell()
    // Not the store, which other tests may be writing to.
    for name in try FileManager.default.contentsOfDirectory(atPath: original.folder.path)
    where name.first != "." && name != "home" {
      try FileManager.default.copyItem(at: original.url(name), to: copy.url(name))
    }
    return copy
  }
}
