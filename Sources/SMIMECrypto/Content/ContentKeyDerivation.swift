import Crypto
package import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How the key that encrypts the content follows from the key that the recipients hold.
public enum ContentKeyDerivation: Hashable, Sendable {
  /// They are the same.
  case none
  /// RFC 9709: HKDF with SHA-256 over the identifier of the content's cipher, so that nobody can have the content
  /// decrypted by another one.
  case hkdfSHA256

  /// id-alg-cek-hkdf-sha256, whose parameters are the identifier of the content's cipher.
  package static let oid: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 31]

  /// The contentEncryptionAlgorithm for `cipher`.
  package func identifier(around cipher: AlgorithmIdentifier) -> AlgorithmIdentifier {
    switch self {
    case .none: cipher
    case .hkdfSHA256: AlgorithmIdentifier(Self.oid, parameters: ArraySlice(cipher.encoded))
    }
  }

  /// What a contentEncryptionAlgorithm says of the derivation, and the cipher inside it.
  ///
  /// - Throws: ``Malformed`` where a derivation names no cipher, ``Unsupported`` for one inside another.
  package static func read(
    _ identifier: AlgorithmIdentifier
  ) throws -> (derivation: ContentKeyDerivation, cipher: AlgorithmIdentifier) {
    guard identifier.algorithm == oid else { return (.none, identifier) }
    guard let parameters = identifier.parameters else { throw Malformed("CEK-HKDF names no cipher") }
    var top = try ASN1Cursor(parameters, as: "", rules: .ber)
    let cipher = try AlgorithmIdentifier(from: &top, "parameters")
    guard cipher.algorithm != oid else {
      throw Unsupported("CEK-HKDF inside CEK-HKDF", path: "parameters", offset: cipher.offset)
    }
    return (.hkdfSHA256, cipher)
  }

  /// RFC 9709 §2   CEK' = HKDF(CEK, AlgorithmIdentifier), of the CEK's size
  package func contentKey(from key: SymmetricKey, cipher: AlgorithmIdentifier) -> SymmetricKey {
    switch self {
    case .none: return key
    case .hkdfSHA256:
      let derived = Crypto.HKDF<SHA256>.deriveKey(
        inputKeyMaterial: key.storage, salt: Array("The Cryptographic Message Syntax".utf8), info: cipher.encoded,
        outputByteCount: key.byteCount)
      return SymmetricKey(derived)
    }
  }
}
