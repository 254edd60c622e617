import ArgumentParser
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// RFC 3339 §5.6   date-time = full-date "T" full-time
struct Instant: ExpressibleByArgument {
  let date: Date

  init?(argument: String) {
    var digits = Array(argument.utf8)
    guard digits.count >= 20, digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-"),
      [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(digits[10]),
      digits[13] == UInt8(ascii: ":"), digits[16] == UInt8(ascii: ":")
    else { return nil }
    if let last = digits.last, last == UInt8(ascii: "z") { digits[digits.count - 1] = UInt8(ascii: "Z") }
    // The same instant as an ASN.1 GeneralizedTime, which has no separators.
    var time = Array(digits[0..<4] + digits[5..<7] + digits[8..<10] + digits[11..<13] + digits[14..<16])
    var tail = Array(digits[17...])
    if tail.count >= 6, tail[tail.count - 3] == UInt8(ascii: ":") { tail.remove(at: tail.count - 3) }
    time += tail
    guard let date = ASN1Time.date(time[...], generalized: true) else { return nil }
    self.date = date
  }
}

extension Date {
  /// RFC 3339, in UTC, to the second: `2026-03-01T12:00:00Z`.
  var rfc3339: String {
    let digits = ASN1Time.encode(self).bytes.map { Character(Unicode.Scalar($0)) }
    let four = digits.count == 15 ? digits : Array(digits[0] < "5" ? "20" : "19") + digits
    func part(_ from: Int, _ count: Int) -> String { String(four[from..<from + count]) }
    return "\(part(0, 4))-\(part(4, 2))-\(part(6, 2))T\(part(8, 2)):\(part(10, 2)):\(part(12, 2))Z"
  }
}
