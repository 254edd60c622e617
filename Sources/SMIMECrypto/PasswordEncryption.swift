import ByteIO
import Crypto
import CryptoExtras
import SwiftASN1

/// Encryption under a password, as PKCS#8 and PKCS#12 files carry it: PBES2 (RFC 8018 §6.2) and the PKCS#12 schemes
/// (RFC 7292 C).
package struct PasswordEncryption: Sendable {
  /// The most rounds of a key derivation that a file may ask for.
  package static let roundLimit = 10_000_000
  /// The most memory in bytes that scrypt may ask for. swift-crypto takes a limit and does not keep it.
  private static let memoryLimit = 64 << 20

  private enum Scheme: Sendable {
    case pbkdf2(PBKDF2, ContentCipherParameters)
    case scrypt(salt: [UInt8], cost: Int, blockSize: Int, parallelism: Int, ContentCipherParameters)
    case pkcs12(salt: [UInt8], rounds: Int, ContentEncryption)
  }

  private let scheme: Scheme
  package let identifier: AlgorithmIdentifier

  // MARK: Writing

  /// PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC.
  package static func pbes2(rounds: Int = 600_000) throws -> PasswordEncryption {
    let derivation = try PBKDF2(salt: SecureRandom.bytes(16), rounds: rounds, .sha256)
    let cipher = ContentCipherParameters(fresh: .aesCBC(keyBits: 256))
    let parameters = DERWriter.encode { der in
      der.sequence { der in
        derivation.write(to: &der)
        cipher.identifier.write(to: &der)
      }
    }
    return PasswordEncryption(
      scheme: .pbkdf2(derivation, cipher),
      identifier: AlgorithmIdentifier(OID.pbes2, parameters: ArraySlice(parameters)))
  }

  /// pbeWithSHA1And3-KeyTripleDES-CBC, which every platform's import reads.
  package static func tripleDES(rounds: Int = 10_000) -> PasswordEncryption {
    let salt = SecureRandom.bytes(8)
    let parameters = DERWriter.encode { der in
      der.sequence { der in
        der.octets(salt)
        der.int(rounds)
      }
    }
    return PasswordEncryption(
      scheme: .pkcs12(salt: salt, rounds: rounds, .tripleDESCBC),
      identifier: AlgorithmIdentifier(OID.pbeSHA1TripleDES, parameters: ArraySlice(parameters)))
  }

  private init(scheme: Scheme, identifier: AlgorithmIdentifier) {
    self.scheme = scheme
    self.identifier = identifier
  }

  // MARK: Reading

  /// - Throws: ``Malformed``, ``Unsupported``, or ``LimitExceeded`` for a derivation that costs too much.
  package init(_ identifier: AlgorithmIdentifier) throws {
    self.identifier = identifier
    guard let parameters = identifier.parameters else { throw Malformed("the password encryption has no parameters") }
    switch identifier.algorithm {
    case OID.pbes2: scheme = try Self.pbes2(parameters)
    case OID.pbeSHA1TripleDES: scheme = try Self.pkcs12(parameters, .tripleDESCBC)
    case OID.pbeSHA1RC2128: scheme = try Self.pkcs12(parameters, .rc2CBC(effectiveBits: 128))
    case OID.pbeSHA1RC240: scheme = try Self.pkcs12(parameters, .rc2CBC(effectiveBits: 40))
    default: throw Unsupported("the password encryption \(OID.name(identifier.algorithm))")
    }
  }

  /// RFC 7292 C   pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
  private static func pkcs12(_ parameters: ArraySlice<UInt8>, _ cipher: ContentEncryption) throws -> Scheme {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let salt = Array(try fields.octets("salt"))
    let rounds = try PBKDF2.checked(rounds: fields.int("iterations"))
    try fields.finish()
    return .pkcs12(salt: salt, rounds: rounds, cipher)
  }

  /// RFC 8018 A.4   PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }
  private static func pbes2(_ parameters: ArraySlice<UInt8>) throws -> Scheme {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let derivation = try AlgorithmIdentifier(from: &fields, "keyDerivationFunc")
    let scheme = try AlgorithmIdentifier(from: &fields, "encryptionScheme")
    try fields.finish()
    let cipher = try scheme.reading(as: "parameters.encryptionScheme") { scheme in
      let cipher = try ContentCipherParameters(scheme)
      guard !cipher.encryption.isAuthenticated else { throw Unsupported("PBES2 with \(cipher.encryption.name)") }
      return cipher
    }
    return try derivation.reading(as: "parameters.keyDerivationFunc") { derivation in
      guard let details = derivation.parameters else { throw Malformed("the key derivation has no parameters") }
      switch derivation.algorithm {
      case OID.pbkdf2: return try pbkdf2(details, cipher)
      case OID.scrypt: return try scrypt(details, cipher)
      default: throw Unsupported("the key derivation \(OID.name(derivation.algorithm))")
      }
    }
  }

  private static func pbkdf2(_ parameters: ArraySlice<UInt8>, _ cipher: ContentCipherParameters) throws -> Scheme {
    let derivation = try PBKDF2(parameters: parameters)
    guard derivation.keyByteCount ?? cipher.encryption.keyByteCount == cipher.encryption.keyByteCount else {
      throw Malformed("does not fit the cipher", path: "parameters.keyLength")
    }
    return .pbkdf2(derivation, cipher)
  }

  /// RFC 7914 §7   scrypt-params ::= SEQUENCE { salt OCTET STRING, costParameter INTEGER, blockSize INTEGER,
  ///                 parallelizationParameter INTEGER, keyLength INTEGER OPTIONAL }
  private static func scrypt(_ parameters: ArraySlice<UInt8>, _ cipher: ContentCipherParameters) throws -> Scheme {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let salt = Array(try fields.octets("salt"))
    let cost = try fields.int("costParameter")
    let blockSize = try fields.int("blockSize")
    let parallelism = try fields.int("parallelizationParameter")
    if fields.tag == .integer { _ = try fields.int("keyLength") }
    try fields.finish()
    guard cost > 1, cost & (cost - 1) == 0, blockSize > 0, parallelism > 0 else {
      throw Malformed("scrypt's parameters are out of range")
    }
    guard cost <= 1 << 20, blockSize <= 64, parallelism <= 16, cost * blockSize * 128 <= memoryLimit else {
      throw LimitExceeded(.keyDerivationMemory, limit: memoryLimit)
    }
    return .scrypt(salt: salt, cost: cost, blockSize: blockSize, parallelism: parallelism, cipher)
  }

  /// How much work one derivation is, in rounds of a hash: what budgets over whole files count.
  package var rounds: Int {
    switch scheme {
    case .pbkdf2(let derivation, _): derivation.rounds
    case .pkcs12(_, let rounds, _): rounds
    case .scrypt(_, let cost, let blockSize, let parallelism, _): cost * blockSize * parallelism
    }
  }

  // MARK: Work

  /// - Throws: ``WrongPassword`` when the padding that comes out is wrong.
  package func decrypt(_ encrypted: ArraySlice<UInt8>, password: Password) throws -> [UInt8] {
    let (parameters, key) = try keyed(password)
    let decryptor = try ContentDecryptor(parameters, key: key)
    var plain: [UInt8] = []
    do {
      try decryptor.update(encrypted.span, into: &plain)
      try decryptor.finish(into: &plain, tag: nil)
    } catch is DecryptionFailed { throw WrongPassword() }
    return plain
  }

  package func encrypt(_ plain: [UInt8], password: Password) throws -> [UInt8] {
    let (parameters, key) = try keyed(password)
    let engine = try CipherEngines.make(parameters, key: key, direction: .encrypt, associatedData: [])
    var encrypted: [UInt8] = []
    try engine.update(plain.span, into: &encrypted)
    _ = try engine.finishEncrypting(into: &encrypted)
    return encrypted
  }

  private func keyed(_ password: Password) throws -> (ContentCipherParameters, SymmetricKey) {
    switch scheme {
    case .pbkdf2(let derivation, let cipher):
      return (cipher, try derivation.derive(from: password.utf8, byteCount: cipher.encryption.keyByteCount))
    case .scrypt(let salt, let cost, let blockSize, let parallelism, let cipher):
      let key = try KDF.Scrypt.deriveKey(
        from: password.utf8, salt: salt, outputByteCount: cipher.encryption.keyByteCount, rounds: cost,
        blockSize: blockSize, parallelism: parallelism)
      return (cipher, SymmetricKey(key))
    case .pkcs12(let salt, let rounds, let encryption):
      func derive(_ purpose: PKCS12KDF.Purpose, _ count: Int) throws -> [UInt8] {
        try PKCS12KDF.derive(
          purpose, password: password.bmp, salt: ArraySlice(salt), rounds: rounds, byteCount: count, .sha1)
      }
      let key = try derive(.key, encryption.keyByteCount)
      let iv = try derive(.iv, encryption.blockByteCount)
      return (ContentCipherParameters(encryption, initialValue: iv), SymmetricKey(octets: key))
    }
  }
}
