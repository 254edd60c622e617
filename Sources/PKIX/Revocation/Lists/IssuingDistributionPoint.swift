import SMIMECrypto
import SwiftASN1

/// RFC 5280 §5.2.5   IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0], onlyContainsUserCerts [1] BOOLEAN,
///                     onlyContainsCACerts [2] BOOLEAN, onlySomeReasons [3], indirectCRL [4] BOOLEAN, onlyContainsAttributeCerts [5] }
struct IssuingDistributionPoint: Hashable {
  private let name: DistributionPointName?
  private let onlyUsers: Bool
  private let onlyAuthorities: Bool
  let onlyAttributes: Bool
  /// nil for all of them.
  let reasons: ReasonFlags?
  /// True when it may have entries for certificates of other issuers.
  let isIndirect: Bool

  init(_ one: Certificate.Extension) throws(Malformed) {
    var top = try ASN1Cursor(one.value, as: "issuingDistributionPoint")
    var fields = try top.enter()
    guard !fields.isAtEnd else { throw fields.failure("is empty") }
    if var wrapper = try fields.context(ifPresent: 0, "distributionPoint") {
      name = try DistributionPointName(from: &wrapper)
    } else {
      name = nil
    }
    onlyUsers = try Self.flag(1, &fields, "onlyContainsUserCerts")
    onlyAuthorities = try Self.flag(2, &fields, "onlyContainsCACerts")
    reasons = fields.tag == .context(3) ? ReasonFlags(try fields.bits("onlySomeReasons", tag: .context(3))) : nil
    isIndirect = try Self.flag(4, &fields, "indirectCRL")
    onlyAttributes = try Self.flag(5, &fields, "onlyContainsAttributeCerts")
    try fields.finish()
    guard [onlyUsers, onlyAuthorities, onlyAttributes].count(where: { $0 }) <= 1 else {
      throw fields.failure("covers only this and only that")
    }
  }

  /// A BOOLEAN DEFAULT FALSE, which DER writes only when it is true (X.690 §11.5).
  private static func flag(_ tag: UInt, _ fields: inout ASN1Cursor, _ name: StaticString) throws(Malformed) -> Bool {
    guard fields.tag == .context(tag) else { return false }
    let before = fields
    guard try fields.boolean(name, tag: .context(tag)) else { throw before.failure("FALSE is written", name) }
    return true
  }

  /// Why a list of this scope, issued by `listIssuer`, does not cover `certificate`; nil when it does (§6.3.3 b 2).
  func objection(
    for certificate: Certificate, at point: DistributionPoint, from listIssuer: DistinguishedName
  ) -> String? {
    if onlyAttributes { return "it covers attribute certificates" }
    let isAuthority = (try? certificate.extensions.basicConstraints)??.isAuthority ?? false
    if onlyUsers && isAuthority { return "it covers end entities only" }
    if onlyAuthorities && !isAuthority { return "it covers authorities only" }
    // §5.2.5 speaks of version 3 certificates: others do not say which they are.
    if onlyUsers || onlyAuthorities, certificate.version < 3 { return "it covers certificates that say what they are" }
    guard let name else { return nil }
    let own = name.names(relativeTo: [listIssuer])
    let relative = point.hasListIssuer ? point.listIssuers : [certificate.issuer]
    let wanted = point.name?.names(relativeTo: relative) ?? point.listIssuers.map { .directoryName($0) }
    return Set(own).isDisjoint(with: wanted) ? "it is for another distribution point" : nil
  }

  /// What it is for, in words; nil when it is for everything that its issuer issues.
  var summary: String? {
    var parts: [String] = []
    if onlyUsers { parts.append("end entities only") }
    if onlyAuthorities { parts.append("authorities only") }
    if onlyAttributes { parts.append("attribute certificates only") }
    if reasons != nil { parts.append("some reasons only") }
    if isIndirect { parts.append("certificates of other issuers too") }
    switch name {
    case .full(let names)?: parts.append("the distribution point " + names.map(\.description).joined(separator: ", "))
    case .relative?: parts.append("a distribution point named relative to its issuer")
    case nil: break
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
