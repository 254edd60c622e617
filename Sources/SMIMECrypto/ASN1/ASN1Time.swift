#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// UTCTime and GeneralizedTime (X.680 §46-47, RFC 5280 §4.1.2.5).
package enum ASN1Time {
  /// The instant that `bytes` name, nil if they name none. Reading takes what old software wrote as well: no seconds,
  /// an offset instead of `Z`, a fraction of a second (which is dropped).
  package static func date(_ bytes: ArraySlice<UInt8>, generalized: Bool) -> Date? {
    var rest = bytes
    func number(_ digits: Int) -> Int? {
      guard rest.count >= digits else { return nil }
      var value = 0
      for byte in rest.prefix(digits) {
        guard byte >= 0x30 && byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      rest = rest.dropFirst(digits)
      return value
    }
    guard var year = number(generalized ? 4 : 2), let month = number(2), let day = number(2), let hour = number(2),
      let minute = number(2)
    else { return nil }
    if !generalized { year += year < 50 ? 2000 : 1900 }
    var second = 0
    if let first = rest.first, first >= 0x30 && first <= 0x39 {
      guard let value = number(2) else { return nil }
      second = value
    }
    if let point = rest.first, generalized, point == UInt8(ascii: ".") || point == UInt8(ascii: ",") {
      rest = rest.dropFirst()
      let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
    }
    var shift = 0
    switch rest.popFirst() {
    case UInt8(ascii: "Z"): break
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      let sign = bytes[rest.startIndex - 1] == UInt8(ascii: "+") ? -1 : 1
      guard let hours = number(2), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
      shift = sign * (hours * 60 + minutes) * 60
    default: return nil
    }
    guard rest.isEmpty, (1...12).contains(month), day >= 1, day <= daysIn(month, of: year), hour < 24, minute < 60,
      second < 60
    else { return nil }
    let seconds = daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second + shift
    // An offset may lead out of the years that have four digits.
    guard years.contains(Double(seconds)) else { return nil }
    return Date(timeIntervalSince1970: Double(seconds))
  }

  /// The encoding of `date` in whole seconds: UTCTime from 1950 through 2049, GeneralizedTime otherwise.
  package static func encode(_ date: Date) -> (isGeneralized: Bool, bytes: [UInt8]) {
    let (year, digits) = generalized(date)
    let isGeneralized = year < 1950 || year > 2049
    return (isGeneralized, isGeneralized ? digits : Array(digits.dropFirst(2)))
  }

  /// From the first second of the year 0 to the last of 9999, in seconds since 1970: what a time can be written of.
  private static let years: ClosedRange<TimeInterval> = -62_167_219_200...253_402_300_799

  /// The year of `date`, and all of it as a GeneralizedTime in whole seconds.
  package static func generalized(_ date: Date) -> (year: Int, bytes: [UInt8]) {
    let seconds = Int(min(max(date.timeIntervalSince1970.rounded(.down), years.lowerBound), years.upperBound))
    let days = Int((Double(seconds) / 86_400).rounded(.down))
    let inDay = seconds - days * 86_400
    let (year, month, day) = civil(days)
    var result: [UInt8] = []
    result.reserveCapacity(15)
    for pair in [year / 100, year % 100, month, day, inDay / 3_600, inDay / 60 % 60, inDay % 60] {
      result.append(0x30 + UInt8(pair / 10))
      result.append(0x30 + UInt8(pair % 10))
    }
    result.append(UInt8(ascii: "Z"))
    return (year, result)
  }

  private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  private static func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras that begin in March.
  private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let marchYear = month <= 2 ? year - 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
