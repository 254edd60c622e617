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

  /// What is to be noted where an unknown status passes; nil when the status is known.
  var note: String? { status == .unknown ? "\(certificate.subject): \(whyUnknown)" : nil }

  /// Why nothing is known, in words.
  var whyUnknown: String {
    let objections = inquiries.compactMap(\.objection)
    return objections.isEmpty
      ? "nothing says whether it is revoked" : "not known whether it is revoked: " + objections.joined(separator: "; ")
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
