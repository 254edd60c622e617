import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The checks of RFC 5280 §6.1 and RFC 8550 §4 on one path whose signatures hold, each a function of its own.
struct PathChecks {
  private let validator: PathValidator
  private let path: [Certificate]
  private let instant: Date
  private let use: KeyUse
  private(set) var problems: [PathProblem] = []

  init(_ validator: PathValidator, path: [Certificate], at instant: Date, use: KeyUse) {
    self.validator = validator
    self.path = path
    self.instant = instant
    self.use = use
  }

  mutating func run() {
    for depth in path.indices { checkCertificate(depth) }
    checkAuthorities()
    checkLeaf()
    checkNames()
  }

  private mutating func fail(_ check: PathProblem.Check, _ detail: String, _ depth: Int) {
    problems.append(PathProblem(check, "\(path[depth].subject): \(detail)", depth: depth))
  }

  /// True for the last certificate, whose own signature and form nobody asks for.
  private func isAnchor(_ depth: Int) -> Bool { depth == path.count - 1 }

  // MARK: Every certificate

  private mutating func checkCertificate(_ depth: Int) {
    let certificate = path[depth]
    for defect in certificate.defects { fail(.certificate, "\(defect)", depth) }
    if instant < certificate.validity.notBefore {
      fail(.notYetValid, "valid from \(certificate.validity.notBefore.ISO8601Format())", depth)
    }
    if instant > certificate.validity.notAfter {
      fail(.expired, "valid until \(certificate.validity.notAfter.ISO8601Format())", depth)
    }
    if let objection = validator.policy.objection(to: certificate.publicKey) { fail(.weakAlgorithm, objection, depth) }
    if !isAnchor(depth) {
      if certificate.signatureAlgorithm != certificate.innerSignatureAlgorithm {
        fail(.certificate, "it names two signature algorithms", depth)
      }
      if let algorithm = try? SignatureAlgorithm(certificate.signatureAlgorithm),
        let objection = validator.policy.objection(to: algorithm, with: path[depth + 1].publicKey)
      {
        fail(.weakAlgorithm, objection, depth)
      }
    }
    if let double = certificate.extensions.duplicates.first {
      fail(.certificate, "the extension \(double) stands twice", depth)
    }
    for one in certificate.extensions.all where one.isCritical && !Self.processed.contains(one.oid) {
      fail(.criticalExtension, "\(one.oid) is not processed", depth)
    }
  }

  /// The extensions that are looked at here. A critical one that is not among them fails the path (§6.1.4 o, §6.1.5 f).
  private static let processed: Set<ASN1ObjectIdentifier> = [
    OID.basicConstraints, OID.keyUsage, OID.extendedKeyUsage, OID.subjectAlternativeName, OID.issuerAlternativeName,
    OID.subjectKeyIdentifier, OID.authorityKeyIdentifier, OID.crlDistributionPoints, OID.nameConstraints,
    // A policy that nobody asks for constrains nothing: the certificate is good for any (§6.1.1 c, any-policy).
    OID.certificatePolicies,
  ]

  // MARK: Authorities

  private mutating func checkAuthorities() {
    guard path.count > 1 else { return }
    var authoritiesBelow = 0
    for depth in 1..<path.count {
      let certificate = path[depth]
      do {
        let constraints = try certificate.extensions.basicConstraints
        // A version 1 certificate is an authority only where it is trusted as one.
        if !(constraints?.isAuthority ?? isAnchor(depth)) {
          fail(.basicConstraints, "it is not an authority", depth)
        }
        if let length = constraints?.pathLength, authoritiesBelow > length {
          fail(.basicConstraints, "it allows \(length) authorities below it and there are \(authoritiesBelow)", depth)
        }
        if let usage = try certificate.extensions.keyUsage, !usage.contains(.keyCertSign) {
          fail(.keyUsage, "its key may not sign certificates", depth)
        }
        try checkPurpose(depth)
      } catch { fail(.certificate, "\(error)", depth) }
      if !certificate.isSelfIssued { authoritiesBelow += 1 }
    }
  }

  /// An extended key usage of an authority limits what lies below it; so does every platform's validation.
  private mutating func checkPurpose(_ depth: Int) throws(Malformed) {
    guard let purpose = validator.purpose, let purposes = try path[depth].extensions.extendedKeyUsage else { return }
    if !purposes.contains(purpose) && !purposes.contains(.any) {
      fail(.extendedKeyUsage, "it is not for \(purpose)", depth)
    }
  }

  // MARK: The leaf

  /// RFC 8550 §4.4.2 and §4.4.4
  private mutating func checkLeaf() {
    do {
      try checkPurpose(0)
      guard let usage = try path[0].extensions.keyUsage else { return }
      switch use {
      case .signing where usage.isDisjoint(with: [.digitalSignature, .nonRepudiation]):
        fail(.keyUsage, "its key may not sign", 0)
      case .encryption where usage.isDisjoint(with: [.keyEncipherment, .keyAgreement]):
        fail(.keyUsage, "its key may not be encrypted to", 0)
      default: break
      }
    } catch { fail(.certificate, "\(error)", 0) }
  }

  // MARK: Names

  /// RFC 5280 §6.1.3 b, c: every name below an authority with name constraints lies within what it permits.
  private mutating func checkNames() {
    guard path.count > 1 else { return }
    for depth in 1..<path.count {
      guard let one = path[depth].extensions[OID.nameConstraints] else { continue }
      do {
        let constraints = try NameConstraints(one)
        // §6.1.3: self-issued certificates that are not the last are exempt.
        for below in 0..<depth where below == 0 || !path[below].isSelfIssued {
          if let objection = try constraints.objection(to: path[below]) { fail(.nameConstraints, objection, below) }
        }
      } catch { fail(.nameConstraints, "\(error)", depth) }
    }
  }

  // MARK: Revocation

  /// RFC 5280 §6.3 with the CRLs at hand. Returns what is not known, in words, when that passes.
  mutating func checkRevocation() async -> [String] {
    let source: any RevocationSource
    let isHard: Bool
    switch validator.revocation {
    case .off: return []
    case .soft(let given): (source, isHard) = (given, false)
    case .hard(let given): (source, isHard) = (given, true)
    }
    var notes: [String] = []
    for depth in path.indices.dropLast() {
      switch await revocationStatus(depth, source) {
      case .good: continue
      case .revoked(let entry):
        problems.append(
          PathProblem(
            .revoked, "\(path[depth].subject): revoked on \(entry.date.ISO8601Format()) (\(entry.reason.name))",
            depth: depth, revocation: RevokedCertificate(date: entry.date, reason: entry.reason)))
      case .unknown(let why):
        if isHard { fail(.revocationUnknown, why, depth) } else { notes.append("\(path[depth].subject): \(why)") }
      }
    }
    return notes
  }

  private enum RevocationStatus {
    case good
    case revoked(CertificateRevocationList.Entry)
    case unknown(String)
  }

  private func revocationStatus(_ depth: Int, _ source: any RevocationSource) async -> RevocationStatus {
    let (certificate, issuer) = (path[depth], path[depth + 1])
    let lists: [CertificateRevocationList]
    do {
      lists = try await source.lists(issuedBy: certificate.issuer)
    } catch { return .unknown("no CRL: \(error)") }
    // The newest first: an attacker may enclose an older one that has not run out (RFC 8550 §4.2).
    var why = "no CRL of \(certificate.issuer)"
    var isGood = false
    for list in lists.sorted(by: { $0.thisUpdate > $1.thisUpdate }) {
      if let objection = objection(to: list, for: certificate, issuer: issuer) {
        if !isGood { why = "the CRL of \(certificate.issuer) is of no use: \(objection)" }
        continue
      }
      do {
        guard let entry = try list.entry(for: certificate.serialNumber) else {
          isGood = true
          continue
        }
        if entry.reason == .removeFromCRL { continue }
        return .revoked(entry)
      } catch { why = "the CRL of \(certificate.issuer) cannot be read: \(error)" }
    }
    return isGood ? .good : .unknown(why)
  }

  /// Why a list says nothing about `certificate`; nil when it does.
  private func objection(
    to list: CertificateRevocationList, for certificate: Certificate, issuer: Certificate
  ) -> String? {
    if list.thisUpdate > instant { return "it is not valid before \(list.thisUpdate.ISO8601Format())" }
    if let next = list.nextUpdate, next < instant { return "it ran out on \(next.ISO8601Format())" }
    if let objection = list.objection(for: certificate) { return objection }
    do {
      // RFC 10007: a CRL issuer's keyUsage must be there and must have cRLSign; anchors may have none.
      if let usage = try issuer.extensions.keyUsage, !usage.contains(.cRLSign) { return "its issuer may not sign CRLs" }
      if let algorithm = try? SignatureAlgorithm(list.signatureAlgorithm),
        let objection = validator.policy.objection(to: algorithm, with: issuer.publicKey)
      {
        return objection
      }
      return try list.isSigned(by: issuer.publicKey) ? nil : "its signature is wrong"
    } catch { return "\(error)" }
  }
}
