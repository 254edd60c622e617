public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The certificates that are trusted without a reason. Any certificate may be one, self-signed or not.
public struct TrustAnchors: Sendable {
  public let certificates: [Certificate]
  /// The numbers of their names.
  let names: NameTable
  private let byName: [Int: [Certificate]]

  public init(_ certificates: [Certificate]) {
    self.certificates = certificates
    var names = NameTable()
    byName = Dictionary(grouping: certificates) { names.number($0.subject) }
    self.names = names
  }

  public var isEmpty: Bool { certificates.isEmpty }

  /// Those of the name that has that number.
  func named(_ number: Int) -> [Certificate] { byName[number] ?? [] }
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
  private(set) var anchors: TrustAnchors
  let intermediates: [Certificate]
  /// The local ones first.
  private(set) var issuers: [any CertificateSource]
  private(set) var revocation: Revocation
  let policy: AlgorithmPolicy
  private(set) var purpose: KeyPurpose?
  let policies: PolicyRequest
  let profile: PathProfile
  let budget: PathBudget
  private var memory: PathMemory?

  /// - Parameters:
  ///   - intermediates: certificates at hand besides those that come with a message.
  ///   - issuers: where issuers are looked for that are not at hand.
  ///   - purpose: what the path must be good for; nil for anything.
  ///   - policies: the certificate policies that are asked for.
  ///   - profile: how much is demanded of the certificates.
  public init(
    anchors: TrustAnchors, intermediates: [Certificate] = [], issuers: [any CertificateSource] = [],
    revocation: Revocation = .off, policy: AlgorithmPolicy = .standard, purpose: KeyPurpose? = .emailProtection,
    policies: PolicyRequest = .any, profile: PathProfile = .path, budget: PathBudget = PathBudget()
  ) {
    self.anchors = anchors
    self.intermediates = intermediates
    self.issuers = issuers.filter(\.isLocal) + issuers.filter { !$0.isLocal }
    self.revocation = revocation
    self.policy = policy
    self.purpose = purpose
    self.policies = policies
    self.profile = profile
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
    var validator = self
    validator.purpose = purpose
    validator.memory = nil
    return validator
  }

  /// The same validator with other anchors. It remembers nothing: what was good under one anchor is not under another.
  public func trusting(_ anchors: TrustAnchors) -> PathValidator {
    var validator = self
    validator.anchors = anchors
    validator.memory = nil
    return validator
  }

  /// The same validator without any source that is not at hand: nobody is asked, and nobody learns of it.
  public var offline: PathValidator {
    var validator = self
    validator.issuers = issuers.filter(\.isLocal)
    validator.revocation = revocation.local
    return validator
  }

  /// The same validator, which also hears `evidence` about revocation that came along with what is validated. It is worth
  /// what it proves, wherever it came from; under ``Revocation/off`` nothing is heard.
  public func hearing(_ evidence: [RevocationEvidence]) -> PathValidator {
    guard !evidence.isEmpty else { return self }
    var validator = self
    validator.revocation = revocation.adding(GivenEvidence(evidence))
    return validator
  }

  /// Validates `leaf` at the instant `at`, which counts in whole seconds as validity does.
  ///
  /// - Parameters:
  ///   - pool: the certificates that came with the message, in any order.
  ///   - use: what the leaf's key was or will be used for.
  public func validate(
    _ leaf: Certificate, with pool: [Certificate] = [], at instant: Date, use: KeyUse = .any
  ) async -> Result<ValidatedPath, PathFailure> {
    let instant = Date(timeIntervalSince1970: instant.timeIntervalSince1970.rounded(.down))
    var validation = PathValidation(self, with: pool, at: instant, use: use)
    if let known = memory?.path(from: leaf, use: use, at: instant),
      let path = await validation.confirm(known.certificates, known.policies)
    {
      return .success(path)
    }
    let result = await validation.run(leaf)
    if case .success(let path) = result { memory?.keep(path.certificates, path.policies, use: use) }
    return result
  }

  /// Validates as ``validate(_:with:at:use:)`` does, for whoever may use `leaf` although no path leads to an anchor. Then
  /// the failure also tells which certificates on the way their issuers revoked, as far as lists at hand say so: nobody
  /// needs to be trusted to withdraw what he issued himself.
  public func validateHearingStrangers(
    _ leaf: Certificate, with pool: [Certificate] = [], at instant: Date, use: KeyUse = .any
  ) async -> Result<ValidatedPath, PathFailure> {
    let outcome = await validate(leaf, with: pool, at: instant, use: use)
    guard case .failure(let failure) = outcome, failure.path.count > 1, let last = failure.path.last,
      !anchors.certificates.contains(last)
    else { return outcome }
    let below = await offline.trusting(TrustAnchors([last])).validate(
      leaf, with: pool + failure.path, at: instant, use: use)
    guard case .failure(let other) = below else { return outcome }
    let revoked = other.problems.filter { $0.check == .revoked }
    guard !revoked.isEmpty else { return outcome }
    return .failure(failure.adding(revoked, other.revocation))
  }
}
