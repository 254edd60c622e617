import SMIMECrypto
import SwiftASN1

/// RFC 5280 §4.2.1.13   ReasonFlags ::= BIT STRING { unused (0), keyCompromise (1), cACompromise (2), affiliationChanged (3),
///                        superseded (4), cessationOfOperation (5), certificateHold (6), privilegeWithdrawn (7), aACompromise (8) }
struct ReasonFlags: OptionSet, Hashable {
  /// Bit n of the BIT STRING is bit n here.
  let rawValue: UInt16

  /// What a list covers that names no reasons (§6.3.2 b).
  static let all = ReasonFlags(rawValue: 0x1FE)

  init(rawValue: UInt16) { self.rawValue = rawValue }

  init(_ bits: ASN1BitString) {
    var value: UInt16 = 0
    for (index, octet) in bits.bytes.prefix(2).enumerated() {
      for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 { value |= 1 << UInt16(index * 8 + bit) }
    }
    rawValue = value & Self.all.rawValue
  }
}

/// RFC 5280 §4.2.1.13   DistributionPointName ::= CHOICE { fullName [0] GeneralNames,
///                        nameRelativeToCRLIssuer [1] RelativeDistinguishedName }
enum DistributionPointName: Hashable {
  case full([GeneralName])
  /// The relative name as a SET.
  case relative([UInt8])

  /// Reads what `[0] EXPLICIT` holds.
  init(from wrapper: inout ASN1Cursor) throws(Malformed) {
    if var full = try wrapper.context(ifPresent: 0, "fullName") {
      self = .full(try Certificate.Extension.names(&full))
    } else {
      let tagged = try wrapper.constructed(.context(1), "nameRelativeToCRLIssuer").encoded
      // IMPLICIT: the same value under the tag of a SET.
      self = .relative([0x31] + tagged.dropFirst())
    }
    try wrapper.finish()
  }

  /// All names that are meant; a relative one stands below one of `issuers`.
  func names(relativeTo issuers: [DistinguishedName]) -> [GeneralName] {
    switch self {
    case .full(let names): names
    case .relative(let set): issuers.compactMap { $0.appending(set) }.map { .directoryName($0) }
    }
  }
}

/// RFC 5280 §4.2.1.13   DistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL,
///                        reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
struct DistributionPoint: Hashable {
  let name: DistributionPointName?
  /// nil for all of them.
  let reasons: ReasonFlags?
  /// Who signs the lists to be had there, when it is not who issued the certificate.
  let listIssuers: [DistinguishedName]
  let hasListIssuer: Bool

  /// Where the lists of a certificate's own issuer are, which need no point to be named (§6.3.3).
  init(impliedBy issuer: DistinguishedName) {
    name = .full([.directoryName(issuer)])
    reasons = nil
    listIssuers = []
    hasListIssuer = false
  }

  private init(from points: inout ASN1Cursor) throws(Malformed) {
    var fields = try points.element()
    if var wrapper = try fields.context(ifPresent: 0, "distributionPoint") {
      name = try DistributionPointName(from: &wrapper)
    } else {
      name = nil
    }
    reasons = fields.tag == .context(1) ? ReasonFlags(try fields.bits("reasons", tag: .context(1))) : nil
    if var names = try fields.context(ifPresent: 2, "cRLIssuer") {
      listIssuers = try Certificate.Extension.names(&names).compactMap {
        if case .directoryName(let name) = $0 { name } else { nil }
      }
      hasListIssuer = true
    } else {
      listIssuers = []
      hasListIssuer = false
    }
    try fields.finish()
  }

  /// Reads cRLDistributionPoints and freshestCRL (§4.2.1.13, §4.2.1.15).
  static func all(in one: Certificate.Extension) throws(Malformed) -> [DistributionPoint] {
    var top = try ASN1Cursor(one.value, as: "CRLDistributionPoints", rules: .ber)
    var points = try top.enter()
    var list: [DistributionPoint] = []
    while !points.isAtEnd {
      guard list.count < limit else { throw points.failure("names more than \(limit) distribution points") }
      list.append(try DistributionPoint(from: &points))
    }
    return list
  }

  /// How many points one certificate may name.
  private static let limit = 64

  /// Where the list is to be had.
  var uris: [String] {
    guard case .full(let names)? = name else { return [] }
    return names.compactMap { if case .uri(let uri) = $0 { uri } else { nil } }
  }
}

extension Extensions {
  /// The distribution points; empty when there are none.
  var distributionPoints: [DistributionPoint] {
    get throws(Malformed) {
      guard let one = self[OID.crlDistributionPoints] else { return [] }
      return try DistributionPoint.all(in: one)
    }
  }

  /// Where CRLs are to be had, one list of places for each distribution point whose list is needed: until one covers all
  /// reasons.
  package var listPlaces: [[String]] {
    get throws(Malformed) {
      var partial: [[String]] = []
      var whole: [String] = []
      for point in try distributionPoints where !point.uris.isEmpty {
        if point.reasons == nil && !point.hasListIssuer {
          whole += point.uris
        } else if whole.isEmpty {
          partial.append(point.uris)
        }
      }
      return whole.isEmpty ? partial : partial + [whole]
    }
  }

  /// Where delta CRLs are to be had (§4.2.1.15, §5.2.6).
  package var deltaURIs: [String] {
    get throws(Malformed) {
      guard let one = self[OID.freshestCRL] else { return [] }
      return try DistributionPoint.all(in: one).flatMap(\.uris)
    }
  }
}

extension DistinguishedName {
  /// This name with the relative name `set` below it; nil when that is none.
  func appending(_ set: [UInt8]) -> DistinguishedName? {
    guard let header = try? TLVHeader.read(encoded, rules: .ber), header.length != nil else { return nil }
    let content = Array(encoded.dropFirst(header.headerCount))
    return try? DistinguishedName(
      der: ArraySlice(TLVHeader.sequence(length: content.count + set.count) + content + set))
  }
}
