import ByteIO
import Crypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// HMAC (RFC 2104) with any digest.
package enum HMACode {
  package static func code(of message: ArraySlice<UInt8>, key: [UInt8], _ digest: DigestAlgorithm) throws -> [UInt8] {
    let key = Crypto.SymmetricKey(data: key)
    switch digest {
    case .md5: return Array(HMAC<Insecure.MD5>.authenticationCode(for: message, using: key))
    case .sha1: return Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: key))
    case .sha256: return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    case .sha384: return Array(HMAC<SHA384>.authenticationCode(for: message, using: key))
    case .sha512: return Array(HMAC<SHA512>.authenticationCode(for: message, using: key))
    case .sha224, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256:
      // RFC 2104 §2 written out for the digests that swift-crypto lacks.
      let size = digest.blockByteCount
      var block = unsafe key.withUnsafeBytes { unsafe Array($0) }
      if block.count > size { block = try MessageDigest.hash(ArraySlice(block), digest) }
      block += [UInt8](repeating: 0, count: size - block.count)
      let inner = try MessageDigest.hash(ArraySlice(block.map { $0 ^ 0x36 } + message), digest)
      return try MessageDigest.hash(ArraySlice(block.map { $0 ^ 0x5C } + inner), digest)
    }
  }
}

/// Hashes over a secret, a counter from 1 on, and what binds the key to its use, until there are enough bytes.
private enum CountedHashes {
  static func derive(
    byteCount: Int, _ digest: DigestAlgorithm, _ input: ([UInt8]) -> [[UInt8]]
  ) throws(Unsupported) -> SymmetricKey {
    var derived: [UInt8] = []
    var counter: UInt32 = 1
    while derived.count < byteCount {
      var hash = try MessageDigest(digest)
      for part in input([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: counter >> $0) }) { hash.update(part) }
      derived += hash.finalize()
      counter += 1
    }
    return SymmetricKey(octets: derived[..<byteCount])
  }
}

/// ANSI X9.63's key derivation (RFC 5753 §7.2, SEC 1 §3.6.1).
package enum X963KDF {
  /// `byteCount` bytes: Hash(Z ‖ counter ‖ sharedInfo) for counter = 1, 2, …
  package static func derive(
    from secret: SymmetricKey, sharedInfo: [UInt8], byteCount: Int, _ digest: DigestAlgorithm
  ) throws(Unsupported) -> SymmetricKey {
    let secret = secret.octets
    return try CountedHashes.derive(byteCount: byteCount, digest) { [secret, $0, sharedInfo] }
  }
}

/// HKDF (RFC 5869).
package enum HKDF {
  /// `byteCount` bytes, at most 255 digests of them.
  ///
  /// - Parameter salt: empty where there is none, which is the same as a digest of zeros (RFC 5869 §2.2).
  package static func derive(
    from secret: SymmetricKey, salt: ArraySlice<UInt8>, info: [UInt8], byteCount: Int, _ digest: DigestAlgorithm
  ) throws -> SymmetricKey {
    guard byteCount <= 255 * digest.byteCount else { throw Unsupported("HKDF of \(byteCount) octets") }
    let key = try HMACode.code(of: secret.octets[...], key: Array(salt), digest)
    var derived: [UInt8] = []
    var block: [UInt8] = []
    var counter: UInt8 = 1
    while derived.count < byteCount {
      block = try HMACode.code(of: (block + info + [counter])[...], key: key, digest)
      derived += block
      counter &+= 1
    }
    return SymmetricKey(octets: derived[..<byteCount])
  }
}

/// KDF3 of ANSI X9.44, the single-step derivation of NIST SP 800-56C (RFC 9690 §1).
package enum KDF3 {
  /// `byteCount` bytes: Hash(counter ‖ Z ‖ info) for counter = 1, 2, …
  package static func derive(
    from secret: SymmetricKey, info: [UInt8], byteCount: Int, _ digest: DigestAlgorithm
  ) throws(Unsupported) -> SymmetricKey {
    let secret = secret.octets
    return try CountedHashes.derive(byteCount: byteCount, digest) { [$0, secret, info] }
  }
}

/// PKCS#12's own key derivation (RFC 7292 B.2).
package enum PKCS12KDF {
  /// What the derived bytes are for (RFC 7292 B.3).
  package enum Purpose: UInt8, Sendable {
    case key = 1
    case iv = 2
    case mac = 3
  }

  package static func derive(
    _ purpose: Purpose, password: [UInt8], salt: ArraySlice<UInt8>, rounds: Int, byteCount: Int,
    _ digest: DigestAlgorithm
  ) throws -> [UInt8] {
    guard rounds >= 1, rounds <= PasswordEncryption.roundLimit else {
      throw LimitExceeded(.keyDerivationRounds, limit: PasswordEncryption.roundLimit)
    }
    let block = digest.blockByteCount
    func filled(_ bytes: some Collection<UInt8>) -> [UInt8] {
      guard !bytes.isEmpty else { return [] }
      let count = (bytes.count + block - 1) / block * block
      let source = Array(bytes)
      return (0..<count).map { source[$0 % source.count] }
    }
    var input = filled(salt) + filled(password)
    let diversifier = [UInt8](repeating: purpose.rawValue, count: block)
    var derived: [UInt8] = []
    while true {
      let value = try rehashed(MessageDigest.hash(ArraySlice(diversifier + input), digest), rounds: rounds - 1, digest)
      derived += value
      if derived.count >= byteCount { return Array(derived[..<byteCount]) }
      // Each block of the input grows by the value, repeated to the block's size, plus one.
      for start in stride(from: 0, to: input.count, by: block) {
        var carry = 1
        for offset in stride(from: block - 1, through: 0, by: -1) {
          let sum = Int(input[start + offset]) + Int(value[offset % value.count]) + carry
          input[start + offset] = UInt8(truncatingIfNeeded: sum)
          carry = sum >> 8
        }
      }
    }
  }

  /// `value` hashed again and again: where all the time goes, so without a new array for each round.
  private static func rehashed(_ value: [UInt8], rounds: Int, _ digest: DigestAlgorithm) throws -> [UInt8] {
    switch digest {
    case .md5: return rehashed(value, rounds: rounds, by: Insecure.MD5.self)
    case .sha1: return rehashed(value, rounds: rounds, by: Insecure.SHA1.self)
    case .sha256: return rehashed(value, rounds: rounds, by: SHA256.self)
    case .sha384: return rehashed(value, rounds: rounds, by: SHA384.self)
    case .sha512: return rehashed(value, rounds: rounds, by: SHA512.self)
    case .sha224, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256:
      var value = value
      for _ in 0..<rounds { value = try MessageDigest.hash(ArraySlice(value), digest) }
      return value
    }
  }

  private static func rehashed<Hash: HashFunction>(_ value: [UInt8], rounds: Int, by: Hash.Type) -> [UInt8] {
    guard rounds > 0 else { return value }
    var last = Hash.hash(data: value)
    for _ in 1..<rounds {
      var next = Hash()
      unsafe last.withUnsafeBytes { unsafe next.update(bufferPointer: $0) }
      last = next.finalize()
    }
    return Array(last)
  }
}
