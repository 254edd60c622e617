import Foundation
import Testing

/// The queue of requests as somebody at the authority uses it.
@Suite struct RequestTests {
  /// A shell with an authority, and a request of `address` in its queue.
  private func waiting(_ address: String = "dora@example.org", from: String? = nil) throws -> (Shell, String) {
    let shell = try Cast.copy()
    try shell.smime(["id", "new", address, "--key", "p-256", "--out", "r.csr"] + Cast.newPassword)
    let added = try shell.smime(["ca", "request", "add", "r.csr", "--ca", "ca"] + (from.map { ["--from", $0] } ?? []))
    return (shell, added.output.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private func approve(_ id: String, _ rest: String...) -> [String] {
    ["ca", "request", "approve", id, "--ca", "ca", "--out", "r.pem"] + rest + Cast.password
  }

  @Test func `A code that comes back proves the mailbox, and the certificate is issued`() throws {
    let (shell, id) = try waiting()
    let listed = try shell.smime("ca", "request", "list", "--ca", "ca").output
    #expect(listed.contains("id: \(id)") && listed.contains("state: waiting"))
    let unproved = try shell.smime(approve(id, "--by", "carol"), expect: 1)
    #expect(unproved.errors.contains("dora@example.org"))
    let code = try shell.smime("ca", "request", "code", id, "--ca", "ca").output
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(code.wholeMatch(of: /([0-9a-f]{8}-){3}[0-9a-f]{8}/) != nil)
    #expect(try !shell.text("ca/journal").contains(code), "a digest of it is kept")
    try shell.smime(approve(id, "--by", "carol", "--code", String(code.reversed())), expect: 1)
    try shell.smime(approve(id, "--by", "carol", "--code", code))
    let shown = try shell.smime("ca", "request", "show", id, "--ca", "ca", "--json").output
    #expect(shown.contains(#""state":"approved""#) && shown.contains(#""by":"carol""#))
    #expect(try shell.text("r.pem").components(separatedBy: "BEGIN CERTIFICATE").count == 3)
    try shell.smime(["id", "import", "r.pem"] + Cast.password)
    #expect(try shell.smime("ca", "request", "list", "--ca", "ca").output.isEmpty)
    try shell.smime("ca", "request", "code", id, "--ca", "ca", expect: 1)
  }

  @Test(arguments: ["dora@example.org", "DORA@example.org", "dora", "Helpdesk", " dora "])
  func `Nobody approves the own request`(name: String) throws {
    let (shell, id) = try waiting(from: "helpdesk")
    let refused = try shell.smime(approve(id, "--by", name, "--evidence", "I know me"), expect: 1)
    #expect(refused.errors.contains("own request"))
    #expect(!shell.exists("r.pem"))
    try shell.smime(approve(id, "--by", "carol", "--evidence", "showed her badge"))
    #expect(try shell.smime("ca", "request", "show", id, "--ca", "ca").output.contains("evidence: showed her badge"))
  }

  @Test func `The mail with the code is whole, and goes to the mailbox that it proves`() throws {
    let (shell, id) = try waiting()
    let mail = try shell.smime("ca", "request", "code", id, "--mail", "--sender", "pki@example.org", "--ca", "ca")
    for part in ["From: ", "<pki@example.org>", "To: <dora@example.org>", "Date: ", "Message-ID: ", "Subject: "] {
      #expect(mail.output.contains(part), "\(mail.output)")
    }
    let code = try #require(mail.output.firstMatch(of: /([0-9a-f]{8}-){3}[0-9a-f]{8}/)?.output.0)
    try shell.smime(approve(id, "--by", "carol", "--code", String(code)))
  }

  @Test func `A rejected request stays rejected, with who and why`() throws {
    let (shell, id) = try waiting()
    try shell.smime("ca", "request", "reject", id, "--reason", "no such person", "--by", "carol", "--ca", "ca")
    let shown = try shell.smime("ca", "request", "show", id, "--ca", "ca").output
    #expect(shown.contains("state: rejected") && shown.contains("reason: no such person"))
    try shell.smime(approve(id, "--by", "erin", "--evidence", "now I know"), expect: 1)
    #expect(try shell.smime("ca", "request", "list", "--ca", "ca").output.isEmpty)
    #expect(try shell.smime("ca", "request", "list", "--all", "--ca", "ca", "--json").output.contains(id))
  }

  @Test func `What is no good request does not get in`() throws {
    let (shell, id) = try waiting()
    try shell.smime("ca", "request", "add", "mail.eml", "--ca", "ca", expect: 65)
    try shell.smime("ca", "request", "add", "nowhere.csr", "--ca", "ca", expect: 66)
    try shell.smime("ca", "request", "show", "ffffffffffff", "--ca", "ca", expect: 66)
    try shell.smime(approve(id, "--by", "carol", "--evidence", "x", "--days", "900"), expect: 64)
    try shell.smime(
      ["ca", "request", "approve", id, "--ca", "ca", "--by", "carol", "--evidence", "x", "--password", "wrong"],
      expect: 77)
    #expect(try shell.smime("ca", "request", "show", id, "--ca", "ca").output.contains("state: waiting"))
  }
}
