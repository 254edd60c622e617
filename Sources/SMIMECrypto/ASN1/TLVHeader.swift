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
    var at = bytes.startIndex
    guard let first = bytes.first else { return nil }
    at += 1
    var number = UInt(first & 0x1F)
    if number == 0x1F {
      number = 0
      while true {
        guard at < bytes.endIndex else { return nil }
        let byte = bytes[at]
        guard number < 1 << 24, !(number == 0 && byte == 0x80) else {
          throw Malformed("a tag number is not valid", offset: at)
        }
        at += 1
        number = number << 7 | UInt(byte & 0x7F)
        if byte & 0x80 == 0 { break }
      }
      guard number > 30 else { throw Malformed("a short tag number is written long", offset: bytes.startIndex) }
    }
    let tagClass: ASN1Identifier.TagClass =
      switch first >> 6 {
      case 0: .universal
      case 1: .application
      case 2: .contextSpecific
      default: .private
      }
    let isConstructed = first & 0x20 != 0
    guard at < bytes.endIndex else { return nil }
    let lengthAt = at
    let lead = bytes[at]
    at += 1
    var length: Int? = Int(lead)
    if lead == 0x80 {
      guard rules == .ber, isConstructed else {
        throw Malformed("an indefinite length is not allowed", offset: lengthAt)
      }
      length = nil
    } else if lead > 0x80 {
      let octets = Int(lead & 0x7F)
      guard octets <= 8 else { throw Malformed("a length is too large", offset: lengthAt) }
      guard bytes.endIndex - at >= octets else { return nil }
      var value: UInt = 0
      for byte in bytes[at..<at + octets] { value = value << 8 | UInt(byte) }
      guard value <= UInt(Int.max) else { throw Malformed("a length is too large", offset: lengthAt) }
      if rules == .der, value < 0x80 || value >> UInt(8 * (octets - 1)) == 0 {
        throw Malformed("a length is not minimal", offset: lengthAt)
      }
      length = Int(value)
      at += octets
    }
    return TLVHeader(
      tag: ASN1Identifier(tagWithNumber: number, tagClass: tagClass), isConstructed: isConstructed, length: length,
      headerCount: at - bytes.startIndex)
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

  /// Why `bytes`, which swift-asn1 refused, are not one value: found by walking them, since its errors name no place.
  package static func firstFault(in bytes: ArraySlice<UInt8>, rules: EncodingRules) -> Malformed {
    guard !bytes.isEmpty else { return Malformed("is empty", offset: bytes.startIndex) }
    var at = bytes.startIndex
    // Where each open value ends; nil while its length is indefinite.
    var open: [Int?] = []
    while at < bytes.endIndex {
      while let last = open.last, let end = last, at == end { open.removeLast() }
      if open.isEmpty && at > bytes.startIndex { return Malformed("data follows the value", offset: at) }
      if case .some(.none) = open.last, bytes[at...].starts(with: [0, 0]) {
        open.removeLast()
        at += 2
        continue
      }
      let header: TLVHeader
      do {
        guard let found = try read(bytes[at...], rules: rules) else {
          return Malformed("ends inside a header", offset: bytes.endIndex)
        }
        header = found
      } catch { return error }
      let contentStart = at + header.headerCount
      if let length = header.length {
        let limit = open.last(where: { $0 != nil }).flatMap { $0 } ?? bytes.endIndex
        guard length <= bytes.endIndex - contentStart else {
          return Malformed("ends early: a value of \(length) bytes begins", offset: at)
        }
        guard contentStart + length <= limit else {
          return Malformed("a value is longer than the one around it", offset: at)
        }
      }
      if header.isConstructed {
        guard open.count < 50 else { return Malformed("is nested too deep", offset: at) }
        open.append(header.length.map { contentStart + $0 })
        at = contentStart
      } else {
        at = contentStart + (header.length ?? 0)
      }
    }
    while let last = open.last, let end = last, at == end { open.removeLast() }
    return open.isEmpty
      ? Malformed("is not a valid encoding", offset: bytes.startIndex)
      : Malformed("ends early", offset: bytes.endIndex)
  }
}
