public import SwiftASN1

/// RFC 5280 §4.1.1.2   AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }
///
/// The parameters are kept as the bytes that came, so that equality is equality of encodings. Where it stood makes no
/// difference.
public struct AlgorithmIdentifier: Hashable, Sendable {
  public let algorithm: ASN1ObjectIdentifier
  /// The encoding of the parameters, tag and length included; nil when they are absent.
  public let parameters: ArraySlice<UInt8>?
  /// Where it begins in the bytes that it was read from, as its parameters' indices are; nil for one that was made.
  package let offset: Int?

  public init(_ algorithm: ASN1ObjectIdentifier, parameters: ArraySlice<UInt8>? = nil) {
    self.algorithm = algorithm
    self.parameters = parameters
    offset = nil
  }

  public static func == (left: AlgorithmIdentifier, right: AlgorithmIdentifier) -> Bool {
    left.algorithm == right.algorithm && left.parameters == right.parameters
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(algorithm)
    hasher.combine(parameters)
  }

  /// The parameters NULL.
  package static let null: ArraySlice<UInt8> = [0x05, 0x00]

  /// True for both ways that software writes "no parameters": absent, or NULL.
  package var hasNoParameters: Bool { parameters == nil || parameters == Self.null }

  package init(from cursor: inout ASN1Cursor, _ field: StaticString) throws(Malformed) {
    let scope = try cursor.begin(.sequence, field)
    offset = cursor.encoded.startIndex
    algorithm = try cursor.oid("algorithm")
    parameters = cursor.isAtEnd ? nil : try cursor.raw("parameters")
    try cursor.leave(scope)
  }

  /// Reads the next of several.
  package init(elementOf list: inout ASN1Cursor) throws(Malformed) {
    let scope = try list.beginElement()
    offset = list.encoded.startIndex
    algorithm = try list.oid("algorithm")
    parameters = list.isAtEnd ? nil : try list.raw("parameters")
    try list.leave(scope)
  }

  /// Reads the fields of a SEQUENCE (or an IMPLICIT tag over one) that was entered already.
  package init(fields: inout ASN1Cursor) throws(Malformed) {
    offset = fields.encoded.startIndex
    algorithm = try fields.oid("algorithm")
    parameters = fields.isAtEnd ? nil : try fields.raw("parameters")
    try fields.finish()
  }

  /// What `read` makes of it. What `read` throws gets its place: under `path`, which is this identifier's, and here where it
  /// has no offset of its own.
  package func reading<Value>(
    as path: @autoclosure () -> String, _ read: (AlgorithmIdentifier) throws -> Value
  ) throws -> Value {
    do { return try read(self) } catch { throw FaultPlace(path(), offset: offset).placed(error) }
  }

  package func write(to der: inout DERWriter, tag: ASN1Identifier = .sequence) {
    der.constructed(tag) { der in
      der.oid(algorithm)
      if let parameters { der.raw(parameters) }
    }
  }

  /// The DER of the whole identifier.
  package var encoded: [UInt8] { DERWriter.encode { write(to: &$0) } }
}
