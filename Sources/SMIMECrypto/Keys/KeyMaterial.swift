import Crypto
import CryptoExtras
import SwiftASN1

/// The key itself, in the hands of the library that is best with it: libcrypto for RSA (it signs 2048 bits more than
/// twice as fast), swift-crypto for curves.
enum KeyMaterial: Sendable {
  case rsa(RSAPrivateMaterial)
  case p256(P256.Signing.PrivateKey)
  case p384(P384.Signing.PrivateKey)
  case p521(P521.Signing.PrivateKey)
  case ed25519(Curve25519.Signing.PrivateKey)

  var kind: PrivateKey.Kind {
    switch self {
    case .rsa(let key): .rsa(bits: key.numbers.bits)
    case .p256: .ec(.p256)
    case .p384: .ec(.p384)
    case .p521: .ec(.p521)
    case .ed25519: .ed25519
    }
  }

  /// The public half as a SubjectPublicKeyInfo.
  var spki: [UInt8] {
    switch self {
    case .rsa(let key): Self.spki(key.identifier, key.numbers.encoded)
    case .p256(let key): Self.spki(Self.identifier(.p256), [UInt8](key.publicKey.x963Representation))
    case .p384(let key): Self.spki(Self.identifier(.p384), [UInt8](key.publicKey.x963Representation))
    case .p521(let key): Self.spki(Self.identifier(.p521), [UInt8](key.publicKey.x963Representation))
    case .ed25519(let key): Self.spki(AlgorithmIdentifier(OID.ed25519), [UInt8](key.publicKey.rawRepresentation))
    }
  }

  /// The algorithm as PKCS#8 and SubjectPublicKeyInfo name it.
  var identifier: AlgorithmIdentifier {
    switch self {
    case .rsa(let key): key.identifier
    case .p256: Self.identifier(.p256)
    case .p384: Self.identifier(.p384)
    case .p521: Self.identifier(.p521)
    case .ed25519: AlgorithmIdentifier(OID.ed25519)
    }
  }

  /// RFC 5480 §2.1.1: the curve by name.
  static func identifier(_ curve: EllipticCurve) -> AlgorithmIdentifier {
    AlgorithmIdentifier(OID.ecPublicKey, parameters: ArraySlice(DER.Serializer.encode { $0.oid(curve.oid) }))
  }

  static func spki(_ identifier: AlgorithmIdentifier, _ key: [UInt8]) -> [UInt8] {
    DER.Serializer.encode { der in
      der.sequence { der in
        identifier.write(to: &der)
        der.bits(key)
      }
    }
  }

  /// A key on `curve` from its secret number, which must have the field's size.
  init(curve: EllipticCurve, secret: [UInt8]) throws {
    switch curve {
    case .p256: self = .p256(try P256.Signing.PrivateKey(rawRepresentation: secret))
    case .p384: self = .p384(try P384.Signing.PrivateKey(rawRepresentation: secret))
    case .p521: self = .p521(try P521.Signing.PrivateKey(rawRepresentation: secret))
    }
  }

  /// The secret number of a curve's key.
  var secret: [UInt8]? {
    switch self {
    case .rsa: nil
    case .p256(let key): [UInt8](key.rawRepresentation)
    case .p384(let key): [UInt8](key.rawRepresentation)
    case .p521(let key): [UInt8](key.rawRepresentation)
    case .ed25519(let key): [UInt8](key.rawRepresentation)
    }
  }
}
