import Fetching
import MIME
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What was found for an address, for people and for programs.
struct FindingReport {
  private let address: EmailAddress
  private let report: CertificateFinder.Report
  private let instant: Date

  init(_ address: EmailAddress, _ report: CertificateFinder.Report, at instant: Date) {
    self.address = address
    self.report = report
    self.instant = instant
  }

  var lines: [String] {
    var lines = report.certificates.flatMap { $0.lines(at: instant) }
    if lines.isEmpty { lines.append("no certificate of \(Outline.printable("\(address)")) was found") }
    for inquiry in report.inquiries {
      lines.append("asked: \(inquiry.place.name): \(inquiry.outcome.words(inquiry.place))")
      lines += inquiry.faults.map { "  not used: \($0)" }
    }
    return lines.map(Outline.printable)
  }

  /// The object that `docs/schema/find.json` describes.
  var outline: Outline {
    var result: Outline = ["version": .number(1), "address": .text("\(address)")]
    result["places"] = .list(report.inquiries.map { .outline($0.outline) })
    result["certificates"] = .list(report.certificates.map { .outline($0.outline(at: instant)) })
    return result
  }
}

extension FindingPlace {
  fileprivate var kind: String {
    switch self {
    case .store: "store"
    case .directory: "ldap"
    case .certificateStore: "certstore"
    case .dns: "smimea"
    }
  }

  fileprivate var url: String? {
    switch self {
    case .store, .dns: nil
    case .directory(let url), .certificateStore(let url): url
    }
  }

  fileprivate var name: String {
    switch self {
    case .store: "the store"
    case .directory(let url), .certificateStore(let url): url
    case .dns: "DNS (SMIMEA)"
    }
  }

  fileprivate var outline: Outline {
    var result: Outline = ["kind": .text(kind)]
    result["url"] = url.map(Outline.Node.text)
    return result
  }
}

extension CertificateFinder.Inquiry.Outcome {
  fileprivate var state: String {
    switch self {
    case .found: "found"
    case .nothing: "nothing"
    case .failed: "failed"
    }
  }

  fileprivate func words(_ place: FindingPlace) -> String {
    switch self {
    case .found(let count):
      let thing = place == .dns ? "record" : "certificate"
      return "\(count) \(thing)\(count == 1 ? "" : "s")"
    case .nothing(let why): return why
    case .failed(let failure): return failure.words
    }
  }
}

extension CertificateFinder.Inquiry {
  fileprivate var outline: Outline {
    var result = place.outline
    result["state"] = .text(outcome.state)
    switch outcome {
    case .found(let count): result["count"] = .number(count)
    case .nothing(let why): result["detail"] = .text(why)
    case .failed(let failure):
      result["reason"] = .text(failure.reason.rawValue)
      result["detail"] = .text(failure.words)
    }
    result["faults"] = .texts(faults)
    return result
  }
}

extension FoundCertificate {
  fileprivate func lines(at instant: Date) -> [String] {
    let state = isUsable ? "usable" : "not usable"
    var lines = ["\(state): \(certificate.subject), until \(certificate.validity.notAfter.rfc3339)"]
    lines.append("  sha256: \(certificate.fingerprint.hexText)")
    lines.append("  found: " + places.map(\.name).joined(separator: ", "))
    switch trust {
    case .path: lines.append(pathLine)
    case .pinned:
      lines.append("  trusted: you pinned it")
      if path.count > 1 { lines.append(pathLine) }
    case .dns(let kind): lines.append("  trusted by DNS: SMIMEA \(kind)")
    case nil: lines += problems.map { "  \($0.check): \($0.detail)" }
    }
    lines += notes.map { "  note: \($0)" }
    lines += revocation.flatMap { $0.words(at: instant) }.map { "  \($0)" }
    return lines
  }

  private var pathLine: String { "  path: " + path.map { "\($0.subject)" }.joined(separator: " < ") }

  fileprivate func outline(at instant: Date) -> Outline {
    var result: Outline = ["certificate": .outline(certificate.shortOutline), "usable": .flag(isUsable)]
    result["addresses"] = .list(certificate.emailAddresses.map(Outline.Node.text))
    result["notAfter"] = .text(certificate.validity.notAfter.rfc3339)
    result["found"] = .list(places.map { .outline($0.outline) })
    switch trust {
    case .path: result["trust"] = .text("path")
    case .dns(let kind):
      result["trust"] = .text("dns")
      result["association"] = .text(kind)
    case .pinned: result["trust"] = .text("pinned")
    case nil: break
    }
    result["path"] = .list(
      path.map { .outline(["subject": .text("\($0.subject)"), "sha256": .text($0.fingerprint.hexText)]) })
    result["failures"] = .list(
      problems.map { .outline(["check": .text($0.check), "detail": .text($0.detail)]) })
    result["notes"] = .list(notes.map(Outline.Node.text))
    result["revocation"] = .list(revocation.map { .outline($0.outline(at: instant)) })
    return result
  }
}
