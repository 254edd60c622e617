import CertificateAuthority
import HTTPTypes

/// What a path names. Nothing else has an answer, and no path is ever looked up on a disk.
enum Route: Hashable {
  case ocsp
  /// A request that stands in the path, as it was sent.
  case encodedOCSP(Substring)
  case list(ListKind)
  case certificate(Authority.Level)
  case chain
  case requests
  case request(Substring)
  case issued(Substring)
  case code(Substring)
  case metrics, health, ready
  /// Nothing: a body of a fixed size that benchmarks compare with.
  case fixed

  /// - Parameter path: the target of a request in origin form, a query included or not.
  init?(path: String) {
    var rest = path.utf8.prefix { $0 != UInt8(ascii: "?") }
    guard rest.popFirst() == UInt8(ascii: "/") else { return nil }
    if rest.starts(with: "ocsp".utf8) {
      rest = rest.dropFirst(4)
      guard let slash = rest.popFirst() else {
        self = .ocsp
        return
      }
      guard slash == UInt8(ascii: "/") else { return nil }
      // QUIRK: clients join the URL and the request with two slashes; no DER begins with what a slash stands for.
      rest = rest.drop { $0 == UInt8(ascii: "/") }
      self = rest.isEmpty ? .ocsp : .encodedOCSP(Substring(Self.text(rest)))
      return
    }
    // All other paths are short, and have no character that needs an escape.
    guard rest.count <= 128 else { return nil }
    let steps = Self.text(rest).split(separator: "/", omittingEmptySubsequences: false)
    switch (steps.count, steps[0]) {
    case (1, "metrics"): self = .metrics
    case (1, "health"): self = .health
    case (1, "ready"): self = .ready
    case (1, "requests"): self = .requests
    case (1, "fixed"): self = .fixed
    case (2, "crl"):
      guard steps[1].hasSuffix(".crl"), let kind = ListKind(steps[1].dropLast(4)) else { return nil }
      self = .list(kind)
    case (2, "ca"):
      switch steps[1] {
      case "root.cer": self = .certificate(.root)
      case "issuing.cer": self = .certificate(.issuing)
      case "chain.p7c": self = .chain
      default: return nil
      }
    case (2, "requests") where Self.isName(steps[1]): self = .request(steps[1])
    case (3, "requests") where Self.isName(steps[1]) && steps[2] == "certificate": self = .issued(steps[1])
    case (3, "requests") where Self.isName(steps[1]) && steps[2] == "code": self = .code(steps[1])
    default: return nil
    }
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

  private static func isName(_ text: Substring) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
      }
  }

  /// How logs and metrics name it: nothing of what the client sent.
  enum Label: String, CaseIterable {
    case ocsp = "/ocsp"
    case list = "/crl"
    case certificate = "/ca"
    case requests = "/requests"
    case request = "/requests/ID"
    case issued = "/requests/ID/certificate"
    case code = "/requests/ID/code"
    case metrics = "/metrics"
    case health = "/health"
    case ready = "/ready"
    case fixed = "/fixed"
    case none = "none"

    var number: Int {
      switch self {
      case .ocsp: 0
      case .list: 1
      case .certificate: 2
      case .requests: 3
      case .request: 4
      case .issued: 5
      case .code: 6
      case .metrics: 7
      case .health: 8
      case .ready: 9
      case .fixed: 10
      case .none: 11
      }
    }
  }

  var label: Label {
    switch self {
    case .ocsp, .encodedOCSP: .ocsp
    case .list: .list
    case .certificate, .chain: .certificate
    case .requests: .requests
    case .request: .request
    case .issued: .issued
    case .code: .code
    case .metrics: .metrics
    case .health: .health
    case .ready: .ready
    case .fixed: .fixed
    }
  }

  /// Which listener answers it.
  var isForOperators: Bool {
    switch self {
    case .metrics, .health, .ready: true
    default: false
    }
  }

  var methods: [HTTPRequest.Method] {
    switch self {
    case .ocsp, .requests, .code: [.post]
    default: [.get, .head]
    }
  }
}
