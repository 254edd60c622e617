import Crypto
import SwiftASN1

/// RFC 9690 §2.3   RsaKemParameters ::= SEQUENCE { keyDerivationFunction AlgorithmIdentifier, keyLength INTEGER }
public struct RSAKEMParameters: Hashable, Sendable {
  /// KDF3's digest.
  public let digest: DigestAlgorithm
  /// The size of the shared secret in bytes.
  public let keyByteCount: Int

  public init(_ digest: DigestAlgorithm, keyByteCount: Int) {
    self.digest = digest
    self.keyByteCount = keyByteCount
  }

  /// What is written: KDF3 with SHA-256, and a secret as long as its digest.
  public static let standard = RSAKEMParameters(.sha256, keyByteCount: 32)

  init(parameters: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let function = try AlgorithmIdentifier(from: &fields, "keyDerivationFunction")
    let before = fields
    let count = try fields.int("keyLength")
    try fields.finish()
    let digest = try function.reading(as: "parameters.keyDerivationFunction") { function in
      guard case .kdf3(let digest) = try KEMKeyDerivation(function) else {
        throw Unsupported("RSA-KEM with \(OID.name(function.algorithm))")
      }
      return digest
    }
    guard (16...64).contains(count) else { throw before.failure("is out of range", "keyLength") }
    self.init(digest, keyByteCount: count)
  }

  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        KEMKeyDerivation.kdf3(digest).identifier.write(to: &der)
        der.int(keyByteCount)
      }
    }
  }
}

/// How a secret is agreed on with the owner of a key by one message: the kem of a KEMRecipientInfo (RFC 9629 §3).
public enum KeyEncapsulation: Hashable, Sendable {
  /// RFC 9936
  case mlKEM768, mlKEM1024
  /// RFC 9690
  case rsaKEM(RSAKEMParameters)

  /// - Throws: ``Malformed`` or ``Unsupported``.
  public init(_ identifier: AlgorithmIdentifier) throws {
    switch identifier.algorithm {
    case OID.mlKEM768: self = .mlKEM768
    case OID.mlKEM1024: self = .mlKEM1024
    case OID.rsaKEM:
      guard let parameters = identifier.parameters else { throw Malformed("RSA-KEM names no key derivation") }
      self = .rsaKEM(try RSAKEMParameters(parameters: parameters))
      return
    default: throw Unsupported("the key encapsulation \(OID.name(identifier.algorithm))")
    }
    // RFC 9936 §2: absent.
    guard identifier.parameters == nil else { throw Malformed("\(name) has parameters") }
  }

  /// The encapsulation for a key of `kind`; nil when there is none.
  public init?(for kind: PublicKey.Kind) {
    switch kind {
    case .mlKEM768: self = .mlKEM768
    case .mlKEM1024: self = .mlKEM1024
    case .rsa: self = .rsaKEM(.standard)
    default: return nil
    }
  }

  public var identifier: AlgorithmIdentifier {
    switch self {
    case .mlKEM768: AlgorithmIdentifier(OID.mlKEM768)
    case .mlKEM1024: AlgorithmIdentifier(OID.mlKEM1024)
    case .rsaKEM(let parameters): AlgorithmIdentifier(OID.rsaKEM, parameters: parameters.encoded[...])
    }
  }

  public var name: String {
    switch self {
    case .mlKEM768: "ML-KEM-768"
    case .mlKEM1024: "ML-KEM-1024"
    case .rsaKEM: "RSA-KEM"
    }
  }

  /// The size of a ciphertext for `key` in bytes; nil when `key` is of another kind.
  public func ciphertextByteCount(for key: PublicKey) -> Int? {
    switch (self, key.kind) {
    case (.mlKEM768, .mlKEM768): 1088
    case (.mlKEM1024, .mlKEM1024): 1568
    case (.rsaKEM, .rsa(let bits)): (bits + 7) / 8
    default: nil
    }
  }
}

extension PublicKey {
  /// A fresh secret, and the ciphertext that only this key's owner gets it from.
  ///
  /// - Throws: ``Unsupported`` when the key is of another kind or cannot be used.
  public func encapsulate(_ kem: KeyEncapsulation) throws -> (secret: SymmetricKey, ciphertext: [UInt8]) {
    let refusal = Unsupported("\(kem.name) with \(summary)")
    switch (kem, kind) {
    case (.mlKEM768, .mlKEM768):
      guard let key = try? MLKEM768.PublicKey(rawRepresentation: keyBytes) else { throw refusal }
      let result = try key.encapsulate()
      return (SymmetricKey(result.sharedSecret), [UInt8](result.encapsulated))
    case (.mlKEM1024, .mlKEM1024):
      guard let key = try? MLKEM1024.PublicKey(rawRepresentation: keyBytes) else { throw refusal }
      let result = try key.encapsulate()
      return (SymmetricKey(result.sharedSecret), [UInt8](result.encapsulated))
    case (.rsaKEM(let parameters), .rsa(let bits)):
      guard bits >= 2048, let numbers = RSAPublicNumbers(keyBytes), numbers.objection == nil else { throw refusal }
      #if OpenSSL
        let key = try KnownRSAKeys.handle(keyBytes)
        // RFC 9690 §1.3.1: a random number below the modulus; one that is not is drawn again.
        for _ in 0..<128 {
          var number = SecureRandom.bytes(numbers.modulus.count)
          number[0] &= UInt8(0xFF) >> UInt8(numbers.modulus.count * 8 - bits)
          guard let ciphertext = key.encryptRaw(number[...]) else { continue }
          return (try parameters.secret(from: number), ciphertext)
        }
        throw refusal
      #else
        throw Unsupported("RSA-KEM without the OpenSSL trait")
      #endif
    default: throw refusal
    }
  }
}

extension PrivateKey {
  /// The secret that `ciphertext` is for. ML-KEM gives a secret of its own for a ciphertext that was altered (FIPS 203
  /// §6.3); so does RSA-KEM, by being what it is.
  ///
  /// - Throws: ``DecryptionFailed`` when the ciphertext has the wrong size, or the key is of another kind.
  public func decapsulate(
    _ ciphertext: ArraySlice<UInt8>, _ kem: KeyEncapsulation
  ) throws(DecryptionFailed) -> SymmetricKey {
    guard kem.ciphertextByteCount(for: publicKey) == ciphertext.count else { throw DecryptionFailed() }
    do {
      switch (kem, material) {
      case (.mlKEM768, .mlKEM768(let key)): return SymmetricKey(try key.decapsulate(ciphertext))
      case (.mlKEM1024, .mlKEM1024(let key)): return SymmetricKey(try key.decapsulate(ciphertext))
      case (.rsaKEM(let parameters), .rsa(let key)):
        guard let number = key.decryptRaw(ciphertext) else { throw DecryptionFailed() }
        return try parameters.secret(from: number)
      default: throw DecryptionFailed()
      }
    } catch { throw DecryptionFailed() }
  }
}

extension RSAKEMParameters {
  /// RFC 9690 §1.3: KDF3 of the number, as many octets as the modulus has.
  fileprivate func secret(from number: [UInt8]) throws -> SymmetricKey {
    try KDF3.derive(from: SymmetricKey(octets: number), info: [], byteCount: keyByteCount, digest)
  }
}
