public import ByteIO
import SMIMECrypto
public import SwiftASN1

/// RFC 5652 §11.1   ContentType ::= OBJECT IDENTIFIER
///
/// An open registry: what is not named here can still be carried.
public struct ContentType: Hashable, Sendable, CustomStringConvertible {
  public let oid: ASN1ObjectIdentifier

  public init(_ oid: ASN1ObjectIdentifier) { self.oid = oid }

  /// RFC 5652 §4: arbitrary octets, for S/MIME a MIME entity.
  public static let data = ContentType([1, 2, 840, 113549, 1, 7, 1])
  /// RFC 5652 §5.
  public static let signedData = ContentType([1, 2, 840, 113549, 1, 7, 2])
  /// RFC 5652 §6.
  public static let envelopedData = ContentType([1, 2, 840, 113549, 1, 7, 3])
  /// RFC 5652 §7.
  public static let digestedData = ContentType([1, 2, 840, 113549, 1, 7, 5])
  /// RFC 5652 §8.
  public static let encryptedData = ContentType([1, 2, 840, 113549, 1, 7, 6])
  /// RFC 5652 §9.
  public static let authenticatedData = ContentType([1, 2, 840, 113549, 1, 9, 16, 1, 2])
  /// RFC 3274.
  public static let compressedData = ContentType([1, 2, 840, 113549, 1, 9, 16, 1, 9])
  /// RFC 5083.
  public static let authEnvelopedData = ContentType([1, 2, 840, 113549, 1, 9, 16, 1, 23])
  /// RFC 3161 §2.4.2: what a time-stamping authority signs.
  public static let timestamp = ContentType([1, 2, 840, 113549, 1, 9, 16, 1, 4])

  /// The name that its RFC gives it, or the dotted OID.
  public var description: String {
    switch self {
    case .data: "data"
    case .signedData: "signedData"
    case .envelopedData: "envelopedData"
    case .digestedData: "digestedData"
    case .encryptedData: "encryptedData"
    case .authenticatedData: "authenticatedData"
    case .compressedData: "compressedData"
    case .authEnvelopedData: "authEnvelopedData"
    case .timestamp: "TSTInfo"
    default: oid.digits
    }
  }
}

/// RFC 5652 §3
///
///     ContentInfo ::= SEQUENCE { contentType ContentType, content [0] EXPLICIT ANY DEFINED BY contentType }
public enum ContentInfo {
  /// What `stream` holds, from its first bytes; nothing else is read. Throws `Malformed` if that is no ContentInfo.
  public static func contentType(of stream: any ByteStream) throws -> ContentType {
    let reader = TLVReader(stream, as: "ContentInfo", limits: .standard)
    return try open(reader)
  }

  /// Reads the frame, and stands before the content value.
  static func open(_ reader: TLVReader) throws -> ContentType {
    try reader.enter(.sequence)
    let type = ContentType(try reader.oid("contentType"))
    try reader.enter(.context(0), "content")
    return type
  }

  /// Reads the frame of an object that must be of one of `types`, and stands inside the value's SEQUENCE.
  static func open(_ reader: TLVReader, _ types: [ContentType: StaticString]) throws -> ContentType {
    let start = reader.offset
    let type = try open(reader)
    guard let name = types[type] else {
      let wanted = types.keys.map(\.description).sorted().joined(separator: " or ")
      throw Malformed("is \(type), not \(wanted)", path: "ContentInfo.contentType", offset: start)
    }
    reader.beginStructure(name)
    try reader.enter(.sequence)
    return type
  }

  /// Leaves the value's SEQUENCE and the frame; data behind the object is a defect that is told.
  static func close(_ reader: TLVReader) throws -> [Malformed] {
    try reader.leave()
    return try closeFrame(reader)
  }

  /// The same behind a value that was not entered.
  static func closeFrame(_ reader: TLVReader) throws -> [Malformed] {
    try reader.leave()
    try reader.leave()
    guard try !reader.isAtEndOfInput() else { return [] }
    return [Malformed("data follows the object", path: "ContentInfo", offset: reader.offset)]
  }
}
