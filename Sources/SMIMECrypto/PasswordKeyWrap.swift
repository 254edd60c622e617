package import SwiftASN1

/// RFC 3211 §2.3, RFC 3370 §4.4: how a content key is encrypted under a key that was made of a password.
///
///     id-alg-PWRI-KEK, with the AlgorithmIdentifier of a block cipher in CBC mode as its parameters
///
/// The key is written behind its size and the complement of its first three octets, filled up to whole blocks, two at
/// least, and encrypted twice without resetting the IV.
package struct PasswordKeyWrap: Hashable, Sendable {
  package static let oid: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 9]

  private let cipher: ContentCipherParameters

  /// AES-CBC with a key of `keyBits`, and a fresh IV.
  package init(freshKeyBits keyBits: Int) { cipher = ContentCipherParameters(fresh: .aesCBC(keyBits: keyBits)) }

  /// - Throws: ``Malformed`` or ``Unsupported``.
  package init(_ identifier: AlgorithmIdentifier) throws {
    guard identifier.algorithm == Self.oid else {
      throw Unsupported("the key wrap \(OID.name(identifier.algorithm)) under a password")
    }
    // CVE-2026-9076, CVE-2026-42766: the parameters may be missing, or name what is no block cipher.
    guard let parameters = identifier.parameters else { throw Malformed("PWRI-KEK names no cipher") }
    var top = try ASN1Cursor(parameters, as: "", rules: .ber)
    cipher = try AlgorithmIdentifier(from: &top, "parameters").reading(as: "parameters") { identifier in
      let cipher = try ContentCipherParameters(identifier)
      switch cipher.encryption {
      case .aesCBC, .tripleDESCBC, .desCBC: return cipher
      default: throw Unsupported("\(cipher.encryption.name) as a key wrap under a password")
      }
    }
  }

  package var identifier: AlgorithmIdentifier {
    AlgorithmIdentifier(Self.oid, parameters: ArraySlice(cipher.identifier.encoded))
  }

  /// The cipher that wraps.
  package var encryption: ContentEncryption { cipher.encryption }

  /// The size of the wrapping key in bytes.
  package var keyByteCount: Int { cipher.encryption.keyByteCount }

  package func wrap(_ key: SymmetricKey, with wrappingKey: SymmetricKey) throws -> [UInt8] {
    let octets = key.octets
    guard (3...255).contains(octets.count), !encryption.isWeak else {
      throw Unsupported("\(encryption.name) as a key wrap of \(octets.count) octets")
    }
    let size = cipher.encryption.blockByteCount
    var block = [UInt8(octets.count)] + octets.prefix(3).map(~) + octets
    let count = max(2 * size, (block.count + size - 1) / size * size)
    block += SecureRandom.bytes(count - block.count)
    let once = try BlockChaining.encrypt(block, encryption, initialValue: cipher.initialValue, key: wrappingKey)
    return try BlockChaining.encrypt(once, encryption, initialValue: once.suffix(size), key: wrappingKey)
  }

  package func unwrap(
    _ wrapped: ArraySlice<UInt8>, with wrappingKey: SymmetricKey
  ) throws(DecryptionFailed) -> SymmetricKey {
    let size = cipher.encryption.blockByteCount
    let wrapped = Array(wrapped)
    // CVE-2025-9230: one block, or none, or a part of one.
    guard wrapped.count >= 2 * size, wrapped.count % size == 0, wrappingKey.byteCount == keyByteCount else {
      throw DecryptionFailed()
    }
    do {
      // The outer layer's IV was the inner layer's last block: the last block gives it away.
      let head = Array(wrapped.dropLast(size))
      let last = try BlockChaining.decrypt(
        wrapped.suffix(size), encryption, initialValue: head.suffix(size), key: wrappingKey)
      let rest = try BlockChaining.decrypt(head, encryption, initialValue: last, key: wrappingKey)
      let block = try BlockChaining.decrypt(
        rest + last, encryption, initialValue: cipher.initialValue, key: wrappingKey)
      let count = Int(block[0])
      guard count >= 3, count <= block.count - 4,
        equalInConstantTime(block[1..<4].map(~), block[4..<7])
      else { throw DecryptionFailed() }
      return SymmetricKey(octets: block[4..<4 + count])
    } catch { throw DecryptionFailed() }
  }
}
