import ArgumentParser
import Fetching
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Whom to trust, for what, and when.
struct TrustOptions: ParsableArguments {
  @Option(
    name: .customLong("anchor"),
    help: ArgumentHelp(
      "Trust the certificates in this file, instead of the usual ones. May be repeated.", valueName: "file"))
  var anchors: [String] = []

  @Option(
    name: .customLong("intermediate"),
    help: ArgumentHelp("Certificates that may help to find a path to an anchor. May be repeated.", valueName: "file"))
  var intermediates: [String] = []

  @Option(
    name: .customLong("crl"),
    help: ArgumentHelp("Certificate revocation lists. May be repeated.", valueName: "file"))
  var lists: [String] = []

  @Option(help: "What to do about revocation: off, soft (unknown passes and is noted), hard (unknown fails).")
  var revocation = RevocationMode.soft

  @Option(help: "What the certificates must be good for: email, any.")
  var purpose = Purpose.email

  @OptionGroup var network: NetworkOptions
  @OptionGroup var time: TimeOptions
  @OptionGroup var algorithms: PolicyOptions

  enum RevocationMode: String, ExpressibleByArgument, CaseIterable { case off, soft, hard }
  enum Purpose: String, ExpressibleByArgument, CaseIterable {
    case email, any

    var keyPurpose: KeyPurpose? { self == .email ? .emailProtection : nil }
  }

  /// The validator that these options describe.
  func validator(_ policies: PolicyRequest = .any) throws -> PathValidator {
    try validator(policies, asking: try network.process())
  }

  /// The same, which asks by `process`; nil asks nobody.
  func validator(_ policies: PolicyRequest = .any, asking process: NetworkProcess?) throws -> PathValidator {
    let files = revocation == .off ? [] : try revocationLists()
    return PathValidator(
      anchors: TrustAnchors(try anchorCertificates()), intermediates: try intermediateCertificates(),
      issuers: issuers(process), revocation: rule(revocation, files, process), policy: algorithms.policy,
      purpose: purpose.keyPurpose, policies: policies)
  }

  func issuers(_ process: NetworkProcess?) -> (any CertificateSource)? { process.map { IssuerSource($0) } }

  /// What is done about revocation with these lists at hand.
  func rule(
    _ mode: RevocationMode, _ lists: [CertificateRevocationList], _ process: NetworkProcess?
  ) -> Revocation {
    let sources: [any RevocationSource] =
      [RevocationFiles(lists)] + (process.map { network.revocationSources($0) } ?? [])
    return switch mode {
    case .off: .off
    case .soft: .soft(sources)
    case .hard: .hard(sources)
    }
  }

  /// What to say when no anchor that is known vouches for a certificate.
  static let anchorHint =
    "if you trust who issued it, name the anchor with --anchor FILE, or once and for all with 'smime trust add FILE'"

  /// True when the usual anchors are asked, and not some that were named.
  var takesUsualAnchors: Bool { anchors.isEmpty }

  /// True when a message is judged as the user always judges: by the store's anchors, now, by the usual rules. What the
  /// store learns from messages it learns from those only.
  var isUsual: Bool {
    anchors.isEmpty && lists.isEmpty && time.at == nil && !algorithms.legacy && purpose == .email && revocation != .off
  }

  /// The certificates that may help to find a path.
  func intermediateCertificates() throws -> [Certificate] { try certificates(in: intermediates) }

  /// The lists that were named, else those of the store.
  func revocationLists() throws -> [CertificateRevocationList] {
    try lists.isEmpty ? Home.lists() : lists.flatMap { try CertificateFile.lists(in: $0) }
  }

  /// The anchors that were named, else the usual ones.
  func anchorCertificates() throws -> [Certificate] {
    try anchors.isEmpty ? Home.anchorCertificates() : certificates(in: anchors)
  }

  private func certificates(in paths: [String]) throws -> [Certificate] {
    try paths.flatMap { try CertificateFile.certificates(in: $0) }
  }
}

/// The time to judge at.
struct TimeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Judge as of this time, such as 2026-03-01T12:00:00Z; now if left out.", valueName: "time"))
  var at: Instant?

  var date: Date { at?.date ?? Date() }
}

/// Which algorithms count as good.
struct PolicyOptions: ParsableArguments {
  @Flag(help: "Accept outdated algorithms (MD5, SHA-1, short RSA keys, RC2, 3DES), for old mail.")
  var legacy = false

  var policy: AlgorithmPolicy { Self.policy(legacy: legacy) }

  static func policy(legacy: Bool) -> AlgorithmPolicy { legacy ? .legacy : .standard }
}
