#if OpenSSL
  /// RSASSA-PSS's encoding with SHAKE as the digest and, without MGF1, as the mask (RFC 8702 §3.2.1, RFC 8017 §9.1).
  struct EMSAPSSWithSHAKE {
    private let digest: DigestAlgorithm
    /// hLen and sLen, which are the same.
    private var count: Int { digest.byteCount }

    init(_ digest: DigestAlgorithm) { self.digest = digest }

    /// RFC 8017 §9.1.1, filled up with a zero where the modulus has a byte more than the encoding.
    func block(_ message: [UInt8], modulusBits: Int) throws(Unsupported) -> [UInt8] {
      let (size, mask) = Self.shape(modulusBits)
      guard size >= 2 * count + 2 else { throw Unsupported("RSA-PSS with \(digest.name) with RSA \(modulusBits)") }
      let salt = SecureRandom.bytes(count)
      let hash = try self.hash(message, salt[...])
      let dataBlock = [UInt8](repeating: 0, count: size - 2 * count - 2) + [1] + salt
      var masked = try xor(dataBlock, seed: hash[...])
      masked[0] &= mask
      let lead = [UInt8](repeating: 0, count: (modulusBits + 7) / 8 - size)
      return lead + masked + hash + [0xBC]
    }

    /// RFC 8017 §9.1.2
    func matches(_ whole: [UInt8], _ message: [UInt8], modulusBits: Int) throws(Unsupported) -> Bool {
      let (size, mask) = Self.shape(modulusBits)
      guard whole.count >= size, size >= 2 * count + 2, whole.dropLast(size).allSatisfy({ $0 == 0 }) else {
        return false
      }
      let block = whole.suffix(size)
      let hash = block.dropLast().suffix(count)
      let masked = block.dropLast(count + 1)
      guard block.last == 0xBC, let first = masked.first, first & ~mask == 0 else { return false }
      var dataBlock = try xor(Array(masked), seed: hash)
      dataBlock[0] &= mask
      let padding = dataBlock.dropLast(count)
      guard padding.last == 1, padding.dropLast().allSatisfy({ $0 == 0 }) else { return false }
      return try self.hash(message, dataBlock.suffix(count)).elementsEqual(hash)
    }

    /// The encoding's size in bytes, and the bits of its first byte that belong to it.
    private static func shape(_ modulusBits: Int) -> (size: Int, mask: UInt8) {
      let bits = modulusBits - 1
      let size = (bits + 7) / 8
      return (size, UInt8(0xFF) >> UInt8(8 * size - bits))
    }

    private func hash(_ message: [UInt8], _ salt: ArraySlice<UInt8>) throws(Unsupported) -> [UInt8] {
      try MessageDigest.hash(([UInt8](repeating: 0, count: 8) + message + salt)[...], digest)
    }

    private func xor(_ bytes: [UInt8], seed: ArraySlice<UInt8>) throws(Unsupported) -> [UInt8] {
      var mask = try EVPDigest(digest)
      unsafe seed.withUnsafeBytes { unsafe mask.update($0) }
      return zip(bytes, mask.finalize(byteCount: bytes.count)).map { $0 ^ $1 }
    }
  }
#endif
