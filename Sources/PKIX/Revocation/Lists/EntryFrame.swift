import SMIMECrypto
import SwiftASN1

/// Where the parts of one entry of a CRL lie: offsets into the bytes that are walked, of which nothing is made.
///
/// RFC 5280 §5.1   SEQUENCE { userCertificate CertificateSerialNumber, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
struct EntryFrame {
  let start: Int
  /// The serial number's content octets.
  let serial: Range<Int>
  /// crlEntryExtensions; empty when they are absent.
  let extensions: Range<Int>
  let end: Int

  /// Reads the entry at `start`.
  ///
  /// - Parameter base: what is added to offsets in errors.
  init(_ bytes: Span<UInt8>, at start: Int, base: Int) throws(Malformed) {
    func failure(_ words: String, _ at: Int) -> Malformed {
      Malformed(words, path: "revokedCertificates", offset: base + at)
    }
    let entry = Self.value(bytes, at: start, until: bytes.count)
    guard let entry else { throw failure("an entry ends early", start) }
    guard entry.tag == 0x30 else { throw failure("an entry is no SEQUENCE", start) }
    let number = Self.value(bytes, at: entry.content, until: entry.end)
    guard let number, number.tag == 0x02, number.content < number.end else {
      throw failure("an entry has no serial number", entry.content)
    }
    let date = Self.value(bytes, at: number.end, until: entry.end)
    guard let date, date.tag == 0x17 || date.tag == 0x18 else { throw failure("an entry has no date", number.end) }
    self.start = start
    serial = number.content..<number.end
    extensions = date.end..<entry.end
    end = entry.end
  }

  /// True when the entry at `start` ends within `bytes`, as far as its header can be read.
  static func isWhole(_ bytes: Span<UInt8>, at start: Int) -> Bool {
    value(bytes, at: start, until: bytes.count) != nil
  }

  /// The value at `start`, with a tag of one octet and a length as DER writes it; nil when there is none.
  @inline(__always) private static func value(
    _ bytes: Span<UInt8>, at start: Int, until limit: Int
  ) -> (tag: UInt8, content: Int, end: Int)? {
    guard limit - start >= 2 else { return nil }
    let tag = bytes[start]
    var length = Int(bytes[start + 1])
    var content = start + 2
    if length >= 0x80 {
      let octets = length & 0x7F
      guard octets >= 1, octets <= 4, limit - content >= octets else { return nil }
      length = 0
      for at in content..<content + octets { length = length << 8 | Int(bytes[at]) }
      guard length >= 0x80, length >> (8 * (octets - 1)) != 0 else { return nil }
      content += octets
    }
    guard tag & 0x1F != 0x1F, length <= limit - content else { return nil }
    return (tag, content, content + length)
  }

  /// True when the entry's extensions are a reason that is known and nothing else, in the one way that DER has for it: most
  /// entries that have any have these.
  @inline(__always) func hasOnlyReason(_ bytes: Span<UInt8>) -> Bool {
    guard extensions.count == Self.reasonPrefix.count + 1 else { return false }
    let start = extensions.lowerBound
    for index in 0..<13 where bytes[start + index] != Self.reasonPrefix[index] { return false }
    return RevocationReason(rawValue: Int(bytes[start + 13])) != nil
  }

  /// SEQUENCE { SEQUENCE { 2.5.29.21, OCTET STRING { ENUMERATED … } } } up to its one octet.
  private static let reasonPrefix: InlineArray<13, UInt8> = [
    0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01,
  ]

  /// True when the serial number is `octets` (without octets that say nothing), however it is written.
  func names(_ octets: ArraySlice<UInt8>, in bytes: Span<UInt8>) -> Bool {
    guard serial.count >= octets.count, bytes[serial.upperBound - 1] == octets.last else { return false }
    let number = SerialNumber(ArraySlice(serial.map { bytes[$0] }))
    return number.minimal.elementsEqual(octets)
  }
}

extension Certificate.Extension {
  /// Reads one of an entry, of which most lists have the same few.
  init(from all: inout TLVCursor) throws(Malformed) {
    var fields = try all.enter(0x30, "extension")
    let name = try fields.raw(0x06, "extnID")
    let critical = try fields.content(ifPresent: 0x01, "critical")
    guard critical == nil || critical?.count == 1 && (critical?.first == 0 || critical?.first == 0xFF) else {
      throw fields.failure("is not a valid BOOLEAN")
    }
    let value = try fields.content(0x04, "extnValue")
    try fields.finish()
    let oid: ASN1ObjectIdentifier
    // id-ce, 2.5.29
    let isCommon = name.count == 5 && name[name.startIndex + 2] == 0x55 && name[name.startIndex + 3] == 0x1D
    switch isCommon ? name.last : nil {
    case 0x15: oid = OID.reasonCode
    case 0x18: oid = OID.invalidityDate
    case 0x1D: oid = OID.certificateIssuer
    default:
      var cursor = try ASN1Cursor(name, as: "extnID")
      oid = try cursor.oid("extnID")
    }
    self.init(oid: oid, isCritical: critical?.first == 0xFF, value: value)
  }
}

/// What the extensions of one entry mean for the whole list.
struct EntryRules {
  let isVersion2: Bool
  /// True when entries may name another issuer (§5.2.5).
  let isIndirect: Bool

  /// Why the whole list is useless with an entry in it that has these extensions: one that is critical and not known
  /// (§5.3), a known one that cannot be read, or another issuer in a list that does not say that it has such (§5.3.3).
  ///
  /// - Returns: true when they name the issuer of this entry's certificate and of those that follow.
  func check(_ extensions: ArraySlice<UInt8>) throws(Malformed) -> Bool {
    func failure(_ words: String) -> Malformed {
      Malformed(words, path: "revokedCertificates", offset: extensions.startIndex)
    }
    guard isVersion2 else { throw failure("an entry of a version 1 list has extensions") }
    var top = TLVCursor(extensions, as: "crlEntryExtensions")
    var all = try top.enter(0x30, "crlEntryExtensions")
    try top.finish()
    var (hasReason, hasDate, hasIssuer) = (false, false, false)
    while !all.isAtEnd {
      let one = try Certificate.Extension(from: &all)
      let value = one.value
      switch one.oid {
      case OID.reasonCode:
        guard !hasReason else { throw failure("an entry has two reasons") }
        hasReason = true
        _ = try Self.reason(value)
      case OID.invalidityDate:
        // QUIRK: some authorities write a UTCTime; RFC 5280 §5.3.2 has a GeneralizedTime; rustls-webpki crl.entry.invalidity.date.
        var content = TLVCursor(value, as: "invalidityDate")
        let isGeneralized = content.tag == 0x18
        let digits = try content.content(isGeneralized ? 0x18 : 0x17, "date")
        try content.finish()
        guard !hasDate, ASN1Time.date(digits, generalized: isGeneralized) != nil else {
          throw failure("an entry has no valid invalidityDate")
        }
        hasDate = true
      case OID.certificateIssuer:
        guard isIndirect else { throw failure("an entry names another issuer, and the list is not indirect") }
        guard !hasIssuer, !(try Self.issuers(value)).isEmpty else { throw failure("an entry names no issuer") }
        hasIssuer = true
      default:
        guard !one.isCritical else { throw failure("has the critical extension \(one.oid.digits)") }
      }
    }
    return hasIssuer
  }

  /// RFC 5280 §5.3.1   CRLReason ::= ENUMERATED
  static func reason(_ value: ArraySlice<UInt8>) throws(Malformed) -> RevocationReason {
    var content = TLVCursor(value, as: "reasonCode")
    let octets = try content.content(0x0A, "reason")
    try content.finish()
    guard octets.count == 1, let code = octets.first, let known = RevocationReason(rawValue: Int(code)) else {
      throw Malformed("is no reason", path: "reasonCode", offset: value.startIndex)
    }
    return known
  }

  /// RFC 5280 §5.3.3   CertificateIssuer ::= GeneralNames. The directory names in it.
  static func issuers(_ value: ArraySlice<UInt8>) throws(Malformed) -> [DistinguishedName] {
    var top = try ASN1Cursor(value, as: "certificateIssuer")
    var fields = try top.enter()
    return try Certificate.Extension.names(&fields).compactMap {
      if case .directoryName(let name) = $0 { name } else { nil }
    }
  }
}
