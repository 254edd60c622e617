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
    case .rsa(let key): Self.spki(Self.rsaIdentifier, key.numbers.encoded)
    case .p256(let key): Self.spki(Self.identifier(.p256), [UInt8](key.publicKey.x963Representation))
    case .p384(let key): Self.spki(Self.identifier(.p384), [UInt8](key.publicKey.x963Representation))
    case .p521(let key): Self.spki(Self.identifier(.p521), [UInt8](key.publicKey.x963Representation))
    case .ed25519(let key): Self.spki(AlgorithmIdentifier(OID.ed25519), [UInt8](key.publicKey.rawRepresentation))
    }
  }

  /// The algorithm as PKCS#8 and SubjectPublicKeyInfo name it.
  var identifier: AlgorithmIdentifier {
    switch kind {
    case .rsa: Self.rsaIdentifier
    case .ec(let curve): Self.identifier(curve)
    case .ed25519: AlgorithmIdentifier(OID.ed25519)
    }
  }

  private static let rsaIdentifier = AlgorithmIdentifier(OID.rsaEncryption, parameters: AlgorithmIdentifier.null)

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

/// An RSA private key: its PKCS#1 form, and the handle that works with it.
struct RSAPrivateMaterial: Sendable {
  let numbers: RSAPublicNumbers
  /// RFC 8017 A.1.2 RSAPrivateKey
  let pkcs1: SymmetricKey
  #if OpenSSL
    private let key: EVPKey
  #else
    private let signingKey: _RSA.Signing.PrivateKey
    private let rawKey: _RSA.BlindSigning.PrivateKey<SHA384>
  #endif

  /// - Throws: ``Malformed`` or ``Unsupported``; sizes and signs are checked before a library sees the key.
  init(pkcs1: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(pkcs1, as: "RSAPrivateKey", rules: .ber)
    var fields = try top.sequence("key")
    guard try fields.int("version") == 0 else { throw Unsupported("RSA with more than two primes") }
    let modulus = try fields.integer("modulus")
    let exponent = try fields.integer("publicExponent")
    for name in ["privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"] as [StaticString] {
      guard let first = try fields.integer(name).first, first < 0x80 else { throw fields.failure("is negative", name) }
    }
    try fields.finish()
    let encoded = DER.Serializer.encode { der in
      der.sequence { der in
        der.integer(modulus)
        der.integer(exponent)
      }
    }
    guard let numbers = RSAPublicNumbers(ArraySlice(encoded)) else {
      throw Malformed("an RSA key has a negative number")
    }
    if let objection = numbers.objection { throw Unsupported(objection) }
    self.numbers = numbers
    self.pkcs1 = SymmetricKey(data: pkcs1)
    #if OpenSSL
      key = try EVPKey(rsaPrivateKey: pkcs1)
    #else
      do {
        signingKey = try _RSA.Signing.PrivateKey(unsafeDERRepresentation: pkcs1)
        rawKey = try _RSA.BlindSigning.PrivateKey(
          derRepresentation: pkcs1, parameters: .RSABSSA_SHA384_PSS_Deterministic)
      } catch { throw Unsupported("this RSA \(numbers.bits) key without the OpenSSL trait") }
    #endif
  }

  #if OpenSSL
    func sign(_ digest: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8] { try key.sign(digest, algorithm) }
    func decryptRaw(_ encrypted: ArraySlice<UInt8>) -> [UInt8]? { key.decryptRaw(encrypted) }
    func decrypt(_ encrypted: ArraySlice<UInt8>, _ parameters: OAEPParameters) -> [UInt8]? {
      key.decrypt(encrypted, parameters)
    }
  #endif
}
