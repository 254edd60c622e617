import NIOHTTP1
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What HTTP says of keeping a reply (RFC 9111), for a cache of one user's own.
struct CachePolicy: Equatable {
  /// False for what may not be kept.
  let isStorable: Bool
  /// Until when it may be used without asking.
  let freshUntil: Date
  /// True if it may not be used after that even when nobody answers (§5.2.2.2, §5.2.2.4).
  let mustRevalidate: Bool

  /// Nobody's answer is believed for longer without asking again: whoever could put a false one into the cache once
  /// cannot silence the true one for good.
  static let longest: TimeInterval = 86_400

  /// - Parameter received: when the reply was asked for; what it says of its age counts from there.
  init(_ headers: HTTPHeaders, received: Date) {
    let directives = Self.directives(headers[canonicalForm: "Cache-Control"])
    isStorable = directives["no-store"] == nil && !headers[canonicalForm: "Vary"].contains("*")
    mustRevalidate = directives["must-revalidate"] != nil || directives["no-cache"] != nil
    guard directives["no-cache"] == nil else {
      freshUntil = received
      return
    }
    // §4.2.3: how old it was when it came.
    let date = headers.first(name: "Date").flatMap(Self.date)
    let stated = headers.first(name: "Age").flatMap { Self.seconds($0) } ?? 0
    let age = max(stated, date.map { received.timeIntervalSince($0) } ?? 0, 0)
    // §4.2.1: max-age is heard before Expires. There is no guess where both are missing: asking is cheap.
    var lifetime: TimeInterval = 0
    if let maxAge = directives["max-age"] {
      lifetime = Self.seconds(maxAge) ?? 0
    } else if let expires = headers.first(name: "Expires").flatMap(Self.date) {
      lifetime = expires.timeIntervalSince(date ?? received)
    }
    freshUntil = received.addingTimeInterval(min(max(lifetime - age, 0), Self.longest))
  }

  /// §5.2: names in lower case with what stands behind the equals sign, without quotes. Of two values the first counts.
  private static func directives(_ fields: [Substring]) -> [String: String] {
    var result: [String: String] = [:]
    for field in fields {
      let parts = field.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
      guard let name = parts.first?.lowercased(), result[name] == nil else { continue }
      result[name] = parts.count == 2 ? parts[1] : ""
    }
    return result
  }

  /// §1.2.2 delta-seconds; one that is too large for a number is as long as can be.
  private static func seconds(_ text: String) -> TimeInterval? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return TimeInterval(Int32(text) ?? .max)
  }

  /// RFC 9110 §5.6.7   IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`. The obsolete forms count as no date.
  static func date(_ text: String) -> Date? {
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2, words[3].utf8.count == 4,
      let month = months.firstIndex(of: String(words[2]))
    else { return nil }
    let time = words[4].split(separator: ":")
    guard time.count == 3 else { return nil }
    let number = month + 1
    let digits = "\(words[3])\(number < 10 ? "0" : "")\(number)\(words[1])\(time.joined())Z"
    return ASN1Time.date(ArraySlice(digits.utf8), generalized: true)
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
