import PKIX
import SMIME
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension SignerReport {
  /// The signer in words, ages counted to `instant`.
  func words(at instant: Date) -> [String] {
    let name = addresses.isEmpty ? identifier : addresses.joined(separator: ", ")
    var lines = ["signer: \(Outline.printable(name)) (\(state.rawValue))"]
    if let time = claimedTime { lines.append("  says it signed at \(time.rfc3339)") }
    if !path.isEmpty {
      lines.append("  path: " + path.map { Outline.printable("\($0.subject)") }.joined(separator: " < "))
    }
    lines += failures.map { "  \($0.check): \(Outline.printable($0.detail))" }
    lines += revocation.flatMap { $0.words(at: instant) }.map { "  \($0)" }
    // The notes of a signer whose revocation was asked about say the same once more.
    if revocation.isEmpty { lines += notes.map { "  note: \(Outline.printable($0))" } }
    lines += timestamps.map { "  time stamp: \(Outline.printable($0.words))" }
    for signer in countersigners {
      lines.append("  countersigned:")
      lines += signer.words(at: instant).map { "    \($0)" }
    }
    return lines
  }

  /// The signer as `docs/schema/verdict.json` describes it.
  func outline(at instant: Date) -> Outline {
    var result: Outline = [
      "state": .text(state.rawValue), "addresses": .list(addresses.map(Outline.Node.text)),
    ]
    result["certificate"] = certificate.map { .outline($0.shortOutline) }
    result["claimedTime"] = claimedTime.map { .text($0.rfc3339) }
    result["path"] = .list(
      path.map { .outline(["subject": .text("\($0.subject)"), "sha256": .text($0.fingerprint.hexText)]) })
    result["failures"] = .list(
      failures.map { .outline(["check": .text($0.check), "detail": .text($0.detail)]) })
    result["notes"] = .texts(notes)
    result["revocation"] = .outlines(revocation.map { $0.outline(at: instant) })
    result["timestamps"] = .outlines(timestamps.map(\.outline))
    result["countersigners"] = .outlines(countersigners.map { $0.outline(at: instant) })
    return result
  }
}

extension TrustOptions {
  /// What may help with signers who make a message untrusted, or outdated; each thing once.
  func hints(for signers: [SignerReport], _ state: SignatureState) -> [String] {
    guard state == .untrusted || state == .weakAlgorithm else { return [] }
    var hints: [String] = []
    for signer in signers {
      for failure in signer.failures {
        let hint: String? =
          switch failure.check {
          case "signerCertificate": hint(for: .signerCertificate)
          case PathProblem.Check.path.rawValue: hint(for: Lack(endOf: signer.path))
          case PathProblem.Check.weakAlgorithm.rawValue: PolicyOptions.judgingHint
          default: nil
          }
        if let hint, !hints.contains(hint) { hints.append(hint) }
      }
    }
    return hints
  }
}

extension TimestampReport {
  fileprivate var words: String {
    let who = authority.map { " by \($0.subject)" } ?? ""
    guard let time else { return "proves nothing\(who): \(failure ?? "")" }
    return "\(time.rfc3339)\(who)"
  }

  fileprivate var outline: Outline {
    var result = Outline()
    result["time"] = time.map { .text($0.rfc3339) }
    result["authority"] = authority.map { .outline($0.shortOutline) }
    result["failure"] = failure.map(Outline.Node.text)
    return result
  }
}

extension SignatureState {
  var colour: Terminal.Colour {
    switch self {
    case .verified: .green
    case .unsigned, .verifiedOnBehalf, .partial, .revocationUnknown: .yellow
    default: .red
    }
  }
}
