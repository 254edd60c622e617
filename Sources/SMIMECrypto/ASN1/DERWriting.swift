package import SwiftASN1

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// What our types write themselves with: swift-asn1's serializer, with one call for each kind of value, none of which
/// can fail.
extension DER.Serializer {
  /// The DER of what `body` writes.
  package static func encode(_ body: (inout DER.Serializer) -> Void) -> [UInt8] {
    var serializer = DER.Serializer()
    body(&serializer)
    return serializer.serializedBytes
  }

  package mutating func sequence(_ body: (inout DER.Serializer) -> Void) {
    appendConstructedNode(identifier: .sequence, body)
  }

  /// `[number] EXPLICIT`, or an IMPLICIT constructed one.
  package mutating func context(_ number: UInt, _ body: (inout DER.Serializer) -> Void) {
    appendConstructedNode(identifier: .context(number), body)
  }

  /// SET OF: `elements` are encodings, put in DER's order (X.690 §11.6).
  package mutating func setOf(_ elements: [[UInt8]], tag: ASN1Identifier = .set) {
    appendConstructedNode(identifier: tag) { set in
      for element in elements.sorted(by: { $0.lexicographicallyPrecedes($1) }) { set.raw(element) }
    }
  }

  /// An element that is encoded already.
  package mutating func raw(_ encoded: some Sequence<UInt8>) { serializeRawBytes(encoded) }

  package mutating func oid(_ oid: ASN1ObjectIdentifier) {
    appendPrimitiveNode(identifier: .objectIdentifier) { bytes in
      let components = oid.oidComponents
      guard components.count >= 2 else { return }
      for component in [components[0] * 40 + components[1]] + components.dropFirst(2) {
        var septets = [UInt8(component & 0x7F)]
        var rest = component >> 7
        while rest > 0 {
          septets.append(UInt8(rest & 0x7F) | 0x80)
          rest >>= 7
        }
        bytes.append(contentsOf: septets.reversed())
      }
    }
  }

  package mutating func int(_ value: Int, tag: ASN1Identifier = .integer) {
    var octets: [UInt8] = []
    var rest = value
    repeat {
      octets.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    } while !((rest == 0 && octets[octets.count - 1] < 0x80) || (rest == -1 && octets[octets.count - 1] >= 0x80))
    appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: octets.reversed()) }
  }

  /// An INTEGER from its content octets as ``ASN1Cursor/integer(_:tag:)`` gives them.
  package mutating func integer(_ content: some Sequence<UInt8>, tag: ASN1Identifier = .integer) {
    appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: content) }
  }

  /// An INTEGER from the big-endian magnitude of a number that is not negative.
  package mutating func unsigned(_ magnitude: some Collection<UInt8>) {
    var content = Array(magnitude.drop { $0 == 0 })
    if content.first.map({ $0 >= 0x80 }) ?? true { content.insert(0, at: 0) }
    integer(content)
  }

  package mutating func boolean(_ value: Bool) {
    appendPrimitiveNode(identifier: .boolean) { $0.append(value ? 0xFF : 0) }
  }

  package mutating func null() { appendPrimitiveNode(identifier: .null) { _ in } }

  package mutating func octets(_ bytes: some Sequence<UInt8>, tag: ASN1Identifier = .octetString) {
    appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: bytes) }
  }

  package mutating func bits(_ bytes: some Sequence<UInt8>, paddingBits: UInt8 = 0, tag: ASN1Identifier = .bitString) {
    appendPrimitiveNode(identifier: tag) {
      $0.append(paddingBits)
      $0.append(contentsOf: bytes)
    }
  }

  /// A string of the given type; `text` must be in that type's repertoire.
  package mutating func string(_ text: String, tag: ASN1Identifier = .utf8String) {
    appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: text.utf8) }
  }

  /// A `Time` in whole seconds: UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5).
  package mutating func time(_ date: Date) {
    let (isGeneralized, bytes) = ASN1Time.encode(date)
    appendPrimitiveNode(identifier: isGeneralized ? .generalizedTime : .utcTime) { $0.append(contentsOf: bytes) }
  }

  /// A GeneralizedTime in whole seconds, whatever the year (RFC 6960 §4.2.1).
  package mutating func generalizedTime(_ date: Date) {
    appendPrimitiveNode(identifier: .generalizedTime) { $0.append(contentsOf: ASN1Time.generalized(date).bytes) }
  }
}

extension DER {
  /// A value put together from encodings. The serializer moves what is inside a value once more for each one around it;
  /// where answers are made by the thousand, parts are joined from the inside out instead.
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
