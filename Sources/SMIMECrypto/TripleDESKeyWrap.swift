import SwiftASN1

/// Triple-DES key wrap (RFC 3217 §3), for old messages: it unwraps and nothing else.
enum TripleDESKeyWrap {
  static let oid: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 6]

  /// RFC 3217 §3.1: the second pass has this IV.
  private static let initialValue: [UInt8] = [0x4A, 0xDD, 0xA2, 0x2C, 0x79, 0xE8, 0x21, 0x05]

  static func unwrap(_ wrapped: ArraySlice<UInt8>, with key: SymmetricKey) throws(DecryptionFailed) -> SymmetricKey {
    guard wrapped.count == 40, key.byteCount == 24 else { throw DecryptionFailed() }
    do {
      let outer = try BlockChaining.decrypt(Array(wrapped), .tripleDESCBC, initialValue: initialValue, key: key)
      let inner = Array(outer.reversed())
      let block = try BlockChaining.decrypt(
        Array(inner.dropFirst(8)), .tripleDESCBC, initialValue: Array(inner.prefix(8)), key: key)
      // RFC 3217 §2: the check is the start of the key's SHA-1.
      guard equalInConstantTime(MessageDigest.sha1(block[..<24]).prefix(8), block[24...]) else {
        throw DecryptionFailed()
      }
      return SymmetricKey(octets: block[..<24])
    } catch { throw DecryptionFailed() }
  }
}
