import MIME
public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A certificate that was found for an address, and whether one may encrypt with it.
public struct FoundCertificate: Sendable {
  /// What speaks for it.
  public enum Trust: Hashable, Sendable {
    /// A path to an anchor that one trusts anyway.
    case path
    /// DNS, by a record of this kind, such as `3 0 0`.
    case dns(String)
    /// The user said that it is right.
    case pinned
  }

  public struct Problem: Hashable, Sendable {
    /// A rule of paths by its name, or `address` or `smimea`.
    public let check: String
    public let detail: String
  }

  public let certificate: Certificate
  public let places: [FindingPlace]
  /// nil when it may not be used.
  public let trust: Trust?
  /// The path that was found good, the leaf first.
  public let path: [Certificate]
  /// Why it may not be used; empty when it may.
  public let problems: [Problem]
  /// What is worth knowing though it stops nothing, in words.
  public let notes: [String]
  public let revocation: [RevocationReport]

  public var isUsable: Bool { trust != nil }

  /// The user's word goes before all other.
  var rank: Int { trust == .pinned ? 2 : isUsable ? 1 : 0 }
}

/// Judges what was found for one address.
struct FoundJudge {
  let validator: PathValidator
  let address: EmailAddress
  /// What DNS says, vouched for by DNSSEC; empty where it was not asked or says nothing.
  let associations: [CertificateAssociation]
  /// Why nothing may be used: DNS's answer is forged, or was kept back.
  let objection: String?
  /// Certificates that were found before with another key than is known, and wait for the user's word.
  let waiting: Set<Certificate>
  /// Those that the user said are right for the address.
  let pinned: Set<Certificate>
  let pool: [Certificate]
  let instant: Date

  func judge(_ certificate: Certificate, foundAt places: [FindingPlace]) async -> FoundCertificate {
    let outcome = await asking(about: certificate).validateHearingStrangers(
      certificate, with: pool, at: instant, use: .encryption)
    var verdict = await verdict(on: certificate, outcome)
    if waiting.contains(certificate) {
      verdict.refuse("pending", "another key is known for \(address), and nobody has said yet that this one is right")
    }
    // RFC 6698 §4: whoever forges an answer has a reason. Nothing is used as if there were none, but what the user knows
    // by himself.
    if let objection, pinned.contains(certificate) {
      verdict.notes.append(objection)
    } else if let objection {
      verdict.refuse("smimea", objection)
    }
    if !certificate.publicKey.receivesKeys {
      verdict.refuse("keyUsage", "a key for \(certificate.publicKey.summary) encrypts nothing")
    }
    if !certificate.names(address) {
      // RFC 7671 §5.1: where DNS vouches for the certificate itself, the name that was asked for is the one it is for.
      if case .dns(let kind) = verdict.trust, kind.hasPrefix("3") {
        verdict.notes.append("it does not name \(address); DNS names it for that address")
      } else {
        verdict.refuse("address", Self.mismatch(certificate, address))
      }
    }
    return FoundCertificate(
      certificate: certificate, places: places, trust: verdict.trust, path: verdict.path, problems: verdict.problems,
      notes: verdict.notes, revocation: verdict.revocation)
  }

  /// The network is asked only about what may be the right one. Whoever answers can put anything beside it that names
  /// places of his own; to ask there would tell him who is looked for.
  private func asking(about certificate: Certificate) -> PathValidator {
    let mayBeRight = certificate.names(address) || associations.contains { $0.names(certificate) }
    return mayBeRight ? validator : validator.offline
  }

  private static func mismatch(_ certificate: Certificate, _ address: EmailAddress) -> String {
    let named = certificate.emailAddresses
    return named.isEmpty
      ? "it names no address" : "it is for \(named.prefix(3).joined(separator: ", ")), not for \(address)"
  }

  private struct Verdict {
    var trust: FoundCertificate.Trust?
    var path: [Certificate] = []
    var problems: [FoundCertificate.Problem] = []
    var notes: [String] = []
    var revocation: [RevocationReport] = []

    init(_ outcome: Result<ValidatedPath, PathFailure>, _ trust: FoundCertificate.Trust = .path) {
      switch outcome {
      case .success(let good):
        self.trust = trust
        (path, notes, revocation) = (good.certificates, good.notes, good.revocation)
      case .failure(let bad):
        revocation = bad.revocation
        problems = bad.problems.map { FoundCertificate.Problem(check: $0.check.rawValue, detail: $0.detail) }
      }
    }

    var isRevoked: Bool { problems.contains { $0.check == PathProblem.Check.revoked.rawValue } }

    mutating func refuse(_ check: String, _ detail: String) {
      trust = nil
      problems.append(FoundCertificate.Problem(check: check, detail: detail))
    }
  }

  private func verdict(
    on certificate: Certificate, _ outcome: Result<ValidatedPath, PathFailure>
  ) async -> Verdict {
    if pinned.contains(certificate) { return await verdict(onPinned: certificate, outcome) }
    return associations.isEmpty ? Verdict(outcome) : await verdict(byRecordsOn: certificate, outcome)
  }

  /// The user's word needs neither a path nor a record. It makes nothing good that is revoked, over or not for
  /// encryption.
  private func verdict(
    onPinned certificate: Certificate, _ outcome: Result<ValidatedPath, PathFailure>
  ) async -> Verdict {
    var verdict: Verdict
    switch outcome {
    case .success: verdict = Verdict(outcome, .pinned)
    case .failure(let failure):
      // What becomes of an authority does not change whose key it is where no authority was asked.
      let isOwn = failure.problems.contains {
        $0.depth == 0 && ($0.check == .revoked || $0.check == .revocationUnknown)
      }
      if isOwn { return Verdict(outcome) }
      verdict = Verdict(await validate(certificate, under: [certificate]), .pinned)
    }
    if !associations.isEmpty, await self.verdict(byRecordsOn: certificate, outcome).trust == nil {
      verdict.notes.append("DNS does not name it for \(address)")
    }
    return verdict
  }

  /// RFC 6698 §2.1.1, §4: one record that holds is enough; where there are records and none holds, nothing may be used.
  private func verdict(
    byRecordsOn certificate: Certificate, _ outcome: Result<ValidatedPath, PathFailure>
  ) async -> Verdict {
    // RFC 8162 §9: what is revoked must not be used, whatever else speaks for it.
    if Self.isRevocation(outcome) { return Verdict(outcome) }
    var refused: Verdict?
    for association in associations {
      let verdict = await verdict(on: certificate, outcome, association)
      if let verdict, verdict.trust != nil || verdict.isRevoked { return verdict }
      refused = refused ?? verdict
    }
    if let refused { return refused }
    var verdict = Verdict(outcome)
    verdict.refuse("smimea", "DNS names other certificates for \(address)")
    return verdict
  }

  /// nil where `association` is about another certificate.
  private func verdict(
    on certificate: Certificate, _ outcome: Result<ValidatedPath, PathFailure>, _ association: CertificateAssociation
  ) async -> Verdict? {
    switch association.usage {
    case .authorityConstraint:
      guard case .success(let path) = outcome else { return nil }
      return path.certificates.dropFirst().contains(where: association.names) ? Verdict(outcome) : nil
    case .certificateConstraint: return association.names(certificate) ? Verdict(outcome) : nil
    case .anchor:
      let anchors = pool.filter { $0 != certificate && association.names($0) }
      guard !anchors.isEmpty else { return nil }
      let outcome = await validate(certificate, under: anchors)
      // No path leads to that anchor: it is somebody else's.
      if case .failure(let failure) = outcome, failure.problems.allSatisfy({ $0.check == .path }) { return nil }
      return Verdict(outcome, .dns(association.kind))
    case .certificate:
      guard association.names(certificate) else { return nil }
      return Verdict(await validate(certificate, under: [certificate]), .dns(association.kind))
    }
  }

  /// Whether it is revoked, or the rule is that it must be known not to be.
  private static func isRevocation(_ outcome: Result<ValidatedPath, PathFailure>) -> Bool {
    guard case .failure(let failure) = outcome else { return false }
    return failure.problems.contains { $0.check == .revoked || $0.check == .revocationUnknown }
  }

  private func validate(
    _ certificate: Certificate, under anchors: [Certificate]
  ) async -> Result<ValidatedPath, PathFailure> {
    await asking(about: certificate).trusting(TrustAnchors(anchors)).validate(
      certificate, with: pool, at: instant, use: .encryption)
  }
}
