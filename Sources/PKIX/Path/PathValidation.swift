#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One validation on its way: what was asked, what was found out, and how much work it was.
struct PathValidation {
  private let validator: PathValidator
  private let instant: Date
  private let use: KeyUse
  private var work: PathWork
  private var revocationMemory: RevocationMemory
  /// The failed path that came nearest.
  private var best: PathFailure?
  private var bestDistance = Int.max

  /// - Parameter pool: the certificates at hand besides the validator's own.
  init(_ validator: PathValidator, with pool: [Certificate], at instant: Date, use: KeyUse) {
    self.validator = validator
    self.instant = instant
    self.use = use
    work = PathWork(validator.budget)
    revocationMemory = RevocationMemory(pool)
  }

  /// The path once more, of which everything but revocation is known; nil when that speaks against it. Another path may do.
  mutating func confirm(_ path: [Certificate], _ policies: PolicyOutcome) async -> ValidatedPath? {
    var checks = PathChecks(validator, path: path, at: instant, use: use)
    let revocation = await checks.checkRevocation(&revocationMemory)
    guard checks.problems.isEmpty else { return nil }
    return ValidatedPath(certificates: path, policies: policies, revocation: revocation, effort: work.effort)
  }

  mutating func run(_ leaf: Certificate) async -> Result<ValidatedPath, PathFailure> {
    var asked = validator.issuers.map { _ in Set<Certificate>() }
    var misses: [String] = []
    while true {
      let pool = CertificatePool(
        anchors: validator.anchors, others: revocationMemory.pool + validator.intermediates, at: instant)
      if let result = await tryPaths(from: leaf, in: pool) { return result.mapError(counted) }
      let survey = PathSurvey(from: leaf, in: pool, &work)
      // Nothing led to an anchor. Where nobody at hand signed, somebody else may have; then wherever else a way may lead on.
      let open = survey.orphans + survey.visited
      // What is at hand is asked about all of them, before anybody else is about one.
      var questions = validator.issuers.indices.filter { validator.issuers[$0].isLocal }.flatMap { index in
        open.filter { asked[index].insert($0).inserted }.map { (source: index, certificate: $0) }
      }
      if questions.isEmpty {
        let next = validator.issuers.indices.lazy.compactMap { index in
          open.first { !asked[index].contains($0) }.map { (source: index, certificate: $0) }
        }.first
        guard let next, work.takeFetch() else { return .failure(counted(Self.noPath(survey, misses))) }
        // Whatever is found makes nothing good of a leaf that is not good by itself, and to ask tells who reads its message.
        var checks = PathChecks(validator, path: [leaf], at: instant, use: use)
        checks.checkLeafItself()
        guard checks.problems.isEmpty else {
          return .failure(counted(Self.noPath(survey, misses, besides: checks.problems)))
        }
        asked[next.source].insert(next.certificate)
        questions = [next]
      }
      for question in questions {
        for evidence in await validator.issuers[question.source].issuers(of: question.certificate) {
          revocationMemory.pool += evidence.certificates
          if let failure = evidence.failure {
            misses.append(evidence.provenance.url.map { "\($0): \(failure)" } ?? failure)
          }
        }
      }
    }
  }

  private func counted(_ failure: PathFailure) -> PathFailure {
    var failure = failure
    failure.effort = work.effort
    return failure
  }

  /// What comes of the paths to anchors that there are; nil when there are none.
  private mutating func tryPaths(
    from leaf: Certificate, in pool: CertificatePool
  ) async -> Result<ValidatedPath, PathFailure>? {
    var search = PathSearch(from: leaf, in: pool, lengthLimit: validator.budget.length)
    while let path = search.next(&work) {
      guard work.takePath() else { return .failure(best ?? Self.tooMuch(leaf)) }
      var checks = PathChecks(validator, path: path, at: instant, use: use)
      let policies = checks.run(&work)
      let revocation = await checks.checkRevocation(&revocationMemory)
      if checks.problems.isEmpty {
        return .success(
          ValidatedPath(certificates: path, policies: policies, revocation: revocation, effort: work.effort))
      }
      let failure = PathFailure(checks.problems, path: path, revocation: revocation)
      // No other path makes a leaf good again that its issuer withdrew.
      if checks.problems.contains(where: { $0.check == .revoked && $0.depth == 0 }) { return .failure(failure) }
      let distance = checks.problems.reduce(0) { $0 + $1.distance }
      if distance < bestDistance { (bestDistance, best) = (distance, failure) }
    }
    if search.isExhausted { return .failure(best ?? Self.tooMuch(leaf)) }
    return best.map { .failure($0) }
  }

  private static func tooMuch(_ leaf: Certificate) -> PathFailure {
    PathFailure([PathProblem(.budget, "the certificates lead to too many paths")], path: [leaf])
  }

  /// There is no chain of names at all: what can be said of the certificates that there are.
  private static func noPath(
    _ survey: PathSurvey, _ misses: [String], besides problems: [PathProblem] = []
  ) -> PathFailure {
    let partial = survey.longest
    if !survey.rejected.isEmpty { return PathFailure(survey.rejected + problems, path: partial) }
    let last = partial[partial.count - 1]
    let detail =
      last.isSelfIssued
      ? "\(last.subject) is not a trust anchor" : "the certificate of the issuer \(last.issuer) is not known"
    let asked = misses.isEmpty ? "" : " (\(misses.joined(separator: "; ")))"
    return PathFailure([PathProblem(.path, detail + asked, depth: partial.count - 1)] + problems, path: partial)
  }
}
