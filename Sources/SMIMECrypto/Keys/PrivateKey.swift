import Crypto
import CryptoExtras
import SwiftASN1

/// What a signature is made over.
public enum SigningInput: Sendable {
  /// The message itself, which is hashed by the algorithm's digest (or signed whole: EdDSA, ML-DSA).
  case message(ArraySlice<UInt8>)
  /// The message's digest. Not for EdDSA and ML-DSA.
  case digest([UInt8])
}

/// A private key in this process' memory.
///
/// The curve and the sizes are checked before a crypto library sees the key: swift-crypto's own import takes a key on
/// another curve for one of its own. What it holds is never shown.
public struct PrivateKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public enum Kind: Hashable, Sendable {
    case rsa(bits: Int)
    case ec(EllipticCurve)
    case ed25519, ed448
    case x25519, x448
    case mlDSA65, mlDSA87
    case mlKEM768, mlKEM1024

    /// Such as `RSA 2048`, `P-256`, `ML-KEM-768`.
    public var name: String {
      switch self {
      case .rsa(let bits): "RSA \(bits)"
      case .ec(let curve): curve.name
      case .ed25519: "Ed25519"
      case .ed448: "Ed448"
      case .x25519: "X25519"
      case .x448: "X448"
      case .mlDSA65: "ML-DSA-65"
      case .mlDSA87: "ML-DSA-87"
      case .mlKEM768: "ML-KEM-768"
      case .mlKEM1024: "ML-KEM-1024"
      }
    }

    /// False for keys that only agree on or receive other keys.
    public var signs: Bool {
      switch self {
      case .rsa, .ec, .ed25519, .ed448, .mlDSA65, .mlDSA87: true
      case .x25519, .x448, .mlKEM768, .mlKEM1024: false
      }
    }
  }

  public let kind: Kind
  public let publicKey: PublicKey
  let material: KeyMaterial

  init(_ material: KeyMaterial) throws {
    self.material = material
    publicKey = try PublicKey(spki: ArraySlice(material.spki))
    kind = material.kind
  }

  /// A new key. RSA takes 2048, 3072 or 4096 bits, or any multiple of 8 between.
  public init(generate kind: Kind) throws {
    guard case .rsa(let bits) = kind else {
      try self.init(KeyMaterial(generate: kind))
      return
    }
    guard bits >= 2048, bits <= 4096, bits % 8 == 0 else { throw Unsupported("a new RSA key of \(bits) bits") }
    let key = try _RSA.Signing.PrivateKey(keySize: .init(bitCount: bits))
    try self.init(.rsa(RSAPrivateMaterial(pkcs1: [UInt8](key.derRepresentation)[...])))
  }

  public var description: String { "private key, \(publicKey.summary)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Signs with a key of this kind; the signature is what a SignerInfo or a certificate carries.
  ///
  /// - Throws: ``Unsupported`` when the algorithm does not fit the key or is only read.
  public func sign(_ input: SigningInput, _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
    guard algorithm.isUsable(with: publicKey) else {
      throw Unsupported("\(algorithm.name) with \(publicKey.summary)")
    }
    if case .rsa(let bits) = kind, bits < 2048 { throw Unsupported("a new signature by RSA with \(bits) bits") }
    guard let digestAlgorithm = algorithm.digest else {
      guard case .message(let message) = input else { throw Unsupported("\(algorithm.name) over a digest") }
      return try sign(whole: message)
    }
    guard digestAlgorithm != .md5 else { throw Unsupported("a new signature with MD5") }
    let digest: [UInt8]
    switch input {
    case .message(let message): digest = try MessageDigest.hash(message, digestAlgorithm)
    case .digest(let given): digest = given
    }
    guard digest.count == digestAlgorithm.byteCount else { throw Unsupported("a digest of \(digest.count) bytes") }
    switch material {
    case .rsa(let key): return try key.sign(digest, algorithm)
    case .p256(let key):
      return ECDSAValue.encode(try key.signing.signature(for: GivenDigest(digest)).rawRepresentation)
    case .p384(let key):
      return ECDSAValue.encode(try key.signing.signature(for: GivenDigest(digest)).rawRepresentation)
    case .p521(let key):
      return ECDSAValue.encode(try key.signing.signature(for: GivenDigest(digest)).rawRepresentation)
    #if OpenSSL
      case .evp(let key): return try key.handle.sign(digest: digest)
    #endif
    default: throw Unsupported("\(algorithm.name) with \(publicKey.summary)")
    }
  }

  /// EdDSA and ML-DSA, which take the message in one piece.
  private func sign(whole message: ArraySlice<UInt8>) throws -> [UInt8] {
    switch material {
    case .ed25519(let key): return [UInt8](try key.signature(for: message))
    case .mlDSA65(let key): return [UInt8](try key.signature(for: message))
    case .mlDSA87(let key): return [UInt8](try key.signature(for: message))
    #if OpenSSL
      case .evp(let key): return try key.handle.sign(message)
    #endif
    default: throw Unsupported("a signature with \(publicKey.summary)")
    }
  }

  /// Decrypts a content-encryption key of `keyByteCount` bytes.
  ///
  /// With v1.5 there is no failure: what is wrong in any way gives a random key of that size at the same cost, and the
  /// content's own check fails later (RFC 3218 §2.3.2). Keys of other sizes do not open so: which size was found would
  /// tell of the padding. With OAEP a key of any size comes back, and the caller judges it.
  public func decrypt(
    _ encrypted: ArraySlice<UInt8>, _ transport: KeyTransport, keyByteCount: Int
  ) throws(DecryptionFailed) -> SymmetricKey {
    guard case .rsa(let key) = material, case .rsa = publicKey.kind else { throw DecryptionFailed() }
    switch transport {
    case .rsaPKCS1:
      let substitute = SecureRandom.bytes(keyByteCount)
      var work = 0
      return KeyUnpadding.select(
        key.decryptRaw(encrypted), keyByteCount: keyByteCount, else: substitute, work: &work)
    case .rsaOAEP(let parameters):
      guard let bytes = key.decrypt(encrypted, parameters) else { throw DecryptionFailed() }
      return SymmetricKey(octets: bytes)
    }
  }
}

/// RFC 3279 §2.2.3   Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
enum ECDSAValue {
  /// - Parameter numbers: r and s, each in half of the octets.
  static func encode(_ numbers: some Sequence<UInt8>) -> [UInt8] {
    let octets = Array(numbers)
    let half = octets.count / 2
    return DERWriter.value(0x30, integer(octets[..<half]), integer(octets[half...]))
  }

  private static func integer(_ magnitude: ArraySlice<UInt8>) -> [UInt8] {
    let digits = magnitude.drop { $0 == 0 }
    let lead: [UInt8] = digits.first.map { $0 >= 0x80 } ?? true ? [0] : []
    return [0x02, UInt8(lead.count + digits.count)] + lead + digits
  }
}
