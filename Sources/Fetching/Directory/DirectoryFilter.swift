package import SMIMECrypto

/// What entries of a directory are asked for (RFC 4515), read by ours and written anew, so that a value is never taken for
/// syntax. Extensible matches are not offered.
package indirect enum DirectoryFilter: Hashable, Sendable, CustomStringConvertible {
  package enum Relation: String, Hashable, Sendable {
    case equal = "="
    case approximate = "~="
    case atLeast = ">="
    case atMost = "<="
  }

  case all([DirectoryFilter])
  case any([DirectoryFilter])
  case not(DirectoryFilter)
  /// The pieces are what stands between asterisks: one for a value, more for a substring, two empty ones for presence.
  case item(attribute: String, Relation, pieces: [[UInt8]])

  /// Entries with exactly that value, whatever characters are in it.
  package static func equality(_ attribute: String, _ value: String) -> DirectoryFilter {
    .item(attribute: attribute, .equal, pieces: [Array(value.utf8)])
  }

  /// Reads the text form.
  ///
  /// QUIRK: Active Directory writes filters of one item without the parentheses around it.
  package init(_ text: [UInt8]) throws(Malformed) {
    var parser = Parser(text: text.first == UInt8(ascii: "(") ? text : [UInt8(ascii: "(")] + text + [UInt8(ascii: ")")])
    self = try parser.filter(depth: 1)
    guard parser.offset == parser.text.count else { throw parser.malformed("something follows the filter") }
  }

  // MARK: Writing

  package var description: String {
    switch self {
    case .all(let filters): "(&" + filters.map(\.description).joined() + ")"
    case .any(let filters): "(|" + filters.map(\.description).joined() + ")"
    case .not(let filter): "(!\(filter))"
    case .item(let attribute, let relation, let pieces):
      "(\(attribute)\(relation.rawValue)\(pieces.map(Self.escaped).joined(separator: "*")))"
    }
  }

  /// RFC 4515 §3: NUL, parentheses, asterisk and backslash must be escaped; whatever is no printable ASCII is, too.
  private static func escaped(_ value: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var result: [UInt8] = []
    for byte in value {
      switch byte {
      case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "\\"), 0...0x1F, 0x7F...:
        result += [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

// MARK: - Reading

extension DirectoryFilter {
  private struct Parser {
    let text: [UInt8]
    var offset = 0
    var count = 0

    static let depthLimit = 8
    static let countLimit = 32

    func malformed(_ reason: String) -> Malformed { Malformed(reason, path: "filter", offset: offset) }

    private var next: UInt8? { offset < text.count ? text[offset] : nil }

    private mutating func take(_ byte: UInt8, _ reason: String) throws(Malformed) {
      guard next == byte else { throw malformed(reason) }
      offset += 1
    }

    mutating func filter(depth: Int) throws(Malformed) -> DirectoryFilter {
      guard depth <= Self.depthLimit else { throw malformed("the filter is nested too deeply") }
      count += 1
      guard count <= Self.countLimit else { throw malformed("the filter has too many parts") }
      try take(UInt8(ascii: "("), "a parenthesis is missing")
      let result: DirectoryFilter
      switch next {
      case UInt8(ascii: "&"): result = .all(try list(depth))
      case UInt8(ascii: "|"): result = .any(try list(depth))
      case UInt8(ascii: "!"):
        offset += 1
        result = .not(try filter(depth: depth + 1))
      default: result = try item()
      }
      try take(UInt8(ascii: ")"), "a parenthesis does not close")
      return result
    }

    private mutating func list(_ depth: Int) throws(Malformed) -> [DirectoryFilter] {
      offset += 1
      var filters: [DirectoryFilter] = []
      while next == UInt8(ascii: "(") { filters.append(try filter(depth: depth + 1)) }
      guard !filters.isEmpty else { throw malformed("a list of filters is empty") }
      return filters
    }

    private mutating func item() throws(Malformed) -> DirectoryFilter {
      let start = offset
      while let byte = next, Self.mayStandInName(byte) { offset += 1 }
      guard offset > start else { throw malformed("an attribute has no name") }
      let name = String(decoding: text[start..<offset], as: UTF8.self)
      var relation = Relation.equal
      switch next {
      case UInt8(ascii: "~"): relation = .approximate
      case UInt8(ascii: ">"): relation = .atLeast
      case UInt8(ascii: "<"): relation = .atMost
      case UInt8(ascii: ":"): throw malformed("extensible matches are not offered")
      default: break
      }
      if relation != .equal { offset += 1 }
      try take(UInt8(ascii: "="), "an attribute is compared with nothing")
      let pieces = try pieces()
      guard relation == .equal || pieces.count == 1 else { throw malformed("only equality has asterisks") }
      return .item(attribute: name, relation, pieces: pieces)
    }

    private mutating func pieces() throws(Malformed) -> [[UInt8]] {
      var pieces: [[UInt8]] = [[]]
      while let byte = next, byte != UInt8(ascii: ")") {
        guard byte != UInt8(ascii: "("), byte != 0 else { throw malformed("a character is not escaped") }
        offset += 1
        if byte == UInt8(ascii: "*") {
          pieces.append([])
        } else if byte == UInt8(ascii: "\\") {
          guard offset + 2 <= text.count, let high = PercentEncoding.nibble(text[offset]),
            let low = PercentEncoding.nibble(text[offset + 1])
          else { throw malformed("a backslash is followed by something else than two digits") }
          pieces[pieces.count - 1].append(high << 4 | low)
          offset += 2
        } else {
          pieces[pieces.count - 1].append(byte)
        }
      }
      return pieces
    }

    /// RFC 4512 §2.5: letters, digits and hyphens; options behind semicolons, and object identifiers with full stops.
    private static func mayStandInName(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: ";"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }
}
