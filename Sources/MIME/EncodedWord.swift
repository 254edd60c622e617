import ByteIO

#if canImport(Glibc)
  import Glibc
#endif

/// RFC 2047: text beyond ASCII in header fields.
public enum EncodedWord {
  /// `text` with its encoded words decoded. White space between two of them goes (§6.2); a word that cannot be decoded
  /// stays as it is.
  public static func decode(_ text: String) -> String {
    guard text.utf8.count >= 8, text.contains("=?") else { return text }
    var result = ""
    /// Bytes of adjacent words in one character set: software cuts characters in two.
    var pending: (charset: String, bytes: [UInt8])?
    func flush() {
      guard let words = pending else { return }
      result += Charset.decode(words.bytes, words.charset) ?? Text.utf8OrLatin1(words.bytes)
      pending = nil
    }
    var rest = text[...]
    while !rest.isEmpty {
      if let (charset, bytes, after) = word(rest) {
        if let words = pending, words.charset == charset {
          pending = (charset, words.bytes + bytes)
        } else {
          flush()
          pending = (charset, bytes)
        }
        let space = after.prefix { $0 == " " || $0 == "\t" }
        rest = after
        if !space.isEmpty, word(after[space.endIndex...]) != nil { rest = after[space.endIndex...] }
      } else {
        flush()
        // Up to the next place where a word may begin.
        let plain = rest.dropFirst().firstIndex(of: "=") ?? rest.endIndex
        result += rest[..<plain]
        rest = rest[plain...]
      }
    }
    flush()
    return result
  }

  private static func word(_ text: Substring) -> (charset: String, bytes: [UInt8], rest: Substring)? {
    guard text.hasPrefix("=?") else { return nil }
    // RFC 2047 §2 allows 75 characters; software writes longer ones.
    let parts = text.dropFirst(2).prefix(4_096).split(separator: "?", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, !parts[0].isEmpty, parts[3].hasPrefix("=") else { return nil }
    let charset = Text.lowercased(parts[0].prefix { $0 != "*" })
    let bytes: [UInt8]
    switch parts[1] {
    case "B", "b":
      guard let decoded = base64(parts[2]) else { return nil }
      bytes = decoded
    case "Q", "q": bytes = quoted(parts[2])
    default: return nil
    }
    return (charset, bytes, text[text.index(after: parts[3].startIndex)...])
  }

  private static func base64(_ text: Substring) -> [UInt8]? {
    var decoded: [UInt8] = []
    var group: UInt32 = 0
    var count = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "=") { break }
      guard let value = value(byte) else { return nil }
      group = group << 6 | value
      count += 1
      if count % 4 == 0 { decoded += [UInt8(group >> 16 & 0xFF), UInt8(group >> 8 & 0xFF), UInt8(group & 0xFF)] }
    }
    switch count % 4 {
    case 2: decoded.append(UInt8(group >> 4 & 0xFF))
    case 3: decoded += [UInt8(group >> 10 & 0xFF), UInt8(group >> 2 & 0xFF)]
    default: break
    }
    return decoded
  }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte - 0x41)
    case 0x61...0x7A: UInt32(byte - 0x61 + 26)
    case 0x30...0x39: UInt32(byte - 0x30 + 52)
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
  }

  private static func quoted(_ text: Substring) -> [UInt8] {
    var result: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "_") {
        result.append(0x20)
      } else if byte == UInt8(ascii: "="), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// `text` as header text: as it is when it is plain ASCII, else in encoded words of at most 75 characters, UTF-8.
  public static func encode(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !text.contains("=?")
    guard !isPlain else { return text }
    var words: [String] = []
    var bytes: [UInt8] = []
    for character in text {
      let next = Array(String(character).utf8)
      if bytes.count + next.count > 42, !bytes.isEmpty {
        words.append(word(bytes))
        bytes = []
      }
      bytes += next.map { $0 == 0x0D || $0 == 0x0A ? 0x20 : $0 }
    }
    words.append(word(bytes))
    return words.joined(separator: " ")
  }

  private static func word(_ bytes: [UInt8]) -> String {
    "=?utf-8?B?\(String(decoding: Base64.encode(bytes), as: UTF8.self))?="
  }
}

/// Character sets to Unicode: the common ones here, the rest by the platform's iconv.
enum Charset {
  /// The text; nil for a character set that nobody here knows, or bytes that it does not have.
  static func decode(_ bytes: some Collection<UInt8>, _ name: String) -> String? {
    switch Text.lowercased(name) {
    case "utf-8", "utf8", "us-ascii", "ascii": return Text.utf8OrLatin1(bytes)
    case "iso-8859-1", "latin1": return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    default: return platform(Array(bytes), name)
    }
  }

  private static func platform(_ bytes: [UInt8], _ name: String) -> String? {
    #if canImport(Glibc)
      guard name.utf8.count < 64, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }),
        let converter = unsafe iconv_open("UTF-8", name), Int(bitPattern: converter) != -1
      else { return nil }
      defer { unsafe iconv_close(converter) }
      var input = bytes.map { CChar(bitPattern: $0) }
      var output = [CChar](repeating: 0, count: bytes.count * 4 + 16)
      var inputLeft = input.count
      var outputLeft = output.count
      let outputCount = output.count
      let done = unsafe input.withUnsafeMutableBufferPointer { input in
        unsafe output.withUnsafeMutableBufferPointer { output in
          var from = input.baseAddress
          var to = output.baseAddress
          return unsafe iconv(converter, &from, &inputLeft, &to, &outputLeft)
        }
      }
      guard done >= 0, inputLeft == 0 else { return nil }
      return String(decoding: output[..<(outputCount - outputLeft)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #else
      return nil
    #endif
  }
}
