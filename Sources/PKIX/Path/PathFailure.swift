#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// One rule of path validation that does not hold.
public struct PathProblem: Hashable, Sendable {
  /// Which rule; the names are those that reports print.
  public enum Check: String, Hashable, Sendable, CaseIterable {
    /// No chain of names leads to an anchor.
    case path
    /// A signature on the path is wrong.
    case signature
    /// A certificate breaks a rule of its own: unknown version, extension twice, two algorithms.
    case certificate
    /// An algorithm that is not offered.
    case unsupportedAlgorithm
    /// An algorithm that is not believed any more.
    case weakAlgorithm
    case notYetValid
    case expired
    /// An issuer that is no authority, or has too many authorities below it.
    case basicConstraints
    case keyUsage
    case extendedKeyUsage
    /// A name that an authority above forbids.
    case nameConstraints
    /// No policy that is asked for is valid, or one is mapped that must not be.
    case policies
    /// A critical extension that is not processed here.
    case criticalExtension
    case revoked
    case revocationUnknown
    /// The search was given up.
    case budget
  }

  public let check: Check
  /// What does not hold, in words.
  public let detail: String
  /// The certificate in question: 0 is the leaf; nil when it is none in particular.
  public let depth: Int?
  /// Of a revocation: since when, and why.
  public let revocation: RevokedCertificate?

  init(_ check: Check, _ detail: String, depth: Int? = nil, revocation: RevokedCertificate? = nil) {
    self.check = check
    self.detail = detail
    self.depth = depth
    self.revocation = revocation
  }
}

/// Since when a certificate is revoked, and why.
public struct RevokedCertificate: Hashable, Sendable {
  public let date: Date
  public let reason: RevocationReason

  public init(date: Date, reason: RevocationReason) {
    self.date = date
    self.reason = reason
  }
}

/// Why no path was good: everything that is wrong with the best of them.
public struct PathFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What does not hold, the weightiest first; never empty.
  public let problems: [PathProblem]
  /// The path that came nearest, the leaf first.
  public let path: [Certificate]
  /// What was asked about revocation, as far as that went.
  public let revocation: [RevocationReport]
  /// How much work it was to find out.
  public internal(set) var effort = PathEffort()

  init(_ problems: [PathProblem], path: [Certificate], revocation: [RevocationReport] = []) {
    self.revocation = revocation
    self.problems = problems.enumerated().sorted {
      ($0.element.weight, $0.offset) < ($1.element.weight, $1.offset)
    }.map(\.element)
    self.path = path
  }

  /// The same failure, which tells of more that is wrong.
  func adding(_ more: [PathProblem], _ revocation: [RevocationReport]) -> PathFailure {
    var failure = PathFailure(problems + more, path: path, revocation: self.revocation + revocation)
    failure.effort = effort
    return failure
  }

  public var description: String { problems.map { "\($0.check.rawValue): \($0.detail)" }.joined(separator: "; ") }
}

extension PathProblem {
  /// The order in which problems decide what is said: withdrawn, then not trusted, then the times, then not known.
  var weight: Int {
    switch check {
    case .revoked: 0
    case .unsupportedAlgorithm, .weakAlgorithm: 1
    case .path, .signature, .certificate, .budget: 2
    case .basicConstraints, .keyUsage, .extendedKeyUsage, .nameConstraints, .policies, .criticalExtension: 3
    case .notYetValid: 4
    case .expired: 5
    case .revocationUnknown: 6
    }
  }

  /// How far a path with this problem is from being good; among failed paths the nearest is told.
  var distance: Int {
    switch check {
    case .revocationUnknown: 1
    case .expired, .notYetValid: 2
    case .revoked: 3
    case .weakAlgorithm: 4
    case .basicConstraints, .keyUsage, .extendedKeyUsage, .nameConstraints, .policies, .criticalExtension: 8
    case .certificate, .unsupportedAlgorithm: 16
    case .signature: 32
    case .path, .budget: 64
    }
  }
}

/// A path that passed every check. Only the validator makes one.
public struct ValidatedPath: Hashable, Sendable {
  /// The leaf first, the anchor last. One certificate when the leaf is itself an anchor.
  public let certificates: [Certificate]
  /// What was asked about revocation, and what was answered: one report for each certificate below the anchor, the
  /// leaf's first; empty under ``Revocation/off``.
  public let revocation: [RevocationReport]
  /// The certificate policies that it is valid for.
  public let policies: PolicyOutcome
  /// How much work it was to find and check it.
  public let effort: PathEffort

  init(
    certificates: [Certificate], policies: PolicyOutcome, revocation: [RevocationReport],
    effort: PathEffort = PathEffort()
  ) {
    self.certificates = certificates
    self.policies = policies
    self.revocation = revocation
    self.effort = effort
  }

  /// What is not known and passed under ``Revocation/soft(_:)``, in words.
  public var notes: [String] { revocation.compactMap(\.note) }

  public var leaf: Certificate? { certificates.first }
  public var anchor: Certificate? { certificates.last }
}
