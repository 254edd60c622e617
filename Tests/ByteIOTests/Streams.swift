import ByteIO

/// A source that gives no more than `most` bytes at a time, so that every window boundary is met.
struct DripSource: ByteSource {
  let bytes: [UInt8]
  let most: Int

  init(_ bytes: [UInt8], most: Int) {
    self.bytes = bytes
    self.most = most
  }

  var count: Int { bytes.count }

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let count = min(buffer.count, bytes.count - offset, most)
    guard count > 0, offset >= 0 else { return 0 }
    buffer.replaceSubrange(0..<count, with: bytes[offset..<offset + count])
    return count
  }
}

/// Numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
