import SwiftASN1

/// HMAC (RFC 2104) as AuthenticatedData names it (RFC 5652 §9.1, RFC 3370 §3.1, RFC 4231 §3.1).
public struct MessageAuthenticationCode: Hashable, Sendable {
  public let digest: DigestAlgorithm

  /// - Throws: ``Unsupported`` for a digest that has no HMAC here.
  public init(_ digest: DigestAlgorithm) throws(Unsupported) {
    guard Self.names.contains(where: { $0.0 == digest }) else { throw Unsupported("HMAC with \(digest.name)") }
    self.digest = digest
  }

  /// - Throws: ``Unsupported`` for another algorithm, ``Malformed`` for parameters.
  public init(_ identifier: AlgorithmIdentifier) throws {
    guard let (digest, _) = Self.names.first(where: { $0.1 == identifier.algorithm }) else {
      throw Unsupported("the message authentication code \(OID.name(identifier.algorithm))")
    }
    guard identifier.hasNoParameters else { throw Malformed("HMAC with \(digest.name) has parameters") }
    self.digest = digest
  }

  private static let names: [(DigestAlgorithm, ASN1ObjectIdentifier)] = [
    (.sha256, OID.hmacSHA256), (.sha224, [1, 2, 840, 113549, 2, 8]), (.sha384, [1, 2, 840, 113549, 2, 10]),
    (.sha512, [1, 2, 840, 113549, 2, 11]), (.sha1, [1, 3, 6, 1, 5, 5, 8, 1, 2]), (.sha1, [1, 2, 840, 113549, 2, 7]),
  ]

  /// As it is written: RFC 4231 §3.1 has NULL for parameters, RFC 3370 §3.1 none.
  public var identifier: AlgorithmIdentifier {
    AlgorithmIdentifier(
      Self.names.first { $0.0 == digest }?.1 ?? OID.hmacSHA256,
      parameters: digest == .sha1 ? nil : AlgorithmIdentifier.null)
  }

  public var name: String { "HMAC with \(digest.name)" }

  /// True for HMAC with SHA-1, which is only read, and only under ``AlgorithmPolicy/legacy``.
  public var isWeak: Bool { digest.isWeak }

  /// The size of a new key in bytes: the digest's, in whole blocks of a key wrap.
  public var keyByteCount: Int { (digest.byteCount + 7) / 8 * 8 }

  /// The size of the code in bytes.
  public var byteCount: Int { digest.byteCount }

  /// Whether a key may have so many bytes. RFC 2104 §3 discourages keys below the digest's size, and those above the
  /// block's are hashed: nobody needs either.
  public func takesKey(ofByteCount count: Int) -> Bool { (digest.byteCount...blockByteCount).contains(count) }

  fileprivate var blockByteCount: Int { digest == .sha384 || digest == .sha512 ? 128 : 64 }
}

/// A message authentication code in the making.
public struct MessageAuthenticator {
  private let algorithm: MessageAuthenticationCode
  private var inner: MessageDigest
  private var outer: MessageDigest

  /// - Throws: ``DecryptionFailed`` for a key of a size that the algorithm does not take, ``Unsupported`` for a digest that
  ///   this build lacks.
  public init(_ algorithm: MessageAuthenticationCode, key: SymmetricKey) throws {
    guard algorithm.takesKey(ofByteCount: key.byteCount) else { throw DecryptionFailed() }
    self.algorithm = algorithm
    inner = try MessageDigest(algorithm.digest)
    outer = try MessageDigest(algorithm.digest)
    let block = key.octets + [UInt8](repeating: 0, count: algorithm.blockByteCount - key.byteCount)
    inner.update(block.map { $0 ^ 0x36 })
    outer.update(block.map { $0 ^ 0x5C })
  }

  public mutating func update(_ bytes: Span<UInt8>) { inner.update(bytes) }

  /// The code of all that was given; more may follow.
  public func finalize() -> [UInt8] {
    var inner = inner
    var whole = outer
    whole.update(inner.finalize())
    return whole.finalize()
  }

  /// Whether `code` is the code of all that was given: all of it, in constant time.
  public func matches(_ code: ArraySlice<UInt8>) -> Bool { equalInConstantTime(finalize(), code) }
}
