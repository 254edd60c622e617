/// One header field as it stands in the message.
public struct HeaderField: Hashable, Sendable {
  /// The name as it is spelled.
  public let name: String
  /// The whole field, line ends and folding included.
  public let raw: ArraySlice<UInt8>
  private let valueStart: Int

  init(name: String, raw: ArraySlice<UInt8>, valueStart: Int) {
    self.name = name
    self.raw = raw
    self.valueStart = valueStart
  }

  /// The value on one line: folding undone (RFC 5322 §2.2.3), white space at the ends removed. Octets that are not UTF-8
  /// are read as ISO 8859-1.
  public var value: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(raw.endIndex - valueStart)
    for byte in raw[valueStart...] where byte != 0x0D && byte != 0x0A { bytes.append(byte == 0 ? 0x20 : byte) }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
    let trimmed = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    return Text.utf8OrLatin1(trimmed)
  }

  /// The value with its encoded words decoded (RFC 2047). For unstructured fields such as Subject.
  public var decodedValue: String { EncodedWord.decode(value) }

  func isNamed(_ other: String) -> Bool { Text.equalIgnoringCase(name, other) }
}

/// The header of a message or a part: its fields in the order in which they stand.
public struct Header: Hashable, Sendable {
  public let fields: [HeaderField]

  public init(fields: [HeaderField]) { self.fields = fields }

  /// The first field of that name, whatever its case.
  public subscript(_ name: String) -> HeaderField? { fields.first { $0.isNamed(name) } }

  /// All fields of that name.
  public func all(_ name: String) -> [HeaderField] { fields.filter { $0.isNamed(name) } }

  /// True when a field of that name stands more than once.
  func repeats(_ name: String) -> Bool {
    var found = 0
    for field in fields where field.isNamed(name) { found += 1 }
    return found > 1
  }

  /// The fields that describe the body (RFC 2045 §3) and move with it into a signature or an encryption.
  public var contentFields: [HeaderField] { fields.filter { Text.hasPrefixIgnoringCase($0.name, "content-") } }

  /// The fields that stay with the message: all others but MIME-Version, which is written anew.
  public var messageFields: [HeaderField] {
    fields.filter { !Text.hasPrefixIgnoringCase($0.name, "content-") && !$0.isNamed("MIME-Version") }
  }

  /// Reads the fields of `bytes`, a header without the empty line that ends it, which begins at `start` of the message.
  init(_ bytes: [UInt8], at start: Int, fieldLimit: Int, defects: inout [Defect]) {
    var fields: [HeaderField] = []
    var at = 0
    var firstWithoutColon: Int?
    // An mbox file's separator is no field.
    if bytes.starts(with: "From ".utf8) { at = Self.nextLine(bytes, after: 0) }
    while at < bytes.count {
      guard fields.count < fieldLimit else {
        defects.append(Defect(.headerTooLarge, "byte \(start + at)"))
        break
      }
      var end = Self.nextLine(bytes, after: at)
      while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x09 { end = Self.nextLine(bytes, after: end) }
      let raw = bytes[at..<end]
      if let colon = raw.firstIndex(of: 0x3A) {
        var nameEnd = colon
        while nameEnd > at, bytes[nameEnd - 1] == 0x20 || bytes[nameEnd - 1] == 0x09 { nameEnd -= 1 }
        let name = bytes[at..<nameEnd]
        if !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
          let field = HeaderField(name: String(decoding: name, as: UTF8.self), raw: raw, valueStart: colon + 1)
          fields.append(field)
          at = end
          continue
        }
      }
      if firstWithoutColon == nil { firstWithoutColon = start + at }
      at = end
    }
    if let firstWithoutColon { defects.append(Defect(.headerLineWithoutColon, "byte \(firstWithoutColon)")) }
    if bytes.contains(where: { $0 >= 0x80 }), String(validating: bytes, as: UTF8.self) == nil {
      defects.append(Defect(.headerNotUTF8, "byte \(start)"))
    }
    self.fields = fields
  }

  private static func nextLine(_ bytes: [UInt8], after start: Int) -> Int {
    bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
  }
}

/// Comparisons and conversions of header text.
enum Text {
  static func equalIgnoringCase(_ left: String, _ right: String) -> Bool {
    let (left, right) = (left.utf8.span, right.utf8.span)
    return left.count == right.count && startIgnoringCase(left, right)
  }

  static func hasPrefixIgnoringCase(_ text: String, _ prefix: String) -> Bool {
    let (text, prefix) = (text.utf8.span, prefix.utf8.span)
    return text.count >= prefix.count && startIgnoringCase(text, prefix)
  }

  private static func startIgnoringCase(_ text: Span<UInt8>, _ prefix: Span<UInt8>) -> Bool {
    for index in prefix.indices where lower(text[index]) != lower(prefix[index]) { return false }
    return true
  }

  /// ASCII letters in lower case, everything else as it is.
  static func lowercased(_ text: some StringProtocol) -> String {
    guard text.utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else { return String(text) }
    return String(decoding: text.utf8.map { lower($0) }, as: UTF8.self)
  }

  static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

  static func utf8OrLatin1(_ bytes: some Collection<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  /// `text` with every `escape` and its two hexadecimal digits as the octet they stand for; an escape that begins none
  /// stands for itself.
  static func escapesDecoded(_ text: ArraySlice<UInt8>, escape: UInt8, underscoreIsSpace: Bool = false) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var at = text.startIndex
    while at < text.endIndex {
      let byte = text[at]
      at += 1
      if byte == escape, text.endIndex - at >= 2, let high = hexDigit(text[at]), let low = hexDigit(text[at + 1]) {
        result.append(high << 4 | low)
        at += 2
      } else {
        result.append(underscoreIsSpace && byte == 0x5F ? 0x20 : byte)
      }
    }
    return result
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  static func trimmed(_ text: some StringProtocol) -> String {
    var text = text[...]
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text.drop { $0 == " " || $0 == "\t" })
  }
}
