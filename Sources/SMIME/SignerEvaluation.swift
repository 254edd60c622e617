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
  /// What is read: nobody is asked about a signer whom it does not name.
  let message: Message

  func reports(_ data: SignedData) async -> [SignerReport] {
    var reports: [SignerReport] = []
    for info in data.signerInfos {
      switch info {
      case .failure(let fault):
        reports.append(Self.report(.malformed, nil, nil, [SignerReport.Failure("malformed", "\(fault)")]))
      case .success(let info): reports.append(await report(info, data))
      }
    }
    return Self.onePerSigner(reports)
  }

  private func report(_ info: SignerInfo, _ data: SignedData) async -> SignerReport {
    let candidates = info.certificates(in: data.certificates + certificates)
    guard !candidates.isEmpty else {
      let (state, failure) = Self.state(info.objection(in: data, policy: policy))
      let missing = SignerReport.Failure("signerCertificate", "the certificate of \(info.signer) is missing")
      return Self.report(state ?? .untrusted, info, nil, failure.map { [$0] } ?? [missing])
    }
    // Certificates can share a key identifier: each is tried (RFC 8551 §2.3), and the best answer counts.
    var best: SignerReport?
    for certificate in candidates {
      let report = await report(info, data, certificate)
      if best.map({ $0.state < report.state }) ?? true { best = report }
    }
    return best ?? Self.report(.untrusted, info, nil, [])
  }

  private func report(_ info: SignerInfo, _ data: SignedData, _ certificate: Certificate) async -> SignerReport {
    let (state, failure) = Self.state(info.verify(in: data, certificate: certificate, policy: policy))
    if let state, state != .weakAlgorithm {
      return Self.report(state, info, certificate, failure.map { [$0] } ?? [])
    }
    // RFC 8550 §4.4: the path is judged at the time of reading, never at the time that the signer claims.
    // Anybody can send a mail whose certificate names places to ask; asking tells them that it was read. So only those are
    // asked about who signed as the author or sender that is shown, and whose signature holds.
    let paths = state == nil && isSender(certificate) ? paths : paths.offline
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

  private func isSender(_ certificate: Certificate) -> Bool {
    switch SenderMatch.of(certificate.emailAddresses, message: message) {
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
      .criticalExtension, .budget:
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
