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
    help: ArgumentHelp(
      "Certificate revocation lists. A large one in DER gets an index beside it. May be repeated.", valueName: "file"))
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
    try validator(policies, asking: try asked())
  }

  /// The network, if it is to be asked. A command that is given its anchors does not open the store for its settings.
  func asked() throws -> NetworkAsked? {
    try network.asked(takesUsualAnchors ? try Home.settings() : .none)?.process()
  }

  /// The same, which asks as `asked` says; nil asks nobody.
  func validator(_ policies: PolicyRequest = .any, asking asked: NetworkAsked?) throws -> PathValidator {
    let files = revocation == .off ? [] : try revocationLists()
    return PathValidator(
      anchors: TrustAnchors(try anchorCertificates()), intermediates: try intermediateCertificates(),
      issuers: issuers(asked), revocation: rule(revocation, files, asked), policy: algorithms.policy,
      purpose: purpose.keyPurpose, policies: policies)
  }

  /// Where issuers are looked for that are not at hand: in the store, unless anchors or certificates that help were named,
  /// and then on the network.
  func issuers(_ asked: NetworkAsked?) -> [any CertificateSource] {
    let local: [any CertificateSource] = takesUsualAnchors && intermediates.isEmpty ? [Home.authorities] : []
    return local + distantIssuers(asked)
  }

  /// Only the network, for who has named all certificates.
  func distantIssuers(_ asked: NetworkAsked?) -> [any CertificateSource] { asked.map { [$0.issuers] } ?? [] }

  /// What is done about revocation with these lists at hand.
  func rule(_ mode: RevocationMode, _ lists: [GivenList], _ asked: NetworkAsked?) -> Revocation {
    let sources: [any RevocationSource] = [RevocationFiles(lists)] + (asked?.revocationSources ?? [])
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
  func revocationLists() throws -> [GivenList] {
    try lists.isEmpty ? Home.lists() : lists.flatMap { try GivenList.all(in: $0) }
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
