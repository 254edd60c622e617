import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// RFC 9110 §5.6.7   IMF-fixdate = day-name "," SP date1 SP time-of-day SP GMT
enum HTTPDate {
  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  static func text(_ date: Date) -> String {
    // 2026-03-01T12:00:00Z
    let text = Array(date.rfc3339.utf8)
    func digits(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
    let month = (Int(digits(5..<7)) ?? 1) - 1
    // 1 January 1970 was a Thursday.
    let day = Int((date.timeIntervalSince1970 / 86_400).rounded(.down)) + 4
    let name = days[((day % 7) + 7) % 7]
    return "\(name), \(digits(8..<10)) \(months[month % 12]) \(digits(0..<4)) \(digits(11..<19)) GMT"
  }
}
