import ByteIO
import CryptoExtras
import SwiftASN1

/// RFC 8018 §5.2, with its parameters as PBES2 and PBMAC1 carry them.
///
///     PBKDF2-params ::= SEQUENCE { salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
///                                  iterationCount INTEGER, keyLength INTEGER OPTIONAL,
///                                  prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }
package struct PBKDF2: Hashable, Sendable {
  package let salt: [UInt8]
  package let rounds: Int
  /// nil where the parameters leave it out.
  package let keyByteCount: Int?
  /// The digest of the PRF, HMAC.
  package let digest: DigestAlgorithm

  package init(salt: [UInt8], rounds: Int, keyByteCount: Int? = nil, _ digest: DigestAlgorithm) {
    self.salt = salt
    self.rounds = rounds
    self.keyByteCount = keyByteCount
    self.digest = digest
  }

  /// - Throws: ``Malformed``, ``Unsupported``, or `LimitExceeded` for a derivation that costs too much.
  package init(parameters: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(parameters, as: "PBKDF2-params", rules: .ber)
    var fields = try top.enter()
    guard fields.tag != .sequence else { throw Unsupported("PBKDF2 with a salt from elsewhere") }
    salt = Array(try fields.octets("salt"))
    rounds = try Self.checked(rounds: fields.int("iterationCount"))
    if fields.tag == .integer {
      let count = try fields.int("keyLength")
      guard (1...1024).contains(count) else { throw fields.failure("is out of range", "keyLength") }
      keyByteCount = count
    } else {
      keyByteCount = nil
    }
    digest = fields.isAtEnd ? .sha1 : try Self.digest(AlgorithmIdentifier(from: &fields, "prf"))
    try fields.finish()
  }

  /// `rounds` if a file may ask for so many.
  package static func checked(rounds: Int) throws -> Int {
    guard rounds >= 1 else { throw Malformed("a key derivation of \(rounds) rounds") }
    let limit = PasswordEncryption.roundLimit
    guard rounds <= limit else { throw LimitExceeded(.keyDerivationRounds, limit: limit) }
    return rounds
  }

  /// The digest of an HMAC that is named as a PRF or MAC (RFC 8018 B.1).
  package static func digest(_ hmac: AlgorithmIdentifier) throws -> DigestAlgorithm {
    guard let digest = OID.hmacDigest(hmac.algorithm) else { throw Unsupported("the MAC \(OID.name(hmac.algorithm))") }
    guard hmac.hasNoParameters else { throw Malformed("HMAC with \(digest.name) has parameters") }
    return digest
  }

  func write(to der: inout DER.Serializer) {
    der.sequence { der in
      der.oid(OID.pbkdf2)
      der.sequence { der in
        der.octets(salt)
        der.int(rounds)
        if let keyByteCount { der.int(keyByteCount) }
        if digest != .sha1 { AlgorithmIdentifier(hmac, parameters: AlgorithmIdentifier.null).write(to: &der) }
      }
    }
  }

  private var hmac: ASN1ObjectIdentifier {
    switch digest {
    case .md5, .sha1: [1, 2, 840, 113549, 2, 7]
    case .sha224: [1, 2, 840, 113549, 2, 8]
    case .sha256: OID.hmacSHA256
    case .sha384: [1, 2, 840, 113549, 2, 10]
    case .sha512: [1, 2, 840, 113549, 2, 11]
    }
  }

  package func derive(from password: [UInt8], byteCount: Int) throws -> SymmetricKey {
    let digest: KDF.Insecure.PBKDF2.HashFunction =
      switch self.digest {
      case .md5: .insecureMD5
      case .sha1: .insecureSHA1
      case .sha224: .insecureSHA224
      case .sha256: .sha256
      case .sha384: .sha384
      case .sha512: .sha512
      }
    // The number of rounds was checked: old files have few, and they must be read.
    let key = try KDF.Insecure.PBKDF2.deriveKey(
      from: password, salt: salt, using: digest, outputByteCount: byteCount, unsafeUncheckedRounds: rounds)
    return SymmetricKey(key)
  }
}
