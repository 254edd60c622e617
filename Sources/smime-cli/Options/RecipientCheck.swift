import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What is known against certificates before they are encrypted with: what 'smime cert validate' would say, by what is
/// at hand. The network is not asked, whatever is set: who is written to is nobody's business.
struct RecipientCheck {
  /// What is known against one certificate.
  struct Finding {
    /// Its revocation, or that of an authority above it: it must not be used.
    var revocation: PathProblem?
    /// What to know of it though it is used, in words that follow its name.
    var warnings: [String]
  }

  private let instant = Date()
  /// Made when a certificate is first validated: it costs more than a small message.
  private var validator: PathValidator?

  /// Refuses a certificate that is revoked or whose key is too short to protect anything, and warns of what else is known against it.
  ///
  /// - Returns: the warnings, in words that follow its name.
  /// - Throws: ``CommandFailure`` for one that is refused.
  @discardableResult mutating func admit(_ recipient: NamedRecipient) async throws -> [String] {
    let key = recipient.certificate.publicKey
    guard !key.isWeak else {
      throw CommandFailure(
        .unreadable, "\(recipient.name): \(key.summary) is too short a key; RSA keys must have 2048 bits at least",
        hint: "ask \(recipient.certificate.shortName) for a certificate with a longer key")
    }
    let finding = try await finding(on: recipient)
    if let revocation = finding.revocation { throw CommandFailure(recipient, revocation) }
    for warning in finding.warnings { Terminal.warning("\(recipient.name): \(warning)") }
    return finding.warnings
  }

  mutating func finding(on recipient: NamedRecipient) async throws -> Finding {
    let faults = recipient.certificate.faultsAsRecipient(at: instant)
    var finding = Finding(revocation: nil, warnings: faults.map(\.words))
    guard Self.mayBeRefuted(recipient) else { return finding }
    let outcome = try await usualValidator().validateHearingStrangers(
      recipient.certificate, with: recipient.others, at: instant, use: .encryption)
    guard case .failure(let failure) = outcome else { return finding }
    // What becomes of an authority does not change whose key it is where no authority was asked.
    finding.revocation = failure.problems.first {
      $0.check == .revoked && ($0.depth == 0 || !recipient.isVouchedFor)
    }
    if !recipient.isVouchedFor {
      let told = Set(faults.map(\.check))
      // Who names a file says whose it is, and may have no anchor for it; what else is wrong with it he may not know.
      let problem = failure.problems.first { problem in
        !(recipient.isFile && problem.check == .path) && !(problem.depth == 0 && told.contains(problem.check))
      }
      if let problem { finding.warnings.append(problem.warning) }
    }
    return finding
  }

  /// False where nothing at hand could speak against it, so that nothing need be read to find that out.
  private static func mayBeRefuted(_ recipient: NamedRecipient) -> Bool {
    if recipient.isVouchedFor { return !Home.listFiles.isEmpty || Files.exists(Home.cache) }
    let isKnownHere = !Home.isEmpty || Files.exists(Home.revocationLists) || Files.exists(Home.cache)
    return !recipient.isFile || isKnownHere
  }

  private mutating func usualValidator() throws -> PathValidator {
    if let validator { return validator }
    let usual = try TrustOptions.untyped.validator(asking: nil)
    validator = usual
    return usual
  }
}

extension CommandFailure {
  /// Why nothing is encrypted to a recipient whose certificate, or an authority above it, is revoked.
  fileprivate init(_ recipient: NamedRecipient, _ problem: PathProblem) {
    let hints: [String]
    switch recipient.origin {
    case .file: hints = ["'smime cert validate \(recipient.name)' tells more; ask the recipient for a new certificate"]
    case .own: hints = ["a new certificate of yours begins with 'smime id new \(recipient.name)'"]
    case .correspondent:
      hints = [
        "ask for a new certificate, compare its SHA-256, and bring it in with 'smime cert import --pin FILE'",
        "'smime cert list \(recipient.name)' shows what is known",
      ]
    }
    self.init(.noKey, "\(recipient.name): \(problem.revocationWords)", hints: hints)
  }
}

extension PathProblem {
  /// What is revoked, when and why.
  var revocationWords: String {
    guard depth == 0, let revocation else { return "an authority of the certificate was revoked: \(detail)" }
    return "the certificate was revoked on \(revocation.date.rfc3339) (\(revocation.reason.name))"
  }
}

extension Certificate {
  /// What a sender should know of a certificate that was named, and that is used all the same; and which check would
  /// tell of it too.
  fileprivate func faultsAsRecipient(at date: Date) -> [(check: PathProblem.Check, words: String)] {
    var faults: [(check: PathProblem.Check, words: String)] = []
    if date > validity.notAfter { faults.append((.expired, "expired at \(validity.notAfter.rfc3339)")) }
    if date < validity.notBefore { faults.append((.notYetValid, "is not valid before \(validity.notBefore.rfc3339)")) }
    if let usage = try? extensions.keyUsage, usage.isDisjoint(with: [.keyEncipherment, .keyAgreement]) {
      faults.append((.keyUsage, "the key is not meant for encryption"))
    }
    if let purposes = try? extensions.extendedKeyUsage, !purposes.contains(.emailProtection), !purposes.contains(.any) {
      faults.append((.extendedKeyUsage, "the key is not meant for e-mail"))
    }
    return faults
  }
}
