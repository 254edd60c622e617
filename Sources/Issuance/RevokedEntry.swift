public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// One revoked certificate (RFC 5280 §5.1.2.6). It takes 32 octets and nothing beside them: a list may have a million.
public struct RevokedEntry: Hashable, Sendable {
  /// The serial number's octets, from the first on.
  private let octets: (UInt64, UInt64, UInt32)
  private let octetCount: UInt8
  /// Left out of the CRL when unspecified (RFC 5280 §5.3.1).
  public let reason: RevocationReason
  /// Seconds since 1970.
  let seconds: Int64

  /// - Throws: ``IssuanceRefusal`` for a serial number of more than 20 octets (RFC 5280 §4.1.2.2).
  public init(serialNumber: SerialNumber, date: Date, reason: RevocationReason) throws(IssuanceRefusal) {
    let bytes = serialNumber.bytes
    guard !bytes.isEmpty, bytes.count <= 20 else {
      throw IssuanceRefusal("userCertificate", "RFC 5280 §4.1.2.2", "has \(bytes.count) octets")
    }
    func octets<Integer: FixedWidthInteger>(_ range: Range<Int>, _ type: Integer.Type) -> Integer {
      range.reduce(0) { value, place in
        value << 8 | (place < bytes.count ? Integer(bytes[bytes.startIndex + place]) : 0)
      }
    }
    self.octets = (octets(0..<8, UInt64.self), octets(8..<16, UInt64.self), octets(16..<20, UInt32.self))
    octetCount = UInt8(bytes.count)
    self.reason = reason
    seconds = Int64(date.timeIntervalSince1970.rounded(.down))
  }

  public var serialNumber: SerialNumber { SerialNumber(ArraySlice((0..<Int(octetCount)).map(octet))) }

  public var date: Date { Date(timeIntervalSince1970: Double(seconds)) }

  public static func == (left: Self, right: Self) -> Bool {
    left.octets == right.octets && left.octetCount == right.octetCount && left.reason == right.reason
      && left.seconds == right.seconds
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(octets.0)
    hasher.combine(octets.1)
    hasher.combine(seconds)
  }

  @inline(__always) private func octet(_ place: Int) -> UInt8 {
    switch place {
    case ..<8: UInt8(truncatingIfNeeded: octets.0 >> UInt64(56 - 8 * place))
    case ..<16: UInt8(truncatingIfNeeded: octets.1 >> UInt64(120 - 8 * place))
    default: UInt8(truncatingIfNeeded: octets.2 >> UInt32(152 - 8 * place))
    }
  }
}

// MARK: - DER

/// Writes entries one behind the other, without a value for each of their parts.
///
/// RFC 5280 §5.1   SEQUENCE { userCertificate CertificateSerialNumber, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
struct RevokedEntryWriter {
  private var day = Int64.min
  /// Of ``day``: tag and length of a Time, and its digits up to the hour.
  private var dayPrefix: [UInt8] = []

  /// How many octets ``write(_:to:)`` will append for `entry`.
  static func byteCount(_ entry: RevokedEntry) -> Int { 2 + contentCount(entry) }

  /// Under 128, so that lengths take one octet.
  private static func contentCount(_ entry: RevokedEntry) -> Int {
    2 + entry.serialCount + (isGeneralized(entry.seconds) ? 17 : 15)
      + (entry.reason == .unspecified ? 0 : reasonPrefix.count + 1)
  }

  /// UTCTime from 1950 through 2049 (§4.1.2.5).
  private static func isGeneralized(_ seconds: Int64) -> Bool { seconds < -631_152_000 || seconds >= 2_524_608_000 }

  /// SEQUENCE { SEQUENCE { 2.5.29.21, OCTET STRING { ENUMERATED … } } } up to its one octet.
  private static let reasonPrefix: [UInt8] = [
    0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01,
  ]

  mutating func write(_ entry: RevokedEntry, to output: inout [UInt8]) {
    output.append(0x30)
    output.append(UInt8(Self.contentCount(entry)))
    output.append(0x02)
    output.append(UInt8(entry.serialCount))
    entry.appendSerial(to: &output)
    let (day, inDay) = (entry.seconds.flooredDay, Int(entry.seconds - entry.seconds.flooredDay * 86_400))
    if day != self.day {
      self.day = day
      let (isGeneralized, digits) = ASN1Time.encode(Date(timeIntervalSince1970: Double(day * 86_400)))
      dayPrefix = [isGeneralized ? 0x18 : 0x17, UInt8(digits.count)] + digits.dropLast(7)
    }
    output.append(contentsOf: dayPrefix)
    for part in [inDay / 3_600, inDay / 60 % 60, inDay % 60] {
      output.append(0x30 + UInt8(part / 10))
      output.append(0x30 + UInt8(part % 10))
    }
    output.append(UInt8(ascii: "Z"))
    if entry.reason != .unspecified {
      output.append(contentsOf: Self.reasonPrefix)
      output.append(UInt8(entry.reason.rawValue))
    }
  }
}

extension RevokedEntry {
  fileprivate var serialCount: Int { Int(octetCount) }

  fileprivate func appendSerial(to output: inout [UInt8]) {
    for place in 0..<Int(octetCount) { output.append(octet(place)) }
  }
}

extension Int64 {
  fileprivate var flooredDay: Int64 { self >= 0 ? self / 86_400 : (self - 86_399) / 86_400 }
}
