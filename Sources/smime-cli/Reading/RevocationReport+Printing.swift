import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What was asked about the revocation of a certificate, as it is printed.
extension RevocationReport {
  /// One line that says what is known, and one for each inquiry that nobody gave and that stands behind it or came to nothing.
  func lines(at instant: Date) -> [String] {
    let asked = inquiries.filter { $0.provenance.place != .given || $0.status != nil }
    guard status != .unknown || !asked.isEmpty else { return [] }
    return ["revocation of \(Outline.printable("\(certificate.subject)")): \(status.words)"]
      + asked.map { "  \(Outline.printable($0.words(at: instant)))" }
  }

  /// The object that `docs/schema` describes.
  func outline(at instant: Date) -> Outline {
    var result: Outline = [
      "subject": .text("\(certificate.subject)"), "sha256": .text(certificate.fingerprint.hexText),
      "status": .text(status.name),
    ]
    if case .revoked(let revocation) = status {
      result["date"] = .text(revocation.date.rfc3339)
      result["reason"] = .text(revocation.reason.name)
    }
    result["inquiries"] = .list(inquiries.map { .outline($0.outline(at: instant)) })
    return result
  }
}

extension RevocationInquiry {
  /// Who was asked, what came back, and how old that is.
  fileprivate func words(at instant: Date) -> String {
    var words = method == .ocsp ? "OCSP" : "CRL"
    if let url = provenance.url { words += " \(url)" }
    if provenance.place == .cache { words += " (kept since \(provenance.fetched.map(\.rfc3339) ?? "earlier"))" }
    if let status { words += ": \(status.words)" }
    if let thisUpdate { words += ", as of \(thisUpdate.rfc3339), \(Self.age(from: thisUpdate, to: instant))" }
    if let detail { words += (status == nil && thisUpdate == nil ? ": " : "; ") + detail }
    return words
  }

  private static func age(from start: Date, to instant: Date) -> String {
    let seconds = Int(instant.timeIntervalSince(start).rounded(.down))
    return switch seconds {
    case ..<0: "just now"
    case ..<120: "\(seconds) s old"
    case ..<7_200: "\(seconds / 60) min old"
    case ..<172_800: "\(seconds / 3_600) h old"
    default: "\(seconds / 86_400) days old"
    }
  }

  fileprivate func outline(at instant: Date) -> Outline {
    var result: Outline = ["method": .text(method.rawValue), "place": .text(provenance.place.rawValue)]
    result["url"] = provenance.url.map(Outline.Node.text)
    result["fetched"] = provenance.fetched.map { .text($0.rfc3339) }
    result["thisUpdate"] = thisUpdate.map { .text($0.rfc3339) }
    result["nextUpdate"] = nextUpdate.map { .text($0.rfc3339) }
    result["age"] = thisUpdate.map { .number(Int(instant.timeIntervalSince($0).rounded(.down))) }
    result["status"] = status.map { .text($0.name) }
    result["detail"] = detail.map(Outline.Node.text)
    return result
  }
}

extension CertificateStatus {
  fileprivate var name: String {
    switch self {
    case .good: "good"
    case .revoked: "revoked"
    case .unknown: "unknown"
    }
  }

  fileprivate var words: String {
    guard case .revoked(let revocation) = self else { return name }
    return "revoked on \(revocation.date.rfc3339) (\(revocation.reason.name))"
  }
}
