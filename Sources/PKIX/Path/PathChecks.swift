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

  /// Makes every check but that of revocation.
  ///
  /// - Returns: the policies that the path is valid for; none when something speaks against it.
  mutating func run(_ work: inout PathWork) -> PolicyOutcome {
    for depth in path.indices { checkCertificate(depth) }
    checkAuthorities()
    checkLeaf()
    checkNames(&work)
    if validator.profile == .rfc5280 { checkProfile(&work) }
    do throws(PolicyCheck.Objection) {
      let outcome = try PolicyCheck.outcome(of: path, validator.policies, &work)
      return problems.isEmpty ? outcome : .none
    } catch {
      fail(error.check, error.detail, error.depth)
      return .none
    }
  }

  /// Makes the checks of the leaf that ask for no other certificate.
  mutating func checkLeafItself() {
    checkCertificate(0)
    checkForm(0)
    checkLeaf()
  }

  private mutating func fail(_ check: PathProblem.Check, _ detail: String, _ depth: Int) {
    problems.append(PathProblem(check, "\(path[depth].subject): \(detail)", depth: depth))
  }

  private mutating func fail(_ error: any Error, _ depth: Int, as check: PathProblem.Check = .certificate) {
    if let fault = error as? PathFault {
      fail(fault.check, fault.detail, depth)
    } else {
      fail(check, "\(error)", depth)
    }
  }

  /// True for the last certificate, whose own signature and form nobody asks for.
  private func isAnchor(_ depth: Int) -> Bool { depth == path.count - 1 }

  // MARK: Every certificate

  private mutating func checkCertificate(_ depth: Int) {
    let certificate = path[depth]
    for defect in certificate.defects { fail(.certificate, "\(defect)", depth) }
    checkTimes(depth)
    if let objection = validator.policy.objection(to: certificate.publicKey) { fail(.weakAlgorithm, objection, depth) }
    if !isAnchor(depth) {
      checkForm(depth)
      if let algorithm = try? SignatureAlgorithm(certificate.signatureAlgorithm),
        let objection = validator.policy.objection(to: algorithm, with: path[depth + 1].publicKey)
      {
        fail(.weakAlgorithm, objection, depth)
      }
    }
    if let double = certificate.extensions.duplicates.first {
      fail(.certificate, "the extension \(double.digits) stands twice", depth)
    }
    for one in certificate.extensions.all where one.isCritical && !Self.processed.contains(one.oid) {
      fail(.criticalExtension, "\(one.oid.digits) is not processed", depth)
    }
  }

  /// What nobody asks of an anchor.
  private mutating func checkForm(_ depth: Int) {
    let certificate = path[depth]
    if certificate.signatureAlgorithm != certificate.innerSignatureAlgorithm {
      fail(.certificate, "it names two signature algorithms", depth)
    }
    if !(1...3).contains(certificate.version) { fail(.certificate, "its version is none that there is", depth) }
    if certificate.version < 3, !certificate.extensions.all.isEmpty {
      fail(.certificate, "it has extensions and is not of version 3", depth)
    }
  }

  /// An anchor is trusted at any time (§6.1.1 d), unless the profile or its place as the leaf asks for more.
  private mutating func checkTimes(_ depth: Int) {
    guard !isAnchor(depth) || depth == 0 || validator.profile == .rfc5280 else { return }
    let validity = path[depth].validity
    if instant < validity.notBefore { fail(.notYetValid, "valid from \(validity.notBefore.ISO8601Format())", depth) }
    if instant > validity.notAfter { fail(.expired, "valid until \(validity.notAfter.ISO8601Format())", depth) }
  }

  /// The extensions that are looked at here. A critical one that is not among them fails the path (§6.1.4 o, §6.1.5 f).
  private static let processed: Set<ASN1ObjectIdentifier> = [
    OID.basicConstraints, OID.keyUsage, OID.extendedKeyUsage, OID.subjectAlternativeName, OID.issuerAlternativeName,
    OID.subjectKeyIdentifier, OID.authorityKeyIdentifier, OID.crlDistributionPoints, OID.nameConstraints,
    OID.certificatePolicies, OID.policyMappings, OID.policyConstraints, OID.inhibitAnyPolicy,
    OID.freshestCRL, OID.noRevocationAvailable,
  ]

  // MARK: Authorities

  /// §6.1.4 k to n
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
      if !certificate.isSelfIssued && !isAnchor(depth) { authoritiesBelow += 1 }
    }
    if let limit = validator.budget.authorities, authoritiesBelow > limit {
      fail(.basicConstraints, "\(limit) authorities are allowed and there are \(authoritiesBelow)", path.count - 1)
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
      _ = try path[0].extensions.subjectAlternativeName
      _ = try path[0].extensions.basicConstraints
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

  /// §6.1.3 b, c and §6.1.4 g: every name below an authority with name constraints lies within what it permits.
  private mutating func checkNames(_ work: inout PathWork) {
    guard path.count > 1 else { return }
    for depth in 1..<path.count {
      guard let one = path[depth].extensions[OID.nameConstraints] else { continue }
      do {
        let constraints = try NameConstraints(one, &work)
        // Self-issued certificates that are not the last are exempt.
        for below in 0..<depth where below == 0 || !path[below].isSelfIssued {
          do {
            if let objection = try constraints.objection(to: path[below], &work) {
              fail(.nameConstraints, objection, below)
            }
          } catch { fail(error, below) }
        }
      } catch { fail(error, depth, as: .nameConstraints) }
    }
  }

  // MARK: The profile

  /// RFC 5280 §4.1 and §4.2, of every certificate.
  private mutating func checkProfile(_ work: inout PathWork) {
    for depth in path.indices {
      let issuer = isAnchor(depth) ? nil : path[depth + 1]
      for (check, _, detail) in ProfileCheck.faults(of: path[depth], issuedBy: issuer, isIssuer: depth > 0, &work) {
        fail(check, detail, depth)
      }
    }
  }

  // MARK: Revocation

  /// Asks about every certificate below the anchor (RFC 5280 §6.1.3 a 3), the authorities' first: what a revoked
  /// authority says of a leaf means nothing. On a path that is no good anyway only local sources are heard.
  mutating func checkRevocation(_ memory: inout RevocationMemory) async -> [RevocationReport] {
    let hasFailed = !problems.isEmpty
    let sources: [any RevocationSource]
    let isHard: Bool
    switch validator.revocation {
    case .off: return []
    case .soft(let given): (sources, isHard) = (given, false)
    case .hard(let given): (sources, isHard) = (given, true)
    }
    let check = RevocationCheck(
      sources: hasFailed ? sources.filter(\.isLocal) : sources, validator: validator, path: path, instant: instant,
      isPartial: hasFailed)
    var reports: [RevocationReport] = []
    for depth in path.indices.dropLast().reversed() {
      let report = await check.report(on: path[depth], issuedBy: path[depth + 1], &memory)
      reports.insert(report, at: 0)
      switch report.status {
      case .good: continue
      case .revoked(let revocation):
        problems.append(
          PathProblem(
            .revoked,
            "\(path[depth].subject): revoked on \(revocation.date.ISO8601Format()) (\(revocation.reason.name))",
            depth: depth, revocation: revocation))
      case .unknown:
        if isHard && !hasFailed { fail(.revocationUnknown, report.whyUnknown, depth) }
      }
    }
    return reports
  }
}
