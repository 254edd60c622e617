import ByteIO
package import SwiftASN1

/// A curve that ECDSA and ECDH are offered on (RFC 5480 §2.1.1.1, RFC 5639 §3).
public enum EllipticCurve: Hashable, Sendable, CaseIterable {
  case p256, p384, p521
  case brainpoolP256r1, brainpoolP384r1, brainpoolP512r1

  package var oid: ASN1ObjectIdentifier {
    switch self {
    case .p256: OID.p256
    case .p384: OID.p384
    case .p521: OID.p521
    case .brainpoolP256r1: OID.brainpoolP256r1
    case .brainpoolP384r1: OID.brainpoolP384r1
    case .brainpoolP512r1: OID.brainpoolP512r1
    }
  }

  public var name: String {
    switch self {
    case .p256: "P-256"
    case .p384: "P-384"
    case .p521: "P-521"
    case .brainpoolP256r1: "brainpoolP256r1"
    case .brainpoolP384r1: "brainpoolP384r1"
    case .brainpoolP512r1: "brainpoolP512r1"
    }
  }

  /// The size of a coordinate in bytes.
  package var fieldByteCount: Int {
    switch self {
    case .p256, .brainpoolP256r1: 32
    case .p384, .brainpoolP384r1: 48
    case .brainpoolP512r1: 64
    case .p521: 66
    }
  }

  /// The digest that matches the curve's strength (S/MIME BR 7.1.3.2.2).
  package var digest: DigestAlgorithm {
    switch self {
    case .p256, .brainpoolP256r1: .sha256
    case .p384, .brainpoolP384r1: .sha384
    case .p521, .brainpoolP512r1: .sha512
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
    case ed25519, ed448
    case x25519, x448
    case mlDSA65, mlDSA87
    case mlKEM768, mlKEM1024
    /// DSA (RFC 3279 §2.3.2) by the size of its prime. Reading only.
    case dsa(bits: Int)
    /// A key that is kept and not used, by the name of its algorithm.
    case other(String)
  }

  /// True when a content's key can be sent to it: by transport, agreement or encapsulation.
  public var receivesKeys: Bool {
    switch kind {
    case .rsa, .ec, .x25519, .x448, .mlKEM768, .mlKEM1024: true
    case .rsaPSS, .ed25519, .ed448, .mlDSA65, .mlDSA87, .dsa, .other: false
    }
  }

  public let kind: Kind
  /// The whole SubjectPublicKeyInfo as it came.
  public let spki: ArraySlice<UInt8>
  /// The algorithm, with the parameters that belong to the key.
  package let algorithm: AlgorithmIdentifier
  /// The content of the BIT STRING, which key identifiers are made of.
  public let keyBytes: ArraySlice<UInt8>

  public static func == (left: PublicKey, right: PublicKey) -> Bool { Bytes.areEqual(left.spki, right.spki) }

  public func hash(into hasher: inout Hasher) { Bytes.hash(spki, into: &hasher) }

  /// - Throws: ``Malformed`` when the outer structure cannot be read. A key of another kind or of odd content is kept.
  public init(spki: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(spki, as: "SubjectPublicKeyInfo", rules: .ber)
    try self.init(from: &top, "spki")
  }

  package init(from cursor: inout ASN1Cursor, _ field: StaticString) throws(Malformed) {
    let scope = try cursor.begin(.sequence, field)
    spki = cursor.encoded
    algorithm = try AlgorithmIdentifier(from: &cursor, "algorithm")
    keyBytes = try cursor.bits("subjectPublicKey").bytes
    try cursor.leave(scope)
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
    case OID.rsaPSSWithSHAKE128, OID.rsaPSSWithSHAKE256:
      // RFC 8702 §3.3: a key for this one algorithm.
      guard let bits = RSAPublicNumbers(key)?.bits, algorithm.parameters == nil else {
        return .other("RSA key that cannot be read")
      }
      return .rsaPSS(bits: bits, PSSParameters(algorithm.algorithm == OID.rsaPSSWithSHAKE128 ? .shake128 : .shake256))
    case OID.ed25519:
      return key.count == 32 ? .ed25519 : .other("Ed25519 key of the wrong size")
    case OID.dsa:
      guard let numbers = DSAPublicNumbers(algorithm, key) else { return .other("DSA key that cannot be read") }
      return .dsa(bits: numbers.bits)
    default:
      let name = OID.name(algorithm.algorithm)
      guard let (kind, count) = fixedSizes[algorithm.algorithm] else { return .other(name) }
      guard algorithm.parameters == nil else { return .other("\(name) key with parameters") }
      return key.count == count ? kind : .other("\(name) key of the wrong size")
    }
  }

  /// Keys that are octets and nothing else (RFC 8410 §3, RFC 9881 §4, RFC 9935 §4): their parameters must be absent.
  private static let fixedSizes: [ASN1ObjectIdentifier: (Kind, Int)] = [
    OID.ed448: (.ed448, 57), OID.x25519: (.x25519, 32), OID.x448: (.x448, 56), OID.mlDSA65: (.mlDSA65, 1952),
    OID.mlDSA87: (.mlDSA87, 2592), OID.mlKEM768: (.mlKEM768, 1184), OID.mlKEM1024: (.mlKEM1024, 1568),
  ]
}
