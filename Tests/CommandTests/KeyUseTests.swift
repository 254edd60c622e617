import Foundation
import Testing

/// Which of several certificates for one address is used follows from what they are for, and from the user's word.
@Suite struct KeyUseTests {
  private func json(_ result: Shell.Result) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
  }

  /// `name.p12` and `name.pem`: a key of Alice's for one use.
  private func issue(_ name: String, for use: String, in shell: Shell) throws {
    try shell.smime(
      ["ca", "issue", "alice@example.org", "--use", use, "--key", "rsa-2048", "--ca", "ca", "--out", "\(name).p12"]
        + Cast.password + Cast.newPassword)
    try shell.smime(["id", "export", "\(name).p12", "--certificates", "--out", "\(name).pem"] + Cast.password)
  }

  private func print(_ name: String, in shell: Shell) throws -> String {
    let shown = try json(try shell.smime("show", "\(name).pem", "--json"))
    let text = try JSONSerialization.data(withJSONObject: shown)
    let found = String(decoding: text, as: UTF8.self).firstMatch(of: /"sha256":"([0-9a-f]{64})"/)
    return String(try #require(found).1)
  }

  /// Whichever of the two comes last.
  @Test(arguments: [["signing", "encryption"], ["encryption", "signing"]])
  func `Who has a key for each use signs with the one and gets mail by the other`(order: [String]) throws {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    for use in order {
      try issue(use, for: use, in: shell)
      try shell.smime(["id", "import", "\(use).p12"] + Cast.password)
      // Certificates begin on whole seconds: the second is the newer one.
      Thread.sleep(forTimeInterval: 1.1)
    }
    try shell.smime(["sign", "mail.eml", "--out", "own.eml"] + Cast.password)
    let verdict = try json(try shell.smime("verify", "own.eml", "--json"))
    let signer = (verdict["signers"] as? [[String: Any]])?.first?["certificate"] as? [String: Any]
    #expect(try signer?["sha256"] as? String == print("signing", in: shell))

    // The user's own address, and the copy for the sender.
    for recipient in ["alice@example.org", "bob.pem"] {
      let sealed = try json(
        try shell.smime("encrypt", "mail.eml", "--recipient", recipient, "--out", "to.eml", "--force", "--json"))
      let used = (sealed["recipients"] as? [[String: Any]])?.compactMap { $0["sha256"] as? String } ?? []
      #expect(try used.contains(print("encryption", in: shell)) && !used.contains(print("signing", in: shell)))
      try shell.smime(["decrypt", "to.eml"] + Cast.password)
    }
  }

  @Test func `A correspondent's key that only signs is not learnt from a mail`() throws {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    try issue("signing", for: "signing", in: shell)
    try shell.smime(["sign", "mail.eml", "--identity", "signing.p12", "--out", "own.eml"] + Cast.password)
    try shell.smime("verify", "own.eml")
    #expect((try json(try shell.smime("cert", "list", "--json"))["certificates"] as? [Any])?.isEmpty == true)
    try shell.smime("encrypt", "mail.eml", "--recipient", "alice@example.org", expect: 77)
    // Named by hand it is used with a warning, or not at all.
    let warned = try shell.smime("encrypt", "mail.eml", "--recipient", "signing.pem", "--out", "x.eml", expect: nil)
    #expect(warned.errors.contains("the key is not meant for encryption"))
    let only = try json(try shell.smime("cert", "find", "alice@example.org", "--json", expect: 1))
    #expect((only["certificates"] as? [Any])?.isEmpty == true)
  }

  @Test func `A certificate that waits for the user's word is found, and is not usable`() throws {
    let shell = try Cast.copy()
    try shell.smime("trust", "add", "ca/root.pem")
    try shell.smime("verify", "signed.eml")
    try issue("other", for: "both", in: shell)
    try shell.smime(["sign", "mail.eml", "--identity", "other.p12", "--out", "other.eml"] + Cast.password)
    try shell.smime("verify", "other.eml")
    let helped = ["--intermediate", "ca/issuing.pem"]
    func found(_ status: Int32 = 0) throws -> [String: Bool] {
      let command = ["cert", "find", "alice@example.org", "--json", "--out", "found.pem", "--force"] + helped
      let report = try json(try shell.smime(command, expect: status))
      #expect(try Schema(named: "find").faults(in: report).isEmpty)
      let rows = report["certificates"] as? [[String: Any]] ?? []
      return Dictionary(
        uniqueKeysWithValues: rows.map { row in
          let certificate = row["certificate"] as? [String: Any] ?? row
          return (certificate["sha256"] as? String ?? "", row["usable"] as? Bool ?? true)
        })
    }
    let (old, new) = (try print("alice", in: shell), try print("other", in: shell))
    #expect(try found() == [old: true, new: false])
    #expect(try shell.text("alice.pem").hasPrefix(shell.text("found.pem")))
    let told = try shell.smime(["cert", "find", "alice@example.org"] + helped)
    #expect(told.output.contains("nobody has said yet that this one is right"))
    try shell.smime("cert", "pin", "alice@example.org", String(new.prefix(16)))
    #expect(try found()[new] == true)
  }
}
