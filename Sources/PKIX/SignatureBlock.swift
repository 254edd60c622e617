import SMIMECrypto
import SwiftASN1

/// What closes every signed structure of RFC 5280 and its kin: `signatureAlgorithm AlgorithmIdentifier, signature BIT STRING`.
struct SignatureBlock: Hashable, Sendable {
  let algorithm: AlgorithmIdentifier
  let octets: ArraySlice<UInt8>
  /// False when padding bits claim that it is no whole number of octets. It is shown then, and never valid.
  private let isWhole: Bool

  /// Reads the last two fields of a structure.
  init(from fields: inout ASN1Cursor) throws(Malformed) {
    algorithm = try AlgorithmIdentifier(from: &fields, "signatureAlgorithm")
    let bits = try fields.bits("signature")
    octets = bits.bytes
    isWhole = bits.paddingBits == 0
  }

  /// True when `key` signed `bytes`.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm.
  func holds(over bytes: ArraySlice<UInt8>, by key: PublicKey) throws -> Bool {
    let signature = try SignatureAlgorithm(algorithm)
    return try isWhole && key.isValid(octets, of: bytes, signature)
  }

  /// True when `key` signed what has this digest. Not for algorithms that take the message whole.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm.
  func holds(overDigest digest: [UInt8], by key: PublicKey) throws -> Bool {
    let signature = try SignatureAlgorithm(algorithm)
    return try isWhole && key.isValid(octets, ofDigest: digest, signature)
  }
}
