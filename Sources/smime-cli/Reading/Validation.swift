import PKIX
import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension PathProblem {
  /// What is said of a certificate that has this problem and is used or kept all the same, to follow its name.
  var warning: String { "the certificate does not validate: \(detail)" }
}

/// What came of the validation of a certificate.
struct Validation {
  let certificate: Certificate
  let isValid: Bool
  private let path: [Certificate]
  private let problems: [PathProblem]
  private let notes: [String]
  private let revocation: [RevocationReport]
  private let policies: PolicyOutcome
  private let instant: Date

  init(_ certificate: Certificate, _ outcome: Result<ValidatedPath, PathFailure>, at instant: Date) {
    self.certificate = certificate
    self.instant = instant
    switch outcome {
    case .success(let good):
      (isValid, path, problems, notes) = (true, good.certificates, [], good.notes)
      (revocation, policies) = (good.revocation, good.policies)
    case .failure(let bad):
      (isValid, path, problems, notes) = (false, bad.path, bad.problems, [])
      (revocation, policies) = (bad.revocation, .none)
    }
  }

  /// What may help, by the options of the command.
  func hints(_ trust: TrustOptions) -> [String] {
    let checks = Set(problems.map(\.check))
    return (checks.contains(.path) ? [trust.hint(for: .init(endOf: path))] : [])
      + (checks.contains(.weakAlgorithm) ? [PolicyOptions.judgingHint] : [])
  }

  var lines: [String] {
    let state = isValid ? Terminal.paint("valid", .green) : Terminal.paint("not valid", .red)
    var lines = ["\(state): \(Outline.printable("\(certificate.subject)"))"]
    lines.append("path: " + path.map { Outline.printable("\($0.subject)") }.joined(separator: " < "))
    lines += problems.map { "\($0.check.rawValue): \(Outline.printable($0.detail))" }
    let holding = checks.filter { $0.state == .holds }.map(\.check.rawValue)
    if !holding.isEmpty { lines.append("holds: " + holding.joined(separator: ", ")) }
    if isValid {
      lines.append("policies by the authorities: \(Self.words(policies.authority))")
      lines.append("policies for what was asked: \(Self.words(policies.user))")
    }
    lines += revocation.flatMap { $0.words(at: instant) }
    return lines
  }

  /// Whether a rule holds on the path that is told of.
  enum CheckState: String {
    case holds, fails
    /// There was nothing to check, or no path to check it on.
    case notChecked
  }

  /// Every rule, in the order in which they are declared.
  var checks: [(check: PathProblem.Check, state: CheckState)] {
    let failing = Set(problems.map(\.check))
    let hasPath = failing.isDisjoint(with: [.path, .signature, .unsupportedAlgorithm, .budget])
    // What a certificate says that cannot be read was not checked.
    let isReadable = !failing.contains(.certificate)
    let isKnown = !revocation.isEmpty && revocation.allSatisfy { $0.status == .good }
    return PathProblem.Check.allCases.map { check in
      if failing.contains(check) { return (check, .fails) }
      switch check {
      case .revoked, .revocationUnknown: return (check, isKnown ? .holds : .notChecked)
      case .basicConstraints, .keyUsage, .extendedKeyUsage, .nameConstraints, .policies:
        return (check, hasPath && isReadable ? .holds : .notChecked)
      default: return (check, hasPath ? .holds : .notChecked)
      }
    }
  }

  private static func words(_ policies: Set<ASN1ObjectIdentifier>) -> String {
    policies.isEmpty ? "none" : dotted(policies).joined(separator: ", ")
  }

  /// The policies as digits, sorted.
  static func dotted(_ policies: Set<ASN1ObjectIdentifier>) -> [String] { policies.map(\.digits).sorted() }

  /// The object that `docs/schema/validation.json` describes.
  var report: Outline {
    var result = Outline()
    result["version"] = .number(1)
    result["valid"] = .flag(isValid)
    result["certificate"] = .outline(certificate.shortOutline)
    result["path"] = .list(
      path.map { .outline(["subject": .text("\($0.subject)"), "sha256": .text($0.fingerprint.hexText)]) })
    result["failures"] = .list(
      problems.map { .outline(["check": .text($0.check.rawValue), "detail": .text($0.detail)]) })
    result["checks"] = .list(
      checks.map { .outline(["check": .text($0.check.rawValue), "state": .text($0.state.rawValue)]) })
    result["authorityPolicies"] = .list(Self.dotted(policies.authority).map(Outline.Node.text))
    result["userPolicies"] = .list(Self.dotted(policies.user).map(Outline.Node.text))
    result["notes"] = .list(notes.map(Outline.Node.text))
    result["revocation"] = .list(revocation.map { .outline($0.outline(at: instant)) })
    return result
  }
}
