public import ByteIO

/// Why a body cannot pass mail relays unchanged (RFC 8551 §3.1.3, RFC 2049 §3).
struct TransportCheck {
  private(set) var isSafe = true
  private var lineLength = 0
  private var last: UInt8 = 0x0A
  private var beforeLast: UInt8 = 0
  /// How many bytes of `From ` the line began with; -1 once it began with something else.
  private var fromMatched = 0
  private let from: [UInt8] = Array("From ".utf8)

  /// Looks at the next bytes; line ends may be LF or CRLF.
  mutating func update(_ bytes: Span<UInt8>) {
    guard isSafe else { return }
    for index in bytes.indices {
      let byte = bytes[index]
      if byte == 0x0A {
        let end = last == 0x0D ? beforeLast : last
        // White space before the line end is stripped on the way.
        if lineLength > 0, end == 0x20 || end == 0x09 { isSafe = false }
        lineLength = 0
        fromMatched = 0
      } else {
        // A CR that no LF follows is no line end, and relays make one of it.
        if byte >= 0x80 || byte == 0 || last == 0x0D { isSafe = false }
        if fromMatched >= 0 {
          fromMatched = byte == from[fromMatched] ? fromMatched + 1 : -1
          if fromMatched == from.count { isSafe = false }
        }
        lineLength += 1
        if lineLength > 998 { isSafe = false }
      }
      if !isSafe { return }
      beforeLast = last
      last = byte
    }
  }

  mutating func finish() {
    if last == 0x0D || lineLength > 0 && (last == 0x20 || last == 0x09) { isSafe = false }
  }
}

/// An inner signature whose part would have to be encoded anew, which would break it.
public struct SignedPartNotSafe: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String {
    "a part that is signed already has 8-bit or over-long lines and cannot be sent safely"
  }
}

extension Entity {
  /// Writes the entity as it is to be signed or encrypted: line ends CRLF, 7-bit safe, only the header fields that describe
  /// the content (RFC 8551 §3.1). What is safe already is written as it stands, byte for byte.
  ///
  /// - Throws: ``SignedPartNotSafe``
  public func writeContent(to sink: any ByteSink) throws {
    try write(to: sink, fields: header.contentFields, isRoot: true)
  }

  private func write(to sink: any ByteSink, fields: [HeaderField], isRoot: Bool) throws {
    if !isRoot, try isTransportSafe(range) {
      try canonical.copy(to: sink)
      return
    }
    if try isTransportSafe(bodyRange) {
      try writeHeader(
        fields, encoding: transferEncoding.isIdentity && transferEncoding != .sevenBit ? .sevenBit : nil, to: sink)
      try CanonicalStream(source.slice(bodyRange)).copy(to: sink)
    } else if contentType.isMultipart, !parts.isEmpty {
      // RFC 1847 §2.1: a signed part is opaque to everybody on the way.
      if contentType.subtype == "signed" || contentType.subtype == "encrypted" { throw SignedPartNotSafe() }
      try writeHeader(fields, encoding: transferEncoding == .sevenBit ? nil : .sevenBit, to: sink)
      let boundary = contentType.parameters["boundary"] ?? ""
      for part in parts {
        try sink.write(Array("\r\n--\(boundary)\r\n".utf8))
        try part.write(to: sink, fields: part.header.fields, isRoot: false)
      }
      try sink.write(Array("\r\n--\(boundary)--\r\n".utf8))
    } else if contentType.type == "message", let inner = parts.first {
      try writeHeader(fields, encoding: transferEncoding == .sevenBit ? nil : .sevenBit, to: sink)
      try inner.write(to: sink, fields: inner.header.fields, isRoot: false)
    } else {
      try writeEncoded(fields, to: sink)
    }
  }

  /// A leaf with its body encoded anew: text as quoted-printable, so that it stays readable, anything else as base64.
  private func writeEncoded(_ fields: [HeaderField], to sink: any ByteSink) throws {
    if contentType.type == "text" {
      try writeHeader(fields, encoding: .quotedPrintable, to: sink)
      let encoder = QuotedPrintableSink(to: sink)
      try decodedBody.copy(to: encoder)
      try encoder.finish()
    } else {
      try writeHeader(fields, encoding: .base64, to: sink)
      let encoder = Base64EncodingSink(to: sink)
      try decodedBody.copy(to: encoder)
      try encoder.finish()
    }
  }

  /// Writes `fields` and the empty line; with `encoding` in place of the Content-Transfer-Encoding that they have.
  private func writeHeader(_ fields: [HeaderField], encoding: TransferEncoding?, to sink: any ByteSink) throws {
    var bytes: [UInt8] = []
    var fields = fields
    if let encoding {
      fields.removeAll { $0.isNamed("Content-Transfer-Encoding") }
      bytes += Array("Content-Transfer-Encoding: \(encoding.rawValue)\r\n".utf8)
    }
    let described = fields.contains { $0.isNamed("Content-Type") }
    var head: [UInt8] = described ? [] : Array("Content-Type: text/plain; charset=us-ascii\r\n".utf8)
    if !described, encoding == .quotedPrintable { head = Array("Content-Type: text/plain; charset=utf-8\r\n".utf8) }
    for field in fields { head += field.canonical }
    try sink.write(head + bytes + [0x0D, 0x0A])
  }

  private func isTransportSafe(_ range: Range<Int>) throws -> Bool {
    var check = TransportCheck()
    let reader = source.slice(range).makeReader()
    var window = [UInt8](repeating: 0, count: windowSize)
    while check.isSafe {
      let count = try reader.read(into: &window)
      if count == 0 { break }
      check.update(window.span.extracting(0..<count))
    }
    check.finish()
    return check.isSafe
  }
}

extension HeaderField {
  /// The field with its line ends as CRLF.
  public var canonical: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.count + 4)
    for byte in raw {
      if byte == 0x0A, bytes.last != 0x0D { bytes.append(0x0D) }
      bytes.append(byte)
    }
    if bytes.last != 0x0A { bytes += [0x0D, 0x0A] }
    return bytes
  }
}
