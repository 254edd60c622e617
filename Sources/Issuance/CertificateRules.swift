import PKIX
import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What is checked of every certificate before its TBSCertificate is written. Each rule is one function that says which
/// rule it is; an authority refuses rather than mends.
enum CertificateRules {
  private enum Rule { case serialNumber, publicKey, validity, uniqueExtensions, authority, responder, mailbox }

  static func check(_ template: CertificateTemplate, issuer: Certificate?) throws(IssuanceRefusal) {
    try hasIssuer(template, issuer: issuer)
    for rule in rules(for: template) { try check(rule, template, issuer) }
  }

  /// Every rule that is not kept.
  ///
  /// - Parameter issuer: nil when it is not at hand, or when there is none.
  static func faults(in template: CertificateTemplate, issuer: Certificate?) -> [IssuanceRefusal] {
    var faults: [IssuanceRefusal] = []
    for rule in rules(for: template) {
      do throws(IssuanceRefusal) { try check(rule, template, issuer) } catch { faults.append(error) }
    }
    return faults
  }

  private static func rules(for template: CertificateTemplate) -> [Rule] {
    let particular: Rule = template.isAuthority ? .authority : template.isResponder ? .responder : .mailbox
    return [.serialNumber, .publicKey, .validity, .uniqueExtensions, particular]
  }

  private static func check(
    _ rule: Rule, _ template: CertificateTemplate, _ issuer: Certificate?
  ) throws(IssuanceRefusal) {
    switch rule {
    case .serialNumber: try serialNumber(template)
    case .publicKey: try publicKey(template)
    case .validity: try validity(template, issuer: issuer)
    case .uniqueExtensions: try uniqueExtensions(template)
    case .authority: try authority(template, issuer: issuer)
    case .responder: try responder(template, issuer: issuer)
    case .mailbox: try mailbox(template, issuer: issuer)
    }
  }

  private static func hasIssuer(_ template: CertificateTemplate, issuer: Certificate?) throws(IssuanceRefusal) {
    guard issuer == nil, !template.isAuthority else { return }
    guard !template.isResponder else {
      throw IssuanceRefusal("issuer", "RFC 6960 §4.2.2.2", "a responder is authorised by the authority it answers for")
    }
    throw IssuanceRefusal("issuer", "BR 7.1.2.3", "a mailbox certificate is issued by an authority")
  }

  private static func serialNumber(_ template: CertificateTemplate) throws(IssuanceRefusal) {
    let bytes = template.serialNumber.bytes
    guard bytes.count <= 20, let first = bytes.first, first < 0x80, bytes.contains(where: { $0 != 0 }) else {
      throw IssuanceRefusal("serialNumber", "RFC 5280 §4.1.2.2", "must be positive and at most 20 octets")
    }
    guard bytes.count >= 8 else {
      throw IssuanceRefusal("serialNumber", "BR 7.1", "must hold at least 64 random bits")
    }
  }

  /// BR 6.1.5 knows RSA, the NIST curves, EdDSA, ML-DSA and ML-KEM. Brainpool curves, X25519 and X448 are beyond it, and are
  /// for authorities whose users are their own.
  private static func publicKey(_ template: CertificateTemplate) throws(IssuanceRefusal) {
    switch template.publicKey.kind {
    case .rsa(let bits) where bits >= 2048 && bits <= 8192 && bits % 8 == 0: return
    case .ec, .ed25519, .ed448, .x25519, .x448, .mlDSA65, .mlDSA87, .mlKEM768, .mlKEM1024: return
    default:
      throw IssuanceRefusal(
        "subjectPublicKeyInfo", "BR 6.1.5", "\(template.publicKey.summary) is not a key that is certified")
    }
  }

  private static func validity(_ template: CertificateTemplate, issuer: Certificate?) throws(IssuanceRefusal) {
    let (from, until) = (template.validity.notBefore, template.validity.notAfter)
    guard from <= until else {
      throw IssuanceRefusal("validity", "RFC 5280 §4.1.2.5", "it ends before it begins")
    }
    if !template.isAuthority, until.timeIntervalSince(from) + 1 > 825 * 86_400 {
      throw IssuanceRefusal("validity", "BR 6.3.2", "a mailbox certificate lasts at most 825 days")
    }
    if let issuer, until > issuer.validity.notAfter {
      throw IssuanceRefusal("validity", "RFC 5280 §4.1.2.5", "it ends after the issuer's own certificate")
    }
  }

  private static func uniqueExtensions(_ template: CertificateTemplate) throws(IssuanceRefusal) {
    var seen: Set<String> = []
    for one in template.extensions where !seen.insert(one.oid.description).inserted {
      throw IssuanceRefusal("extensions", "RFC 5280 §4.2", "\(one.oid.digits) appears twice")
    }
  }

  private static func authority(_ template: CertificateTemplate, issuer: Certificate?) throws(IssuanceRefusal) {
    guard !template.subject.isEmpty else {
      throw IssuanceRefusal("subject", "RFC 5280 §4.1.2.6", "an authority needs a name")
    }
    try mayIssue(issuer, authority: true)
  }

  private static func responder(_ template: CertificateTemplate, issuer: Certificate?) throws(IssuanceRefusal) {
    try mayIssue(issuer, authority: false)
    guard template.extensions.contains(where: { $0.oid == OID.ocspNoCheck }),
      template.validity.notAfter.timeIntervalSince(template.validity.notBefore) <= 31 * 86_400
    else {
      throw IssuanceRefusal("validity", "RFC 6960 §4.2.2.2.1", "a responder has ocsp-nocheck and at most 31 days")
    }
  }

  private static func mailbox(_ template: CertificateTemplate, issuer: Certificate?) throws(IssuanceRefusal) {
    try mayIssue(issuer, authority: false)
    guard let names = template.extensions.first(where: { $0.oid == OID.subjectAlternativeName }),
      let addresses = try? Certificate.Extension.generalNames(names), !addresses.isEmpty
    else {
      throw IssuanceRefusal("subjectAltName", "BR 7.1.4.2.1", "at least one mailbox is needed")
    }
    if let usage = template.extensions.first(where: { $0.oid == OID.keyUsage }),
      let allowed = try? Certificate.Extension.keyUsage(usage), allowed.isEmpty
    {
      throw IssuanceRefusal(
        "keyUsage", "BR 7.1.2.3 e", "\(template.publicKey.summary) is not a key for what the certificate is for")
    }
    for name in addresses {
      guard let address = name.mailbox else {
        throw IssuanceRefusal("subjectAltName", "BR 7.1.4.2.1", "only mailboxes are allowed")
      }
      guard isMailbox(address) else {
        throw IssuanceRefusal("subjectAltName", "RFC 5321 §4.1.2", "\(address) is not a mailbox")
      }
    }
  }

  private static func mayIssue(_ issuer: Certificate?, authority: Bool) throws(IssuanceRefusal) {
    guard let issuer else { return }
    guard let constraints = try? issuer.extensions.basicConstraints, constraints.isAuthority else {
      throw IssuanceRefusal("issuer", "RFC 5280 §4.2.1.9", "its certificate is not an authority's")
    }
    if authority, let length = constraints.pathLength, length < 1 {
      throw IssuanceRefusal("issuer", "RFC 5280 §4.2.1.9", "its path length forbids authorities below it")
    }
    if let usage = try? issuer.extensions.keyUsage, !usage.contains(.keyCertSign) {
      throw IssuanceRefusal("issuer", "RFC 5280 §4.2.1.3", "its key may not sign certificates")
    }
  }

  /// Local part, one `@`, a domain of labels; no spaces or controls. What a subjectAltName may hold, not all of RFC 5321.
  private static func isMailbox(_ text: String) -> Bool {
    guard let at = text.lastIndex(of: "@") else { return false }
    let local = text[..<at]
    let labels = text[text.index(after: at)...].split(separator: ".", omittingEmptySubsequences: false)
    let isClean = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "<" && $0 != ">" }
    return !local.isEmpty && local.utf8.count <= 64 && isClean && !local.contains("@")
      && labels.allSatisfy { !$0.isEmpty && $0.utf8.count <= 63 && $0.first != "-" && $0.last != "-" }
  }
}

extension CertificateTemplate {
  fileprivate var isResponder: Bool {
    extensions.contains { one in
      one.oid == OID.extendedKeyUsage && (try? Certificate.Extension.extendedKeyUsage(one)) == [.ocspSigning]
    }
  }

  fileprivate var isAuthority: Bool {
    extensions.contains { one in
      one.oid == OID.basicConstraints && ((try? Certificate.Extension.basicConstraints(one))?.isAuthority ?? false)
    }
  }
}
