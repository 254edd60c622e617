import ByteIO
import CertificateAuthority
import Hummingbird
import PKIX

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Whether what the service gives out is right, and what is measured of it.
struct Readiness: Sendable {
  let authority: Authority
  let responder: OCSPResponder
  let lists: ListEndpoint
  let metrics: ServerMetrics

  /// What is wrong now, by name; empty when all is well.
  func objections(at now: Date) -> [(name: String, words: String)] {
    var found: [(String, String)] = []
    do { try authority.refresh() } catch { found.append(("journal", "it cannot be read")) }
    for kind in authority.lists {
      if let words = lists.objection(to: kind, at: now) { found.append(("list \(kind)", words)) }
    }
    if responder.responderExpiry.map({ $0 <= now }) ?? true {
      found.append(("responder", "it has no certificate that is valid"))
    }
    return found
  }

  func answer() -> Response {
    let objections = objections(at: Date())
    let members = objections.map { "\(JSONText.quoted($0.name)):\(JSONText.quoted($0.words))" }
    return Answers.json(
      "{\"ready\":\(objections.isEmpty),\"objections\":{\(members.joined(separator: ","))}}",
      status: objections.isEmpty ? .ok : .serviceUnavailable)
  }

  /// All metrics as text.
  func metricsText() -> Response {
    let now = Date()
    for kind in authority.lists {
      guard let list = (try? authority.currentList(kind))?.list else { continue }
      let dimensions = [("list", "\(kind)")]
      if let number = (try? list.number).flatMap({ Int($0.description, radix: 16) }) {
        metrics.set("smimed_crl_number", number, dimensions)
      }
      metrics.set("smimed_crl_age_seconds", Int(now.timeIntervalSince(list.thisUpdate)), dimensions)
      if let next = list.nextUpdate {
        metrics.set("smimed_crl_remaining_seconds", Int(next.timeIntervalSince(now)), dimensions)
      }
    }
    if let expiry = responder.responderExpiry {
      metrics.set("smimed_responder_remaining_seconds", Int(expiry.timeIntervalSince(now)))
    }
    metrics.set("smimed_journal_bytes", authority.revision)
    if let records = try? authority.records { metrics.set("smimed_records", records.count) }
    return Answers.bytes(Array(metrics.exporter.text.utf8), type: "text/plain; version=0.0.4")
  }
}
