import Testing

@testable import MIME

struct TransportCheckTests {
  /// The rule in the plainest way.
  private static func isSafe(_ bytes: [UInt8]) -> Bool {
    guard bytes.allSatisfy({ $0 > 0 && $0 < 0x80 }) else { return false }
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      var content = line.element
      let isLast = content.endIndex == bytes.endIndex
      if !isLast, content.last == 0x0D { content.removeLast() }
      if content.contains(0x0D) || content.count > 998 || content.starts(with: Array("From ".utf8)) { return false }
      if content.last == 0x20 || content.last == 0x09 { return false }
    }
    return true
  }

  private static func checked(_ bytes: [UInt8], by size: Int) -> Bool {
    var check = TransportCheck()
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(size))
      check.update(piece.span)
      rest = rest.dropFirst(size)
    }
    check.finish()
    return check.isSafe
  }

  @Test func anyTextInAnyPieces() {
    var generator = SeededGenerator(5)
    let pieces = ["\r\n", "\n", "From ", "From", " ", "\t", "\r", "x", "text", "Fro", "m ", "\r\n\r\n", "line of text"]
    var safeCount = 0
    for _ in 0..<5_000 {
      let bytes = (0..<Int.random(in: 0...9, using: &generator))
        .flatMap { _ in Array((pieces.randomElement(using: &generator) ?? "").utf8) }
      let expected = Self.isSafe(bytes)
      if expected { safeCount += 1 }
      for size in [1, 2, 3, 5, 8, 100] { #expect(Self.checked(bytes, by: size) == expected, "\(bytes) by \(size)") }
    }
    #expect(safeCount > 100)
  }

  @Test(arguments: [(998, true), (999, false)])
  func longestLine(length: Int, isSafe: Bool) {
    let line = [UInt8](repeating: 0x78, count: length)
    for bytes in [line, line + [0x0A], line + [0x0D, 0x0A], [0x0A] + line + [0x0D, 0x0A, 0x79]] {
      for size in [1, 7, 998, 999, 2_000] { #expect(Self.checked(bytes, by: size) == isSafe) }
    }
  }

  @Test func octetsThatAreNotText() {
    for place in 0..<20 {
      for byte: UInt8 in [0, 0x80, 0xFF] {
        var bytes = [UInt8](repeating: 0x78, count: 20)
        bytes[place] = byte
        #expect(!Self.checked(bytes, by: 100))
      }
    }
  }
}
