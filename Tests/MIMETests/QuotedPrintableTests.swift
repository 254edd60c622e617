import ByteIO
import Testing

@testable import MIME

/// RFC 2045 §6.7.
struct QuotedPrintableTests {
  private func decoded(_ text: String, by size: Int = 100, most: Int = 100) throws -> String {
    MIMETests.text(try read(QuotedPrintableDecodingStream(DripSource(Array(text.utf8), most: most)), by: size))
  }

  private func encoded(_ bytes: [UInt8], pieces: Int = .max) throws -> [UInt8] {
    let sink = BufferSink()
    let encoder = QuotedPrintableSink(to: sink)
    var rest = bytes[...]
    while !rest.isEmpty {
      try encoder.write(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    try encoder.finish()
    return sink.bytes
  }

  @Test(arguments: [
    ("=C3=A9", "é"), ("=c3=a9", "é"), ("a=\r\nb", "ab"), ("a=\nb", "ab"), ("a= \t\r\nb", "ab"), ("a \t\r\nb", "a\r\nb"),
    ("a \nb", "a\nb"), ("a b", "a b"), ("a  ", "a"), ("a=20\r\n", "a \r\n"), ("=", ""), ("=G0", "=G0"), ("=4", "=4"),
    ("a=\r", "a=\r"), ("a\rb", "a\rb"), ("\r\n\r\n", "\r\n\r\n"), ("=3D=3d", "=="), ("a=  b", "a=  b"), ("", ""),
  ])
  func known(text: String, expected: String) throws {
    for size in 1...5 {
      for most in 1...5 {
        #expect(try decoded(text, by: size, most: most) == expected, "buffer \(size), window \(most)")
      }
    }
    #expect(try decoded(text) == expected)
  }

  @Test func roundTripOfEveryTextWithCRLF() throws {
    var generator = SeededGenerator(11)
    for _ in 0..<300 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...300, using: &generator) {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: bytes += [0x0D, 0x0A]
        case 1: bytes.append(0x20)
        case 2: bytes.append(0x09)
        case 3: bytes.append([0x0D, 0x2E, 0x46, 0x3D, 0x2D].randomElement(using: &generator) ?? 0)
        // A bare LF would become CRLF.
        case 4: bytes.append(UInt8.random(in: 0x0B...0xFF, using: &generator))
        default: bytes.append(UInt8.random(in: 0x41...0x5A, using: &generator))
        }
      }
      let text = try encoded(bytes)
      #expect(try encoded(bytes, pieces: 1) == text)
      #expect(try encoded(bytes, pieces: 7) == text)
      let size = Int.random(in: 1...9, using: &generator)
      #expect(try read(QuotedPrintableDecodingStream(BufferSource(text)), by: size) == bytes)
      for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
        #expect(line.count <= 77)
        #expect(line.allSatisfy { $0 == 0x0D || $0 == 0x09 || $0 >= 0x20 && $0 < 0x7F })
        let content = line.last == 0x0D ? line.dropLast() : line
        #expect(content.last != 0x20 && content.last != 0x09)
        #expect(!content.starts(with: Array("From ".utf8)) && content != [0x2E] && !content.starts(with: [0x2D, 0x2D]))
      }
    }
  }

  @Test func anythingDecodesAlikeInAnyWindow() throws {
    var generator = SeededGenerator(12)
    let alphabet = Array("==0AFf \t\r\n\r\nxyz.".utf8)
    for _ in 0..<1_000 {
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let whole = try read(QuotedPrintableDecodingStream(BufferSource(bytes)), by: 1_000)
      let size = Int.random(in: 1...6, using: &generator)
      let most = Int.random(in: 1...6, using: &generator)
      #expect(try read(QuotedPrintableDecodingStream(DripSource(bytes, most: most)), by: size) == whole)
    }
  }

  @Test func aLineOfSpacesTakesNoMemory() throws {
    let spaces = [UInt8](repeating: 0x20, count: 300_000)
    let result = try QuotedPrintableDecodingStream(BufferSource(spaces + [0x78])).readAll(limit: 1 << 20)
    #expect(result.count == 300_001)
  }
}
