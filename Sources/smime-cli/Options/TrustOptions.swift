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

  /// These options as they are where none is typed: for commands that do not have them.
  static var untyped: TrustOptions {
    var nothing = PlainArguments([String]())
    return TrustOptions(&nothing)
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
      issuers: issuers(asked), revocation: try rule(revocation, files, asked, namesLists: !lists.isEmpty),
      policy: algorithms.policy,
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
  ///
  /// - Parameter namesLists: who names lists is answered by those, and not by what the network said earlier.
  func rule(
    _ mode: RevocationMode, _ lists: [GivenList], _ asked: NetworkAsked?, namesLists: Bool
  ) throws -> Revocation {
    let answers = namesLists || mode == .off ? nil : KeptAnswers(in: Home.cache)
    let kept = try answers.map { answers in
      try asked?.revocations(in: answers)
        ?? network.revocations(in: answers, takesUsualAnchors ? Home.settings() : .none)
    }
    let sources: [any RevocationSource] =
      [RevocationFiles(lists)] + (kept.map { [$0] } ?? []) + (asked?.revocationSources ?? [])
    return switch mode {
    case .off: .off
    case .soft: .soft(sources)
    case .hard: .hard(sources)
    }
  }

  /// What is not at hand of what a certificate needs to be believed.
  enum Lack: Hashable {
    /// The path ends in a certificate that nobody issued but itself, and that is no anchor.
    case anchor
    /// The issuer's certificate of the last on the path.
    case issuer
    /// The signer's own certificate.
    case signerCertificate

    /// What a path lacks that does not lead to an anchor.
    init(endOf path: [Certificate]) {
      self = path.last.map { $0.subject == $0.issuer } ?? false ? .anchor : .issuer
    }
  }

  /// What helps where something is lacking.
  func hint(for lack: Lack) -> String {
    let forAll = takesUsualAnchors ? ", or once and for all with 'smime trust add FILE'" : ""
    return switch lack {
    case .anchor: "if you trust who issued it, name the anchor with --anchor FILE\(forAll)"
    case .issuer:
      "give the issuer's certificate with --intermediate FILE; or, if you trust the issuer itself, "
        + "with --anchor FILE\(forAll)"
    case .signerCertificate:
      "give the signer's certificate with --intermediate FILE; or, if you trust it by itself, with --anchor FILE"
    }
  }

  /// True when the usual anchors are asked, and not some that were named.
  var takesUsualAnchors: Bool { anchors.isEmpty }

  /// True when a message is judged as the user always judges: by the store's anchors, now, by the usual rules. What the
  /// store learns from messages it learns from those only.
  var isUsual: Bool {
    anchors.isEmpty && lists.isEmpty && time.at == nil && !algorithms.legacy && purpose == .email && revocation != .off
  }

  /// The certificates that may help to find a path.
  func intermediateCertificates() throws -> [Certificate] { try certificates(in: intermediates) }

  /// Certificates that may be a signer's who enclosed none: those that may help to find a path, and anchors that were
  /// named.
  func signerCertificates() throws -> [Certificate] {
    try intermediateCertificates() + certificates(in: anchors)
  }

  /// The lists that were named, else those of the store.
  func revocationLists() throws -> [GivenList] {
    lists.isEmpty ? Home.lists() : try lists.flatMap { try GivenList.all(in: $0) }
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

  /// What helps where something is not read because it is outdated.
  static let readingHint = "it opens with --legacy, if you must read it"

  /// What helps where something is not believed because it is outdated.
  static let judgingHint = "--legacy takes outdated methods, if you must judge old mail by them"

  var policy: AlgorithmPolicy { Self.policy(legacy: legacy) }

  static func policy(legacy: Bool) -> AlgorithmPolicy { legacy ? .legacy : .standard }
}
