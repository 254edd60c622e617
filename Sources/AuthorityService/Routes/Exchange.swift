import CertificateAuthority
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What is known of a request besides itself.
struct ExchangeContext: InitializableFromSource {
  let channel: any Channel
  let logger: Logger

  init(source: ApplicationRequestContextSource) {
    channel = source.channel
    logger = source.logger
  }
}

/// Which of the routes a listener answers.
enum RouteChoice: Sendable {
  case all
  case forClients
  case forOperators
}

/// One request in, one answer out, counted and written into the log.
struct Exchange: HTTPResponder {
  typealias Context = ExchangeContext

  let choice: RouteChoice
  let ocsp: OCSPEndpoint
  let lists: ListEndpoint
  let certificates: CertificateEndpoint
  let requests: RequestEndpoint
  let readiness: Readiness
  let metrics: ServerMetrics
  let rate: RateLimit
  let requestRate: RateLimit
  /// The body of ``Route/fixed``, which only benchmarks have.
  let fixed: Published?

  func respond(to request: Request, context: ExchangeContext) async throws -> Response {
    let start = NIODeadline.now()
    let route = route(of: request)
    var response: Response
    do { response = try await answer(route, request, context) } catch {
      context.logger.error("a request failed", metadata: ["error": "\(error)"])
      response = Answers.refusal(.internalServerError, "this went wrong here")
    }
    if request.method == .head { response = response.createHeadResponse() }
    let label = route?.label ?? .none
    let duration = NIODeadline.now() - start
    metrics.answered(label, status: response.status.code, nanoseconds: duration.nanoseconds)
    context.logger.info(
      "request",
      metadata: [
        "method": "\(Self.name(request.method))", "route": "\(label.rawValue)", "status": "\(response.status.code)",
        "bytes": "\(response.body.contentLength ?? 0)", "us": "\(duration.nanoseconds / 1_000)",
      ])
    return response
  }

  private func route(of request: Request) -> Route? {
    guard let target = request.head.path else { return nil }
    // RFC 9112 §3.2.2: the absolute form is to be understood.
    guard let route = Route(path: target.utf8.first == UInt8(ascii: "/") ? target : request.uri.path) else {
      return nil
    }
    switch choice {
    case .all: break
    case .forClients: guard !route.isForOperators else { return nil }
    case .forOperators: guard route.isForOperators else { return nil }
    }
    return route == .fixed && fixed == nil ? nil : route
  }

  private func answer(_ route: Route?, _ request: Request, _ context: ExchangeContext) async throws -> Response {
    if choice != .forOperators {
      let isStrict = route.map { $0.isAboutRequests } ?? false
      if let seconds = (isStrict ? requestRate : rate).take(ClientAddress(context.channel.remoteAddress)) {
        metrics.refused(by: .rate)
        return Answers.refusal(.tooManyRequests, "too many requests from this address", retryAfter: seconds)
      }
    }
    guard let route else { return Answers.notFound }
    switch (route, request.method) {
    case (.ocsp, .post): return try await ocsp.post(request)
    case (.encodedOCSP(let encoded), .get), (.encodedOCSP(let encoded), .head):
      return try await ocsp.get(encoded, request)
    case (.list(let kind), .get), (.list(let kind), .head): return try await lists.get(kind, request)
    case (.certificate(let level), .get), (.certificate(let level), .head): return certificates.get(level, request)
    case (.chain, .get), (.chain, .head): return certificates.getChain(request)
    case (.requests, .post): return try await requests.add(request, from: context.channel.remoteAddress?.ipAddress)
    case (.request(let id), .get), (.request(let id), .head): return try requests.get(id, request)
    case (.issued(let id), .get), (.issued(let id), .head): return try requests.certificate(id, request)
    case (.code(let id), .post): return try await requests.prove(id, request)
    case (.metrics, .get), (.metrics, .head): return readiness.metricsText()
    case (.health, .get), (.health, .head): return Answers.json("{\"alive\":true}")
    case (.ready, .get), (.ready, .head): return readiness.answer()
    case (.fixed, .get), (.fixed, .head): return fixed?.response(to: request) ?? Answers.notFound
    default: return Answers.wrongMethod(route)
    }
  }

  /// Methods are words that a client can choose freely.
  private static func name(_ method: HTTPRequest.Method) -> String {
    switch method {
    case .get, .head, .post, .put, .delete, .options, .patch, .trace, .connect: method.rawValue
    default: "other"
    }
  }
}

extension Route {
  fileprivate var isAboutRequests: Bool {
    switch self {
    case .requests, .request, .issued, .code: true
    default: false
    }
  }
}
