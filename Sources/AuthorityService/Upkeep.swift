import CertificateAuthority
import Logging
import PKIX
import ServiceLifecycle

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What has to be done without anybody asking: each second, what other processes did is read and lists are signed; each
/// minute, the OCSP answers that grow old are renewed.
struct Upkeep: Service {
  let authority: Authority
  let responder: OCSPResponder
  let lists: ListEndpoint
  let logger: Logger

  /// Below this, in seconds, the root's list should be published again, with the root's key.
  private static let rootNotice = 14.0 * 86_400
  private static let renewalInterval = 60

  /// Does all of it once.
  func prepare(at now: Date) async throws {
    try await responder.renew(at: now)
    for kind in authority.lists { _ = try await lists.current(kind, at: now) }
  }

  func run() async throws {
    var second = 0
    var healed = authority.healed
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      if second % 3_600 == 0 { noticeRoot(at: Date()) }
      await step(renews: second > 0 && second % Self.renewalInterval == 0 ? .yes : .no)
      second += 1
      if let words = authority.healed, words != healed {
        logger.warning("the journal was healed", metadata: ["what": "\(words)"])
        healed = words
      }
      do { try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) } } catch { return }
    }
  }

  private enum Renewal { case yes, no }

  private func step(renews renewal: Renewal) async {
    let now = Date()
    do {
      for kind in authority.lists.flatMap({ [$0] + ($0.delta.map { [$0] } ?? []) }) {
        _ = try await lists.current(kind, at: now)
      }
      if renewal == .yes { try await responder.renew(at: now) }
    } catch { logger.error("upkeep failed", metadata: ["error": "\(error)"]) }
  }

  private func noticeRoot(at now: Date) {
    guard let list = (try? authority.currentList(.root))?.list else {
      logger.warning("the root has no list: publish one with 'smime ca crl'")
      return
    }
    guard let next = list.nextUpdate, next.timeIntervalSince(now) < Self.rootNotice else { return }
    logger.warning(
      "the list of the root runs out soon: publish it again with 'smime ca crl'", metadata: ["at": "\(next)"])
  }
}
