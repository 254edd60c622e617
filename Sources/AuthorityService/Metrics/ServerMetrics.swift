import CertificateAuthority
import CoreMetrics
import Metrics
import Synchronization

/// What is counted and measured. Every instrument that a request needs is looked up by number, not by name.
final class ServerMetrics: Sendable {
  /// Which limit refused something.
  enum Limit: String, CaseIterable { case connections, rate, size, time, queue }

  let exporter: TextMetrics
  private let durations: [Metrics.Timer]
  private let counters = Mutex<[Int: Counter]>([:])
  private let answers: [OCSPOutcome: Counter]
  private let refusals: [Limit: Counter]
  private let listFailures: Counter

  /// Kinds of OCSP answers.
  enum OCSPOutcome: String, CaseIterable { case preSigned, live, refused }

  init() {
    let exporter = TextMetrics()
    self.exporter = exporter
    durations = Route.Label.allCases.map { label in
      Metrics.Timer(
        label: "smimed_request_duration_seconds", dimensions: [("route", label.rawValue)], factory: exporter)
    }
    answers = Dictionary(
      uniqueKeysWithValues: OCSPOutcome.allCases.map { kind in
        (kind, Counter(label: "smimed_ocsp_answers_total", dimensions: [("kind", kind.rawValue)], factory: exporter))
      })
    refusals = Dictionary(
      uniqueKeysWithValues: Limit.allCases.map { limit in
        (limit, Counter(label: "smimed_refused_total", dimensions: [("limit", limit.rawValue)], factory: exporter))
      })
    listFailures = Counter(label: "smimed_crl_failures_total", factory: exporter)
  }

  func answered(_ label: Route.Label, status: Int, nanoseconds: Int64) {
    durations[label.number].recordNanoseconds(nanoseconds)
    let counter = counters.withLock { counters in
      let key = label.number << 16 | status
      if let counter = counters[key] { return counter }
      let counter = Counter(
        label: "smimed_requests_total", dimensions: [("route", label.rawValue), ("status", "\(status)")],
        factory: exporter)
      counters[key] = counter
      return counter
    }
    counter.increment()
  }

  func answered(ocsp kind: OCSPAnswer.Kind) {
    switch kind {
    case .preSigned: answers[.preSigned]?.increment()
    case .live: answers[.live]?.increment()
    case .refused: answers[.refused]?.increment()
    }
  }

  func refused(by limit: Limit) { refusals[limit]?.increment() }

  func listFailed() { listFailures.increment() }

  /// A value that is as it is now.
  func set(_ label: String, _ value: some BinaryInteger, _ dimensions: [(String, String)] = []) {
    Meter(label: label, dimensions: dimensions, factory: exporter).set(value)
  }
}
