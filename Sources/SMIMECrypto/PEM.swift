import ByteIO

/// One block of RFC 7468 text, read as leniently as such files are written: lines of any length, text around the blocks,
/// RFC 1421 headers.
public struct PEMBlock: Hashable, Sendable {
  public struct Header: Hashable, Sendable {
    public let name: String
    public let value: String
  }

  /// What stands between BEGIN and the dashes, such as `CERTIFICATE`.
  public let label: String
  public let headers: [Header]
  public let bytes: [UInt8]

  public init(label: String, bytes: [UInt8]) {
    self.label = label
    headers = []
    self.bytes = bytes
  }

  private init(label: String, headers: [Header], bytes: [UInt8]) {
    self.label = label
    self.headers = headers
    self.bytes = bytes
  }

  /// All blocks in `text`, in order; none when there is no BEGIN line.
  ///
  /// - Throws: ``Malformed`` with the line, for a block without its END or whose content is not base64.
  public static func all(in text: [UInt8]) throws(Malformed) -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var open: (label: String, line: Int)?
    var headers: [Header] = []
    var content: [UInt8] = []
    var number = 0
    // Some editors put the mark of UTF-8 before text.
    var rest = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
      let line = rest[..<end].drop { $0 == 0x20 || $0 == 0x09 }
      rest = end < rest.endIndex ? rest[rest.index(after: end)...] : rest[end...]
      number += 1
      if let label = boundary("-----BEGIN ", line) {
        if let open { throw Malformed("\(open.label) of line \(open.line) does not end", path: "line \(number)") }
        open = (label, number)
        headers = []
        content = []
      } else if let label = boundary("-----END ", line), let began = open {
        guard label == began.label else { throw Malformed("\(began.label) ends as \(label)", path: "line \(number)") }
        guard let bytes = Base64.decode(content) else {
          throw Malformed("\(label) is not base64", path: "line \(began.line)")
        }
        blocks.append(PEMBlock(label: label, headers: headers, bytes: bytes))
        open = nil
      } else if open != nil {
        if content.isEmpty, let colon = line.firstIndex(of: 0x3A) {
          let value = String(decoding: line[line.index(after: colon)...], as: UTF8.self)
          headers.append(
            Header(name: String(decoding: line[..<colon], as: UTF8.self), value: trimmed(value)))
        } else {
          for byte in line where byte > 0x20 { content.append(byte) }
        }
      }
    }
    if let open { throw Malformed("\(open.label) does not end", path: "line \(open.line)") }
    return blocks
  }

  private static func boundary(_ start: String, _ line: ArraySlice<UInt8>) -> String? {
    guard line.first == UInt8(ascii: "-"), line.starts(with: start.utf8) else { return nil }
    let rest = trimmed(String(decoding: line.dropFirst(start.utf8.count), as: UTF8.self))
    return rest.hasSuffix("-----") ? String(rest.dropLast(5)) : nil
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while let last = text.unicodeScalars.last, last.value <= 0x20 { text.unicodeScalars.removeLast() }
    return String(text.drop { $0 == " " || $0 == "\t" })
  }

  /// The block as text with lines of 64 columns.
  public var text: String {
    var result = "-----BEGIN \(label)-----\n"
    let encoded = Base64.encode(bytes)
    var rest = encoded[...]
    while !rest.isEmpty {
      result += String(decoding: rest.prefix(64), as: UTF8.self) + "\n"
      rest = rest.dropFirst(64)
    }
    return result + "-----END \(label)-----\n"
  }
}
