import CertificateAuthority
import Hummingbird
import Logging
import PKIX
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The revocation lists. Those of the issuing authority are signed again when there is something new, and in time before
/// they run out; the root's is what was published, as its key is not here.
final class ListEndpoint: Sendable {
  private let authority: Authority
  private let issuer: Identity
  private let publication: Settings.Publication
  private let metrics: ServerMetrics
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var ready: [ListKind: Ready] = [:]
    var signing: [ListKind: Task<CertificateRevocationList, any Error>] = [:]
  }

  /// A list as it is given out while nothing happens.
  private struct Ready {
    let published: Published
    let revision: Int
    let until: Date
  }

  init(
    _ authority: Authority, _ issuer: Identity, _ settings: Settings, _ metrics: ServerMetrics, _ logger: Logger
  ) {
    self.authority = authority
    self.issuer = issuer
    self.metrics = metrics
    self.logger = logger
    publication = settings.publication
  }

  func get(_ kind: ListKind, _ request: Request) async throws -> Response {
    let now = Date()
    try authority.refresh()
    let revision = authority.revision
    if let ready = state.withLock({ $0.ready[kind] }), ready.revision == revision, ready.until > now {
      return ready.published.response(to: request)
    }
    guard let list = try await current(kind, at: now) else { return Answers.notFound }
    let left = list.nextUpdate.map { Int($0.timeIntervalSince(now)) } ?? 0
    let published = Published(
      list.derBytes, type: "application/pkix-crl", maxAge: max(0, min(publication.listMaxAge, left - 60)),
      modified: list.thisUpdate, expires: list.nextUpdate)
    state.withLock {
      // The revision from before the list was looked at: what came since makes it look again.
      $0.ready[kind] = Ready(published: published, revision: revision, until: now.addingTimeInterval(60))
    }
    return published.response(to: request)
  }

  /// The list as it should be given out now, signed again if need be; nil when this authority has none of that kind.
  func current(_ kind: ListKind, at now: Date) async throws -> CertificateRevocationList? {
    guard authority.lists.contains(kind.complete) else { return nil }
    // Whoever waits for a signature that was under way already looks once more whether that was late enough.
    for _ in 0..<4 {
      let found = try authority.currentList(kind)
      if let found, !isDue(found.list, isCurrent: found.isCurrent, kind, at: now) { return found.list }
      // A delta is made again only where somebody published one.
      if kind.issuer == .root || kind.isDelta && found == nil { return found?.list }
      do { _ = try await sign(kind) } catch {
        metrics.listFailed()
        logger.error("a list cannot be signed", metadata: ["list": "\(kind)", "error": "\(error)"])
        // The last one is right about all that it says, while it lasts.
        guard let list = found?.list, list.nextUpdate.map({ $0 > now }) ?? true else { throw error }
        return list
      }
    }
    return try authority.currentList(kind)?.list
  }

  private func isDue(_ list: CertificateRevocationList, isCurrent: Bool, _ kind: ListKind, at now: Date) -> Bool {
    if kind.issuer == .root { return false }
    guard isCurrent, let next = list.nextUpdate else { return true }
    return next.timeIntervalSince(now) < next.timeIntervalSince(list.thisUpdate) / 4
  }

  /// Signs the list; those who ask meanwhile wait for the same signature.
  private func sign(_ kind: ListKind) async throws -> CertificateRevocationList {
    let task = state.withLock { state in
      if let task = state.signing[kind] { return task }
      let task = Task { [authority, issuer, publication, logger] in
        defer { self.state.withLock { $0.signing[kind] = nil } }
        let list = try await authority.publishList(kind, days: publication.listDays, with: issuer)
        logger.info(
          "list signed", metadata: ["list": "\(kind)", "number": "\((try? list.number).map { "\($0)" } ?? "")"])
        return list
      }
      state.signing[kind] = task
      return task
    }
    return try await task.value
  }

  /// What is wrong with a list that should be given out; nil if nothing is.
  func objection(to kind: ListKind, at now: Date) -> String? {
    do {
      guard let (list, isCurrent) = try authority.currentList(kind) else { return "there is none" }
      if let next = list.nextUpdate, next <= now { return "it ran out" }
      return isCurrent ? nil : "something was revoked since"
    } catch { return "it cannot be read" }
  }
}
