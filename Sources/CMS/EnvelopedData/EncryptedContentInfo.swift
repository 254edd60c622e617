import ByteIO
import SMIMECrypto
import SwiftASN1

/// What stands before encrypted content.
///
///     EncryptedContentInfo ::= SEQUENCE {
///         contentType                 ContentType,
///         contentEncryptionAlgorithm  ContentEncryptionAlgorithmIdentifier,
///         encryptedContent            [0] IMPLICIT OCTET STRING OPTIONAL }
struct EncryptedContentInfo: Sendable {
  let contentType: ContentType
  let algorithm: TLVReader.Algorithm

  /// Enters the structure, and stands before encryptedContent.
  init(_ reader: TLVReader) throws {
    try reader.enter(.sequence, "encryptedContentInfo")
    contentType = ContentType(try reader.oid("contentType"))
    algorithm = try reader.algorithm("contentEncryptionAlgorithm")
  }

  /// Passes over what ``init(_:)`` reads.
  static func skip(_ reader: TLVReader) throws {
    try reader.enter(.sequence, "encryptedContentInfo")
    try reader.skip()
    try reader.skip()
  }

  /// Hands the encrypted content on, and leaves the structure.
  static func copyContent(_ reader: TLVReader, to sink: any ByteSink) throws {
    guard try reader.isNext(.context(0)) else {
      throw reader.refusal("encrypted content that is kept elsewhere", "encryptedContent")
    }
    _ = try reader.copyOctets("encryptedContent", tag: .context(0), to: sink)
    try reader.leave()
  }

  /// Passes over what ``copyContent(_:to:)`` reads.
  static func skipContent(_ reader: TLVReader) throws {
    guard try reader.isNext(.context(0)) else { throw Unsupported("encrypted content that is kept elsewhere") }
    try reader.skip()
    try reader.leave()
  }

  static func encoded(_ type: ContentType, _ cipher: ContentCipher) -> [UInt8] {
    DERWriter.encode { der in
      der.oid(type.oid)
      cipher.algorithm.write(to: &der)
    }
  }
}

/// A contentEncryptionAlgorithm, taken apart: the cipher with its nonce or IV, and how its key follows from the one that
/// the recipients hold.
struct ContentCipher: Sendable {
  let parameters: ContentCipherParameters
  let derivation: ContentKeyDerivation
  /// The cipher's identifier as it stands in the object, since a derivation covers it.
  private let identifier: AlgorithmIdentifier

  /// A fresh nonce or IV.
  init(fresh encryption: ContentEncryption, _ derivation: ContentKeyDerivation) {
    parameters = ContentCipherParameters(fresh: encryption)
    self.derivation = derivation
    identifier = parameters.identifier
  }

  /// - Throws: ``Malformed`` or ``Unsupported``.
  init(_ algorithm: AlgorithmIdentifier) throws {
    (derivation, identifier) = try ContentKeyDerivation.read(algorithm)
    // A derivation has the cipher for its parameters.
    parameters =
      derivation == .none
      ? try ContentCipherParameters(identifier)
      : try identifier.reading(as: "parameters") { try ContentCipherParameters($0) }
  }

  var encryption: ContentEncryption { parameters.encryption }
  var algorithm: AlgorithmIdentifier { derivation.identifier(around: identifier) }

  func contentKey(from key: SymmetricKey) -> SymmetricKey { derivation.contentKey(from: key, cipher: identifier) }

  /// How many octets `count` of content become: AEAD keeps their number, CBC always pads (RFC 5652 §6.3).
  func encryptedCount(of count: Int) -> Int {
    let block = encryption.blockByteCount
    return encryption.isAuthenticated ? count : (count / block + 1) * block
  }
}

extension TLVReader {
  /// The next element as attributes if it has `tag`, else nil.
  func attributes(_ tag: ASN1Identifier, _ field: StaticString) throws -> Attributes? {
    guard try isNext(tag) else { return nil }
    let element = try element(tag, field)
    var budget = AttributeBudget(limits)
    try budget.count(attributes: element.bytes)
    do throws(Malformed) {
      var top = try element.cursor()
      var set = try top.enter(tag)
      return try Attributes(&set)
    } catch { throw element.place(error) }
  }

  /// The next element as an OCTET STRING that is held in memory.
  func octets(_ field: StaticString) throws -> ArraySlice<UInt8> {
    let element = try element(.octetString, field)
    do throws(Malformed) {
      var cursor = try element.cursor()
      return try cursor.octets("")
    } catch { throw element.place(error) }
  }
}
