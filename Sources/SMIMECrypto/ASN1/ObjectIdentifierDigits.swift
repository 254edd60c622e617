package import SwiftASN1

/// Object identifiers as people write them: numbers with full stops between.
///
/// swift-asn1's own conversions end the process for a first arc that does not fit, and show what lies below 2.40 and beyond
/// under another name (2.999 as 26.39).
extension ASN1ObjectIdentifier {
  /// The identifier that `text` spells; nil if it spells none (X.660 §7.6: the first arc is 0, 1 or 2, the second below 40
  /// under the first two), or an arc is too large to be read.
  package init?(digits text: some StringProtocol) {
    var arcs: [UInt] = []
    for part in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard !part.isEmpty, part.allSatisfy({ 0x30...0x39 ~= $0 }), let arc = UInt(String(decoding: part, as: UTF8.self))
      else { return nil }
      arcs.append(arc)
    }
    guard arcs.count >= 2, arcs[0] <= 2, arcs[1] < (arcs[0] == 2 ? UInt.max - 80 : 40),
      let made = try? ASN1ObjectIdentifier(elements: arcs),
      // swift-asn1 makes identifiers of large arcs that it cannot read again.
      let oid = try? ASN1ObjectIdentifier(derEncoded: DERWriter.encode { $0.oid(made) })
    else { return nil }
    self = oid
  }

  /// The numbers, such as `2.999.3`.
  package var digits: String {
    let parts = oidComponents
    guard parts.count >= 2 else { return "" }
    // Both were taken from one number, as if no second arc were larger than 39.
    let joined = parts[0] * 40 + parts[1]
    let first = min(2, joined / 40)
    return ([first, joined - first * 40] + parts.dropFirst(2)).map { "\($0)" }.joined(separator: ".")
  }
}
