public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What is known about the revocation of one certificate, and how it came to be known.
public struct RevocationReport: Hashable, Sendable {
  public let certificate: Certificate
  /// ``CertificateStatus/unknown`` when no answer could be used.
  public let status: CertificateStatus
  /// Everything that was asked, in order.
  public let inquiries: [RevocationInquiry]
  /// True when the certificate's authority says that nobody will know (RFC 9608), so that it passes without an answer.
  public let isExempt: Bool

  init(
    certificate: Certificate, status: CertificateStatus, inquiries: [RevocationInquiry], isExempt: Bool = false
  ) {
    self.certificate = certificate
    self.status = status
    self.inquiries = inquiries
    self.isExempt = isExempt
  }

  /// What is to be noted where an unknown status passes; nil when the status is known.
  var note: String? { status == .unknown ? "\(certificate.subject): \(whyUnknown)" : nil }

  /// Why nothing is known, in words.
  var whyUnknown: String {
    let objections = inquiries.compactMap(\.objection)
    return objections.isEmpty
      ? "nothing says whether it is revoked" : "not known whether it is revoked: " + objections.joined(separator: "; ")
  }
}

extension RevocationReport {
  /// What `evidence` proves about `certificate`, which `issuer` issued and who is trusted here.
  ///
  /// - Parameter pool: certificates at hand, such as those of signers of lists.
  public static func weighing(
    _ evidence: [RevocationEvidence], on certificate: Certificate, issuedBy issuer: Certificate,
    with pool: [Certificate] = [], policy: AlgorithmPolicy = .standard, at instant: Date
  ) async -> RevocationReport {
    let validator = PathValidator(anchors: TrustAnchors([issuer]), intermediates: pool, policy: policy, purpose: nil)
    let check = RevocationCheck(
      sources: [AllEvidence(evidence: evidence)], validator: validator, path: [certificate, issuer], instant: instant)
    var memory = RevocationMemory(pool)
    return await check.report(on: certificate, issuedBy: issuer, &memory)
  }

  /// The same evidence on every certificate.
  private struct AllEvidence: RevocationSource {
    let evidence: [RevocationEvidence]
    var isLocal: Bool { true }
    func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] { evidence }
  }
}

/// One answer about one certificate, or why there is none.
public struct RevocationInquiry: Hashable, Sendable {
  public let method: RevocationEvidence.Method
  public let provenance: Provenance
  /// When what it says was right; nil without an answer.
  public let thisUpdate: Date?
  /// When there will be news at the latest.
  public let nextUpdate: Date?
  /// nil when the answer is of no use, as ``detail`` says.
  public let status: CertificateStatus?
  /// Why the answer is of no use, or what to know of one that is.
  public let detail: String?

  /// Why this inquiry does not settle the question, with who was asked.
  var objection: String? {
    guard status == nil || status == .unknown else { return nil }
    let who = provenance.url ?? (method == .ocsp ? "the OCSP response" : "the CRL")
    return "\(who): \(detail ?? "does not know it")"
  }
}
