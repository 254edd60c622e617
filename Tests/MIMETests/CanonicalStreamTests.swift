import ByteIO
import MIME
import Testing

/// RFC 8551 §3.1.1: line ends are CRLF, and nothing else is touched.
struct CanonicalStreamTests {
  /// What the stream must give, said in the plainest way.
  static func expected(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for byte in bytes {
      if byte == 0x0A, result.last != 0x0D { result.append(0x0D) }
      result.append(byte)
    }
    return result
  }

  @Test(arguments: ["", "\n", "\n\n\n", "\r", "\r\r\n", "a\nb\r\nc\rd", "\r\n\n\r\n", "a\n\nb", "\n\r\n\r", "no end"])
  func everyWindowBoundary(sample: String) throws {
    let bytes = Array(sample.utf8)
    for size in 1...8 {
      for most in 1...8 {
        let stream = CanonicalStream(DripSource(bytes, most: most))
        #expect(try read(stream, by: size) == Self.expected(bytes), "buffer \(size), window \(most)")
      }
    }
  }

  @Test func anyMixtureOfLineEnds() throws {
    var generator = SeededGenerator(1)
    for _ in 0..<300 {
      let bytes: [UInt8] = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        [0x0A, 0x0D, 0x61].randomElement(using: &generator) ?? 0
      }
      let size = Int.random(in: 1...9, using: &generator)
      #expect(try read(CanonicalStream(BufferSource(bytes)), by: size) == Self.expected(bytes))
    }
  }

  @Test func lineFeedsAtTheEndOfALargeWindow() throws {
    // With one byte before them, the CR of one falls on the last place of the caller's buffer.
    let bytes: [UInt8] = [0x61] + [UInt8](repeating: 0x0A, count: windowSize)
    let canonical = try CanonicalStream(BufferSource(bytes)).readAll(limit: 1 << 20)
    #expect(canonical.count == 1 + 2 * windowSize)
    #expect(canonical == Self.expected(bytes))
  }

  @Test func canonicalTextStaysAsItIs() throws {
    let bytes = crlf("Subject: x\n\nline\n\nlast line without an end")
    #expect(try CanonicalStream(BufferSource(bytes)).readAll(limit: 1 << 20) == bytes)
  }
}
