public import ByteIO

/// A part that no relay passes on unchanged, and that cannot be encoded anew.
public struct UnsafeForTransport: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable {
    /// Others signed it as it stands (RFC 1847 §2.1).
    case signed = "is signed, and holds 8-bit or overlong lines"
    /// It has parts that could not be found.
    case unreadableParts = "cannot be taken apart, and holds 8-bit or overlong lines"
    /// Its Content-Transfer-Encoding is not known.
    case unknownEncoding = "has an unknown Content-Transfer-Encoding, and holds 8-bit or overlong lines"
  }

  public let reason: Reason
  /// Where the part begins.
  public let offset: Int

  public init(reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  public var description: String { "the part at byte \(offset) \(reason.rawValue)" }
}

extension Entity {
  /// The entity as it is to be signed: line ends CRLF, 7-bit safe, only the header fields that describe the content
  /// (RFC 8551 §3.1). What is safe already stays as it stands, byte for byte.
  ///
  /// The stream can be read any number of times and keeps no more than a window in memory.
  ///
  /// - Throws: ``UnsafeForTransport`` for a part that would break: others signed it, or it is encoded in an unknown way.
  public func signable() throws -> any ByteStream {
    var pieces: [any ByteStream] = []
    try append(describingFields, to: &pieces)
    return JoinedStream(pieces: pieces)
  }

  /// The entity as it is to be encrypted: line ends CRLF, only the header fields that describe the content.
  public var enclosable: any ByteStream {
    JoinedStream(pieces: [
      BufferSource(describingFields.flatMap(\.canonical) + [0x0D, 0x0A]), canonical(bodyRange),
    ])
  }

  /// The fields that move inside. A message that has none says at least that it is text.
  private var describingFields: [HeaderField] {
    guard header["Content-Type"] == nil else { return header.contentFields }
    let raw = Array("Content-Type: text/plain; charset=utf-8\r\n".utf8)
    return [HeaderField(name: "Content-Type", raw: raw[...], valueStart: 13)] + header.contentFields
  }

  /// What is signed or encrypted in the form of several parts stays as it stands.
  private var isSealed: Bool {
    contentType.isMultipart && (contentType.subtype == "signed" || contentType.subtype == "encrypted")
  }

  private func append(_ fields: [HeaderField], to pieces: inout [any ByteStream]) throws {
    if try isTransportSafe(bodyRange) {
      // An 8-bit label on 7-bit content invites relays to change it.
      let label = transferEncoding == .eightBit || transferEncoding == .binary ? TransferEncoding.sevenBit : nil
      pieces += [BufferSource(Self.header(fields, encoding: isSealed ? nil : label)), canonical(bodyRange)]
      return
    }
    guard !isSealed else { throw UnsafeForTransport(reason: .signed, offset: range.lowerBound) }
    if parts.isEmpty {
      guard !contentType.isMultipart, !contentType.isMessage else {
        throw UnsafeForTransport(reason: .unreadableParts, offset: range.lowerBound)
      }
      guard transferEncoding != .unrecognised else {
        throw UnsafeForTransport(reason: .unknownEncoding, offset: range.lowerBound)
      }
      let encoding = encodingForTransport
      pieces += [
        BufferSource(Self.header(fields, encoding: encoding)), EncodedStream(base: decodedBody, encoding: encoding),
      ]
      return
    }
    pieces.append(BufferSource(Self.header(fields, encoding: transferEncoding == .sevenBit ? nil : .sevenBit)))
    guard contentType.isMultipart else {
      for part in parts { try part.append(part.header.fields, to: &pieces) }
      return
    }
    // The lines between the parts are written anew: they may be what was not safe.
    let boundary = Array("--\(contentType.parameters["boundary"] ?? "")".utf8)
    if let preamble, !preamble.isEmpty, try isTransportSafe(preamble) {
      pieces += [canonical(preamble), BufferSource([0x0D, 0x0A])]
    }
    for part in parts {
      pieces.append(BufferSource(boundary + [0x0D, 0x0A]))
      try part.append(part.header.fields, to: &pieces)
      pieces.append(BufferSource([0x0D, 0x0A]))
    }
    pieces.append(BufferSource(boundary + [0x2D, 0x2D, 0x0D, 0x0A]))
    if let epilogue, try isTransportSafe(epilogue) { pieces.append(canonical(epilogue)) }
  }

  /// Quoted-printable for text, so that it stays readable; base64 for everything else, and for text whose line ends are
  /// not single octets.
  private var encodingForTransport: TransferEncoding {
    let charset = Text.lowercased(contentType.parameters["charset"] ?? "us-ascii")
    return contentType.type == "text" && !charset.hasPrefix("utf-16") && !charset.hasPrefix("utf-32")
      ? .quotedPrintable : .base64
  }

  /// `fields` and the empty line; with `encoding` in place of the Content-Transfer-Encoding that they have.
  private static func header(_ fields: [HeaderField], encoding: TransferEncoding? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    for field in fields where encoding == nil || !field.isNamed("Content-Transfer-Encoding") {
      bytes += field.transportSafe
    }
    if let encoding { bytes += Array("Content-Transfer-Encoding: \(encoding.rawValue)\r\n".utf8) }
    return bytes + [0x0D, 0x0A]
  }

  private func isTransportSafe(_ range: Range<Int>) throws -> Bool {
    var check = TransportCheck()
    let part = source.slice(range)
    let reader = part.makeReader()
    var window = part.makeWindow()
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
    if isCanonical { return Array(raw) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.count + 4)
    for byte in raw {
      if byte == 0x0A, bytes.last != 0x0D { bytes.append(0x0D) }
      bytes.append(byte)
    }
    if bytes.last != 0x0A { bytes += [0x0D, 0x0A] }
    return bytes
  }

  /// True when it ends in CRLF, and has no LF without a CR.
  private var isCanonical: Bool {
    guard raw.last == 0x0A else { return false }
    return unsafe raw.withUnsafeBufferPointer {
      unsafe BareLineFeed.first(in: $0, from: 0, to: $0.count, lastWasCR: false) == $0.count
    }
  }
}
