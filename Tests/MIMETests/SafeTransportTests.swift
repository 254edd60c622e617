import ByteIO
import MIME
import Testing

/// Text that a relay could change is coded before it is signed, and decodes to the bytes that it was.
@Suite struct `Text made safe for transport` {
  static func decoded(_ body: [UInt8]) throws -> (coded: [UInt8], body: [UInt8]) {
    let head = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    let entity = try Entity(BufferSource(Array(head.utf8) + body))
    let safe = try entity.signable().readAll(limit: 1 << 22)
    let read = try Entity(BufferSource(safe)).decodedBody.readAll(limit: 1 << 22)
    return (safe, read)
  }

  @Test(arguments: [
    "ü \r\n", "ü\t\r\n", "ü  \t \r\n\r\n", " ü\r\n \r\n", "ü ", "ü\t", "ü\r", "ü\rx\r\n", "ü\r\r\n", "ü \r \r\n",
    "ü=\r\n=20\r\n",
    "From ü\r\n.\r\n--\r\n", "\r\n\r\nü", "ü" + String(repeating: " ", count: 200) + "\r\n",
  ]) func `decodes to what it was`(_ text: String) throws {
    let body = Array(text.utf8)
    let (coded, found) = try Self.decoded(body)
    #expect(found == body)
    #expect(coded.allSatisfy { $0 < 0x80 })
    for line in coded.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let line = line.last == 0x0D ? line.dropLast() : line
      #expect(line.count <= 76)
      #expect(line.last != 0x20 && line.last != 0x09, "blank at the end of \(String(decoding: line, as: UTF8.self))")
    }
  }

  /// A thousand random texts of what coding is about.
  @Test func `any mixture decodes to what it was`() throws {
    var generator = SystemRandomNumberGenerator()
    let pieces: [[UInt8]] = [
      [0x20], [0x09], [0x0D, 0x0A], [0x3D], [0x2E], [0x46], [0xC3, 0xBC], [0x61], [0x0D, 0x0A, 0x2E],
    ]
    for _ in 0..<1_000 {
      let body = (0..<Int.random(in: 1...200, using: &generator)).flatMap { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      }
      let whole = [0xC3, 0xBC] + body
      #expect(try Self.decoded(whole).body == whole)
    }
  }
}
