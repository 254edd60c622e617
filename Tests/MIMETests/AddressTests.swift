import MIME
import Testing

struct AddressTests {
  private static func list(_ value: String) -> [String] { AddressList(value).mailboxes.map(\.description) }

  /// RFC 5322 §3.4, appendix A.
  @Test(arguments: [
    ("john.doe@machine.example", ["john.doe@machine.example"]),
    ("John Doe <jdoe@machine.example>", ["John Doe <jdoe@machine.example>"]),
    ("\"Joe Q. Public\" <john.q.public@example.com>", ["Joe Q. Public <john.q.public@example.com>"]),
    (
      "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
      ["Mary Smith <mary@x.test>", "jdoe@example.org", "Who? <one@y.test>"]
    ),
    (
      "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
      ["boss@nil.test", "Giant; \"Big\" Box <sysservices@example.net>"]
    ),
    (
      "A Group:Ed Jones <joe@where.test>,John <jdoe@one.test>;",
      ["Ed Jones <joe@where.test>", "John <jdoe@one.test>"]
    ),
    ("Undisclosed recipients:;", []),
    (
      "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
      ["Pete <pete@silly.test>"]
    ),
    (
      "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
      ["Mary Smith <mary@example.net>", "jdoe@test.example"]
    ),
    ("<@a.test,@b.test:user@c.test>", ["user@c.test"]),
    ("user@[192.0.2.1]", ["user@[192.0.2.1]"]),
    ("\"two words\"@example.com", ["\"two words\"@example.com"]),
    ("=?utf-8?Q?J=C3=BCrgen?= <j@example.com>", ["Jürgen <j@example.com>"]),
    ("用户 <用户@例え.テスト>", ["用户 <用户@例え.テスト>"]),
    ("", []),
  ])
  func mailboxes(value: String, expected: [String]) {
    #expect(Self.list(value) == expected)
    #expect(AddressList(value).unreadableCount == 0)
  }

  /// What readers disagree about is told, so that nothing signed by one of them passes for the other.
  @Test(arguments: [
    ("a b@example.com", []), ("a@b@c.test", []), ("@", []), ("<alice>", []), ("alice", []), ("<a@b@c>", []),
    ("<one@a.test> <two@b.test>", ["one@a.test", "two@b.test"]),
    ("<one@a.test> two@b.test", ["one@a.test"]),
    ("Alice one@a.test <", []),
  ])
  func unreadable(value: String, expected: [String]) {
    #expect(Self.list(value) == expected)
    #expect(AddressList(value).unreadableCount == 1)
  }

  @Test(arguments: ["(", "\"", "[", "<", ">", "\\", "=?", ",", ":", "((a", "a@", "<@", "@@@", ":;:;", "=?utf-8?q?="])
  func anyAmountOfNonsenseInLinearTime(piece: String) {
    let clock = ContinuousClock()
    let value = String(repeating: piece, count: 200_000)
    let time = clock.measure { _ = AddressList(value) }
    #expect(time < .seconds(20))
  }

  @Test func oneMailboxHasManySpellings() throws {
    func same(_ left: String, _ right: String) throws -> Bool {
      try #require(EmailAddress(left)).matches(try #require(EmailAddress(right)))
    }
    #expect(try same("Alice@Example.COM", "alice@example.com"))
    #expect(try same("alice@example.com.", "alice@example.com"))
    #expect(try same("\"alice\"@example.com", "alice@example.com"))
    #expect(try same("alice@bücher.example", "alice@xn--bcher-kva.example"))
    #expect(try same("alice@BÜCHER.example", "alice@xn--bcher-kva.example"))
    #expect(try same("alice@例え。テスト", "alice@xn--r8jz45g.xn--zckzah"))
    #expect(try same("用户@example.com", "用户@EXAMPLE.com"))
    #expect(try !same("ÄLICE@example.com", "älice@example.com"))
    #expect(try !same("alice@example.com", "alice@example.org"))
    #expect(try !same("alice@example.com\0.evil.test", "alice@example.com"))
    #expect(try !same("alic\u{435}@example.com", "alice@example.com"))
    // The same on the screen, but not the same octets.
    #expect(try !same("e\u{301}@example.com", "\u{E9}@example.com"))
  }

  @Test func aVeryLongLabelIsNoWork() throws {
    let long = String(repeating: "ü", count: 200_000)
    let address = EmailAddress(localPart: "a", domain: long)
    #expect(address.matches(address))
  }

  @Test(arguments: ["", "@", "a@", "@b", "alice"])
  func noAddress(text: String) { #expect(EmailAddress(text) == nil) }

  @Test(arguments: [
    ("\"alice@bank.example\" <mallory@evil.test>", "alice@bank.example"),
    ("\"Alice (alice@bank.example)\" <mallory@evil.test>", "alice@bank.example"),
    ("=?utf-8?Q?alice=40bank.example?= <mallory@evil.test>", "alice@bank.example"),
    ("=?utf-8?B?YWxpY2VAYmFuay5leGFtcGxlCgAAAA==?= <mallory@evil.test>", "alice@bank.example"),
    ("alice\u{FF20}bank.example <mallory@evil.test>", "alice@bank.example"),
    ("alice@bank.example <mallory@evil.test>", "alice@bank.example"),
    ("\"mallory@evil.test alice@bank.example\" <mallory@evil.test>", "alice@bank.example"),
  ])
  func aNameThatShowsAnotherAddress(value: String, shown: String) throws {
    let mailbox = try #require(AddressList(value).mailboxes.first)
    #expect(mailbox.foreignAddressInDisplayName == shown)
  }

  @Test(arguments: [
    "'alice@bank.example' <alice@bank.example>", "\"alice@bank.example\" <Alice@Bank.Example>",
    "Alice <alice@bank.example>", "\"Alice @ Bank\" <alice@bank.example>", "alice@bank.example",
    "\"\u{2018}alice@bank.example\u{2019}\" <alice@bank.example>",
  ])
  func aNameThatShowsNone(value: String) throws {
    let mailbox = try #require(AddressList(value).mailboxes.first)
    #expect(mailbox.foreignAddressInDisplayName == nil)
  }
}
