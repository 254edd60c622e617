import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension RevocationReport {
  /// What is known of the certificate, and one line for each inquiry that did not help.
  func words(at instant: Date) -> [String] {
    // Of several answers the last is the one that was waited for.
    let decisive = inquiries.last { $0.status == status && status != .unknown }
    let state =
      switch status {
      case .good: isExempt ? "not told by its authority, which says so (noRevAvail)" : "good"
      case .revoked(let revocation): "revoked on \(revocation.date.rfc3339) (\(revocation.reason.name))"
      case .unknown: inquiries.isEmpty ? "unknown, nothing says whether it is revoked" : "unknown"
      }
    let by = decisive.map { ", by \($0.source)\($0.times(at: instant))" } ?? ""
    var lines = ["revocation: \(certificate.subject): \(state)\(by)"]
    for inquiry in inquiries where inquiry.status == nil || inquiry.status == .unknown {
      lines.append(
        "  asked: \(inquiry.source)\(inquiry.times(at: instant)): \(inquiry.detail ?? "it is not known there")")
    }
    if let detail = decisive?.detail { lines.append("  note: \(detail)") }
    return lines.map(Outline.printable)
  }

  /// As `docs/schema` describes it.
  func outline(at instant: Date) -> Outline {
    var result: Outline = [
      "subject": .text(certificate.subject.description), "sha256": .text(certificate.fingerprint.hexText),
      "status": .text(status.name),
    ]
    if case .revoked(let revocation) = status {
      result["date"] = .text(revocation.date.rfc3339)
      result["reason"] = .text(revocation.reason.name)
    }
    if isExempt { result["exempt"] = .flag(true) }
    result["inquiries"] = .list(inquiries.map { .outline($0.outline(at: instant)) })
    return result
  }
}

extension RevocationInquiry {
  /// Who was asked, such as `http://pki.example.org/ocsp (OCSP)`.
  fileprivate var source: String {
    let name = method == .ocsp ? "OCSP" : "CRL"
    return provenance.url.map { "\($0) (\(name))" } ?? "a \(name) that was given"
  }

  fileprivate func times(at instant: Date) -> String {
    let old = age(at: instant).map { ", \($0) s old" } ?? ""
    let of = thisUpdate.map { " of \($0.rfc3339)" } ?? ""
    return of + old + (provenance.place == .cache ? ", from the cache" : "")
  }

  /// How many seconds before `instant` it was right.
  fileprivate func age(at instant: Date) -> Int? {
    thisUpdate.map { max(0, Int(min(instant.timeIntervalSince($0), 1e15))) }
  }

  fileprivate func outline(at instant: Date) -> Outline {
    var result: Outline = ["method": .text(method.rawValue), "place": .text(provenance.place.rawValue)]
    result["url"] = provenance.url.map(Outline.Node.text)
    result["fetched"] = provenance.fetched.map { .text($0.rfc3339) }
    result["thisUpdate"] = thisUpdate.map { .text($0.rfc3339) }
    result["nextUpdate"] = nextUpdate.map { .text($0.rfc3339) }
    result["age"] = age(at: instant).map(Outline.Node.number)
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
}
