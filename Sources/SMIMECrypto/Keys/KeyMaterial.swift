import Crypto
import CryptoExtras
import SwiftASN1

/// The key itself, in the hands of the library that is best with it: libcrypto for RSA (it signs 2048 bits more than
/// twice as fast), swift-crypto for the NIST curves, curve25519 and lattices, libcrypto for the other curves.
enum KeyMaterial: Sendable {
  case rsa(RSAPrivateMaterial)
  case p256(CurveKey<P256.Signing.PrivateKey, P256.KeyAgreement.PrivateKey>)
  case p384(CurveKey<P384.Signing.PrivateKey, P384.KeyAgreement.PrivateKey>)
  case p521(CurveKey<P521.Signing.PrivateKey, P521.KeyAgreement.PrivateKey>)
  case ed25519(Curve25519.Signing.PrivateKey)
  case x25519(Curve25519.KeyAgreement.PrivateKey)
  case mlDSA65(MLDSA65.PrivateKey)
  case mlDSA87(MLDSA87.PrivateKey)
  case mlKEM768(MLKEM768.PrivateKey)
  case mlKEM1024(MLKEM1024.PrivateKey)
  #if OpenSSL
    case evp(EVPPrivateMaterial)
  #endif

  var kind: PrivateKey.Kind {
    switch self {
    case .rsa(let key): .rsa(bits: key.numbers.bits)
    case .p256: .ec(.p256)
    case .p384: .ec(.p384)
    case .p521: .ec(.p521)
    case .ed25519: .ed25519
    case .x25519: .x25519
    case .mlDSA65: .mlDSA65
    case .mlDSA87: .mlDSA87
    case .mlKEM768: .mlKEM768
    case .mlKEM1024: .mlKEM1024
    #if OpenSSL
      case .evp(let key): key.kind
    #endif
    }
  }

  /// The public half as a SubjectPublicKeyInfo.
  var spki: [UInt8] { Self.spki(identifier, publicBytes) }

  private var publicBytes: [UInt8] {
    switch self {
    case .rsa(let key): key.numbers.encoded
    case .p256(let key): [UInt8](key.signing.publicKey.x963Representation)
    case .p384(let key): [UInt8](key.signing.publicKey.x963Representation)
    case .p521(let key): [UInt8](key.signing.publicKey.x963Representation)
    case .ed25519(let key): [UInt8](key.publicKey.rawRepresentation)
    case .x25519(let key): [UInt8](key.publicKey.rawRepresentation)
    case .mlDSA65(let key): [UInt8](key.publicKey.rawRepresentation)
    case .mlDSA87(let key): [UInt8](key.publicKey.rawRepresentation)
    case .mlKEM768(let key): [UInt8](key.publicKey.rawRepresentation)
    case .mlKEM1024(let key): [UInt8](key.publicKey.rawRepresentation)
    #if OpenSSL
      case .evp(let key): key.publicBytes
    #endif
    }
  }

  /// The algorithm as PKCS#8 and SubjectPublicKeyInfo name it.
  var identifier: AlgorithmIdentifier {
    switch kind {
    case .ec(let curve): Self.identifier(curve)
    case .rsa: if case .rsa(let key) = self { key.identifier } else { AlgorithmIdentifier(OID.rsaEncryption) }
    case .ed25519: AlgorithmIdentifier(OID.ed25519)
    case .ed448: AlgorithmIdentifier(OID.ed448)
    case .x25519: AlgorithmIdentifier(OID.x25519)
    case .x448: AlgorithmIdentifier(OID.x448)
    case .mlDSA65: AlgorithmIdentifier(OID.mlDSA65)
    case .mlDSA87: AlgorithmIdentifier(OID.mlDSA87)
    case .mlKEM768: AlgorithmIdentifier(OID.mlKEM768)
    case .mlKEM1024: AlgorithmIdentifier(OID.mlKEM1024)
    }
  }

  /// RFC 5480 §2.1.1: the curve by name.
  static func identifier(_ curve: EllipticCurve) -> AlgorithmIdentifier {
    AlgorithmIdentifier(OID.ecPublicKey, parameters: ArraySlice(DERWriter.encode { $0.oid(curve.oid) }))
  }

  static func spki(_ identifier: AlgorithmIdentifier, _ key: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        identifier.write(to: &der)
        der.bits(key)
      }
    }
  }

  /// A key from its secret: the number of a curve's key, which must have the field's size, the octets of Ed25519 and its
  /// kin, or the seed of a lattice key.
  ///
  /// - Throws: ``Unsupported``, or any error when it is no such key.
  init(_ kind: PrivateKey.Kind, secret: [UInt8]) throws {
    switch kind {
    case .ec(.p256): self = .p256(CurveKey(try P256.Signing.PrivateKey(rawRepresentation: secret)))
    case .ec(.p384): self = .p384(CurveKey(try P384.Signing.PrivateKey(rawRepresentation: secret)))
    case .ec(.p521): self = .p521(CurveKey(try P521.Signing.PrivateKey(rawRepresentation: secret)))
    case .ed25519: self = .ed25519(try Curve25519.Signing.PrivateKey(rawRepresentation: secret))
    case .x25519: self = .x25519(try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret))
    case .mlDSA65: self = .mlDSA65(try MLDSA65.PrivateKey(seedRepresentation: secret, publicKey: nil))
    case .mlDSA87: self = .mlDSA87(try MLDSA87.PrivateKey(seedRepresentation: secret, publicKey: nil))
    case .mlKEM768: self = .mlKEM768(try MLKEM768.PrivateKey(seedRepresentation: secret, publicKey: nil))
    case .mlKEM1024: self = .mlKEM1024(try MLKEM1024.PrivateKey(seedRepresentation: secret, publicKey: nil))
    case .rsa: throw Unsupported("an RSA key made of octets")
    case .ec(.brainpoolP256r1), .ec(.brainpoolP384r1), .ec(.brainpoolP512r1), .ed448, .x448:
      #if OpenSSL
        guard let key = EVPPrivateMaterial(kind, secret: secret) else {
          throw Malformed("the secret is no \(kind.name) key")
        }
        self = .evp(key)
      #else
        throw Unsupported("\(kind.name) without the OpenSSL trait")
      #endif
    }
  }

  /// A new key, of any kind but RSA.
  init(generate kind: PrivateKey.Kind) throws {
    switch kind {
    case .ec(.p256): self = .p256(CurveKey(P256.Signing.PrivateKey()))
    case .ec(.p384): self = .p384(CurveKey(P384.Signing.PrivateKey()))
    case .ec(.p521): self = .p521(CurveKey(P521.Signing.PrivateKey()))
    case .ed25519: self = .ed25519(Curve25519.Signing.PrivateKey())
    case .x25519: self = .x25519(Curve25519.KeyAgreement.PrivateKey())
    case .mlDSA65: self = .mlDSA65(try MLDSA65.PrivateKey())
    case .mlDSA87: self = .mlDSA87(try MLDSA87.PrivateKey())
    case .mlKEM768: self = .mlKEM768(try MLKEM768.PrivateKey())
    case .mlKEM1024: self = .mlKEM1024(try MLKEM1024.PrivateKey())
    case .rsa: throw Unsupported("an RSA key made of octets")
    case .ec(.brainpoolP256r1), .ec(.brainpoolP384r1), .ec(.brainpoolP512r1), .ed448, .x448:
      #if OpenSSL
        guard let key = EVPPrivateMaterial(generate: kind) else { throw Unsupported("\(kind.name) in this libcrypto") }
        self = .evp(key)
      #else
        throw Unsupported("\(kind.name) without the OpenSSL trait")
      #endif
    }
  }

  /// What a key is made of again: the number of a curve's key, octets, or a seed; nil for RSA.
  var secret: [UInt8]? {
    switch self {
    case .rsa: nil
    case .p256(let key): [UInt8](key.signing.rawRepresentation)
    case .p384(let key): [UInt8](key.signing.rawRepresentation)
    case .p521(let key): [UInt8](key.signing.rawRepresentation)
    case .ed25519(let key): [UInt8](key.rawRepresentation)
    case .x25519(let key): [UInt8](key.rawRepresentation)
    case .mlDSA65(let key): [UInt8](key.seedRepresentation)
    case .mlDSA87(let key): [UInt8](key.seedRepresentation)
    case .mlKEM768(let key): [UInt8](key.seedRepresentation)
    case .mlKEM1024(let key): [UInt8](key.seedRepresentation)
    #if OpenSSL
      case .evp(let key): key.secret.octets
    #endif
    }
  }
}
