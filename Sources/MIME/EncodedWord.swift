import ByteIO

/// RFC 2047: text beyond ASCII in header fields.
///
///     encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
public enum EncodedWord {
  /// `text` with its encoded words decoded. White space between two of them goes (§6.2); a word that cannot be decoded
  /// stays as it is.
  ///
  /// QUIRK: words are decoded wherever they stand, also in the middle of others or in quotes, as most readers do: what a
  /// reader is shown is what a display name is judged by.
  public static func decode(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count >= 8 else { return text }
    var result: [UInt8] = []
    /// Bytes of adjacent words in one character set: software cuts characters in two.
    var pending: (charset: String, bytes: [UInt8]) = ("", [])
    var hasWord = false
    var plainFrom = 0
    var at = 0
    while at + 1 < bytes.count {
      guard bytes[at] == 0x3D, bytes[at + 1] == 0x3F, let word = word(bytes, at) else {
        at += 1
        continue
      }
      let between = bytes[plainFrom..<at]
      if !hasWord || !between.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        flush(&pending, to: &result)
        result += between
      } else if pending.charset != word.charset {
        flush(&pending, to: &result)
      }
      pending.charset = word.charset
      pending.bytes += word.bytes
      hasWord = true
      at = word.end
      plainFrom = at
    }
    guard hasWord else { return text }
    flush(&pending, to: &result)
    result += bytes[plainFrom...]
    return String(decoding: result, as: UTF8.self)
  }

  private static func flush(_ words: inout (charset: String, bytes: [UInt8]), to result: inout [UInt8]) {
    guard !words.bytes.isEmpty else { return }
    // Line ends and other controls that an encoded word smuggles in are shown as spaces.
    for byte in (Charset.decode(words.bytes, words.charset) ?? Text.utf8OrLatin1(words.bytes)).utf8 {
      result.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
    }
    words.bytes.removeAll(keepingCapacity: true)
  }

  /// RFC 2047 §2 allows 75 characters; software writes longer ones.
  private static let longestWord = 4_096

  /// The word that begins at `start`, where `=?` stands; nil when it is none.
  private static func word(_ text: [UInt8], _ start: Int) -> (charset: String, bytes: [UInt8], end: Int)? {
    let limit = min(text.count, start + longestWord)
    var at = start + 2
    while at < limit, text[at] != 0x3F, text[at] != 0x20, text[at] != 0x3D { at += 1 }
    guard at > start + 2, at + 2 < limit, text[at] == 0x3F, text[at + 2] == 0x3F else { return nil }
    let charset = Text.lowercased(String(decoding: text[start + 2..<at].prefix { $0 != 0x2A }, as: UTF8.self))
    let encoding = text[at + 1] | 0x20
    let first = at + 3
    at = first
    while at + 1 < limit, text[at] != 0x3F { at += 1 }
    guard at + 1 < limit, text[at] == 0x3F, text[at + 1] == 0x3D else { return nil }
    switch encoding {
    case UInt8(ascii: "b"):
      // QUIRK: padding that is missing, or stands between pieces that were coded apart.
      var bytes: [UInt8] = []
      for piece in text[first..<at].split(separator: 0x3D) {
        guard let decoded = Base64.decode(Array(piece)) else { return nil }
        bytes += decoded
      }
      return (charset, bytes, at + 2)
    case UInt8(ascii: "q"): return (charset, quoted(text[first..<at]), at + 2)
    default: return nil
    }
  }

  /// RFC 2047 §4.2.
  private static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8] {
    Text.escapesDecoded(text, escape: 0x3D, underscoreIsSpace: true)
  }

  /// `text` as header text: as it is when it is plain ASCII, else in encoded words of at most 75 characters, UTF-8.
  public static func encode(_ text: String) -> String {
    guard !isPlain(text) else { return text }
    var words: [String] = []
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      // §5: a word holds whole characters.
      let next = Array(String(scalar.value < 0x20 || scalar.value == 0x7F ? " " : Character(scalar)).utf8)
      if bytes.count + next.count > 42, !bytes.isEmpty {
        words.append(word(bytes))
        bytes = []
      }
      bytes += next
    }
    words.append(word(bytes))
    return words.joined(separator: " ")
  }

  /// True when `text` can stand in a header as it is.
  static func isPlain(_ text: String) -> Bool {
    var last: UInt8 = 0
    for byte in text.utf8 {
      if byte < 0x20 || byte >= 0x7F || byte == 0x3F && last == 0x3D { return false }
      last = byte
    }
    return true
  }

  private static func word(_ bytes: [UInt8]) -> String {
    "=?utf-8?B?\(String(decoding: Base64.encode(bytes), as: UTF8.self))?="
  }
}
