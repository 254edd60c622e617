import Crypto

/// Random bytes for keys, nonces, salts and serial numbers, from the crypto library's generator.
public enum SecureRandom {
  public static func bytes(_ count: Int) -> [UInt8] {
    count > 0 ? key(byteCount: count).octets : []
  }

  /// A fresh key of so many bytes.
  public static func key(byteCount: Int) -> SymmetricKey {
    SymmetricKey(Crypto.SymmetricKey(size: SymmetricKeySize(bitCount: byteCount * 8)))
  }
}

/// Compares without telling by its time where two byte strings differ.
package func equalInConstantTime(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}
