import Crypto
import SwiftASN1

/// Ephemeral-static ECDH with ANSI X9.63's key derivation (RFC 5753 §3.1, §7.1.4): the keyEncryptionAlgorithm of a
/// KeyAgreeRecipientInfo. Its parameters are the AlgorithmIdentifier of the key wrap.
public struct KeyAgreement: Hashable, Sendable {
  /// The digest of the key derivation.
  public let digest: DigestAlgorithm
  public let wrap: KeyWrap
  /// The wrap's identifier as it came, since it is part of what is hashed.
  private let wrapIdentifier: AlgorithmIdentifier

  public init(digest: DigestAlgorithm, wrap: KeyWrap) {
    self.digest = digest
    self.wrap = wrap
    wrapIdentifier = wrap.identifier
  }

  /// - Throws: ``Malformed`` or ``Unsupported``.
  public init(_ identifier: AlgorithmIdentifier) throws {
    guard let (digest, _) = Self.schemes.first(where: { $0.1 == identifier.algorithm }) else {
      throw Unsupported("the key agreement \(OID.name(identifier.algorithm))")
    }
    // CVE-2026-28389: the parameters may be missing.
    guard let parameters = identifier.parameters else { throw Malformed("the key agreement names no key wrap") }
    var top = try ASN1Cursor(parameters, as: "KeyWrapAlgorithm", rules: .ber)
    wrapIdentifier = try AlgorithmIdentifier(from: &top, "parameters")
    self.digest = digest
    wrap = try KeyWrap(wrapIdentifier)
  }

  public var identifier: AlgorithmIdentifier {
    AlgorithmIdentifier(
      Self.schemes.first { $0.0 == digest }?.1 ?? OID.ecdhSHA256, parameters: ArraySlice(wrapIdentifier.encoded))
  }

  public var name: String { "ECDH with \(digest.name)" }

  /// dhSinglePass-stdDH-sha*kdf-scheme; with cofactor it is the same on curves whose cofactor is one.
  private static let schemes: [(DigestAlgorithm, ASN1ObjectIdentifier)] = [
    (.sha256, OID.ecdhSHA256), (.sha1, OID.ecdhSHA1), (.sha224, OID.ecdhSHA224), (.sha384, OID.ecdhSHA384),
    (.sha512, OID.ecdhSHA512), (.sha1, OID.ecdhCofactorSHA1), (.sha224, OID.ecdhCofactorSHA224),
    (.sha256, OID.ecdhCofactorSHA256), (.sha384, OID.ecdhCofactorSHA384), (.sha512, OID.ecdhCofactorSHA512),
  ]

  /// The key-encryption key.
  ///
  /// RFC 5753 §7.2   ECC-CMS-SharedInfo ::= SEQUENCE { keyInfo AlgorithmIdentifier, entityUInfo [0] EXPLICIT OCTET STRING
  ///                   OPTIONAL, suppPubInfo [2] EXPLICIT OCTET STRING }
  ///
  /// - Parameter userKeyingMaterial: the RecipientInfo's ukm, if there is one.
  public func keyEncryptionKey(
    from secret: SymmetricKey, userKeyingMaterial: ArraySlice<UInt8>?
  ) throws(Unsupported) -> SymmetricKey {
    let bits = UInt32(wrap.keyByteCount * 8)
    let sharedInfo = DER.Serializer.encode { der in
      der.sequence { der in
        wrapIdentifier.write(to: &der)
        if let userKeyingMaterial { der.context(0) { $0.octets(userKeyingMaterial) } }
        der.context(2) {
          $0.octets([UInt8(bits >> 24), UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)])
        }
      }
    }
    return try X963KDF.derive(from: secret, sharedInfo: sharedInfo, byteCount: wrap.keyByteCount, digest)
  }
}

extension PublicKey {
  /// A point that belongs to `curve`'s key agreement: the originatorKey of a message, which names no curve of its own.
  public init(curve: EllipticCurve, point: ArraySlice<UInt8>) throws(Malformed) {
    try self.init(spki: ArraySlice(KeyMaterial.spki(KeyMaterial.identifier(curve), Array(point))))
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
