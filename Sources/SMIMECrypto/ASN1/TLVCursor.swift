/// Walks DER values with tags of one octet, one behind the other, without making anything of them: for structures that are
/// read by the thousand a second.
package struct TLVCursor {
  private let bytes: ArraySlice<UInt8>
  private var at: Int
  private let name: StaticString

  /// Stands before the first value in `bytes`.
  package init(_ bytes: ArraySlice<UInt8>, as name: StaticString) {
    self.bytes = bytes
    self.name = name
    at = bytes.startIndex
  }

  package var isAtEnd: Bool { at == bytes.endIndex }

  /// The next value's tag; nil at the end.
  package var tag: UInt8? { at < bytes.endIndex ? bytes[at] : nil }

  /// The end of the structure; anything that is left is an error.
  package func finish() throws(Malformed) {
    guard isAtEnd else { throw failure("there is more than the structure allows") }
  }

  /// An error at the next value.
  package func failure(_ reason: String) -> Malformed { Malformed(reason, path: "\(name)", offset: at) }

  /// Takes the next value, which must have `tag`: its content.
  package mutating func content(_ tag: UInt8, _ field: StaticString) throws(Malformed) -> ArraySlice<UInt8> {
    guard let found = self.tag else { throw Malformed("is missing", path: "\(name).\(field)", offset: at) }
    guard found == tag else {
      throw Malformed("expected the tag \(tag), found \(found)", path: "\(name).\(field)", offset: at)
    }
    return try take(field)
  }

  /// Takes the next value if it has `tag`, else nil and nothing is taken.
  package mutating func content(
    ifPresent tag: UInt8, _ field: StaticString
  ) throws(Malformed) -> ArraySlice<UInt8>? {
    self.tag == tag ? try take(field) : nil
  }

  /// Takes the next value and enters it.
  package mutating func enter(_ tag: UInt8, _ field: StaticString) throws(Malformed) -> TLVCursor {
    TLVCursor(try content(tag, field), as: field)
  }

  /// Takes the next value, which must have `tag`: its whole encoding.
  package mutating func raw(_ tag: UInt8, _ field: StaticString) throws(Malformed) -> ArraySlice<UInt8> {
    let start = at
    _ = try content(tag, field)
    return bytes[start..<at]
  }

  private mutating func take(_ field: StaticString) throws(Malformed) -> ArraySlice<UInt8> {
    let start = at
    let end = bytes.endIndex
    guard end - start >= 2, bytes[start] & 0x1F != 0x1F else {
      throw Malformed("ends early, or has a long tag", path: "\(name).\(field)", offset: start)
    }
    var length = Int(bytes[start + 1])
    var content = start + 2
    if length >= 0x80 {
      let octets = length & 0x7F
      // Four octets count four gigabytes, and no walker is handed more.
      guard octets >= 1, octets <= 4, end - content >= octets else {
        throw Malformed("a length is indefinite, too large, or ends early", path: "\(name).\(field)", offset: start + 1)
      }
      length = bytes[content..<content + octets].reduce(0) { $0 << 8 | Int($1) }
      guard length >= 0x80, length >> (8 * (octets - 1)) != 0 else {
        throw Malformed("a length is not minimal", path: "\(name).\(field)", offset: start + 1)
      }
      content += octets
    }
    guard length <= end - content else {
      throw Malformed("ends early: a value of \(length) bytes begins", path: "\(name).\(field)", offset: start)
    }
    at = content + length
    return bytes[content..<at]
  }
}
