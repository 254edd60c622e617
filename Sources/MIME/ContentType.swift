/// A media type with its parameters (RFC 2045 §5.1), or a disposition with its own (RFC 2183).
public struct ContentType: Hashable, Sendable {
  /// In lower case, such as `multipart`.
  public let type: String
  /// In lower case, such as `signed`.
  public let subtype: String
  public let parameters: Parameters

  public init(_ type: String, _ subtype: String, parameters: Parameters = Parameters()) {
    self.type = type
    self.subtype = subtype
    self.parameters = parameters
  }

  /// RFC 2045 §5.2: what a part is that does not say.
  public static let textPlain = ContentType("text", "plain")

  public var isMultipart: Bool { type == "multipart" }

  /// RFC 2046 §5.2.1, RFC 6532 §3.7: a message with a header of its own.
  var isMessage: Bool { type == "message" && (subtype == "rfc822" || subtype == "global") }

  /// Reads a Content-Type value; nil if it names no type.
  public init?(_ value: String) {
    var scanner = TokenScanner(value)
    guard let type = scanner.token(), scanner.skip("/"), let subtype = scanner.token() else { return nil }
    self.init(Text.lowercased(type), Text.lowercased(subtype), parameters: Parameters(&scanner))
  }

  /// `type/subtype`
  public var name: String { "\(type)/\(subtype)" }
}

/// Attributes by name, RFC 2231's pieces and character sets put together.
public struct Parameters: Hashable, Sendable {
  private struct Value: Hashable, Sendable {
    let name: String
    let text: String
  }

  /// In the order of their names: there are few, and most are asked for once.
  private var values: [Value] = []
  /// How many names are kept. No field has a use for a tenth of them.
  private static let limit = 200
  /// The names that stand more than once; the first value counts.
  public private(set) var duplicates: Set<String> = []

  public init(_ values: [String: String] = [:]) { for (name, text) in values { set(name, text) } }

  /// The value of a parameter, whose name is given in lower case.
  public subscript(_ name: String) -> String? { values.first { $0.name == name }?.text }

  public var names: [String] { values.map(\.name) }

  private mutating func set(_ name: String, _ text: String?) {
    values.removeAll { $0.name == name }
    guard let text else { return }
    values.insert(Value(name: name, text: text), at: values.firstIndex { $0.name > name } ?? values.endIndex)
  }

  /// Reads `; name=value` until the end. What cannot be read is passed over, up to the next semicolon.
  init(_ scanner: inout TokenScanner) {
    // The pieces of RFC 2231 §3 by name and number; the first of two alike counts.
    var pieces: [String: [Int: (text: String, isEncoded: Bool)]] = [:]
    while scanner.skipToSemicolon() {
      guard let name = scanner.parameterName().map({ Text.lowercased($0) }), scanner.skip("="),
        let value = scanner.value()
      else { continue }
      guard name.utf8.contains(UInt8(ascii: "*")) else {
        if self[name] != nil {
          duplicates.insert(name)
        } else if values.count < Self.limit {
          set(name, value)
        }
        continue
      }
      let isEncoded = name.hasSuffix("*")
      let parts = name.split(separator: "*", maxSplits: 1)
      guard let base = parts.first.map(String.init) else { continue }
      let number = parts.count > 1 ? Int(parts[1].prefix { $0 != "*" }) : nil
      if parts.count > 1, !parts[1].isEmpty, number == nil { continue }
      guard pieces[base] != nil || pieces.count + values.count < Self.limit else { continue }
      if (pieces[base]?.count ?? 0) < 1_000, pieces[base]?[number ?? 0] == nil {
        pieces[base, default: [:]][number ?? 0] = (value, isEncoded)
      }
    }
    for (base, numbered) in pieces {
      // A file's name is given plainly too, for readers that know no other; any other parameter means one thing only.
      if self[base] != nil, base != "name", base != "filename" {
        duplicates.insert(base)
      } else if numbered[0] != nil {
        set(base, Self.joined(numbered))
      }
    }
    // QUIRK: encoded words in file names, which RFC 2047 §5 forbids and most mail software writes.
    for name in ["name", "filename"] where pieces[name] == nil {
      if let value = self[name] { set(name, EncodedWord.decode(value)) }
    }
  }

  private static func joined(_ pieces: [Int: (text: String, isEncoded: Bool)]) -> String {
    var bytes: [UInt8] = []
    var charset = "utf-8"
    var number = 0
    while let piece = pieces[number] {
      var text = piece.text[...]
      if piece.isEncoded && number == 0 {
        // RFC 2231 §4: charset'language'text
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count == 3 {
          charset = Text.lowercased(parts[0])
          text = parts[2]
        }
      }
      bytes += piece.isEncoded ? Text.escapesDecoded(Array(text.utf8)[...], escape: 0x25) : Array(text.utf8)
      number += 1
    }
    return Charset.decode(bytes, charset) ?? Text.utf8OrLatin1(bytes)
  }
}

/// Takes a structured field value apart: tokens, quoted strings, comments (RFC 2045 §5.1, RFC 5322 §3.2).
struct TokenScanner {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) { rest = ArraySlice(text.utf8) }

  private mutating func skipSpace() {
    var depth = 0
    while let byte = rest.first {
      switch byte {
      case 0x28: depth += 1
      case 0x29 where depth > 0: depth -= 1
      case 0x5C where depth > 0: rest.removeFirst()
      case 0x20, 0x09: break
      default: if depth == 0 { return }
      }
      rest = rest.dropFirst()
    }
  }

  /// A token, nil if none is next. White space and comments before and after it are passed over.
  mutating func token() -> String? { run { $0 > 0x20 && $0 < 0x7F && !Self.isSpecial($0) } }

  mutating func parameterName() -> String? { run { $0 > 0x20 && $0 < 0x7F && $0 != 0x3D && $0 != 0x3B && $0 != 0x22 } }

  private mutating func run(_ isAllowed: (UInt8) -> Bool) -> String? {
    skipSpace()
    let text = rest.prefix(while: isAllowed)
    guard !text.isEmpty else { return nil }
    rest = rest[text.endIndex...]
    skipSpace()
    return String(decoding: text, as: UTF8.self)
  }

  /// RFC 2045 §5.1: tspecials.
  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "@"),
      UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
      UInt8(ascii: "/"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "?"), UInt8(ascii: "="):
      true
    default: false
    }
  }

  mutating func skip(_ character: Character) -> Bool {
    skipSpace()
    guard let byte = character.asciiValue, rest.first == byte else { return false }
    rest = rest.dropFirst()
    skipSpace()
    return true
  }

  /// A parameter's value: a quoted string, or everything up to the next semicolon or white space.
  /// QUIRK: unquoted values with characters that RFC 2045 reserves (`name=a b.txt`, `boundary=a=b`) are common.
  mutating func value() -> String? {
    skipSpace()
    if rest.first == 0x22 {
      rest = rest.dropFirst()
      var text: [UInt8] = []
      while let byte = rest.popFirst(), byte != 0x22 {
        if byte == 0x5C, let escaped = rest.popFirst() { text.append(escaped) } else { text.append(byte) }
      }
      return Text.utf8OrLatin1(text)
    }
    let text = rest.prefix { $0 != 0x3B && $0 != 0x20 && $0 != 0x09 && $0 != 0x28 }
    rest = rest[text.endIndex...]
    return text.isEmpty ? nil : Text.utf8OrLatin1(text)
  }

  /// Goes behind the next semicolon; false when there is none.
  mutating func skipToSemicolon() -> Bool {
    var isQuoted = false
    while let byte = rest.popFirst() {
      if byte == 0x22 { isQuoted.toggle() }
      if byte == 0x3B && !isQuoted { return true }
    }
    return false
  }
}
