/// Header fields as they are written: ASCII, lines of at most 78 characters where that is possible, and never a line end
/// that a value brought along.
extension HeaderField {
  /// `name: value`, folded at white space (RFC 5322 §2.2.3), with CRLF at its end; beyond ASCII in encoded words.
  static func unstructured(_ name: String, _ value: String) -> String {
    folded(name, EncodedWord.encode(clean(value)).split(separator: " ", omittingEmptySubsequences: false))
  }

  /// `words` with a space between them, folded.
  static func folded(_ name: String, _ words: [some StringProtocol]) -> String {
    var field = "\(name):"
    var length = field.utf8.count
    for word in words {
      // A line of nothing but white space would end the header for some readers.
      if length + 1 + word.utf8.count > 78, !word.isEmpty, length > name.utf8.count + 1 {
        field += "\r\n"
        length = 0
      }
      field += " \(word)"
      length += 1 + word.utf8.count
    }
    return field + "\r\n"
  }

  /// `text` with a space for every control character.
  static func clean(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
  }

  /// The field as relays pass it on unchanged (RFC 5322 §2.1.1): as it stands where it is ASCII in lines of at most 998
  /// characters, else written anew.
  ///
  /// Fields with addresses stay as they are: octets beyond ASCII in them need RFC 6532 all the way.
  var transportSafe: [UInt8] {
    let canonical = self.canonical
    var lineLength = 0
    var isSafe = true
    for byte in canonical {
      lineLength = byte == 0x0A ? 0 : lineLength + 1
      if byte >= 0x80 || byte == 0 || lineLength > 999 { isSafe = false }
    }
    guard !isSafe else { return canonical }
    switch Text.lowercased(name) {
    case "from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-to", "resent-cc": return canonical
    case "content-type":
      guard let type = ContentType(value) else { break }
      return Array("\(name): \(type.name)\(type.parameters.text)\r\n".utf8)
    case "content-disposition":
      var scanner = TokenScanner(value)
      guard let disposition = scanner.token() else { break }
      return Array("\(name): \(disposition)\(Parameters(&scanner).text)\r\n".utf8)
    default: break
    }
    return Array(Self.unstructured(name, value).utf8)
  }
}

extension Parameters {
  /// The parameters as they are written, each after `;` on a line of its own.
  public var text: String { names.map { name in self[name].map { Self.text(name, $0) } ?? "" }.joined() }

  private static func text(_ name: String, _ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    if isPlain, value.utf8.count <= 200 {
      return ";\r\n \(name)=\"\(value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined())\""
    }
    // RFC 2231 §4, and §3 for what does not fit a line.
    var pieces = [""]
    for byte in value.utf8 {
      let escaped = isAttributeCharacter(byte) ? String(UnicodeScalar(byte)) : "%" + hex(byte >> 4) + hex(byte & 15)
      if pieces[pieces.count - 1].utf8.count + escaped.utf8.count > 56 { pieces.append("") }
      pieces[pieces.count - 1] += escaped
    }
    pieces[0] = "utf-8''" + pieces[0]
    if pieces.count == 1 { return ";\r\n \(name)*=\(pieces[0])" }
    return pieces.enumerated().map { ";\r\n \(name)*\($0.offset)*=\($0.element)" }.joined()
  }

  private static func hex(_ digit: UInt8) -> String { String(digit, radix: 16, uppercase: true) }

  /// RFC 2231 §7: attribute-char.
  private static func isAttributeCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$&+-.^_`{|}~".utf8.contains(byte)
    }
  }
}
