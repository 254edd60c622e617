import PKIX

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What came of the validation of a certificate.
struct Validation {
  let certificate: Certificate
  let isValid: Bool
  private let path: [Certificate]
  private let problems: [PathProblem]
  private let notes: [String]
  private let revocation: [RevocationReport]
  private let instant: Date

  init(_ certificate: Certificate, _ outcome: Result<ValidatedPath, PathFailure>, at instant: Date) {
    self.certificate = certificate
    self.instant = instant
    switch outcome {
    case .success(let good):
      (isValid, path, problems, notes, revocation) = (true, good.certificates, [], good.notes, good.revocation)
    case .failure(let bad):
      (isValid, path, problems, notes, revocation) = (false, bad.path, bad.problems, [], bad.revocation)
    }
  }

  var lacksAnchor: Bool { problems.contains { $0.check == .path } }

  var lines: [String] {
    let state = isValid ? Terminal.paint("valid", .green) : Terminal.paint("not valid", .red)
    var lines = ["\(state): \(Outline.printable("\(certificate.subject)"))"]
    lines.append("path: " + path.map { Outline.printable("\($0.subject)") }.joined(separator: " < "))
    lines += problems.map { "\($0.check.rawValue): \(Outline.printable($0.detail))" }
    lines += revocation.flatMap { $0.words(at: instant) }
    return lines
  }

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
    result["notes"] = .list(notes.map(Outline.Node.text))
    result["revocation"] = .list(revocation.map { .outline($0.outline(at: instant)) })
    return result
  }
}
