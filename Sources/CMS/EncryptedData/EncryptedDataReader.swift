public import ByteIO
public import SMIMECrypto

/// Reads EncryptedData (RFC 5652 §8) of any size: content whose key is known by other means.
///
///     EncryptedData ::= SEQUENCE {
///         version               CMSVersion,
///         encryptedContentInfo  EncryptedContentInfo,
///         unprotectedAttrs      [1] IMPLICIT UnprotectedAttributes OPTIONAL }
public struct EncryptedDataReader: Sendable {
  public let version: Int
  /// The type of what is inside.
  public let contentType: ContentType
  public var contentEncryptionAlgorithm: AlgorithmIdentifier { algorithm.identifier }

  private let algorithm: TLVReader.Algorithm
  private let stream: any ByteStream
  private let limits: CMSLimits

  /// Reads up to the content. Throws `Malformed` if there is no such object to be had.
  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) throws {
    self.stream = stream
    self.limits = limits
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, Self.types)
    version = try reader.int("version")
    let content = try EncryptedContentInfo(reader)
    contentType = content.contentType
    algorithm = content.algorithm
  }

  private static let types: [ContentType: StaticString] = [.encryptedData: "EncryptedData"]

  /// How the content is encrypted. Throws `Unsupported` for an algorithm that is not offered, AEAD among them: nothing
  /// holds its tag here.
  public func contentCipher() throws -> ContentCipherParameters { try cipher().parameters }

  /// - Parameter policy: refuses weak ciphers; nil to ask what the cipher is.
  private func cipher(_ policy: AlgorithmPolicy? = nil) throws -> ContentCipher {
    try algorithm.reading { algorithm in
      let cipher = try ContentCipher(algorithm)
      guard !cipher.encryption.isAuthenticated else {
        throw Unsupported("\(cipher.encryption.name) inside \(ContentType.encryptedData)")
      }
      if let refusal = policy?.objection(to: cipher.encryption) { throw Unsupported.outdated(refusal) }
      return cipher
    }
  }

  /// Decrypts the content to `sink`. Nothing proves it whole: what a changed object becomes may be anything.
  ///
  /// Throws what is wrong with the object in full as long as it is public, a key of the wrong size included; of the rest
  /// there is only `DecryptionFailed`, at the end of the content.
  public func decrypt(
    with key: SymmetricKey, to sink: any ByteSink, policy: AlgorithmPolicy = .standard
  ) throws -> DecryptedContent {
    let cipher = try cipher(policy)
    guard key.byteCount == cipher.encryption.keyByteCount else {
      throw Unsupported("\(cipher.encryption.name) with a key of \(key.byteCount * 8) bits")
    }
    let decrypting = DecryptingSink(
      try ContentDecryptor(cipher.parameters, key: cipher.contentKey(from: key)), passingTo: sink)
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, Self.types)
    try reader.skip()
    try EncryptedContentInfo.skip(reader)
    try EncryptedContentInfo.copyContent(reader, to: decrypting)
    let attributes = try reader.attributes(.context(1), "unprotectedAttrs")
    var defects: [Malformed] = []
    // RFC 5652 §8: 2 with unprotected attributes, else 0.
    let required = attributes == nil ? 0 : 2
    if version != required {
      defects.append(Malformed("is \(version) and must be \(required)", path: "EncryptedData.version"))
    }
    defects += try ContentInfo.close(reader)
    try decrypting.finish(tag: nil)
    return DecryptedContent(
      contentType: contentType, isAuthenticated: false, authenticatedAttributes: nil,
      unprotectedAttributes: attributes, defects: defects)
  }
}
