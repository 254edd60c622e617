public import CertificateAuthority
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
public import PKIX
public import ServiceLifecycle
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An authority over HTTP: its revocation lists and certificates, OCSP, and the queue of requests.
///
/// It never opens the root's key. What other processes do to the authority's folder counts with the next request.
public final class AuthorityServer: Service {
  /// Where it can be reached.
  public struct Listening: Hashable, Sendable {
    public let address: Endpoint
    /// Where operators ask; ``address`` unless that was to be another.
    public let adminAddress: Endpoint
  }

  private let settings: Settings
  private let logger: Logger
  private let tls: TLSConfiguration?
  private let upkeep: Upkeep
  private let exchange: @Sendable (RouteChoice) -> Exchange
  private let metrics: ServerMetrics
  private let onListening: @Sendable (Listening) throws -> Void

  /// - Parameters:
  ///   - issuer: the issuing authority with its key.
  ///   - onListening: called once when requests are taken; what it throws ends the service.
  /// - Throws: `Unsupported`, or what is wrong with the TLS files.
  public convenience init(
    authority: Authority, issuer: Identity, settings: Settings, logger: Logger,
    onListening: @escaping @Sendable (Listening) throws -> Void = { _ in }
  ) throws {
    try self.init(
      authority: authority, issuer: issuer, settings: settings, logger: logger, fixedBodySize: nil,
      onListening: onListening)
  }

  /// With a route `/fixed` that answers with `fixedBodySize` bytes, for benchmarks to compare with.
  @_spi(Benchmarks)
  public init(
    authority: Authority, issuer: Identity, settings: Settings, logger: Logger, fixedBodySize: Int?,
    onListening: @escaping @Sendable (Listening) throws -> Void
  ) throws {
    let metrics = ServerMetrics()
    let responder = try OCSPResponder(authority: authority, issuer: issuer)
    let lists = ListEndpoint(authority, issuer, settings, metrics, logger)
    let ocsp = OCSPEndpoint(authority, responder, settings, metrics)
    let certificates = CertificateEndpoint(authority)
    let requests = RequestEndpoint(authority, settings, metrics)
    let readiness = Readiness(authority: authority, responder: responder, lists: lists, metrics: metrics)
    let limits = settings.limits
    let rate = RateLimit(perSecond: Double(limits.rate), burst: Double(limits.rate) * 2)
    let requestRate = RateLimit(perSecond: Double(limits.requestRate) / 60, burst: Double(limits.requestRate))
    let fixed = fixedBodySize.map { size in
      Published([UInt8](repeating: 0x30, count: size), type: "application/octet-stream", maxAge: 0)
    }
    exchange = { choice in
      Exchange(
        choice: choice, ocsp: ocsp, lists: lists, certificates: certificates, requests: requests,
        readiness: readiness, metrics: metrics, rate: rate, requestRate: requestRate, fixed: fixed)
    }
    upkeep = Upkeep(authority: authority, responder: responder, lists: lists, logger: logger)
    tls = try settings.tls.map { try TLSConfiguration(files: $0) }
    self.metrics = metrics
    self.settings = settings
    self.logger = logger
    self.onListening = onListening
  }

  /// Serves until the task is told to shut down gracefully. Requests that are under way then are answered.
  public func run() async throws {
    try await upkeep.prepare(at: Date())
    let arrivals = Arrivals(count: settings.adminListen == nil ? 1 : 2, logger, onListening)
    var services: [any Service] = [upkeep]
    services.append(
      try application(
        at: settings.listen, settings.adminListen == nil ? .all : .forClients, tls: tls,
        connections: settings.limits.connectionsPerAddress, arrivals))
    if let adminListen = settings.adminListen {
      services.append(try application(at: adminListen, .forOperators, tls: nil, connections: 0, arrivals))
    }
    var configuration = ServiceGroupConfiguration(services: services, logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(settings.limits.shutdownTime)
    try await ServiceGroup(configuration: configuration).run()
    if let failure = arrivals.failure { throw failure }
  }

  private func application(
    at endpoint: Endpoint, _ choice: RouteChoice, tls: TLSConfiguration?, connections: Int, _ arrivals: Arrivals
  ) throws -> some Service {
    let limits = settings.limits
    let count = ConnectionCount(limit: connections)
    let plain = HTTPServerBuilder { [metrics] responder in
      GuardedChannel(limits, connections: count, metrics: metrics, responder: responder)
    }
    return Application(
      responder: exchange(choice), server: try tls.map { try .tls(plain, tlsConfiguration: $0) } ?? plain,
      configuration: ApplicationConfiguration(
        address: .hostname(endpoint.host, port: endpoint.port),
        availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
      onServerRunning: { channel in
        await arrivals.add(Endpoint(host: endpoint.host, port: channel.localAddress?.port ?? endpoint.port), choice)
      }, logger: logger)
  }
}

/// Gathers where the listeners are, and tells when all are there.
private final class Arrivals: Sendable {
  private struct State {
    var missing: Int
    var address: Endpoint?
    var adminAddress: Endpoint?
    var failure: (any Error)?
  }

  private let state: Mutex<State>
  private let logger: Logger
  private let onListening: @Sendable (AuthorityServer.Listening) throws -> Void

  init(count: Int, _ logger: Logger, _ onListening: @escaping @Sendable (AuthorityServer.Listening) throws -> Void) {
    state = Mutex(State(missing: count))
    self.logger = logger
    self.onListening = onListening
  }

  var failure: (any Error)? { state.withLock { $0.failure } }

  func add(_ endpoint: Endpoint, _ choice: RouteChoice) async {
    logger.info("listening", metadata: ["address": "\(endpoint)", "for": "\(choice)"])
    let all: AuthorityServer.Listening? = state.withLock { state in
      if choice != .forOperators { state.address = endpoint }
      if choice != .forClients { state.adminAddress = endpoint }
      state.missing -= 1
      guard state.missing == 0, let address = state.address, let admin = state.adminAddress else { return nil }
      return AuthorityServer.Listening(address: address, adminAddress: admin)
    }
    guard let all else { return }
    do { try onListening(all) } catch {
      state.withLock { $0.failure = error }
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
    }
  }
}

extension TLSConfiguration {
  /// TLS 1.2 and later, with NIOSSL's choice of ciphers.
  init(files: Settings.TLSFiles) throws {
    self = .makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
    minimumTLSVersion = .tlsv12
    applicationProtocols = ["http/1.1"]
  }
}
