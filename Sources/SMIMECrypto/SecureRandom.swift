public import Crypto

/// A key's bytes, zeroed when they are let go: swift-crypto's own type, by the name that all modules use.
public typealias SymmetricKey = Crypto.SymmetricKey

/// Random bytes for keys, nonces, salts and serial numbers, from the crypto library's generator.
public enum SecureRandom {
  public static func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    return unsafe key(byteCount: count).withUnsafeBytes { unsafe Array($0) }
  }

  /// A fresh key of so many bytes.
  public static func key(byteCount: Int) -> SymmetricKey {
    SymmetricKey(size: SymmetricKeySize(bitCount: byteCount * 8))
  }
}

/// Compares without telling by its time where two byte strings differ.
package func equalInConstantTime(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}
