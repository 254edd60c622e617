package import SwiftASN1

/// RFC 9879 (which replaces RFC 9579), RFC 8018 A.5: HMAC under a key derived from a password by PBKDF2.
///
///     PBMAC1-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
package struct PBMAC1: Sendable {
  package static let oid: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 14]

  /// RFC 9879 §5: the derived key has as many octets as the MAC's digest, or any size from here on.
  private static let leastKeyBytes = 20
  private static let mostKeyBytes = 64

  private let derivation: PBKDF2
  private let keyByteCount: Int
  private let macDigest: DigestAlgorithm

  package var rounds: Int { derivation.rounds }

  /// A new one, by SHA-256 throughout and with a key as long as the code (RFC 9879 §8).
  ///
  /// - Throws: ``Unsupported`` never in practice: SHA-256 makes a PRF.
  package init(rounds: Int) throws(Unsupported) {
    let digest = DigestAlgorithm.sha256
    derivation = try PBKDF2(
      salt: SecureRandom.bytes(16), rounds: rounds, keyByteCount: digest.byteCount, digest)
    keyByteCount = digest.byteCount
    macDigest = digest
  }

  /// - Throws: ``Malformed``, ``Unsupported``, or `LimitExceeded` for a derivation that costs too much.
  package init(_ identifier: AlgorithmIdentifier) throws {
    guard let parameters = identifier.parameters else { throw Malformed("PBMAC1 has no parameters") }
    var top = try ASN1Cursor(parameters, as: "parameters")
    var fields = try top.enter()
    let derivation = try AlgorithmIdentifier(from: &fields, "keyDerivationFunc")
    let scheme = try AlgorithmIdentifier(from: &fields, "messageAuthScheme")
    try fields.finish()
    macDigest = try scheme.reading(as: "parameters.messageAuthScheme") { try PBKDF2.digest($0) }
    (self.derivation, keyByteCount) = try derivation.reading(as: "parameters.keyDerivationFunc") { derivation in
      guard derivation.algorithm == OID.pbkdf2, let details = derivation.parameters else {
        throw Unsupported("PBMAC1 with the key derivation \(OID.name(derivation.algorithm))")
      }
      let parameters = try PBKDF2(parameters: details)
      // RFC 9879 §5: keyLength must be there. CVE-2025-11187, CVE-2026-34181: sizes that a MAC cannot have.
      guard let count = parameters.keyByteCount else { throw Malformed("PBMAC1 without a key length") }
      guard (Self.leastKeyBytes...Self.mostKeyBytes).contains(count) else {
        throw Malformed("PBMAC1 with a key of \(count) octets")
      }
      return (parameters, count)
    }
  }

  /// As a digestAlgorithm, with its parameters.
  package func identifier() throws(Unsupported) -> AlgorithmIdentifier {
    let scheme = AlgorithmIdentifier(try PBKDF2.prf(macDigest), parameters: AlgorithmIdentifier.null)
    let parameters = DERWriter.encode { der in
      der.sequence { der in
        derivation.write(to: &der)
        scheme.write(to: &der)
      }
    }
    return AlgorithmIdentifier(Self.oid, parameters: ArraySlice(parameters))
  }

  package func code(of message: ArraySlice<UInt8>, password: Password) throws -> [UInt8] {
    let key = try derivation.derive(from: password.utf8, byteCount: keyByteCount)
    return try HMACode.code(of: message, key: key.octets, macDigest)
  }
}
