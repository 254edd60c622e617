package import SwiftASN1

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What our types write themselves with: one buffer, one call for each kind of value, and none of them can fail.
///
/// swift-asn1's serializer moves what is inside a value byte by byte once for every value around it, which was a quarter of
/// the time that signing took.
package struct DERWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// The DER of what `body` writes.
  package static func encode(_ body: (inout DERWriter) -> Void) -> [UInt8] {
    var writer = DERWriter()
    writer.bytes.reserveCapacity(256)
    body(&writer)
    return writer.bytes
  }

  // MARK: Any value

  package mutating func constructed(_ tag: ASN1Identifier, _ body: (inout DERWriter) -> Void) {
    identifier(tag, isConstructed: true)
    bytes.append(0)
    let start = bytes.count
    body(&self)
    setLength(before: start)
  }

  /// A value whose content `body` appends.
  package mutating func primitive(_ tag: ASN1Identifier, _ body: (inout [UInt8]) -> Void) {
    identifier(tag, isConstructed: false)
    bytes.append(0)
    let start = bytes.count
    body(&bytes)
    setLength(before: start)
  }

  /// X.690 §8.1.2
  private mutating func identifier(_ tag: ASN1Identifier, isConstructed: Bool) {
    let tagClass: UInt8 =
      switch tag.tagClass {
      case .universal: 0
      case .application: 0x40
      case .contextSpecific: 0x80
      case .private: 0xC0
      }
    let lead = tagClass | (isConstructed ? 0x20 : 0)
    if tag.tagNumber < 0x1F {
      bytes.append(lead | UInt8(tag.tagNumber))
    } else {
      bytes.append(lead | 0x1F)
      Self.appendSeptets(tag.tagNumber, to: &bytes)
    }
  }

  /// Writes the length of what stands behind `start`, before which one octet is kept for it.
  private mutating func setLength(before start: Int) {
    let count = bytes.count - start
    if count < 0x80 {
      bytes[start - 1] = UInt8(count)
      return
    }
    var length: [UInt8] = []
    TLVHeader.appendLength(count, to: &length)
    bytes[start - 1] = length[0]
    bytes.insert(contentsOf: length.dropFirst(), at: start)
  }

  /// Seven bits to an octet, the highest first, all but the last marked.
  private static func appendSeptets(_ value: UInt, to bytes: inout [UInt8]) {
    let count = max(1, (UInt.bitWidth - value.leadingZeroBitCount + 6) / 7)
    for place in (0..<count).reversed() {
      bytes.append(UInt8(value >> UInt(7 * place) & 0x7F) | (place == 0 ? 0 : 0x80))
    }
  }

  // MARK: Kinds of values

  package mutating func sequence(_ body: (inout DERWriter) -> Void) { constructed(.sequence, body) }

  /// `[number] EXPLICIT`, or an IMPLICIT constructed one.
  package mutating func context(_ number: UInt, _ body: (inout DERWriter) -> Void) {
    constructed(.context(number), body)
  }

  /// SET OF: `elements` are encodings, put in DER's order (X.690 §11.6).
  package mutating func setOf(_ elements: [[UInt8]], tag: ASN1Identifier = .set) {
    constructed(tag) { set in
      for element in elements.sorted(by: { $0.lexicographicallyPrecedes($1) }) { set.raw(element) }
    }
  }

  /// An element that is encoded already.
  package mutating func raw(_ encoded: [UInt8]) { bytes.append(contentsOf: encoded) }

  package mutating func raw(_ encoded: ArraySlice<UInt8>) { bytes.append(contentsOf: encoded) }

  package mutating func oid(_ oid: ASN1ObjectIdentifier) {
    // Only swift-asn1 has the octets of it.
    var one = DER.Serializer()
    one.write(oid)
    raw(one.serializedBytes)
  }

  package mutating func int(_ value: Int, tag: ASN1Identifier = .integer) {
    var octets: [UInt8] = []
    var rest = value
    repeat {
      octets.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    } while !((rest == 0 && octets[octets.count - 1] < 0x80) || (rest == -1 && octets[octets.count - 1] >= 0x80))
    primitive(tag) { $0.append(contentsOf: octets.reversed()) }
  }

  /// An INTEGER from its content octets as ``ASN1Cursor/integer(_:tag:)`` gives them.
  package mutating func integer(_ content: [UInt8], tag: ASN1Identifier = .integer) {
    integer(content[...], tag: tag)
  }

  package mutating func integer(_ content: ArraySlice<UInt8>, tag: ASN1Identifier = .integer) {
    primitive(tag) { $0.append(contentsOf: content) }
  }

  /// An INTEGER from the big-endian magnitude of a number that is not negative.
  package mutating func unsigned(_ magnitude: some Collection<UInt8>) {
    var content = Array(magnitude.drop { $0 == 0 })
    if content.first.map({ $0 >= 0x80 }) ?? true { content.insert(0, at: 0) }
    integer(content)
  }

  package mutating func boolean(_ value: Bool) {
    primitive(.boolean) { $0.append(value ? 0xFF : 0) }
  }

  package mutating func null() { primitive(.null) { _ in } }

  package mutating func octets(_ bytes: [UInt8], tag: ASN1Identifier = .octetString) {
    octets(bytes[...], tag: tag)
  }

  package mutating func octets(_ bytes: ArraySlice<UInt8>, tag: ASN1Identifier = .octetString) {
    primitive(tag) { $0.append(contentsOf: bytes) }
  }

  package mutating func bits(_ bytes: [UInt8], paddingBits: UInt8 = 0, tag: ASN1Identifier = .bitString) {
    bits(bytes[...], paddingBits: paddingBits, tag: tag)
  }

  package mutating func bits(_ bytes: ArraySlice<UInt8>, paddingBits: UInt8 = 0, tag: ASN1Identifier = .bitString) {
    primitive(tag) {
      $0.append(paddingBits)
      $0.append(contentsOf: bytes)
    }
  }

  /// A string of the given type; `text` must be in that type's repertoire.
  package mutating func string(_ text: String, tag: ASN1Identifier = .utf8String) {
    primitive(tag) { $0.append(contentsOf: text.utf8) }
  }

  /// A `Time` in whole seconds: UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5).
  package mutating func time(_ date: Date) {
    let (isGeneralized, bytes) = ASN1Time.encode(date)
    primitive(isGeneralized ? .generalizedTime : .utcTime) { $0.append(contentsOf: bytes) }
  }

  /// A GeneralizedTime in whole seconds, whatever the year (RFC 6960 §4.2.1).
  package mutating func generalizedTime(_ date: Date) {
    primitive(.generalizedTime) { $0.append(contentsOf: ASN1Time.generalized(date).bytes) }
  }

  // MARK: From parts

  /// A value put together from encodings.
  package static func value(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    var count = 0
    for part in parts { count += part.count }
    var result: [UInt8] = []
    result.reserveCapacity(count + 6)
    result.append(tag)
    TLVHeader.appendLength(count, to: &result)
    for part in parts { result.append(contentsOf: part) }
    return result
  }
}

extension DER.Serializer {
  fileprivate mutating func write(_ oid: ASN1ObjectIdentifier) {
    // It is declared to throw, and an identifier that exists never does.
    do { try serialize(oid) } catch { assertionFailure("\(oid) cannot be written: \(error)") }
  }
}
