public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The certificates that are trusted without a reason. Any certificate may be one, self-signed or not.
public struct TrustAnchors: Sendable {
  public let certificates: [Certificate]

  public init(_ certificates: [Certificate]) { self.certificates = certificates }

  public var isEmpty: Bool { certificates.isEmpty }
}

/// How much work one validation may cost. Counts, never times.
public struct PathBudget: Hashable, Sendable {
  /// Signatures that are verified.
  public var signatures = 1_000
  /// Issuers that are considered.
  public var steps = 20_000
  /// Certificates on a path.
  public var length = 20
  /// Certificates whose issuers are looked for elsewhere.
  public var fetches = 4

  public init() {}
}

/// What the leaf's key is to be used for.
public enum KeyUse: Hashable, Sendable {
  case signing, encryption, any
}

/// Finds a path from a certificate to an anchor and validates it (RFC 5280 §6.1, RFC 8550 §4).
///
/// Certificates come from pools in any order, cross-signed and looping ones among them. Paths are tried until one is good;
/// when none is, the nearest is reported with everything that is wrong with it.
public struct PathValidator: Sendable {
  let anchors: TrustAnchors
  let intermediates: [Certificate]
  let issuers: (any CertificateSource)?
  let revocation: Revocation
  let policy: AlgorithmPolicy
  let purpose: KeyPurpose?
  let budget: PathBudget
  private var memory: PathMemory?

  /// - Parameters:
  ///   - intermediates: certificates at hand besides those that come with a message.
  ///   - issuers: where issuers are looked for that are not at hand.
  ///   - purpose: what the path must be good for; nil for anything.
  public init(
    anchors: TrustAnchors, intermediates: [Certificate] = [], issuers: (any CertificateSource)? = nil,
    revocation: Revocation = .off, policy: AlgorithmPolicy = .standard, purpose: KeyPurpose? = .emailProtection,
    budget: PathBudget = PathBudget()
  ) {
    self.anchors = anchors
    self.intermediates = intermediates
    self.issuers = issuers
    self.revocation = revocation
    self.policy = policy
    self.purpose = purpose
    self.budget = budget
  }

  /// The same validator, which remembers the paths that it finds good: the certificates of a signer who writes again are
  /// not verified again while they are valid. Revocation is asked for each time.
  ///
  /// `Reader` validates by one that remembers, so that whoever keeps a reader for many messages has this already.
  ///
  /// - Parameter count: how many paths it remembers.
  public func remembering(_ count: Int = 1_024) -> PathValidator {
    guard memory == nil else { return self }
    var validator = self
    validator.memory = PathMemory(limit: count)
    return validator
  }

  /// The same validator for paths that must be good for `purpose`; nil for anything. It remembers nothing: what is good for
  /// one purpose is not for another.
  public func judging(for purpose: KeyPurpose?) -> PathValidator {
    PathValidator(
      anchors: anchors, intermediates: intermediates, issuers: issuers, revocation: revocation, policy: policy,
      purpose: purpose, budget: budget)
  }

  /// The same validator without any source that is not at hand: nobody is asked, and nobody learns of it.
  public var offline: PathValidator {
    var validator = PathValidator(
      anchors: anchors, intermediates: intermediates, revocation: revocation.local, policy: policy, purpose: purpose,
      budget: budget)
    validator.memory = memory
    return validator
  }

  /// Validates `leaf` at the instant `at`.
  ///
  /// - Parameters:
  ///   - pool: the certificates that came with the message, in any order.
  ///   - use: what the leaf's key was or will be used for.
  public func validate(
    _ leaf: Certificate, with pool: [Certificate] = [], at instant: Date, use: KeyUse = .any
  ) async -> Result<ValidatedPath, PathFailure> {
    var pool = pool
    var asked: Set<Certificate> = []
    var misses: [String] = []
    var revocationMemory = RevocationMemory()
    if let path = memory?.path(from: leaf, use: use, at: instant) {
      var checks = PathChecks(self, path: path, at: instant, use: use)
      let revocation = await checks.checkRevocation(&revocationMemory)
      if checks.problems.isEmpty { return .success(ValidatedPath(certificates: path, revocation: revocation)) }
      // Another path may do.
    }
    while true {
      var search = PathSearch(self, pool: pool)
      if let result = await validate(leaf, with: &search, at: instant, use: use, &revocationMemory) { return result }
      // Nothing led to an anchor. Where nobody at hand signed, somebody else may have; then wherever else a way may lead on.
      guard let issuers, asked.count < budget.fetches,
        let orphan = (search.orphans + search.visited).first(where: { !asked.contains($0) })
      else { return .failure(noPath(leaf, search, misses)) }
      asked.insert(orphan)
      for evidence in await issuers.issuers(of: orphan) {
        pool += evidence.certificates
        if let failure = evidence.failure { misses.append("\(evidence.provenance.url ?? "nowhere"): \(failure)") }
      }
    }
  }

  /// What comes of the paths to anchors that `search` finds; nil when it finds none.
  private func validate(
    _ leaf: Certificate, with search: inout PathSearch, at instant: Date, use: KeyUse,
    _ revocationMemory: inout RevocationMemory
  ) async -> Result<ValidatedPath, PathFailure>? {
    var best: PathFailure?
    var bestDistance = Int.max
    while let path = search.next(from: leaf) {
      var checks = PathChecks(self, path: path, at: instant, use: use)
      checks.run()
      if checks.problems.isEmpty { memory?.keep(path, use: use) }
      let revocation = await checks.checkRevocation(&revocationMemory)
      if checks.problems.isEmpty { return .success(ValidatedPath(certificates: path, revocation: revocation)) }
      // No other path makes a leaf good again that its issuer withdrew.
      if checks.problems.contains(where: { $0.check == .revoked && $0.depth == 0 }) {
        return .failure(PathFailure(checks.problems, path: path, revocation: revocation))
      }
      let distance = checks.problems.reduce(0) { $0 + $1.distance }
      if distance < bestDistance {
        bestDistance = distance
        best = PathFailure(checks.problems, path: path, revocation: revocation)
      }
    }
    if search.isExhausted {
      return .failure(
        best ?? PathFailure([PathProblem(.budget, "the certificates lead to too many paths")], path: [leaf]))
    }
    return best.map { .failure($0) }
  }

  /// There is no chain of names at all: what can be said of the certificates that there are.
  private func noPath(_ leaf: Certificate, _ search: PathSearch, _ misses: [String]) -> PathFailure {
    let partial = search.longest.isEmpty ? [leaf] : search.longest
    if !search.rejected.isEmpty { return PathFailure(search.rejected, path: partial) }
    let last = partial[partial.count - 1]
    let detail =
      last.isSelfIssued
      ? "\(last.subject) is not a trust anchor" : "the certificate of the issuer \(last.issuer) is not known"
    let asked = misses.isEmpty ? "" : " (\(misses.joined(separator: "; ")))"
    return PathFailure([PathProblem(.path, detail + asked, depth: partial.count - 1)], path: partial)
  }
}
