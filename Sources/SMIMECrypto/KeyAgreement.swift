import Crypto
import SwiftASN1

/// Ephemeral-static ECDH with a key derivation (RFC 5753 §3.1, §7.1.4; RFC 8418 §2): the keyEncryptionAlgorithm of a
/// KeyAgreeRecipientInfo. Its parameters are the AlgorithmIdentifier of the key wrap.
public struct KeyAgreement: Hashable, Sendable {
  /// How the shared secret becomes a key.
  public enum KeyDerivation: Hashable, Sendable {
    /// ANSI X9.63 (RFC 5753 §7.2)
    case x963(DigestAlgorithm)
    /// HKDF (RFC 8418 §2.2)
    case hkdf(DigestAlgorithm)
  }

  public let derivation: KeyDerivation
  public let wrap: KeyWrap
  /// The wrap's identifier as it came, since it is part of what is hashed.
  private let wrapIdentifier: AlgorithmIdentifier

  /// - Throws: ``Unsupported`` for a digest that no scheme is registered with.
  public init(_ derivation: KeyDerivation, wrap: KeyWrap) throws(Unsupported) {
    guard Self.schemes.contains(where: { $0.0 == derivation }) else {
      throw Unsupported(Self.name(derivation))
    }
    self.derivation = derivation
    self.wrap = wrap
    wrapIdentifier = wrap.identifier
  }

  /// - Throws: ``Malformed`` or ``Unsupported``.
  public init(_ identifier: AlgorithmIdentifier) throws {
    guard let (derivation, _) = Self.schemes.first(where: { $0.1 == identifier.algorithm }) else {
      throw Unsupported("the key agreement \(OID.name(identifier.algorithm))")
    }
    // CVE-2026-28389: the parameters may be missing.
    guard let parameters = identifier.parameters else { throw Malformed("the key agreement names no key wrap") }
    var top = try ASN1Cursor(parameters, as: "", rules: .ber)
    wrapIdentifier = try AlgorithmIdentifier(from: &top, "parameters")
    self.derivation = derivation
    wrap = try wrapIdentifier.reading(as: "parameters") { try KeyWrap($0) }
  }

  public var identifier: AlgorithmIdentifier {
    AlgorithmIdentifier(
      Self.schemes.first { $0.0 == derivation }?.1 ?? OID.ecdhSHA256, parameters: ArraySlice(wrapIdentifier.encoded))
  }

  public var name: String { Self.name(derivation) }

  private static func name(_ derivation: KeyDerivation) -> String {
    switch derivation {
    case .x963(let digest): "ECDH with \(digest.name)"
    case .hkdf(let digest): "ECDH with HKDF and \(digest.name)"
    }
  }

  /// dhSinglePass-stdDH-sha*kdf-scheme; with cofactor it is the same on curves whose cofactor is one.
  private static let schemes: [(KeyDerivation, ASN1ObjectIdentifier)] = [
    (.x963(.sha256), OID.ecdhSHA256), (.x963(.sha1), OID.ecdhSHA1), (.x963(.sha224), OID.ecdhSHA224),
    (.x963(.sha384), OID.ecdhSHA384), (.x963(.sha512), OID.ecdhSHA512), (.x963(.sha1), OID.ecdhCofactorSHA1),
    (.x963(.sha224), OID.ecdhCofactorSHA224), (.x963(.sha256), OID.ecdhCofactorSHA256),
    (.x963(.sha384), OID.ecdhCofactorSHA384), (.x963(.sha512), OID.ecdhCofactorSHA512),
    (.hkdf(.sha256), OID.ecdhHKDFSHA256), (.hkdf(.sha384), OID.ecdhHKDFSHA384), (.hkdf(.sha512), OID.ecdhHKDFSHA512),
  ]

  /// The key-encryption key.
  ///
  /// RFC 5753 §7.2   ECC-CMS-SharedInfo ::= SEQUENCE { keyInfo AlgorithmIdentifier, entityUInfo [0] EXPLICIT OCTET STRING
  ///                   OPTIONAL, suppPubInfo [2] EXPLICIT OCTET STRING }
  ///
  /// - Parameter userKeyingMaterial: the RecipientInfo's ukm, if there is one.
  public func keyEncryptionKey(
    from secret: SymmetricKey, userKeyingMaterial: ArraySlice<UInt8>?
  ) throws -> SymmetricKey {
    let bits = UInt32(wrap.keyByteCount * 8)
    let sharedInfo = DERWriter.encode { der in
      der.sequence { der in
        wrapIdentifier.write(to: &der)
        if let userKeyingMaterial { der.context(0) { $0.octets(userKeyingMaterial) } }
        der.context(2) {
          $0.octets([UInt8(bits >> 24), UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)])
        }
      }
    }
    switch derivation {
    case .x963(let digest):
      return try X963KDF.derive(from: secret, sharedInfo: sharedInfo, byteCount: wrap.keyByteCount, digest)
    case .hkdf(let digest):
      // RFC 8418 §2.2: the ukm is the salt as well.
      return try HKDF.derive(
        from: secret, salt: userKeyingMaterial ?? [], info: sharedInfo, byteCount: wrap.keyByteCount, digest)
    }
  }
}

extension PublicKey {
  /// A point that belongs to `curve`'s key agreement: the originatorKey of a message, which names no curve of its own.
  public init(curve: EllipticCurve, point: ArraySlice<UInt8>) throws(Malformed) {
    try self.init(spki: ArraySlice(KeyMaterial.spki(KeyMaterial.identifier(curve), Array(point))))
  }

  /// A key of the algorithm that `other` has: the originatorKey of a message to `other`, whatever parameters it came with
  /// (RFC 5753 §3.1.1, RFC 8418 §3.2).
  public init(ofKindOf other: PublicKey, keyBytes: ArraySlice<UInt8>) throws(Malformed) {
    try self.init(spki: ArraySlice(KeyMaterial.spki(other.algorithm, Array(keyBytes))))
  }

  /// The point in SEC 1's uncompressed form; swift-crypto's key agreement takes no other.
  func uncompressedPoint() throws -> ArraySlice<UInt8> {
    guard keyBytes.first != 4 else { return keyBytes }
    switch kind {
    case .ec(.p256):
      return [UInt8](try P256.Signing.PublicKey(compressedRepresentation: keyBytes).x963Representation)[...]
    case .ec(.p384):
      return [UInt8](try P384.Signing.PublicKey(compressedRepresentation: keyBytes).x963Representation)[...]
    case .ec(.p521):
      return [UInt8](try P521.Signing.PublicKey(compressedRepresentation: keyBytes).x963Representation)[...]
    default: return keyBytes
    }
  }
}
