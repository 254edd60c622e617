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
  /// What the PRF is called.
  private let prf: ASN1ObjectIdentifier

  /// - Throws: ``Unsupported`` for a digest that makes no PRF here.
  package init(
    salt: [UInt8], rounds: Int, keyByteCount: Int? = nil, _ digest: DigestAlgorithm
  ) throws(Unsupported) {
    self.salt = salt
    self.rounds = rounds
    self.keyByteCount = keyByteCount
    self.digest = digest
    prf = try Self.prf(digest)
  }

  /// - Throws: ``Malformed``, ``Unsupported``, or `LimitExceeded` for a derivation that costs too much.
  package init(parameters: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    guard fields.tag != .sequence else {
      throw Unsupported("PBKDF2 with a salt from elsewhere", path: "parameters.salt")
    }
    salt = Array(try fields.octets("salt"))
    rounds = try Self.checked(rounds: fields.int("iterationCount"))
    let beforeLength = fields
    if fields.tag == .integer {
      let count = try fields.int("keyLength")
      guard (1...1024).contains(count) else { throw beforeLength.failure("is out of range", "keyLength") }
      keyByteCount = count
    } else {
      keyByteCount = nil
    }
    if fields.isAtEnd {
      (digest, prf) = (.sha1, try Self.prf(.sha1))
    } else {
      let identifier = try AlgorithmIdentifier(from: &fields, "prf")
      (digest, prf) = try identifier.reading(as: "parameters.prf") { identifier in
        let digest = try Self.digest(identifier)
        return (digest, try Self.prf(digest))
      }
    }
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

  /// As a keyDerivationAlgorithm.
  package var identifier: AlgorithmIdentifier {
    let parameters = DERWriter.encode { der in
      der.sequence { der in
        der.octets(salt)
        der.int(rounds)
        if let keyByteCount { der.int(keyByteCount) }
        if digest != .sha1 {
          AlgorithmIdentifier(prf, parameters: AlgorithmIdentifier.null).write(to: &der)
        }
      }
    }
    return AlgorithmIdentifier(OID.pbkdf2, parameters: ArraySlice(parameters))
  }

  func write(to der: inout DERWriter) { identifier.write(to: &der) }

  /// What HMAC with `digest` is called as a PRF (RFC 8018 B.1.2).
  static func prf(_ digest: DigestAlgorithm) throws(Unsupported) -> ASN1ObjectIdentifier {
    switch digest {
    case .sha1: [1, 2, 840, 113549, 2, 7]
    case .sha224: [1, 2, 840, 113549, 2, 8]
    case .sha256: OID.hmacSHA256
    case .sha384: [1, 2, 840, 113549, 2, 10]
    case .sha512: [1, 2, 840, 113549, 2, 11]
    case .md5, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256:
      throw Unsupported("PBKDF2 with \(digest.name)")
    }
  }

  package func derive(from password: [UInt8], byteCount: Int) throws -> SymmetricKey {
    let digest: KDF.Insecure.PBKDF2.HashFunction =
      switch self.digest {
      case .sha1: .insecureSHA1
      case .sha224: .insecureSHA224
      case .sha256: .sha256
      case .sha384: .sha384
      case .sha512: .sha512
      case .md5, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256:
        throw Unsupported("PBKDF2 with \(self.digest.name)")
      }
    // The number of rounds was checked: old files have few, and they must be read.
    let key = try KDF.Insecure.PBKDF2.deriveKey(
      from: password, salt: salt, using: digest, outputByteCount: byteCount, unsafeUncheckedRounds: rounds)
    return SymmetricKey(key)
  }
}
