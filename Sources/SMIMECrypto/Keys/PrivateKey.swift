import Crypto
import CryptoExtras
import SwiftASN1

/// What a signature is made over.
public enum SigningInput: Sendable {
  /// The message itself, which is hashed by the algorithm's digest (or signed whole, Ed25519).
  case message(ArraySlice<UInt8>)
  /// The message's digest. Not for Ed25519.
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
    case ed25519
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
    switch kind {
    case .rsa(let bits):
      guard bits >= 2048, bits <= 4096, bits % 8 == 0 else { throw Unsupported("a new RSA key of \(bits) bits") }
      let key = try _RSA.Signing.PrivateKey(keySize: .init(bitCount: bits))
      try self.init(.rsa(RSAPrivateMaterial(pkcs1: [UInt8](key.derRepresentation)[...])))
    case .ec(.p256): try self.init(.p256(P256.Signing.PrivateKey()))
    case .ec(.p384): try self.init(.p384(P384.Signing.PrivateKey()))
    case .ec(.p521): try self.init(.p521(P521.Signing.PrivateKey()))
    case .ed25519: try self.init(.ed25519(Curve25519.Signing.PrivateKey()))
    }
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
      guard case .ed25519(let key) = material, case .message(let message) = input else {
        throw Unsupported("Ed25519 over a digest")
      }
      return [UInt8](try key.signature(for: message))
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
    case .p256(let key): return ECDSAValue.encode(try key.signature(for: GivenDigest(digest)).rawRepresentation)
    case .p384(let key): return ECDSAValue.encode(try key.signature(for: GivenDigest(digest)).rawRepresentation)
    case .p521(let key): return ECDSAValue.encode(try key.signature(for: GivenDigest(digest)).rawRepresentation)
    case .ed25519: throw Unsupported("\(algorithm.name) with \(publicKey.summary)")
    }
  }

  /// Decrypts a content-encryption key of `keyByteCount` bytes.
  ///
  /// With v1.5 there is no failure: what is wrong in any way gives a random key of that size at the same cost, and the
  /// content's own check fails later (RFC 3218 §2.3.2).
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
      guard let bytes = key.decrypt(encrypted, parameters), bytes.count == keyByteCount else {
        throw DecryptionFailed()
      }
      return SymmetricKey(octets: bytes)
    }
  }

  /// ECDH with `peer` (SEC 1 §3.3.1): the x-coordinate of the shared point.
  ///
  /// - Throws: ``DecryptionFailed`` when the keys are not on one curve or the peer's is no point.
  public func sharedSecret(with peer: PublicKey) throws(DecryptionFailed) -> SymmetricKey {
    do {
      let secret: SharedSecret
      switch (material, peer.kind) {
      case (.p256(let key), .ec(.p256)):
        secret = try P256.KeyAgreement.PrivateKey(rawRepresentation: key.rawRepresentation)
          .sharedSecretFromKeyAgreement(with: .init(x963Representation: peer.uncompressedPoint()))
      case (.p384(let key), .ec(.p384)):
        secret = try P384.KeyAgreement.PrivateKey(rawRepresentation: key.rawRepresentation)
          .sharedSecretFromKeyAgreement(with: .init(x963Representation: peer.uncompressedPoint()))
      case (.p521(let key), .ec(.p521)):
        secret = try P521.KeyAgreement.PrivateKey(rawRepresentation: key.rawRepresentation)
          .sharedSecretFromKeyAgreement(with: .init(x963Representation: peer.uncompressedPoint()))
      default: throw DecryptionFailed()
      }
      return unsafe secret.withUnsafeBytes { unsafe SymmetricKey(octets: $0) }
    } catch { throw DecryptionFailed() }
  }
}

/// RFC 3279 §2.2.3   Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
enum ECDSAValue {
  /// - Parameter numbers: r and s, each in half of the octets.
  static func encode(_ numbers: some Sequence<UInt8>) -> [UInt8] {
    let octets = Array(numbers)
    let half = octets.count / 2
    return DER.value(0x30, integer(octets[..<half]), integer(octets[half...]))
  }

  private static func integer(_ magnitude: ArraySlice<UInt8>) -> [UInt8] {
    let digits = magnitude.drop { $0 == 0 }
    let lead: [UInt8] = digits.first.map { $0 >= 0x80 } ?? true ? [0] : []
    return [0x02, UInt8(lead.count + digits.count)] + lead + digits
  }
}

/// Taking a key out of an EME-PKCS1-v1_5 block without a branch on its content (RFC 8017 §7.2.2, RFC 3218 §2.3.2).
package enum KeyUnpadding {
  /// The key at the end of `block` if the padding is right in every respect and the key has the size that is expected,
  /// else `substitute`; the same work either way.
  ///
  /// - Parameter work: grows by the octets that were looked at, for whoever must know that it is always the same.
  package static func select(
    _ block: [UInt8]?, keyByteCount: Int, else substitute: [UInt8], work: inout Int
  ) -> SymmetricKey {
    // A block that could not be made at all (a number not below the modulus) is public knowledge: the sender made it.
    guard let block, block.count >= keyByteCount + 11, substitute.count == keyByteCount else {
      return SymmetricKey(octets: substitute)
    }
    let separator = block.count - keyByteCount - 1
    var wrong = block[0] | (block[1] ^ 2) | block[separator]
    for index in 2..<separator {
      // All ones when the byte is zero.
      wrong |= UInt8(truncatingIfNeeded: (UInt16(block[index]) &- 1) >> 8)
      work &+= 1
    }
    // All ones when anything is wrong, zero when all is right.
    let mask = UInt8(truncatingIfNeeded: (UInt16(wrong) &+ 0xFF) >> 8) &* 0xFF
    var key = [UInt8](repeating: 0, count: keyByteCount)
    for index in 0..<keyByteCount {
      key[index] = (block[separator + 1 + index] & ~mask) | (substitute[index] & mask)
      work &+= 2
    }
    work &+= 3
    return SymmetricKey(octets: key)
  }
}
