import ByteIO

/// Taking a message out of an EME-OAEP block without a branch on its content (RFC 8017 §7.1.2 step 3): for keys on tokens
/// that know the bare private-key operation and not the digest that a message was sealed with.
package enum OAEPUnpadding {
  /// The message in `block`, which has as many octets as the modulus; nil if anything is wrong. What is wrong shows in
  /// nothing else: all of the block is looked at (Manger's attack lives on the difference).
  ///
  /// - Throws: ``Unsupported`` for a digest that is not offered.
  package static func message(
    in block: [UInt8], _ parameters: OAEPParameters
  ) throws(Unsupported) -> [UInt8]? {
    let hashed = try MessageDigest.hash(parameters.label[...], parameters.digest)
    let size = hashed.count
    guard block.count >= 2 * size + 2 else { return nil }
    let maskedSeed = block[1...size]
    let maskedData = block[(size + 1)...]
    let seed = try xor(maskedSeed, mask(from: maskedData, byteCount: size, parameters.maskDigest))
    let data = try xor(maskedData, mask(from: seed[...], byteCount: maskedData.count, parameters.maskDigest))
    var wrong = block[0]
    for index in 0..<size { wrong |= data[index] ^ hashed[index] }
    // The first octet after the label's digest that is not zero must be one: its place, found by looking at each.
    var isSearching: UInt8 = 0xFF
    var start = 0
    for index in size..<data.count {
      let isZero = equalMask(data[index], 0)
      let isOne = equalMask(data[index], 1)
      start |= (index + 1) & Int(Int8(bitPattern: isSearching & isOne))
      wrong |= isSearching & ~isZero & ~isOne
      isSearching &= isZero
    }
    wrong |= isSearching
    return wrong == 0 ? Array(data[start...]) : nil
  }

  /// All ones when the octets are equal, else zero.
  private static func equalMask(_ one: UInt8, _ other: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: (UInt16(one ^ other) &- 1) >> 8)
  }

  private static func xor(_ bytes: ArraySlice<UInt8>, _ mask: [UInt8]) -> [UInt8] { zip(bytes, mask).map { $0 ^ $1 } }

  /// MGF1 (RFC 8017 B.2.1)
  fileprivate static func mask(
    from seed: ArraySlice<UInt8>, byteCount: Int, _ digest: DigestAlgorithm
  ) throws(Unsupported) -> [UInt8] {
    var mask: [UInt8] = []
    mask.reserveCapacity(byteCount + digest.byteCount)
    var input = Array(seed) + [0, 0, 0, 0]
    var counter: UInt32 = 0
    while mask.count < byteCount {
      for place in 1...4 { input[input.count - place] = UInt8(truncatingIfNeeded: counter >> (8 * UInt32(place - 1))) }
      mask += try MessageDigest.hash(input[...], digest)
      counter += 1
    }
    mask.removeLast(mask.count - byteCount)
    return mask
  }
}

/// Putting a message into an EME-OAEP block (RFC 8017 §7.1.1 step 2): by digests that need no context each, where libcrypto
/// makes one for every piece of the mask.
enum OAEPPadding {
  /// A block of `byteCount` octets, which is the size of the modulus; nil when the message is too long for it.
  ///
  /// - Throws: ``Unsupported`` for a digest that is not offered.
  static func block(
    of message: [UInt8], byteCount: Int, _ parameters: OAEPParameters
  ) throws(Unsupported) -> [UInt8]? {
    let hashed = try MessageDigest.hash(parameters.label[...], parameters.digest)
    let size = hashed.count
    guard byteCount >= message.count + 2 * size + 2 else { return nil }
    var seed = SecureRandom.bytes(size)
    defer { wipe(&seed) }
    var block: [UInt8] = []
    block.reserveCapacity(byteCount)
    block.append(0)
    block += seed
    block += hashed
    block += repeatElement(0, count: byteCount - message.count - 2 * size - 2)
    block.append(1)
    block += message
    let dataStart = size + 1
    var dataMask = try OAEPUnpadding.mask(from: seed[...], byteCount: byteCount - dataStart, parameters.maskDigest)
    defer { wipe(&dataMask) }
    for (index, octet) in dataMask.enumerated() { block[dataStart + index] ^= octet }
    let seedMask = try OAEPUnpadding.mask(from: block[dataStart...], byteCount: size, parameters.maskDigest)
    for (index, octet) in seedMask.enumerated() { block[1 + index] ^= octet }
    return block
  }
}
