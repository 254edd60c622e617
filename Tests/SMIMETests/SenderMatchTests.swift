import ByteIO
import MIME
import Testing

@testable import SMIME

@Suite struct `Matching the signer with the sender` {
  private func match(_ header: String, _ addresses: [String]) throws -> SenderMatch {
    SenderMatch.of(addresses, message: try Message(BufferSource((header + "\r\n\r\nbody").utf8)))
  }

  @Test(arguments: [
    ("From: alice@example.com", "alice@example.com"),
    ("From: Alice <ALICE@Example.COM>", "alice@example.com"),
    ("From: \"alice@example.com\" <alice@example.com>", "alice@example.com"),
    ("From: alice@b\u{FC}cher.example", "alice@xn--bcher-kva.example"),
    ("From: alice@xn--bcher-kva.example", "alice@B\u{DC}CHER.example"),
    ("From: \u{7528}\u{6237}@example.com", "\u{7528}\u{6237}@example.com"),
    ("From: alice@example.com.", "alice@example.com"),
    ("From: (comment) Alice (x) <alice@example.com> (y)", "alice@example.com"),
  ])
  func `covers the author`(_ row: (header: String, address: String)) throws {
    #expect(try match(row.header, [row.address]) == .author)
  }

  @Test(arguments: [
    "From: mallory@example.com", "From: alice@example.com, bob@example.com",
    "From: alice@example.com\r\nFrom: alice@example.com", "From: alice@example.com\r\nFrom: bob@example.com",
    "Subject: no From at all", "From:", "From: undisclosed:;", "From: alice@example.com@evil.example",
    "From: \"bob@example.com\" <alice@example.com>", "From: bob@example.com <alice@example.com>",
    "From: =?utf-8?Q?bob=40example.com?= <alice@example.com>", "From: bob\u{FF20}example.com <alice@example.com>",
    "From: alice@example.com, garbage", "From: alice@example.org",
  ])
  func `does not cover`(_ header: String) throws {
    guard case .mismatch = try match(header, ["alice@example.com"]) else {
      Issue.record("\(header) matched")
      return
    }
  }

  @Test func `a local part beyond ASCII is compared exactly`() throws {
    guard case .mismatch = try match("From: \u{C4}nne@example.com", ["\u{E4}nne@example.com"]) else {
      Issue.record("case was folded")
      return
    }
  }

  @Test func `Sender is on behalf of From`() throws {
    let header = "From: boss@example.com\r\nSender: alice@example.com"
    #expect(try match(header, ["alice@example.com"]) == .onBehalf)
    guard case .mismatch = try match(header, ["eve@example.com"]) else {
      Issue.record("a stranger signed on behalf")
      return
    }
  }

  @Test func `a certificate without addresses is nobody's`() throws {
    #expect(try match("From: alice@example.com", []) == .mismatch("the certificate names no address"))
  }

  @Test func `Sender and Reply-To that differ are told`() throws {
    let header = "From: alice@example.com\r\nSender: list@example.com\r\nReply-To: list@example.com\r\n\r\n"
    let message = try Message(BufferSource(header.utf8))
    let codes = SenderMatch.defects(["alice@example.com"], message: message).map(\.code)
    #expect(codes == ["senderDiffers", "replyToDiffers"])
  }
}

@Suite struct `States and sentences` {
  @Test func `no sentence serves two states`() {
    let sentences = SignatureState.allCases.map { Sentences.of($0, signer: nil, part: nil) }
    #expect(Set(sentences).count == SignatureState.allCases.count)
    let others = EncryptionState.allCases.compactMap { Sentences.of($0) }
    #expect(Set(others).count == EncryptionState.allCases.count - 1)
  }

  @Test func `only verified passes`() {
    for state in SignatureState.allCases {
      #expect((state.authenticationResult == "pass") == (state == .verified))
    }
  }

  @Test func `the order of the states is the table's`() {
    let order: [SignatureState] = [
      .malformed, .unsupported, .contentAltered, .weakAlgorithm, .revoked, .untrusted, .certificateNotYetValid,
      .certificateExpired, .revocationUnknown, .signerMismatch, .verifiedOnBehalf, .verified,
    ]
    #expect(order.sorted() == order)
  }
}
