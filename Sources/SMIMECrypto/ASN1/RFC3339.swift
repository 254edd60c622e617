#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// RFC 3339 §5.6   date-time = full-date "T" full-time
package enum RFC3339 {
  /// The instant that `digits` name; nil if they name none.
  package static func date(_ digits: some Collection<UInt8>) -> Date? {
    var digits = Array(digits)
    guard digits.count >= 20, digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-"),
      digits[10] == UInt8(ascii: "T") || digits[10] == UInt8(ascii: "t") || digits[10] == UInt8(ascii: " "),
      digits[13] == UInt8(ascii: ":"), digits[16] == UInt8(ascii: ":")
    else { return nil }
    if let last = digits.last, last == UInt8(ascii: "z") { digits[digits.count - 1] = UInt8(ascii: "Z") }
    // The same instant as an ASN.1 GeneralizedTime, which has no separators.
    if digits.count >= 23, digits[digits.count - 3] == UInt8(ascii: ":") { digits.remove(at: digits.count - 3) }
    for separator in [16, 13, 10, 7, 4] { digits.remove(at: separator) }
    return ASN1Time.date(digits[...], generalized: true)
  }
}

extension Date {
  /// RFC 3339, in UTC, to the second: `2026-03-01T12:00:00Z`.
  package var rfc3339: String {
    let (_, digits) = ASN1Time.generalized(self)
    var text: [UInt8] = []
    text.reserveCapacity(20)
    for (place, digit) in digits.enumerated() {
      switch place {
      case 4, 6: text.append(UInt8(ascii: "-"))
      case 8: text.append(UInt8(ascii: "T"))
      case 10, 12: text.append(UInt8(ascii: ":"))
      default: break
      }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
