import Testing

@testable import ByteIO

/// RFC 4648 §4 and RFC 2045 §6.8.
struct Base64Tests {
  /// The same work in the plainest way.
  static func plainlyEncoded(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for line in stride(from: 0, to: bytes.count, by: 57) {
      result += Base64.encode(Array(bytes[line..<min(line + 57, bytes.count)])) + [0x0D, 0x0A]
    }
    return result
  }

  static func plainlyDecoded(_ text: [UInt8]) -> (bytes: [UInt8], junkCount: Int) {
    var characters: [UInt8] = []
    var junkCount = 0
    for character in text {
      if character == UInt8(ascii: "=") { break }
      if Base64.alphabet.contains(character) {
        characters.append(character)
      } else if character > 0x20 {
        junkCount += 1
      }
    }
    if characters.count % 4 == 1 {
      characters.removeLast()
      junkCount += 1
    }
    return (Base64.decode(characters) ?? [], junkCount)
  }

  static func decoded(
    _ text: [UInt8], by size: Int, most: Int, engine: Base64.Engine = .fastest
  ) throws -> (bytes: [UInt8], junkCount: Int) {
    let reader = Base64Reader(DripSource(text, most: most), engine: engine)
    var buffer = [UInt8](repeating: 0, count: size)
    var result: [UInt8] = []
    while true {
      let count = try reader.read(into: &buffer)
      if count == 0 { return (result, reader.junkCount) }
      result += buffer[..<count]
    }
  }

  static func encoded(_ bytes: [UInt8], pieces: Int, engine: Base64.Engine = .fastest) throws -> [UInt8] {
    let sink = BufferSink()
    let encoder = Base64EncodingSink(to: sink, engine: engine)
    var rest = bytes[...]
    while !rest.isEmpty {
      try encoder.write(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    try encoder.finish()
    return sink.bytes
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func rfc4648Section10(plain: String, coded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == Array(coded.utf8))
    #expect(Base64.decode(Array(coded.utf8)) == Array(plain.utf8))
  }

  @Test(arguments: ["Z", "Zg=", "Zg==\n", "Zm9v=", "Zm 9v", "Zm9v====", "=", "====", "Zg==Zg==", "Zm9é", "Zm9vY"])
  func strictDecodingRefuses(text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }

  @Test func paddingMayBeLeftOut() { #expect(Base64.decode(Array("Zg".utf8)) == [0x66]) }

  @Test func fastAndPlainAgreeAtEveryLength() throws {
    var generator = SeededGenerator(1)
    for count in 0...600 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let text = Self.plainlyEncoded(bytes)
      #expect(try Self.encoded(bytes, pieces: max(count, 1)) == text)
      #expect(try Self.encoded(bytes, pieces: Int.random(in: 1...80, using: &generator)) == text)
      let size = Int.random(in: 1...100, using: &generator)
      let most = Int.random(in: 1...100, using: &generator)
      let decoded = try Self.decoded(text, by: size, most: most)
      #expect(decoded.bytes == bytes, "\(count) bytes, buffer \(size), window \(most)")
      #expect(decoded.junkCount == 0)
    }
  }

  @Test func fastAndPlainAgreeOnAnyText() throws {
    var generator = SeededGenerator(2)
    let alphabet = Base64.alphabet + Base64.alphabet + Array("\r\n\r\n \t=!-\u{0}".utf8) + [0x80, 0xFF]
    for _ in 0..<2_000 {
      let text = (0..<Int.random(in: 0...120, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let expected = Self.plainlyDecoded(text)
      for size in [1, 2, 15, 16, 17, 200] {
        let most = Int.random(in: 1...40, using: &generator)
        let decoded = try Self.decoded(text, by: size, most: most)
        #expect(decoded.bytes == expected.bytes, "buffer \(size), window \(most)")
        #expect(decoded.junkCount == expected.junkCount)
      }
    }
  }

  @Test func everyCharacterAtEveryPlace() throws {
    let good = Array("QUJDREVGR0hJSktMTU5P".utf8)
    for place in good.indices {
      for character in UInt8.min...UInt8.max {
        var text = good
        text[place] = character
        let expected = Self.plainlyDecoded(text)
        let decoded = try Self.decoded(text, by: 64, most: 64)
        #expect(decoded.bytes == expected.bytes && decoded.junkCount == expected.junkCount)
      }
    }
  }

  @Test func vectorAndScalarEncodeAlike() throws {
    var generator = SeededGenerator(3)
    for count in Array(0...700) + [5_000, 52 * 57, 52 * 57 + 1, 200_000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let pieces = Int.random(in: 1...1_000, using: &generator)
      let scalar = try Self.encoded(bytes, pieces: max(1, count), engine: .scalar)
      #expect(try Self.encoded(bytes, pieces: pieces) == scalar, "\(count) bytes in pieces of \(pieces)")
    }
  }

  /// Every length, in lines of any length, ended in any way, with one wrong character of every kind anywhere.
  @Test func vectorAndScalarDecodeAlike() throws {
    var generator = SeededGenerator(4)
    for count in 0...400 {
      let line = [76, 76, 76, 64, 77, 1_000, 3].randomElement(using: &generator) ?? 76
      let ending = ["\r\n", "\r\n", "\n", " \r\n", ""].randomElement(using: &generator) ?? ""
      var text: [UInt8] = []
      for place in 0..<count {
        if place % line == 0, place > 0 { text += Array(ending.utf8) }
        text.append(Base64.alphabet.randomElement(using: &generator) ?? 0)
      }
      for _ in 0..<4 {
        let room = Int.random(in: 16...600, using: &generator)
        let most = Int.random(in: 1...600, using: &generator)
        let scalar = try Self.decoded(text, by: room, most: most, engine: .scalar)
        let vector = try Self.decoded(text, by: room, most: most)
        #expect(vector.bytes == scalar.bytes && vector.junkCount == scalar.junkCount, "\(count), lines of \(line)")
        if let place = text.indices.randomElement(using: &generator) {
          text[place] = UInt8.random(in: 0...255, using: &generator)
        }
      }
    }
  }

  @Test func noCharacterSlipsThroughTheVector() throws {
    let good = [UInt8](repeating: UInt8(ascii: "Q"), count: 96)
    for place in [0, 1, 15, 16, 31, 32, 47, 63, 64, 75, 76, 95] {
      for character in UInt8.min...UInt8.max {
        var text = good
        text[place] = character
        let scalar = try Self.decoded(text, by: 200, most: 200, engine: .scalar)
        let vector = try Self.decoded(text, by: 200, most: 200)
        #expect(vector.bytes == scalar.bytes && vector.junkCount == scalar.junkCount, "\(character) at \(place)")
      }
    }
  }

  /// The first padding ends the text: a list's footer behind it is no content.
  @Test(arguments: [
    ("Zm9v", "foo", 0), ("Zm\r\n9v\r\n", "foo", 0), ("Zm9vYg==\r\nZm9v", "foob", 0),
    ("Zm9vYg==\r\n-- \r\nlist", "foob", 0),
    ("Zm9vY", "foo", 1), ("Zm-9v", "foo", 1), ("=Zm9v", "", 0), ("Zg=", "f", 0), ("Zg", "f", 0),
  ])
  func lenient(text: String, expected: String, junkCount: Int) throws {
    let decoded = try Self.decoded(Array(text.utf8), by: 100, most: 100)
    #expect(String(decoding: decoded.bytes, as: UTF8.self) == expected)
    #expect(decoded.junkCount == junkCount)
  }

  @Test func manyWindows() throws {
    let bytes = (0..<3 * windowSize + 11).map { UInt8(truncatingIfNeeded: $0 &* 131 >> 3) }
    let text = try Self.encoded(bytes, pieces: windowSize)
    #expect(text == Self.plainlyEncoded(bytes))
    #expect(try Base64DecodingStream(BufferSource(text)).readAll(limit: 1 << 20) == bytes)
  }

  private struct Refusal: Error {}
  private final class RefusingSink: ByteSink {
    func write(_ bytes: Span<UInt8>) throws { throw Refusal() }
  }

  @Test func whatTheTargetSaysIsPassedOn() throws {
    let encoder = Base64EncodingSink(to: RefusingSink())
    try encoder.write([1, 2, 3])
    #expect(throws: Refusal.self) { try encoder.finish() }
  }
}
