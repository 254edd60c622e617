import ByteIO
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What is wrong with a line, in words that follow its place.
struct JournalFault: Error, Hashable, Sendable, CustomStringConvertible {
  let description: String

  init(_ words: String) { description = words }
}

/// The members of one line: a JSON object (RFC 8259) of strings, whole numbers and arrays of strings, and nothing else.
/// They stay slices of the line until one is asked for, since most of a line is never looked at.
struct JournalFields {
  private var members: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

  init(_ bytes: ArraySlice<UInt8>) throws(JournalFault) {
    var rest = bytes
    try Self.expect("{", &rest)
    members.reserveCapacity(8)
    while rest.first != Self.byte("}") {
      if !members.isEmpty { try Self.expect(",", &rest) }
      let name = try Self.string(&rest)
      try Self.expect(":", &rest)
      members.append((name: name, value: try Self.value(&rest)))
    }
    guard rest.count == 1 else { throw JournalFault("has something after its object") }
  }

  // MARK: Members

  func text(_ name: StaticString) throws(JournalFault) -> String { try required(name, try optionalText(name)) }

  func optionalText(_ name: StaticString) throws(JournalFault) -> String? {
    guard var value = self[name] else { return nil }
    return try Self.decoded(try Self.string(&value))
  }

  func texts(_ name: StaticString) throws(JournalFault) -> [String] {
    var rest = try required(name, self[name])
    try Self.expect("[", &rest)
    var result: [String] = []
    while rest.first != Self.byte("]") {
      if !result.isEmpty { try Self.expect(",", &rest) }
      result.append(try Self.decoded(try Self.string(&rest)))
    }
    return result
  }

  func number(_ name: StaticString) throws(JournalFault) -> Int { try required(name, try optionalNumber(name)) }

  func optionalNumber(_ name: StaticString) throws(JournalFault) -> Int? {
    guard let value = self[name] else { return nil }
    guard let number = Int(String(decoding: value, as: UTF8.self)) else {
      throw JournalFault("has no number as '\(name)'")
    }
    return number
  }

  func date(_ name: StaticString) throws(JournalFault) -> Date {
    guard let date = RFC3339.date(try required(name, self[name]).dropFirst().dropLast()) else {
      throw JournalFault("has no time as '\(name)'")
    }
    return date
  }

  func base64(_ name: StaticString) throws(JournalFault) -> Base64Text {
    var value = try required(name, self[name])
    return Base64Text(try Self.string(&value))
  }

  /// Bytes that are written as hexadecimal digits.
  func hex(_ name: StaticString) throws(JournalFault) -> [UInt8] { try required(name, try optionalHex(name)) }

  func optionalHex(_ name: StaticString) throws(JournalFault) -> [UInt8]? {
    guard let text = try optionalText(name) else { return nil }
    guard !text.isEmpty, let bytes = Hex.bytes(text) else {
      throw JournalFault("has no hexadecimal digits as '\(name)'")
    }
    return bytes
  }

  private subscript(_ name: StaticString) -> ArraySlice<UInt8>? {
    for member in members where Bytes.areEqual(member.name, name) { return member.value }
    return nil
  }

  private func required<Value>(_ name: StaticString, _ value: Value?) throws(JournalFault) -> Value {
    guard let value else { throw JournalFault("lacks '\(name)'") }
    return value
  }

  // MARK: Reading

  private static func byte(_ character: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: character.value) }

  private static func expect(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) throws(JournalFault) {
    guard rest.popFirst() == byte(character) else { throw JournalFault("is no object of the journal's kind") }
  }

  /// What stands between the quotation marks, not decoded.
  private static func string(_ rest: inout ArraySlice<UInt8>) throws(JournalFault) -> ArraySlice<UInt8> {
    try expect("\"", &rest)
    var end = Bytes.first(byte("\""), in: rest)
    var start = rest.startIndex
    // What a backslash stands before ends nothing.
    while let quote = end, let escape = Bytes.first(byte("\\"), in: rest[start..<quote]) {
      start = escape + 2
      if start > quote { end = Bytes.first(byte("\""), in: rest[start...]) }
    }
    guard let quote = end else { throw JournalFault("has a string that does not end") }
    defer { rest = rest[(quote + 1)...] }
    return rest[..<quote]
  }

  /// A whole value as it stands.
  private static func value(_ rest: inout ArraySlice<UInt8>) throws(JournalFault) -> ArraySlice<UInt8> {
    let start = rest
    switch rest.first {
    case byte("\""): _ = try string(&rest)
    case byte("["):
      rest = rest.dropFirst()
      var isFirst = true
      while rest.first != byte("]") {
        if !isFirst { try expect(",", &rest) }
        _ = try string(&rest)
        isFirst = false
      }
      rest = rest.dropFirst()
    default: rest = rest.drop { $0 >= byte("0") && $0 <= byte("9") || $0 == byte("-") }
    }
    guard rest.startIndex > start.startIndex else { throw JournalFault("has a member without a value") }
    return start[..<rest.startIndex]
  }

  private static func decoded(_ raw: ArraySlice<UInt8>) throws(JournalFault) -> String {
    guard Bytes.first(byte("\\"), in: raw) != nil else {
      guard let text = String(validating: raw, as: UTF8.self) else { throw JournalFault("is not UTF-8") }
      return text
    }
    var units: [UInt16] = []
    var rest = raw
    while let end = Bytes.first(byte("\\"), in: rest) {
      units += String(decoding: rest[..<end], as: UTF8.self).utf16
      rest = rest[(end + 1)...]
      switch rest.popFirst() {
      case byte("n"): units.append(0x0A)
      case byte("r"): units.append(0x0D)
      case byte("t"): units.append(0x09)
      case byte("b"): units.append(0x08)
      case byte("f"): units.append(0x0C)
      case byte("\""): units.append(0x22)
      case byte("\\"): units.append(0x5C)
      case byte("/"): units.append(0x2F)
      case byte("u"):
        guard rest.count >= 4, let unit = UInt16(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16) else {
          throw JournalFault("has a string with a broken escape")
        }
        units.append(unit)
        rest = rest.dropFirst(4)
      default: throw JournalFault("has a string with a broken escape")
      }
    }
    units += String(decoding: rest, as: UTF8.self).utf16
    return String(decoding: units, as: UTF16.self)
  }
}

/// Bytes as they stand in a line: base64 that is decoded when they are needed.
struct Base64Text: Hashable, Sendable {
  private let text: ArraySlice<UInt8>

  init(_ text: ArraySlice<UInt8>) { self.text = text }

  init(encoding bytes: some Sequence<UInt8>) { text = Base64.encode(Array(bytes))[...] }

  var bytes: [UInt8] {
    get throws(JournalFault) {
      guard let bytes = Base64.decode(Array(text)) else { throw JournalFault("has something that is not base64") }
      return bytes
    }
  }

  var characters: ArraySlice<UInt8> { text }
}

/// Writes what ``JournalFields`` reads.
struct JournalFieldsWriter {
  private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

  mutating func add(_ name: String, _ text: String?) {
    guard let text else { return }
    begin(name)
    bytes += JSONText.quoted(text).utf8
  }

  mutating func add(_ name: String, _ texts: [String]) {
    begin(name)
    bytes += "[\(texts.map(JSONText.quoted).joined(separator: ","))]".utf8
  }

  mutating func add(_ name: String, _ number: Int?) {
    guard let number else { return }
    begin(name)
    bytes += "\(number)".utf8
  }

  mutating func add(_ name: String, _ date: Date) { add(name, date.rfc3339) }

  mutating func add(_ name: String, _ base64: Base64Text) {
    begin(name)
    bytes.append(UInt8(ascii: "\""))
    bytes += base64.characters
    bytes.append(UInt8(ascii: "\""))
  }

  mutating func add(_ name: String, hex octets: [UInt8]?) { add(name, octets.map { Hex.text($0) }) }

  consuming func finished() -> [UInt8] { bytes + [UInt8(ascii: "}")] }

  private mutating func begin(_ name: String) {
    if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
    bytes += "\"\(name)\":".utf8
  }
}
