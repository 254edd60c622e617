import ByteIO

/// Where a PEM block begins in a text (RFC 7468 §2), of which not more than the beginning is looked at: words that explain
/// the block may stand before it, and so may other blocks.
struct Armour {
  /// What stands between BEGIN and the dashes.
  let label: String
  /// Where the line behind BEGIN begins.
  let start: Int

  /// How far from the beginning of a file a block is looked for.
  static let headLimit = 65_536

  /// The first block in `head` whose label is wanted; nil for mail that has one in its text.
  init?(in head: [UInt8], where isWanted: (String) -> Bool = { _ in true }) {
    let text = head[TextMark.count(in: head)...]
    let beginsWithField = MailInput.beginsWithField(text)
    var rest = text
    while !rest.isEmpty {
      guard let end = Bytes.first(0x0A, in: rest) else { return nil }
      var line = rest[..<end]
      while let last = line.last, last <= 0x20 { line.removeLast() }
      if let label = Self.label(line), isWanted(label) {
        self.label = label
        start = end + 1
        return
      }
      // Behind fields and an empty line stands the text of a mail.
      if line.isEmpty, beginsWithField { return nil }
      rest = rest[(end + 1)...]
    }
    return nil
  }

  /// The block's base64 in `source`: up to the first line that begins with a hyphen, which has no place in it. nil when that
  /// is not the block's END.
  func content(of source: any ByteSource) throws -> Range<Int>? {
    var window = source.makeWindow()
    var offset = start
    var isAtLineStart = true
    while true {
      let count = try source.read(at: offset, into: &window)
      guard count > 0 else { return nil }
      var from = 0
      while let place = Bytes.first(UInt8(ascii: "-"), in: window[from..<count]) {
        if place == 0 ? isAtLineStart : window[place - 1] == 0x0A {
          let end = offset + place
          let marker = try source.bytes(in: end..<min(end + Self.endMarker.count, source.count))
          return marker == Self.endMarker ? start..<end : nil
        }
        from = place + 1
      }
      isAtLineStart = window[count - 1] == 0x0A
      offset += count
    }
  }

  private static let beginMarker = Array("-----BEGIN ".utf8)
  private static let endMarker = Array("-----END ".utf8)
  private static let dashes = Array("-----".utf8)

  private static func label(_ line: ArraySlice<UInt8>) -> String? {
    guard line.first == UInt8(ascii: "-"), line.starts(with: beginMarker),
      line.count >= beginMarker.count + dashes.count, line.suffix(dashes.count).elementsEqual(dashes)
    else { return nil }
    return String(decoding: line.dropFirst(beginMarker.count).dropLast(dashes.count), as: UTF8.self)
  }
}

/// The mark that some editors put before text in UTF-8.
enum TextMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// How many bytes at the beginning of `head` are no text.
  static func count(in head: [UInt8]) -> Int { head.starts(with: bytes) ? bytes.count : 0 }
}
