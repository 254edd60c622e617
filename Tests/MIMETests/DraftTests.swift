import ByteIO
import Foundation
import MIME
import Testing

struct DraftTests {
  private static let alice = Mailbox(
    displayName: "Älice \"A\"", address: EmailAddress(localPart: "alice", domain: "a.test"))
  private static let bob = Mailbox(displayName: "Bob, B.", address: EmailAddress(localPart: "bob", domain: "b.test"))

  private func draft(_ subject: String, _ text: String, _ attachments: [Draft.Attachment] = []) -> Draft {
    Draft(
      from: Self.alice, to: [Self.bob, Self.alice], subject: subject, text: text, attachments: attachments,
      date: Date(timeIntervalSince1970: 1_795_458_600))
  }

  @Test(arguments: [
    "plain", "Grüße", "", String(repeating: "wort ", count: 300), String(repeating: "ü", count: 500), "a  b",
  ])
  func whatIsWrittenIsReadBack(subject: String) throws {
    let attachments = [
      Draft.Attachment(fileName: "naïve \"1\".bin", bytes: Array(0...255)),
      Draft.Attachment(fileName: String(repeating: "länge", count: 30) + ".txt", contentType: "text/plain", bytes: []),
    ]
    let bytes = try draft(subject, "Café\nFrom there\n.\n", attachments).bytes()
    let message = try Message(BufferSource(bytes))
    #expect(message.from.map(\.address) == [Self.alice.address])
    #expect(message.from.first?.displayName == "Älice \"A\"")
    #expect(message.to.map(\.displayName) == ["Bob, B.", "Älice \"A\""])
    #expect(message.subject == subject.trimmingCharacters(in: .whitespaces))
    #expect(message.entity.header["Date"]?.value == "Mon, 23 Nov 2026 18:30:00 +0000")
    #expect(message.defects.isEmpty && message.entity.allDefects.isEmpty)
    let parts = message.entity.parts
    #expect(try parts.first?.text(limit: 100) == "Café\r\nFrom there\r\n.\r\n")
    #expect(parts.dropFirst().map(\.fileName) == attachments.map(\.fileName))
    #expect(try parts[1].decodedBody.readAll(limit: 1_000) == Array(0...255))
    #expect(try parts[2].decodedBody.readAll(limit: 1_000).isEmpty)
    for line in text(bytes).split(separator: "\r\n") {
      #expect(line.utf8.count <= 78 && line.utf8.allSatisfy { $0 < 0x80 })
    }
    // It is ready to be signed.
    #expect(try text(message.entity.signable().readAll(limit: 1 << 20)).hasPrefix("Content-Type: multipart/mixed"))
    #expect(try text(message.entity.signable().readAll(limit: 1 << 20)).hasSuffix(text(bytes.suffix(200))))
  }

  @Test func aTextAlone() throws {
    for body in ["x", "x\n", "", "é"] {
      let message = try Message(BufferSource(draft("s", body).bytes()))
      #expect(message.entity.parts.isEmpty)
      let read = try message.entity.text(limit: 100) ?? ""
      #expect(read == (body.hasSuffix("\n") ? String(body.dropLast()) : body) + "\r\n")
    }
  }

  @Test func noValueBeginsAField() throws {
    let evil = "x\r\nBcc: victim@evil.test\r\n\r\nbody\0"
    var draft = draft(evil, "t", [Draft.Attachment(fileName: evil, contentType: evil, bytes: [])])
    draft.from = Mailbox(displayName: evil, address: EmailAddress(localPart: evil, domain: evil))
    draft.to = [draft.from]
    draft.cc = [draft.from]
    draft.messageID = evil
    let root = try Entity(BufferSource(draft.bytes()))
    #expect(root.all.allSatisfy { $0.header["Bcc"] == nil })
    #expect(
      root.header.fields.map(\.name) == [
        "From", "To", "Cc", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
      ])
  }

  @Test(arguments: [
    (0.0, "Thu, 01 Jan 1970 00:00:00 +0000"), (-1.0, "Wed, 31 Dec 1969 23:59:59 +0000"),
    (951_782_400.0, "Tue, 29 Feb 2000 00:00:00 +0000"), (4_102_444_799.0, "Thu, 31 Dec 2099 23:59:59 +0000"),
  ])
  func dates(seconds: Double, expected: String) throws {
    var draft = draft("s", "t")
    draft.date = Date(timeIntervalSince1970: seconds)
    #expect(try Entity(BufferSource(draft.bytes())).header["Date"]?.value == expected)
  }

  @Test func boundariesAndNamesDiffer() {
    var generator = SeededGenerator(3)
    let boundaries = (0..<100).map { _ in SecurePart.boundary(using: &generator) }
    #expect(Set(boundaries).count == 100)
    #expect(boundaries.allSatisfy { $0.utf8.count <= 70 && $0.hasPrefix("=_") })
    #expect(draft("s", "t").messageID != draft("s", "t").messageID)
  }
}
