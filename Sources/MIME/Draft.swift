import ByteIO

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A new message: a text and files with it. Its bytes are canonical and 7-bit safe.
public struct Draft: Sendable {
  public struct Attachment: Sendable {
    public var fileName: String
    public var contentType: String
    public var bytes: [UInt8]

    public init(fileName: String, contentType: String = "application/octet-stream", bytes: [UInt8]) {
      self.fileName = fileName
      self.contentType = contentType
      self.bytes = bytes
    }
  }

  public var from: Mailbox
  public var to: [Mailbox]
  public var cc: [Mailbox] = []
  public var subject: String
  public var date: Date
  public var text: String
  public var attachments: [Attachment]
  /// What stands between the angle brackets of Message-ID.
  public var messageID: String
  public var boundary: String

  public init(
    from: Mailbox, to: [Mailbox], subject: String, text: String, attachments: [Attachment] = [], date: Date
  ) {
    var generator = SystemRandomNumberGenerator()
    self.from = from
    self.to = to
    self.subject = subject
    self.text = text
    self.attachments = attachments
    self.date = date
    messageID = String(generator.next(), radix: 36) + String(generator.next(), radix: 36) + "@" + from.address.domain
    boundary = SecurePart.boundary(using: &generator)
  }

  /// The message. Control characters in header values become spaces, so that no value can begin a field of its own.
  public func bytes() throws -> [UInt8] {
    let sink = BufferSink()
    var header = HeaderField.folded("From", [Self.mailbox(from)]) + Self.field("To", to)
    if !cc.isEmpty { header += Self.field("Cc", cc) }
    header += HeaderField.unstructured("Subject", subject)
    header += HeaderField.folded("Date", [MessageDate.text(date)])
    header += HeaderField.folded("Message-ID", ["<\(HeaderField.clean(messageID))>"]) + "MIME-Version: 1.0\r\n"
    try sink.write(Array(header.utf8))
    if attachments.isEmpty {
      try writeText(to: sink)
    } else {
      let type = "Content-Type: multipart/mixed\(Parameters(["boundary": boundary]).text)\r\n\r\n"
      try sink.write(Array((type + "--\(boundary)\r\n").utf8))
      try writeText(to: sink)
      for attachment in attachments {
        try sink.write(Array("\r\n--\(boundary)\r\n".utf8))
        try write(attachment, to: sink)
      }
      try sink.write(Array("\r\n--\(boundary)--\r\n".utf8))
    }
    return sink.bytes
  }

  private func writeText(to sink: any ByteSink) throws {
    try sink.write(
      Array("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".utf8))
    let encoder = QuotedPrintableSink(to: sink)
    try encoder.write(Array(text.utf8))
    try encoder.finish()
    // The last line of a message ends, too.
    if attachments.isEmpty, text.utf8.last != 0x0A { try sink.write([0x0D, 0x0A]) }
  }

  private func write(_ attachment: Attachment, to sink: any ByteSink) throws {
    let type = HeaderField.clean(attachment.contentType)
    let name = HeaderField.clean(attachment.fileName)
    let header =
      "Content-Type: \(type)\(Parameters(["name": name]).text)\r\nContent-Transfer-Encoding: base64\r\n"
      + "Content-Disposition: attachment\(Parameters(["filename": name]).text)\r\n\r\n"
    try sink.write(Array(header.utf8))
    let encoder = Base64EncodingSink(to: sink)
    try encoder.write(attachment.bytes)
    try encoder.finish()
  }

  private static func field(_ name: String, _ mailboxes: [Mailbox]) -> String {
    let last = mailboxes.count - 1
    return HeaderField.folded(name, mailboxes.enumerated().map { mailbox($0.element) + ($0.offset < last ? "," : "") })
  }

  private static func mailbox(_ mailbox: Mailbox) -> String {
    let address = "<\(HeaderField.clean("\(mailbox.address)"))>"
    guard let name = mailbox.displayName.map(HeaderField.clean), !name.isEmpty else { return address }
    let encoded = EncodedWord.encode(name)
    guard encoded == name else { return "\(encoded) \(address)" }
    return "\"\(name.filter { $0 != "\"" && $0 != "\\" })\" \(address)"
  }
}

/// Date-time of RFC 5322 §3.3, in UTC.
enum MessageDate {
  static func text(_ date: Date) -> String {
    // 2026-11-23T18:30:00Z, whose parts are put in mail's order.
    let parts = date.ISO8601Format().split(whereSeparator: { "-T:Z".contains($0) }).map(String.init)
    guard parts.count == 6, let month = Int(parts[1]), (1...12).contains(month) else { return date.ISO8601Format() }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let day = Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
    let name = days[((day % 7) + 7) % 7]
    return "\(name), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) +0000"
  }
}
