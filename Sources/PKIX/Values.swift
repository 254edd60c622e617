import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate's serial number (RFC 5280 §4.1.2.2), of any size and sign.
public struct SerialNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The INTEGER's content octets, as they stand.
  public let bytes: ArraySlice<UInt8>

  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// 128 random bits, positive.
  public static func random() -> SerialNumber {
    // An octet before them keeps the number positive and all of them random (RFC 5280 §4.1.2.2: at most 20 octets).
    let bytes = [0x01] + SecureRandom.bytes(16)
    return SerialNumber(ArraySlice(bytes))
  }

  /// The number that hexadecimal digits spell, with colons or without; nil if they spell none.
  public init?(hex text: String) {
    // Most have none, and to look at characters takes longer than all the rest.
    let isPlain = !text.utf8.contains { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: " ") }
    let digits = isPlain ? text : text.filter { $0 != ":" && $0 != " " }
    guard !digits.isEmpty, digits.utf8.count <= 128, var bytes = Hex.bytes(digits) else { return nil }
    bytes = Array(bytes.drop { $0 == 0 })
    if bytes.first.map({ $0 >= 0x80 }) ?? true { bytes.insert(0, at: 0) }
    self.init(ArraySlice(bytes))
  }

  /// As numbers, so that 00 01 is 1.
  public static func == (left: SerialNumber, right: SerialNumber) -> Bool { left.minimal == right.minimal }

  public func hash(into hasher: inout Hasher) { hasher.combine(minimal) }

  public static func < (left: SerialNumber, right: SerialNumber) -> Bool {
    let (a, b) = (left.minimal, right.minimal)
    let (aIsNegative, bIsNegative) = (a.first.map { $0 >= 0x80 } ?? false, b.first.map { $0 >= 0x80 } ?? false)
    if aIsNegative != bIsNegative { return aIsNegative }
    if a.count != b.count { return (a.count < b.count) != aIsNegative }
    return a.lexicographicallyPrecedes(b)
  }

  /// Without octets that say nothing.
  var minimal: ArraySlice<UInt8> {
    var rest = bytes
    while rest.count > 1, let first = rest.first {
      let next = rest[rest.startIndex + 1]
      guard first == 0 && next < 0x80 || first == 0xFF && next >= 0x80 else { break }
      rest = rest.dropFirst()
    }
    return rest
  }

  /// Hexadecimal digits.
  public var description: String { Hex.text(bytes) }
}

/// RFC 5280 §4.1.2.5   Validity ::= SEQUENCE { notBefore Time, notAfter Time }
public struct Validity: Hashable, Sendable {
  public let notBefore: Date
  public let notAfter: Date

  public init(notBefore: Date, notAfter: Date) {
    self.notBefore = notBefore
    self.notAfter = notAfter
  }
}

/// RFC 5280 §4.2.1.3
public struct KeyUsage: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let digitalSignature = KeyUsage(rawValue: 1 << 0)
  public static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
  public static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
  public static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
  public static let keyAgreement = KeyUsage(rawValue: 1 << 4)
  public static let keyCertSign = KeyUsage(rawValue: 1 << 5)
  public static let cRLSign = KeyUsage(rawValue: 1 << 6)
  public static let encipherOnly = KeyUsage(rawValue: 1 << 7)
  public static let decipherOnly = KeyUsage(rawValue: 1 << 8)

  /// The names of RFC 5280, in the order of the bits.
  public var names: [String] {
    let all = [
      "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
      "cRLSign", "encipherOnly", "decipherOnly",
    ]
    return all.enumerated().filter { rawValue >> $0.offset & 1 == 1 }.map(\.element)
  }
}

/// Why a certificate was revoked (RFC 5280 §5.3.1).
public enum RevocationReason: Int, Hashable, Sendable, CaseIterable {
  case unspecified = 0
  case keyCompromise = 1
  case cACompromise = 2
  case affiliationChanged = 3
  case superseded = 4
  case cessationOfOperation = 5
  case certificateHold = 6
  case removeFromCRL = 8
  case privilegeWithdrawn = 9
  case aACompromise = 10

  /// The RFC's name.
  public var name: String { "\(self)" }

  /// The reason of that name, whatever its case.
  public init?(name: String) {
    guard let reason = Self.allCases.first(where: { $0.name.lowercased() == name.lowercased() }) else { return nil }
    self = reason
  }
}
