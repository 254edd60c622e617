import CMS
import MIME
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Judges the signers of one SignedData, apart from who the message says wrote it.
struct SignerEvaluation {
  let paths: PathValidator
  let policy: AlgorithmPolicy
  /// Certificates at hand besides the message's own, for signers who enclose none.
  let certificates: [Certificate]
  let instant: Date
  /// What is read: nobody is asked about a signer whom it does not name. nil for an object by itself, which names none.
  let message: Message?

  /// How many certificates of one key identifier are tried for a signer. Real ones share it with a renewal or two; each costs
  /// a path of its own.
  private static let candidateLimit = 8

  /// What each signer of a mail is worth: SignerInfos of one signer count as one (RFC 4853 §3).
  func reports(_ data: SignedData) async -> [SignerReport] { Self.onePerSigner(await everyReport(data)) }

  /// What each SignerInfo is worth.
  func everyReport(_ data: SignedData) async -> [SignerReport] {
    var reports: [SignerReport] = []
    for info in data.signerInfos {
      switch info {
      case .failure(let fault):
        reports.append(Self.report(.malformed, nil, nil, [SignerReport.Failure("malformed", "\(fault)")]))
      case .success(let info):
        var report = await report(info, data)
        report.timestamps = await timestamps(info, data)
        report.countersigners = await countersigners(info, data)
        reports.append(report)
      }
    }
    return reports
  }

  private func report(_ info: SignerInfo, _ data: SignedData) async -> SignerReport {
    let candidates = info.certificates(in: data.certificates + certificates)
    guard !candidates.isEmpty else { return Self.nameless(info, info.objection(in: data, policy: policy)) }
    return await best(candidates) { certificate in
      // Anybody can send a mail whose certificate names places to ask; asking tells them that it was read. So only those
      // are asked about who signed as the author or sender that is shown, and whose signature holds.
      await judge(
        info, info.verify(in: data, certificate: certificate, policy: policy), certificate, data,
        paths: isSender(certificate) ? paths : paths.offline)
    }
  }

  /// Certificates can share a key identifier: they are tried in turn (RFC 8551 §2.3), and the best answer counts.
  private func best(
    _ candidates: [Certificate], _ judge: (Certificate) async -> SignerReport
  ) async -> SignerReport {
    var best: SignerReport?
    for certificate in candidates.prefix(Self.candidateLimit) {
      let report = await judge(certificate)
      if best.map({ $0.state < report.state }) ?? true { best = report }
      if report.state == .verified { break }
    }
    return best ?? .unreadable(SignerReport.Failure("signerCertificate", "there is no certificate"))
  }

  /// A signer without a certificate: never good.
  private static func nameless(_ info: SignerInfo, _ objection: SignerVerification?) -> SignerReport {
    let (state, failure) = state(objection)
    let missing = SignerReport.Failure("signerCertificate", "the certificate of \(info.signer) is missing")
    return report(state ?? .untrusted, info, nil, failure.map { [$0] } ?? [missing])
  }

  private func judge(
    _ info: SignerInfo, _ verification: SignerVerification, _ certificate: Certificate, _ data: SignedData,
    paths: PathValidator
  ) async -> SignerReport {
    let (state, failure) = Self.state(verification)
    if let state, state != .weakAlgorithm {
      return Self.report(state, info, certificate, failure.map { [$0] } ?? [])
    }
    // RFC 8550 §4.4: the path is judged at the time of reading, never at the time that the signer claims.
    let paths = (state == nil ? paths : paths.offline).hearing(data.revocationEvidence)
    let outcome = await paths.validate(certificate, with: data.certificates, at: instant, use: .signing)
    switch outcome {
    case .success(let path):
      return Self.report(
        state ?? .verified, info, certificate, failure.map { [$0] } ?? [], path: path.certificates, notes: path.notes,
        revocation: path.revocation)
    case .failure(let problem):
      let failures = problem.problems.map { SignerReport.Failure($0.check.rawValue, $0.detail) }
      let pathState = problem.problems.map { Self.state($0.check) }.min() ?? .untrusted
      return Self.report(
        min(state ?? .verified, pathState), info, certificate, (failure.map { [$0] } ?? []) + failures,
        path: problem.path, revocation: problem.revocation)
    }
  }

  // MARK: Signatures over signatures

  private func countersigners(_ info: SignerInfo, _ data: SignedData) async -> [SignerReport] {
    var reports: [SignerReport] = []
    for case let result in info.countersignatures {
      switch result {
      case .failure(let fault):
        reports.append(Self.report(.malformed, nil, nil, [SignerReport.Failure("malformed", "\(fault)")]))
      case .success(let counter):
        let candidates = counter.certificates(in: data.certificates + certificates)
        var report =
          candidates.isEmpty
          ? Self.nameless(counter, nil)
          : await best(candidates) { certificate in
            await judge(
              counter, counter.verify(countersigning: info, certificate: certificate, policy: policy), certificate,
              data, paths: paths.offline)
          }
        report.timestamps = await timestamps(counter, data)
        report.countersigners = await countersigners(counter, data)
        reports.append(report)
      }
    }
    return reports
  }

  private func timestamps(_ info: SignerInfo, _ data: SignedData) async -> [TimestampReport] {
    var reports: [TimestampReport] = []
    for result in info.provenTimes(certificates: data.certificates + certificates, policy: policy) {
      switch result {
      case .failure(let failure): reports.append(TimestampReport(time: nil, authority: nil, failure: "\(failure)"))
      case .success(let proven):
        let outcome = await paths.offline.judging(for: .timeStamping).validate(
          proven.authority, with: proven.certificates + data.certificates, at: instant, use: .signing)
        switch outcome {
        case .success: reports.append(TimestampReport(time: proven.time, authority: proven.authority, failure: nil))
        case .failure(let failure):
          let why = failure.problems.first.map { "\($0.check.rawValue): \($0.detail)" } ?? "no path to an anchor"
          reports.append(TimestampReport(time: nil, authority: proven.authority, failure: why))
        }
      }
    }
    return reports
  }

  private func isSender(_ certificate: Certificate) -> Bool {
    guard let message else { return true }
    return switch SenderMatch.of(certificate.emailAddresses, message: message) {
    case .author, .onBehalf: true
    case .mismatch: false
    }
  }

  private static func report(
    _ state: SignatureState, _ info: SignerInfo?, _ certificate: Certificate?, _ failures: [SignerReport.Failure],
    path: [Certificate] = [], notes: [String] = [], revocation: [RevocationReport] = []
  ) -> SignerReport {
    SignerReport(
      state: state, addresses: certificate?.emailAddresses ?? [], certificate: certificate,
      identifier: info.map { "\($0.signer)" } ?? "unreadable signer", claimedTime: info?.signingTime, path: path,
      failures: failures, notes: notes, revocation: revocation,
      capabilities: state == .verified ? info?.capabilities : nil)
  }

  /// nil for a signature that holds.
  private static func state(_ verification: SignerVerification?) -> (SignatureState?, SignerReport.Failure?) {
    switch verification {
    case nil, .valid: (nil, nil)
    case .malformed(let fault): (.malformed, SignerReport.Failure("malformed", "\(fault)"))
    case .unsupported(let what): (.unsupported, SignerReport.Failure("unsupported", "\(what)"))
    case .contentAltered(let what): (.contentAltered, SignerReport.Failure("contentAltered", what))
    case .weakAlgorithm(let what): (.weakAlgorithm, SignerReport.Failure("weakAlgorithm", what))
    }
  }

  private static func state(_ check: PathProblem.Check) -> SignatureState {
    switch check {
    case .unsupportedAlgorithm: .unsupported
    case .weakAlgorithm: .weakAlgorithm
    case .revoked: .revoked
    case .notYetValid: .certificateNotYetValid
    case .expired: .certificateExpired
    case .revocationUnknown: .revocationUnknown
    case .path, .signature, .certificate, .basicConstraints, .keyUsage, .extendedKeyUsage, .nameConstraints,
      .policies, .criticalExtension, .budget:
      .untrusted
    }
  }

  /// SignerInfos of one signer count as one, and the best state wins (RFC 4853 §3). One signer: the same certificate, or
  /// certificates for the same mailboxes.
  private static func onePerSigner(_ reports: [SignerReport]) -> [SignerReport] {
    var kept: [SignerReport] = []
    for report in reports {
      let own = Set(report.addresses.map { $0.lowercased() })
      let same = kept.firstIndex { other in
        !own.isEmpty && own == Set(other.addresses.map { $0.lowercased() })
          || report.certificate != nil && report.certificate == other.certificate
      }
      if let same {
        if kept[same].state < report.state { kept[same] = report }
      } else {
        kept.append(report)
      }
    }
    return kept
  }
}
