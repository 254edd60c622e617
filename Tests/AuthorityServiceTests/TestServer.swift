import AuthorityService
import CertificateAuthority
import Foundation
import Logging
import PKIX
import SMIMECrypto
import SMIMETestSupport
import ServiceLifecycle
import Synchronization
import Testing

/// Tests that start servers: one at a time, so that none waits for another's work.
@Suite(.serialized) enum Served {}

/// Everything that was written to a log.
final class LogBook: Sendable {
  private let lines = Mutex<[String]>([])

  var text: String { lines.withLock { $0.joined(separator: "\n") } }

  func logger(_ level: Logger.Level = .trace) -> Logger {
    var logger = Logger(label: "test") { _ in Writer(book: self) }
    logger.logLevel = level
    return logger
  }

  private struct Writer: LogHandler {
    let book: LogBook
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      book.lines.withLock { $0.append("\(event.level) \(event.message) \(all)") }
    }
  }
}

/// A server in this process, on a free port, while `body` runs.
func withServer(
  _ test: TestAuthority, _ change: (inout Settings) -> Void = { _ in }, log: LogBook = LogBook(),
  _ body: @Sendable @escaping (Wire) async throws -> Void
) async throws {
  try await withListeners(test, change, log: log) { listening in try await body(Wire(port: listening.address.port)) }
}

func withListeners(
  _ test: TestAuthority, _ change: (inout Settings) -> Void = { _ in }, log: LogBook = LogBook(),
  _ body: @Sendable @escaping (AuthorityServer.Listening) async throws -> Void
) async throws {
  var settings = Settings(listen: Endpoint(host: "127.0.0.1", port: 0))
  settings.limits.rate = 0
  settings.limits.requestRate = 0
  settings.limits.shutdownTime = 3
  change(&settings)
  let (arrivals, arrival) = AsyncStream<AuthorityServer.Listening>.makeStream()
  let server = try AuthorityServer(
    authority: try Authority(folder: test.folder), issuer: test.issuer, settings: settings, logger: log.logger()
  ) { arrival.yield($0) }
  let group = ServiceGroup(services: [server], logger: log.logger())
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask {
      defer { arrival.finish() }
      try await group.run()
    }
    for await listening in arrivals {
      do { try await body(listening) } catch {
        await group.triggerGracefulShutdown()
        throw error
      }
      await group.triggerGracefulShutdown()
      break
    }
    try await tasks.waitForAll()
  }
}

extension OCSPResponse {
  /// What the first answer says.
  var firstStatus: CertificateStatus? { basic?.responses.first?.status }
}
