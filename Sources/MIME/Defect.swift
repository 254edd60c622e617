/// Something odd in a mail that could be read all the same.
public struct Defect: Hashable, Sendable, CustomStringConvertible {
  /// A stable name, printed in reports.
  public enum Code: String, Hashable, Sendable, CaseIterable {
    /// Header lines without a colon; they were passed over. The first is told.
    case headerLineWithoutColon
    /// The header does not end in an empty line before the body or a boundary.
    case headerWithoutEnd
    /// The header has more bytes or fields than the limits; the rest of it was not read.
    case headerTooLarge
    /// A field that may stand once stands several times; the first counts.
    case duplicateField
    /// A Content-Type that cannot be read; text/plain is assumed.
    case contentTypeUnreadable
    /// A multipart without a boundary, or with an impossible one; it is read as a leaf.
    case boundaryMissing
    /// A multipart with several boundary parameters; the first counts.
    case boundaryAmbiguous
    /// A multipart that ends without its last boundary.
    case boundaryNotClosed
    /// A multipart in which no boundary stands at all.
    case boundaryNotFound
    /// A Content-Transfer-Encoding that is not known; the body is taken as it is.
    case transferEncodingUnknown
    /// A multipart or message/rfc822 that is labelled as encoded (RFC 2045 §6.4); a multipart is read as it stands, a
    /// message as a leaf.
    case transferEncodingOnComposite
    /// Deeper nesting than the limit; the part is read as a leaf.
    case nestedTooDeep
    /// More parts than the limit; the rest is read as one.
    case tooManyParts
    /// A mailbox in an address field that cannot be read.
    case addressUnreadable
    /// Lines that end in a bare LF.
    case bareLineFeed
    /// Octets beyond ASCII in a header that are not UTF-8.
    case headerNotUTF8
  }

  public let code: Code
  /// Where: a field's name, or the offset of the part in bytes.
  public let place: String

  public init(_ code: Code, _ place: String) {
    self.code = code
    self.place = place
  }

  public var description: String { "\(code.rawValue) (\(place))" }
}

/// How much of a mail is read. Counts, never times.
public struct MIMELimits: Hashable, Sendable {
  public var nesting = 64
  public var parts = 10_000
  /// Of one header.
  public var headerBytes = 1 << 20
  /// Of all headers of a message together, which are kept in memory.
  public var allHeaderBytes = 8 << 20
  /// Of all headers of a message together.
  public var headerFields = 50_000

  public init() {}

  public static let standard = MIMELimits()
}
