import SMIMECrypto
import SwiftASN1

/// RFC 5280 §4.2.1.10   NameConstraints ::= SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL }
///                      GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
struct NameConstraints {
  private let permitted: [GeneralName]
  private let excluded: [GeneralName]
  /// Comparisons of names with subtrees that one certificate may cost.
  private static let comparisonLimit = 250_000

  init(_ one: Certificate.Extension) throws {
    var top = try ASN1Cursor(one.value, as: "nameConstraints")
    var fields = try top.enter()
    permitted = try Self.subtrees(&fields, 0, "permittedSubtrees")
    excluded = try Self.subtrees(&fields, 1, "excludedSubtrees")
    try fields.finish()
    guard !permitted.isEmpty || !excluded.isEmpty else {
      throw Malformed("it constrains nothing", path: "nameConstraints")
    }
  }

  private static func subtrees(_ fields: inout ASN1Cursor, _ tag: UInt, _ name: StaticString) throws -> [GeneralName] {
    guard var list = try fields.context(ifPresent: tag, name) else { return [] }
    var bases: [GeneralName] = []
    while !list.isAtEnd {
      var subtree = try list.element()
      bases.append(try GeneralName(from: &subtree))
      guard subtree.isAtEnd else { throw Unsupported("a minimum or maximum in a name constraint") }
    }
    return bases
  }

  /// Why a name of `certificate` is not allowed; nil when all are.
  func objection(to certificate: Certificate) throws -> String? {
    var names = try certificate.extensions.subjectAlternativeName
    if !certificate.subject.isEmpty { names.append(.directoryName(certificate.subject)) }
    // §6.1.3: an address in the subject counts when there is none in the subjectAltName.
    if !names.contains(where: { $0.mailbox != nil }) {
      names += certificate.subject.values(of: OID.emailAddress).map { .rfc822Name($0) }
    }
    guard names.count * (permitted.count + excluded.count) <= Self.comparisonLimit else {
      return "more names than name constraints can be compared with"
    }
    for name in names {
      if excluded.contains(where: { Self.isWithin(name, $0) == .inside }) { return "\(name) is excluded" }
      let matches = permitted.map { Self.isWithin(name, $0) }
      if matches.contains(.outside), !matches.contains(.inside) { return "\(name) is not permitted" }
      // A form that is constrained and cannot be compared here must not pass.
      if (matches + excluded.map { Self.isWithin(name, $0) }).contains(.unknown) {
        return "\(name) has a constraint that is not processed"
      }
    }
    return nil
  }

  private enum Containment {
    case inside, outside
    /// The constraint is on another form of name.
    case otherForm
    case unknown
  }

  private static func isWithin(_ name: GeneralName, _ base: GeneralName) -> Containment {
    switch (name, base) {
    case (.directoryName(let name), .directoryName(let base)): return name.isWithin(base) ? .inside : .outside
    case (.rfc822Name(let address), .rfc822Name(let base)): return isMailbox(address, within: base) ? .inside : .outside
    // RFC 9598 §6: a constraint on rfc822Name does for SmtpUTF8Mailbox too, host by host.
    case (.smtpUTF8Mailbox(let address), .rfc822Name(let base)):
      return base.contains("@") ? .outside : isMailbox(address, within: base) ? .inside : .outside
    case (.dnsName(let host), .dnsName(let base)): return isHost(host, within: base) ? .inside : .outside
    case (.uri(let uri), .uri(let base)):
      guard let host = host(of: uri) else { return .unknown }
      return
        (base.hasPrefix(".")
        ? isHost(host, within: String(base.dropFirst())) && !same(host, String(base.dropFirst())) : same(host, base))
        ? .inside : .outside
    case (.ipAddress(let address), .ipAddress(let base)):
      guard base.count == 2 * address.count else { return .outside }
      let mask = base[address.count...]
      return zip(zip(address, base), mask).allSatisfy { $0.0 & $1 == $0.1 & $1 } ? .inside : .outside
    case (.other(let tag, _), .other(let baseTag, _)): return tag == baseTag ? .unknown : .otherForm
    default: return .otherForm
    }
  }

  /// §4.2.1.10: a mailbox, a host, or with a leading dot every host below it. A trailing dot changes nothing (CVE-2026-8763).
  private static func isMailbox(_ address: String, within base: String) -> Bool {
    guard let at = address.lastIndex(of: "@") else { return false }
    let host = String(address[address.index(after: at)...])
    if let baseAt = base.lastIndex(of: "@") {
      return address[..<at] == base[..<baseAt] && same(host, String(base[base.index(after: baseAt)...]))
    }
    if base.hasPrefix(".") {
      let parent = String(base.dropFirst())
      return isHost(host, within: parent) && !same(host, parent)
    }
    return same(host, base)
  }

  private static func isHost(_ host: String, within base: String) -> Bool {
    let (host, base) = (folded(host), folded(base.hasPrefix(".") ? String(base.dropFirst()) : base))
    return base.isEmpty || host == base || host.hasSuffix("." + base)
  }

  private static func same(_ left: String, _ right: String) -> Bool { folded(left) == folded(right) }

  private static func folded(_ host: String) -> String {
    let lowered = host.lowercased()
    return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
  }

  private static func host(of uri: String) -> String? {
    guard let scheme = uri.firstIndex(of: ":"), uri[uri.index(after: scheme)...].hasPrefix("//") else { return nil }
    var authority = uri[uri.index(scheme, offsetBy: 3)...].prefix { !"/?#".contains($0) }
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    if let colon = authority.firstIndex(of: ":") { authority = authority[..<colon] }
    return authority.isEmpty || authority.hasPrefix("[") ? nil : String(authority)
  }
}
