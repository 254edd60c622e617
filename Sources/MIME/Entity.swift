public import ByteIO

/// How a body is encoded for transport (RFC 2045 §6).
public enum TransferEncoding: String, Hashable, Sendable {
  case sevenBit = "7bit"
  case eightBit = "8bit"
  case binary
  case quotedPrintable = "quoted-printable"
  case base64
  /// One that is not known: the body is taken as it stands.
  case unrecognised

  /// True when the body stands as it is.
  public var isIdentity: Bool { self != .quotedPrintable && self != .base64 }
}

/// A MIME entity: a header and a body, as ranges of the bytes that were received (RFC 2045 §2.4).
///
/// Nothing of a body is in memory. Together the ranges of an entity and of its parts, preamble and epilogue, and the
/// boundary lines between them, are the entity: writing the range is re-serialising it.
public struct Entity: Sendable {
  /// What the ranges are ranges of.
  public let source: any ByteSource
  /// Header, empty line and body. The line end before a boundary is not part of it.
  public let range: Range<Int>
  /// The header without the empty line.
  public let headerRange: Range<Int>
  public let bodyRange: Range<Int>
  public let header: Header
  public let contentType: ContentType
  public let transferEncoding: TransferEncoding
  /// The parts of a multipart; the message in a message/rfc822; none in a leaf.
  public let parts: [Entity]
  /// In a multipart, what stands before the first boundary and behind the last.
  public let preamble: Range<Int>?
  public let epilogue: Range<Int>?
  /// What is odd here; the parts have their own.
  public let defects: [Defect]
  /// True when every line in it was seen to end in CRLF.
  let isCanonical: Bool

  /// Reads the structure of `source` in one pass, with one window of it in memory.
  ///
  /// However odd it is, mail never throws; only reading the source does.
  public init(_ source: any ByteSource, limits: MIMELimits = .standard) throws {
    self = try EntityReader(source, limits: limits).read()
  }

  init(
    source: any ByteSource, range: Range<Int>, headerRange: Range<Int>, bodyRange: Range<Int>, header: Header,
    contentType: ContentType, transferEncoding: TransferEncoding, parts: [Entity], preamble: Range<Int>?,
    epilogue: Range<Int>?, defects: [Defect], isCanonical: Bool
  ) {
    self.source = source
    self.range = range
    self.headerRange = headerRange
    self.bodyRange = bodyRange
    self.header = header
    self.contentType = contentType
    self.transferEncoding = transferEncoding
    self.parts = parts
    self.preamble = preamble
    self.epilogue = epilogue
    self.defects = defects
    self.isCanonical = isCanonical
  }

  /// The body as it stands.
  public var rawBody: any ByteStream { source.slice(bodyRange) }

  /// The body with its transfer encoding undone.
  public var decodedBody: any ByteStream {
    switch transferEncoding {
    case .base64: Base64DecodingStream(rawBody)
    case .quotedPrintable: QuotedPrintableDecodingStream(rawBody)
    default: rawBody
    }
  }

  /// Header and body as they stand, with every line end as CRLF: what a signature is over (RFC 8551 §3.1.1).
  public var canonical: any ByteStream { canonical(range) }

  /// A range of it with every line end as CRLF.
  func canonical(_ range: Range<Int>) -> any ByteStream {
    let raw = source.slice(range)
    return isCanonical ? raw : CanonicalStream(raw)
  }

  /// The defects of this entity and of everything in it.
  public var allDefects: [Defect] { defects + parts.flatMap(\.allDefects) }

  /// This entity and everything in it, from the outside in, first part first.
  public var all: [Entity] { [self] + parts.flatMap(\.all) }

  // MARK: Names and text

  /// What a reader is told to do with the part, in lower case: `attachment`, `inline`; nil when nothing is said (RFC 2183).
  public var disposition: String? {
    guard let value = header["Content-Disposition"]?.value else { return nil }
    var scanner = TokenScanner(value)
    return scanner.token().map { Text.lowercased($0) }
  }

  /// The name of the file that the part is, from Content-Disposition or else Content-Type.
  public var fileName: String? {
    if let value = header["Content-Disposition"]?.value {
      var scanner = TokenScanner(value)
      if scanner.token() != nil, let name = Parameters(&scanner)["filename"] { return name }
    }
    return contentType.parameters["name"]
  }

  /// The text of a text part in Unicode.
  ///
  /// - Parameter limit: the most bytes that are read.
  /// - Returns: nil when this is no text or its character set is not known.
  public func text(limit: Int) throws -> String? {
    guard contentType.type == "text" else { return nil }
    let bytes = try decodedBody.readAll(limit: limit)
    return Charset.decode(bytes, contentType.parameters["charset"] ?? "us-ascii")
  }
}
