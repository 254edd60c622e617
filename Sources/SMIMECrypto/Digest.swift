import Crypto
public import SwiftASN1

/// A message digest that CMS and certificates name (RFC 3370 §2, RFC 5754 §2, RFC 8702 §3.1, RFC 9688 §2).
public enum DigestAlgorithm: Hashable, Sendable, CaseIterable {
  case md5, sha1, sha224, sha256, sha384, sha512
  case sha3_224, sha3_256, sha3_384, sha3_512
  /// SHAKE128 with 32 bytes of output, SHAKE256 with 64 (RFC 8702 §3.1).
  case shake128, shake256

  /// The algorithm that `identifier` names. NULL and absent parameters both mean none (RFC 5754 §2).
  ///
  /// - Throws: ``Unsupported`` for another algorithm, ``Malformed`` for parameters.
  public init(_ identifier: AlgorithmIdentifier) throws {
    if identifier == Self.ed448Identifier {
      self = .shake256
      return
    }
    guard let digest = DigestAlgorithm(oid: identifier.algorithm) else {
      throw Unsupported("the digest algorithm \(OID.name(identifier.algorithm))")
    }
    guard identifier.hasNoParameters else { throw Malformed("\(digest.name) has parameters") }
    self = digest
  }

  public init?(oid: ASN1ObjectIdentifier) {
    guard let digest = Self.identifiers.first(where: { $0.0 == oid })?.1 else { return nil }
    self = digest
  }

  public var oid: ASN1ObjectIdentifier {
    switch self {
    case .md5: OID.md5
    case .sha1: OID.sha1
    case .sha224: OID.sha224
    case .sha256: OID.sha256
    case .sha384: OID.sha384
    case .sha512: OID.sha512
    case .sha3_224: OID.sha3_224
    case .sha3_256: OID.sha3_256
    case .sha3_384: OID.sha3_384
    case .sha3_512: OID.sha3_512
    case .shake128: OID.shake128
    case .shake256: OID.shake256
    }
  }

  /// Those that are read most come first.
  private static let identifiers: [(ASN1ObjectIdentifier, DigestAlgorithm)] = [
    DigestAlgorithm.sha256, .sha1, .sha384, .sha512, .sha224, .md5, .sha3_256, .sha3_384, .sha3_512, .sha3_224,
    .shake128,
    .shake256,
  ].map { ($0.oid, $0) }

  /// As it is written: without parameters (RFC 5754 §2).
  public var identifier: AlgorithmIdentifier { AlgorithmIdentifier(oid) }

  /// RFC 8419 §3.1: id-shake256-len with 512 bits, which is how a SignerInfo of Ed448 with signed attributes names SHAKE256.
  public static let ed448Identifier = AlgorithmIdentifier(
    [2, 16, 840, 1, 101, 3, 4, 2, 18], parameters: [0x02, 0x02, 0x02, 0x00])

  /// The size of a digest in bytes.
  public var byteCount: Int {
    switch self {
    case .md5: 16
    case .sha1: 20
    case .sha224, .sha3_224: 28
    case .sha256, .sha3_256, .shake128: 32
    case .sha384, .sha3_384: 48
    case .sha512, .sha3_512, .shake256: 64
    }
  }

  /// The size of what is hashed at a time, in bytes: HMAC's B (RFC 2104 §2); for SHA-3 and SHAKE the sponge's rate.
  package var blockByteCount: Int {
    switch self {
    case .md5, .sha1, .sha224, .sha256: 64
    case .sha384, .sha512: 128
    case .sha3_224: 144
    case .sha3_256, .shake256: 136
    case .sha3_384: 104
    case .sha3_512: 72
    case .shake128: 168
    }
  }

  /// True for SHAKE: its output has the length that is asked for, and it masks by itself where others need MGF1.
  package var isExtendable: Bool { self == .shake128 || self == .shake256 }

  public var name: String {
    switch self {
    case .md5: "MD5"
    case .sha1: "SHA-1"
    case .sha224: "SHA-224"
    case .sha256: "SHA-256"
    case .sha384: "SHA-384"
    case .sha512: "SHA-512"
    case .sha3_224: "SHA3-224"
    case .sha3_256: "SHA3-256"
    case .sha3_384: "SHA3-384"
    case .sha3_512: "SHA3-512"
    case .shake128: "SHAKE128"
    case .shake256: "SHAKE256"
    }
  }

  /// The value of multipart/signed's `micalg` parameter (RFC 8551 §3.5.3.2). SHA-3 and SHAKE have no name registered
  /// there; theirs are the names of the hash function registry, in small letters.
  public var micalg: String {
    switch self {
    case .md5: "md5"
    case .sha1: "sha-1"
    case .sha224: "sha-224"
    case .sha256: "sha-256"
    case .sha384: "sha-384"
    case .sha512: "sha-512"
    case .sha3_224: "sha3-224"
    case .sha3_256: "sha3-256"
    case .sha3_384: "sha3-384"
    case .sha3_512: "sha3-512"
    case .shake128: "shake128"
    case .shake256: "shake256"
    }
  }

  /// True for digests whose collisions are found: MD5 and SHA-1.
  public var isWeak: Bool { self == .md5 || self == .sha1 }
}

/// A digest in the making.
public struct MessageDigest {
  private enum Engine {
    case md5(Insecure.MD5)
    #if OpenSSL
      case evp(EVPDigest)
      /// While the engine is in another's hand, and beside a plain digest.
      case none
    #else
      case sha1(Insecure.SHA1)
      case sha256(SHA256)
      case sha384(SHA384)
      case sha512(SHA512)
      case sha3_256(SHA3_256)
      case sha3_384(SHA3_384)
      case sha3_512(SHA3_512)
    #endif
  }

  public let algorithm: DigestAlgorithm
  private var engine: Engine
  #if OpenSSL
    /// Not in the enumeration, where it would be copied whenever it is changed.
    private var plain: PlainDigest?
  #endif

  /// - Throws: ``Unsupported`` for SHA-224, SHA3-224 and SHAKE without the OpenSSL trait.
  public init(_ algorithm: DigestAlgorithm) throws(Unsupported) {
    self.algorithm = algorithm
    #if OpenSSL
      plain = PlainDigest(algorithm)
      if plain != nil {
        engine = .none
      } else if algorithm == .md5 {
        engine = .md5(Insecure.MD5())
      } else {
        // libcrypto's SHA-3 takes 0.7 times as long as swift-crypto's, which has no SHA3-224 and no SHAKE.
        engine = .evp(try EVPDigest(algorithm))
      }
    #else
      switch algorithm {
      case .md5: engine = .md5(Insecure.MD5())
      case .sha1: engine = .sha1(Insecure.SHA1())
      case .sha256: engine = .sha256(SHA256())
      case .sha384: engine = .sha384(SHA384())
      case .sha512: engine = .sha512(SHA512())
      case .sha3_256: engine = .sha3_256(SHA3_256())
      case .sha3_384: engine = .sha3_384(SHA3_384())
      case .sha3_512: engine = .sha3_512(SHA3_512())
      case .sha224, .sha3_224, .shake128, .shake256:
        throw Unsupported("\(algorithm.name) without the OpenSSL trait")
      }
    #endif
  }

  public mutating func update(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  public mutating func update(_ bytes: ArraySlice<UInt8>) { update(bytes.span) }

  public mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

  private mutating func update(_ bytes: UnsafeRawBufferPointer) {
    #if OpenSSL
      unsafe plain?.update(bytes)
    #endif
    switch engine {
    case .md5(var hash):
      unsafe hash.update(bufferPointer: bytes)
      engine = .md5(hash)
    #if OpenSSL
      case .evp(var hash):
        engine = .none
        unsafe hash.update(bytes)
        engine = .evp(hash)
      case .none: break
    #else
      case .sha1(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha1(hash)
      case .sha256(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha256(hash)
      case .sha384(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha384(hash)
      case .sha512(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha512(hash)
      case .sha3_256(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha3_256(hash)
      case .sha3_384(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha3_384(hash)
      case .sha3_512(var hash):
        unsafe hash.update(bufferPointer: bytes)
        engine = .sha3_512(hash)
    #endif
    }
  }

  /// The digest of all that was given; more may follow.
  public mutating func finalize() -> [UInt8] {
    switch engine {
    case .md5(let hash): Array(hash.finalize())
    #if OpenSSL
      case .evp(let hash): hash.finalize()
      case .none: plain?.finalize() ?? []
    #else
      case .sha1(let hash): Array(hash.finalize())
      case .sha256(let hash): Array(hash.finalize())
      case .sha384(let hash): Array(hash.finalize())
      case .sha512(let hash): Array(hash.finalize())
      case .sha3_256(let hash): Array(hash.finalize())
      case .sha3_384(let hash): Array(hash.finalize())
      case .sha3_512(let hash): Array(hash.finalize())
    #endif
    }
  }

  /// SHA-1, which names keys; every build has it.
  package static func sha1(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    (try? hash(bytes, .sha1)) ?? Array(Insecure.SHA1.hash(data: bytes))
  }

  /// SHA-256, which names certificates; every build has it.
  package static func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    (try? hash(bytes, .sha256)) ?? Array(SHA256.hash(data: bytes))
  }

  /// SHA-256 of the one and what follows it, without putting them together.
  package static func sha256(_ bytes: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>) -> [UInt8] {
    var hash = SHA256()
    unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    unsafe rest.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    return unsafe hash.finalize().withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The digest of `bytes`.
  public static func hash(_ bytes: ArraySlice<UInt8>, _ algorithm: DigestAlgorithm) throws(Unsupported) -> [UInt8] {
    var digest = try MessageDigest(algorithm)
    digest.update(bytes)
    return digest.finalize()
  }
}
