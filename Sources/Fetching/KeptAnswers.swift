public import PKIX
import Synchronization

/// What the network said earlier, from where its answers are kept: nobody is asked.
public final class KeptAnswers: AnswerSource {
  private let cache: FetchCache
  private let known = Mutex<[String: Result<FetchAnswer, FetchFailure>]>([:])

  /// Lists that are larger would be read anew by each command; for those there is the store's folder, and its index.
  private static let sizeLimit = 8 << 20

  /// nil when nothing is kept in `folder`.
  public init?(in folder: String) {
    guard let cache = FetchCache(reading: folder) else { return nil }
    self.cache = cache
  }

  /// However old the answer is. Each is read once.
  public func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    guard request.freshness == .kept, let name = request.cacheName else { return Self.nothing }
    return known.withLock { known in
      if let answer = known[name] { return answer }
      let entry = cache.entry(name, byteLimit: min(FetchRules().byteLimit(request.kind), Self.sizeLimit))
      let answer = entry.map { Result.success($0.answer(.cache)) } ?? Self.nothing
      known[name] = answer
      return answer
    }
  }

  private static let nothing: Result<FetchAnswer, FetchFailure> = .failure(
    FetchFailure(.absent, "no answer is kept"))
}

/// The OCSP answers and lists that were had earlier for a certificate, as a source that tells nobody.
///
/// A revocation that was told once is known from then on, with the network or without: otherwise the same message would be
/// refused today and taken tomorrow in a train.
public struct KeptRevocation: RevocationSource {
  private let sources: [any RevocationSource]
  private let onlyRevocations: Bool

  /// - Parameters:
  ///   - ocsp: whether answers of responders are heard, and not lists alone.
  ///   - responders: whose answers are heard instead of those of the responders that certificates name.
  ///   - onlyRevocations: nothing else is heard of: where the network is asked as well, and tells the rest better.
  public init(_ answers: KeptAnswers, ocsp: Bool = true, responders: [String]? = nil, onlyRevocations: Bool = false) {
    let lists = RevocationListSource(answers)
    sources = ocsp ? [OCSPSource(answers, responders: responders), lists] : [lists]
    self.onlyRevocations = onlyRevocations
  }

  public var isLocal: Bool { true }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    for source in sources { found += await source.evidence(on: certificate, issuedBy: issuer) }
    return found.filter { one in
      switch one.content {
      // That nothing is kept is no news.
      case .failure: false
      case .response(let response, _): !onlyRevocations || response.revokes(certificate, of: issuer)
      case .list, .indexedList: !onlyRevocations || one.content.revokes(certificate)
      }
    }
  }
}

extension OCSPResponse {
  fileprivate func revokes(_ certificate: Certificate, of issuer: Certificate) -> Bool {
    basic?.responses.contains { one in
      // A hold may have ended since.
      guard case .revoked(let revocation) = one.status, revocation.reason != .certificateHold else { return false }
      return one.certificate.names(certificate.serialNumber, of: issuer)
    } ?? false
  }
}

extension RevocationEvidence.Content {
  /// True of a list with an entry for `certificate`, and of one that cannot be read, which says so later.
  fileprivate func revokes(_ certificate: Certificate) -> Bool {
    guard case .list(let list) = self else { return true }
    do {
      let entry = try list.entry(for: certificate.serialNumber, issuedBy: certificate.issuer)
      return entry.map { $0.reason != .certificateHold && $0.reason != .removeFromCRL } ?? false
    } catch { return true }
  }
}
