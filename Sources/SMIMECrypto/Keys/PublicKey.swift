package import SwiftASN1

/// A curve that ECDSA and ECDH are offered on (RFC 5480 §2.1.1.1).
public enum EllipticCurve: Hashable, Sendable, CaseIterable {
  case p256, p384, p521

  package var oid: ASN1ObjectIdentifier {
    switch self {
    case .p256: OID.p256
    case .p384: OID.p384
    case .p521: OID.p521
    }
  }

  public var name: String {
    switch self {
    case .p256: "P-256"
    case .p384: "P-384"
    case .p521: "P-521"
    }
  }

  /// The size of a coordinate in bytes.
  package var fieldByteCount: Int {
    switch self {
    case .p256: 32
    case .p384: 48
    case .p521: 66
    }
  }

  /// The digest that matches the curve's strength (S/MIME BR 7.1.3.2.2).
  package var digest: DigestAlgorithm {
    switch self {
    case .p256: .sha256
    case .p384: .sha384
    case .p521: .sha512
    }
  }
}

/// RFC 5280 §4.1   SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }
///
/// Any key can be read and shown; one that cannot be used says so when it is used.
public struct PublicKey: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case rsa(bits: Int)
    /// id-RSASSA-PSS with the restrictions it carries, if any (RFC 4055 §3.1).
    case rsaPSS(bits: Int, PSSParameters?)
    case ec(EllipticCurve)
    case ed25519
    /// A key that is kept and not used, by the name of its algorithm.
    case other(String)
  }

  public let kind: Kind
  /// The whole SubjectPublicKeyInfo as it came.
  public let spki: ArraySlice<UInt8>
  /// The content of the BIT STRING, which key identifiers are made of.
  public let keyBytes: ArraySlice<UInt8>

  public static func == (left: PublicKey, right: PublicKey) -> Bool { left.spki == right.spki }

  public func hash(into hasher: inout Hasher) { hasher.combine(spki) }

  /// - Throws: ``Malformed`` when the outer structure cannot be read. A key of another kind or of odd content is kept.
  public init(spki: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(spki, as: "SubjectPublicKeyInfo", rules: .ber)
    var fields = try top.sequence("spki")
    let algorithm = try AlgorithmIdentifier(from: &fields, "algorithm")
    keyBytes = try fields.bits("subjectPublicKey").bytes
    try fields.finish()
    self.spki = spki
    kind = Self.kind(algorithm, keyBytes)
  }

  static func kind(_ algorithm: AlgorithmIdentifier, _ key: ArraySlice<UInt8>) -> Kind {
    switch algorithm.algorithm {
    case OID.rsaEncryption:
      guard let bits = RSAPublicNumbers(key)?.bits else { return .other("RSA key that cannot be read") }
      return .rsa(bits: bits)
    case OID.rsaPSS:
      guard let bits = RSAPublicNumbers(key)?.bits else { return .other("RSA key that cannot be read") }
      guard let parameters = algorithm.parameters else { return .rsaPSS(bits: bits, nil) }
      guard let restriction = try? PSSParameters(parameters: parameters) else {
        return .other("RSASSA-PSS key with unknown parameters")
      }
      return .rsaPSS(bits: bits, restriction)
    case OID.ecPublicKey:
      guard let parameters = algorithm.parameters, var top = try? ASN1Cursor(parameters, as: "ECParameters"),
        let oid = try? top.oid("namedCurve")
      else { return .other("EC key with explicit parameters") }
      guard let curve = EllipticCurve.allCases.first(where: { $0.oid == oid }) else {
        return .other("EC key on \(OID.name(oid))")
      }
      guard
        key.count == 2 * curve.fieldByteCount + 1 && key.first == 4
          || key.count == curve.fieldByteCount + 1 && (key.first == 2 || key.first == 3)
      else { return .other("\(curve.name) key that is not a point") }
      return .ec(curve)
    case OID.ed25519:
      return key.count == 32 ? .ed25519 : .other("Ed25519 key of the wrong size")
    default:
      return .other(OID.name(algorithm.algorithm))
    }
  }
}
