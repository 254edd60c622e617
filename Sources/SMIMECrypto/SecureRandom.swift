import Crypto

#if OpenSSL
  import COpenSSL
#endif

/// Random bytes for keys, nonces, salts and serial numbers, from the crypto library's generator.
///
/// swift-crypto asks the system for every eight octets; libcrypto's generator asks it seldom, and is taken where libcrypto
/// is at work anyway.
public enum SecureRandom {
  /// Makes libcrypto take its random octets straight from the kernel, which saves a short process two milliseconds. For
  /// programs, never for a library: it holds for all of the process. Without libcrypto there is nothing to do.
  package static func useKernel() {
    #if OpenSSL
      LibCrypto.useKernelRandom()
    #endif
  }

  public static func bytes(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    #if OpenSSL
      if LibCrypto.isInUse, count <= 1 << 20, let bytes = LibCrypto.random(count) { return bytes }
    #endif
    return key(byteCount: count).octets
  }

  /// A fresh key of so many bytes.
  public static func key(byteCount: Int) -> SymmetricKey {
    #if OpenSSL
      if LibCrypto.isInUse, (1...1 << 10).contains(byteCount), var bytes = LibCrypto.random(byteCount) {
        defer { unsafe OPENSSL_cleanse(&bytes, byteCount) }
        return SymmetricKey(octets: bytes)
      }
    #endif
    return SymmetricKey(Crypto.SymmetricKey(size: SymmetricKeySize(bitCount: byteCount * 8)))
  }
}

/// Compares without telling by its time where two byte strings differ.
package func equalInConstantTime(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}
