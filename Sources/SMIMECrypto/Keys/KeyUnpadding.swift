/// Taking a key out of an EME-PKCS1-v1_5 block without a branch on its content (RFC 8017 §7.2.2, RFC 3218 §2.3.2).
package enum KeyUnpadding {
  /// The key at the end of `block` if the padding is right in every respect and the key has the size that is expected,
  /// else `substitute`; the same work either way.
  ///
  /// - Parameter work: grows by the octets that were looked at, for whoever must know that it is always the same.
  package static func select(
    _ block: [UInt8]?, keyByteCount: Int, else substitute: [UInt8], work: inout Int
  ) -> SymmetricKey {
    // A block that could not be made at all (a number not below the modulus) is public knowledge: the sender made it.
    guard let block, block.count >= keyByteCount + 11, substitute.count == keyByteCount else {
      return SymmetricKey(octets: substitute)
    }
    let separator = block.count - keyByteCount - 1
    var wrong = block[0] | (block[1] ^ 2) | block[separator]
    for index in 2..<separator {
      // All ones when the byte is zero.
      wrong |= UInt8(truncatingIfNeeded: (UInt16(block[index]) &- 1) >> 8)
      work &+= 1
    }
    // All ones when anything is wrong, zero when all is right.
    let mask = UInt8(truncatingIfNeeded: (UInt16(wrong) &+ 0xFF) >> 8) &* 0xFF
    var key = [UInt8](repeating: 0, count: keyByteCount)
    for index in 0..<keyByteCount {
      key[index] = (block[separator + 1 + index] & ~mask) | (substitute[index] & mask)
      work &+= 2
    }
    work &+= 3
    return SymmetricKey(octets: key)
  }
}
