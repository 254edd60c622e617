import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Random octets for keys, nonces, salts and serial numbers, straight from the kernel's generator in one call:
/// libcrypto's takes twice the time for a key, and swift-crypto's asks the kernel once for every eight octets.
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
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let piece = min(count - filled, most)
        // It fails for more than it gives at a time, or where there is no kernel that has it: nothing can be secret then.
        guard let start = buffer.baseAddress, unsafe getentropy(start + filled, piece) == 0 else {
          preconditionFailure("the system gives no random octets")
        }
        filled += piece
      }
    }
  }

  /// What the system gives at a time.
  private static let most = 256

  /// A fresh key of so many bytes.
  public static func key(byteCount: Int) -> SymmetricKey {
    var octets = bytes(byteCount)
    defer { wipe(&octets) }
    return SymmetricKey(octets: octets)
  }
}

/// Compares without telling by its time where two byte strings differ.
package func equalInConstantTime(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for (a, b) in zip(left, right) { difference |= a ^ b }
  return difference == 0
}
