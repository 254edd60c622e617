import ByteIO
import Testing

@testable import MIME

/// Lines by vector instructions and by scalar code are the same lines.
@Suite struct `Lines by vectors` {
  /// Mail-like text of several vectors with something odd here and there.
  static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    let odd = [
      "\n", "\r", "\r\r\n", "--", "\r\n--x\r\n", "\n--", "\r\n-", "From ", "\r\nFrom x", "\r\nFro", " \r\n", "\t\n",
      "\0", "ü",
    ]
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      bytes += [UInt8](repeating: 0x78, count: Int.random(in: 0...90, using: &generator)) + [0x0D, 0x0A]
      if Int.random(in: 0..<8, using: &generator) == 0 {
        bytes += Array((odd.randomElement(using: &generator) ?? "").utf8)
      }
    }
    return bytes
  }

  @Test func `are as safe for transport`() {
    var generator = SeededGenerator(11)
    var safeCount = 0
    for _ in 0..<4_000 {
      let bytes = Self.text(&generator)
      let expected = Self.isSafe(bytes, .scalar, by: bytes.count + 1)
      if expected { safeCount += 1 }
      for size in [64, 65, 200, 10_000] { #expect(Self.isSafe(bytes, .fastest, by: size) == expected, "\(bytes)") }
    }
    #expect(1_000..<3_900 ~= safeCount)
  }

  private static func isSafe(_ bytes: [UInt8], _ engine: TransportCheck.Engine, by size: Int) -> Bool {
    var check = TransportCheck(engine: engine)
    for at in stride(from: 0, to: bytes.count, by: size) {
      check.update(bytes.span.extracting(at..<min(at + size, bytes.count)))
    }
    check.finish()
    return check.isSafe
  }

  @Test(arguments: ["\0", "ü", "\n", "\r", "\rx", " \r\n", "\t\n", "\r\nFrom ", "\r\nFrom", "\n\n", "x"])
  func `are as safe wherever something odd stands`(odd: String) {
    let line = [UInt8](repeating: 0x78, count: 70) + [0x0D, 0x0A]
    let text = line + line + line + line + line
    for place in 0...200 {
      let bytes = Array(text[..<place]) + Array(odd.utf8) + Array(text[place...])
      #expect(
        Self.isSafe(bytes, .fastest, by: 1_000) == Self.isSafe(bytes, .scalar, by: 1_000),
        "\(odd.debugDescription) at \(place)")
    }
  }

  @Test(arguments: 990...1_002) func `are as long`(length: Int) {
    for before in [0, 1, 62, 63, 64, 65, 130] {
      let head = before == 0 ? [] : [UInt8](repeating: 0x78, count: before - 1) + [0x0A]
      for end: [UInt8] in [[0x0A], [0x0D, 0x0A]] {
        let tail = [UInt8](repeating: 0x78, count: 100) + [0x0A]
        let bytes = head + [UInt8](repeating: 0x78, count: length) + end + tail + tail
        #expect(Self.isSafe(bytes, .fastest, by: 10_000) == (length <= 998))
      }
    }
  }

  @Test func `have the same bare line feeds`() {
    var generator = SeededGenerator(12)
    for _ in 0..<4_000 {
      let bytes = Self.text(&generator)
      bytes.withUnsafeBufferPointer { bytes in
        for (from, lastWasCR) in [(0, false), (0, true), (min(7, bytes.count), false)] {
          #expect(
            unsafe BareLineFeed.first(in: bytes, from: from, to: bytes.count, lastWasCR: lastWasCR)
              == BareLineFeed.firstByScalars(in: bytes, from: from, to: bytes.count, lastWasCR: lastWasCR))
        }
      }
    }
  }

  /// Every line that begins with two dashes is found, and every bare LF is noticed, said in the plainest way.
  @Test func `that begin with dashes are found`() throws {
    var generator = SeededGenerator(13)
    var found = 0
    for _ in 0..<2_000 {
      let bytes = Self.text(&generator)
      var expected: [Int] = []
      var start = 0
      while start < bytes.count {
        if bytes.count - start >= 2, bytes[start] == 0x2D, bytes[start + 1] == 0x2D { expected.append(start) }
        start = (bytes[start...].firstIndex(of: 0x0A) ?? bytes.count) + 1
      }
      let isBare = bytes.indices.contains { bytes[$0] == 0x0A && ($0 == 0 || bytes[$0 - 1] != 0x0D) }
      for most in [bytes.count + 1, 67] {
        let scanner = LineScanner(DripSource(bytes, most: most))
        var sawBareLF = false
        var dashed: [Int] = []
        while let line = try scanner.nextDashed(sawBareLF: &sawBareLF) {
          dashed.append(line.start)
          if line.hasBareLF { sawBareLF = true }
        }
        #expect(dashed == expected, "\(bytes)")
        #expect(sawBareLF == isBare, "\(bytes)")
      }
      found += expected.count
    }
    #expect(found > 200)
  }

  @Test func `that all end in CRLF are signed and enclosed as they stand`() throws {
    let line = String(repeating: "x", count: 70) + "\r\n"
    let text = "Content-Type: text/plain\r\n\r\n" + String(repeating: line, count: 20)
    let canonical = try Entity(BufferSource(Array(text.utf8)))
    #expect(canonical.canonical.exactCount == text.utf8.count && canonical.enclosable.exactCount == text.utf8.count)
    let bare = try Entity(BufferSource(Array((text + "\n").utf8)))
    #expect(bare.canonical.exactCount == nil && bare.enclosable.exactCount == nil)
    #expect(try bare.canonical.readAll(limit: 10_000) == Array((text + "\r\n").utf8))
  }
}
