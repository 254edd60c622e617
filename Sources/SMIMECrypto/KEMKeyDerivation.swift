import SwiftASN1

/// How the secret of a KEM becomes a key-encryption key: the kdf of a KEMRecipientInfo (RFC 9629 §5).
public enum KEMKeyDerivation: Hashable, Sendable {
  /// HKDF without salt (RFC 8619, RFC 9936 §2.2.1)
  case hkdf(DigestAlgorithm)
  /// ANSI X9.44's KDF3 (RFC 9690 §2.2)
  case kdf3(DigestAlgorithm)

  /// - Throws: ``Malformed`` or ``Unsupported``.
  public init(_ identifier: AlgorithmIdentifier) throws {
    if let (digest, _) = Self.hkdfs.first(where: { $0.1 == identifier.algorithm }) {
      // RFC 8619 §2: absent.
      guard identifier.parameters == nil else { throw Malformed("HKDF with \(digest.name) has parameters") }
      self = .hkdf(digest)
    } else if identifier.algorithm == OID.kdf3 {
      guard let parameters = identifier.parameters else { throw Malformed("KDF3 names no digest") }
      var top = try ASN1Cursor(parameters, as: "", rules: .ber)
      self = try AlgorithmIdentifier(from: &top, "parameters").reading(as: "parameters") { identifier in
        let digest = try DigestAlgorithm(identifier)
        guard !digest.isWeak else { throw Unsupported("KDF3 with \(digest.name)") }
        return .kdf3(digest)
      }
    } else {
      throw Unsupported("the key derivation \(OID.name(identifier.algorithm))")
    }
  }

  public var identifier: AlgorithmIdentifier {
    switch self {
    case .hkdf(let digest): AlgorithmIdentifier(Self.hkdfs.first { $0.0 == digest }?.1 ?? OID.hkdfSHA256)
    case .kdf3(let digest): AlgorithmIdentifier(OID.kdf3, parameters: digest.identifier.encoded[...])
    }
  }

  public var name: String {
    switch self {
    case .hkdf(let digest): "HKDF with \(digest.name)"
    case .kdf3(let digest): "KDF3 with \(digest.name)"
    }
  }

  private static let hkdfs: [(DigestAlgorithm, ASN1ObjectIdentifier)] = [
    (.sha256, OID.hkdfSHA256), (.sha384, OID.hkdfSHA384), (.sha512, OID.hkdfSHA512),
  ]

  /// - Parameter info: the DER of CMSORIforKEMOtherInfo.
  public func derive(from secret: SymmetricKey, info: [UInt8], byteCount: Int) throws -> SymmetricKey {
    switch self {
    case .hkdf(let digest):
      guard Self.hkdfs.contains(where: { $0.0 == digest }) else { throw Unsupported(name) }
      return try HKDF.derive(from: secret, salt: [], info: info, byteCount: byteCount, digest)
    case .kdf3(let digest): return try KDF3.derive(from: secret, info: info, byteCount: byteCount, digest)
    }
  }
}
