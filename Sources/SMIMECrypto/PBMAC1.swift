import ByteIO
import Crypto
import CryptoExtras
package import SwiftASN1

/// RFC 9579 §5, RFC 8018 A.5: HMAC under a key derived from a password by PBKDF2.
///
///     PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
///     PBKDF2-params ::= SEQUENCE { salt CHOICE { specified OCTET STRING, … }, iterationCount INTEGER,
///                                  keyLength INTEGER OPTIONAL, prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }
package struct PBMAC1: Sendable {
  package static let oid: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 14]

  /// RFC 9579 §5: the derived key has as many octets as the MAC's digest, or any size from here on.
  private static let leastKeyBytes = 20
  private static let mostKeyBytes = 64

  private let salt: [UInt8]
  package let rounds: Int
  private let keyByteCount: Int
  private let keyDigest: DigestAlgorithm
  private let macDigest: DigestAlgorithm

  /// - Throws: ``Malformed``, ``Unsupported``, or `LimitExceeded` for a derivation that costs too much.
  package init(_ identifier: AlgorithmIdentifier) throws {
    guard let parameters = identifier.parameters else { throw Malformed("PBMAC1 has no parameters") }
    var top = try ASN1Cursor(parameters, as: "PBMAC1-params")
    var fields = try top.enter()
    let derivation = try AlgorithmIdentifier(from: &fields, "keyDerivationFunc")
    let scheme = try AlgorithmIdentifier(from: &fields, "messageAuthScheme")
    try fields.finish()
    guard derivation.algorithm == OID.pbkdf2, let details = derivation.parameters else {
      throw Unsupported("PBMAC1 with the key derivation \(OID.name(derivation.algorithm))")
    }
    macDigest = try Self.digest(scheme)
    var inner = try ASN1Cursor(details, as: "PBKDF2-params")
    var values = try inner.enter()
    salt = Array(try values.octets("salt"))
    rounds = try values.int("iterationCount")
    guard rounds > 0 else { throw Malformed("PBMAC1 with \(rounds) rounds") }
    guard rounds <= PasswordEncryption.roundLimit else {
      throw LimitExceeded(.keyDerivationRounds, limit: PasswordEncryption.roundLimit)
    }
    // RFC 9579 §5: keyLength must be there. CVE-2025-11187, CVE-2026-34181: sizes that a MAC cannot have.
    keyByteCount = try values.int("keyLength")
    guard (Self.leastKeyBytes...Self.mostKeyBytes).contains(keyByteCount) else {
      throw Malformed("PBMAC1 with a key of \(keyByteCount) octets")
    }
    keyDigest = values.isAtEnd ? .sha1 : try Self.digest(AlgorithmIdentifier(from: &values, "prf"))
    try values.finish()
  }

  private static func digest(_ hmac: AlgorithmIdentifier) throws -> DigestAlgorithm {
    guard let digest = OID.hmacDigest(hmac.algorithm) else {
      throw Unsupported("the MAC \(OID.name(hmac.algorithm))")
    }
    return digest
  }

  package func code(of message: ArraySlice<UInt8>, password: Password) throws -> [UInt8] {
    let key = try KDF.Insecure.PBKDF2.deriveKey(
      from: password.utf8, salt: salt, using: keyDigest.pbkdf2, outputByteCount: keyByteCount,
      unsafeUncheckedRounds: rounds)
    return try unsafe HMACode.code(of: message, key: key.withUnsafeBytes { unsafe Array($0) }, macDigest)
  }
}
