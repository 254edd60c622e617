import ByteIO
import MIME

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

/// Everything that `stream` gives to a caller whose buffer has `size` bytes.
func read(_ stream: some ByteStream, by size: Int) throws -> [UInt8] {
  let reader = stream.makeReader()
  var buffer = [UInt8](repeating: 0, count: size)
  var result: [UInt8] = []
  while true {
    let count = try reader.read(into: &buffer)
    if count == 0 { return result }
    result += buffer[..<count]
  }
}

/// The bytes of `text`, whose line ends are LF, with CRLF for each.
func crlf(_ text: String) -> [UInt8] {
  var result: [UInt8] = []
  for byte in text.utf8 {
    if byte == 0x0A { result.append(0x0D) }
    result.append(byte)
  }
  return result
}

func entity(_ text: String, limits: MIMELimits = .standard) throws -> Entity {
  try Entity(BufferSource(crlf(text)), limits: limits)
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

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
