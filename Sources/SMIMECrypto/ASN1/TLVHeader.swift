package import SwiftASN1

/// One identifier and length (X.690 §8.1), as streams and very large objects are walked by.
package struct TLVHeader: Hashable, Sendable {
  package let tag: ASN1Identifier
  package let isConstructed: Bool
  /// The content's length, nil for the indefinite form.
  package let length: Int?
  /// How many octets the header itself takes.
  package let headerCount: Int

  /// Reads a header from the start of `bytes`; nil when they end before it does.
  package static func read(_ bytes: ArraySlice<UInt8>, rules: EncodingRules) throws(Malformed) -> TLVHeader? {
    try read(bytes.span, at: 0, rules: rules, base: bytes.startIndex)
  }

  /// Reads a header at `start`; nil when the bytes end before it does. An error's offset is counted from `base`.
  static func read(
    _ bytes: Span<UInt8>, at start: Int, rules: EncodingRules, base: Int
  ) throws(Malformed) -> TLVHeader? {
    var at = start
    let end = bytes.count
    guard at < end else { return nil }
    let first = bytes[at]
    at += 1
    var number = UInt(first & 0x1F)
    if number == 0x1F {
      number = 0
      while true {
        guard at < end else { return nil }
        let byte = bytes[at]
        guard number < 1 << 24, !(number == 0 && byte == 0x80) else {
          throw Malformed("a tag number is not valid", offset: base + at)
        }
        at += 1
        number = number << 7 | UInt(byte & 0x7F)
        if byte & 0x80 == 0 { break }
      }
      guard number > 30 else { throw Malformed("a short tag number is written long", offset: base + start) }
    }
    let tagClass: ASN1Identifier.TagClass =
      switch first >> 6 {
      case 0: .universal
      case 1: .application
      case 2: .contextSpecific
      default: .private
      }
    let isConstructed = first & 0x20 != 0
    guard at < end else { return nil }
    let lengthAt = at
    let lead = bytes[at]
    at += 1
    var length: Int? = Int(lead)
    if lead == 0x80 {
      guard rules == .ber, isConstructed else {
        throw Malformed("an indefinite length is not allowed", offset: base + lengthAt)
      }
      length = nil
    } else if lead > 0x80 {
      let octets = Int(lead & 0x7F)
      guard octets <= 8 else { throw Malformed("a length is too large", offset: base + lengthAt) }
      guard end - at >= octets else { return nil }
      var value: UInt = 0
      for index in at..<at + octets { value = value << 8 | UInt(bytes[index]) }
      guard value <= UInt(Int.max) else { throw Malformed("a length is too large", offset: base + lengthAt) }
      if rules == .der, value < 0x80 || value >> UInt(8 * (octets - 1)) == 0 {
        throw Malformed("a length is not minimal", offset: base + lengthAt)
      }
      length = Int(value)
      at += octets
    }
    return TLVHeader(
      tag: ASN1Identifier(tagWithNumber: number, tagClass: tagClass), isConstructed: isConstructed, length: length,
      headerCount: at - start)
  }

  /// Appends a length as DER writes it (X.690 §10.1).
  package static func appendLength(_ length: Int, to output: inout [UInt8]) {
    guard length >= 0x80 else {
      output.append(UInt8(length))
      return
    }
    let octets = (Int.bitWidth - length.leadingZeroBitCount + 7) / 8
    output.append(0x80 | UInt8(octets))
    for place in (0..<octets).reversed() { output.append(UInt8(truncatingIfNeeded: length >> (8 * place))) }
  }

  /// Tag and length of a SEQUENCE.
  package static func sequence(length: Int) -> [UInt8] {
    var header: [UInt8] = [0x30]
    appendLength(length, to: &header)
    return header
  }

  /// How deep values may stand in one another.
  private static let nestingLimit = 50

  /// Walks the value that begins at `start`, and everything in it, to its end, which may not lie beyond `limit`: one pass,
  /// and nothing is made of what is found. An error's offset is counted from `base`.
  static func end(
    ofValueAt start: Int, in bytes: Span<UInt8>, before limit: Int, rules: EncodingRules, base: Int
  ) throws(Malformed) -> Int {
    guard start < limit else { throw Malformed("is empty", offset: base + start) }
    var at = start
    // Where each open value ends; -1 while its length is indefinite.
    var open = InlineArray<50, Int>(repeating: 0)
    var depth = 0
    // The nearest end of a definite length around `at`.
    var bound = limit
    repeat {
      if depth > 0, open[depth - 1] < 0, at + 1 < limit, bytes[at] == 0, bytes[at + 1] == 0 {
        depth -= 1
        at += 2
      } else {
        guard at < bound else { throw Malformed("ends early", offset: base + bound) }
        guard let header = try read(bytes.extracting(..<limit), at: at, rules: rules, base: base) else {
          throw Malformed("ends inside a header", offset: base + limit)
        }
        // X.690 §8.1.5: the tag [UNIVERSAL 0] only closes indefinite lengths.
        guard header.tag.tagNumber != 0 || header.tag.tagClass != .universal else {
          throw Malformed("end-of-contents where none belongs", offset: base + at)
        }
        let content = at + header.headerCount
        if let length = header.length {
          guard length <= limit - content else {
            throw Malformed("ends early: a value of \(length) bytes begins", offset: base + at)
          }
          guard content + length <= bound else {
            throw Malformed("a value is longer than the one around it", offset: base + at)
          }
        }
        if header.isConstructed {
          guard depth < nestingLimit else { throw Malformed("is nested too deep", offset: base + at) }
          open[depth] = header.length.map { content + $0 } ?? -1
          depth += 1
          if let length = header.length { bound = content + length }
          at = content
        } else {
          at = content + (header.length ?? 0)
        }
      }
      while depth > 0, open[depth - 1] == at { depth -= 1 }
      bound = limit
      for level in (0..<depth).reversed() where open[level] >= 0 {
        bound = open[level]
        break
      }
    } while depth > 0
    return at
  }
}
