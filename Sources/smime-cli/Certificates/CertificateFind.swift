import ArgumentParser
import ByteIO
import Fetching
import MIME
import PKIX
import SMIMECrypto
import SMIMEStore

struct CertificateFind: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "find",
    abstract: "Find the certificates of an address, and tell which may be encrypted with.",
    discussion: """
      Looks in the store, and with --online in the directories, certificate stores and DNS records that are named, by \
      options or else by 'smime config'. Whoever \
      runs those learns of the question. Each certificate is validated for encrypting mail to the address: its path, \
      times, usage, revocation, and that it is for that address. Exit 0 means that one at least may be used, 1 that none \
      may, 69 that no place answered.

      One that you pinned for the address needs no path: it may be used unless it is revoked, expired or not for \
      encryption.

      Where DNS has SMIMEA records for the address and DNSSEC vouches for them, only certificates that they name may be \
      used, and those that you pinned; a record may also be all that speaks for a certificate (usages 2 and 3).

      EXAMPLES:
        smime cert find bob@example.com
        smime cert find bob@example.com --online --smimea --out bob.pem
        smime cert find bob@example.com --online --ldap ldaps://ldap.example.com/dc=example,dc=com
        smime cert find bob@example.com --online --certstore https://certs.example.com/search.cgi --json
      """)

  @Argument(help: ArgumentHelp("The address, such as bob@example.com.", valueName: "address"))
  var address: String

  @OptionGroup var finding: FindOptions
  @OptionGroup var trust: TrustOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard EmailAddress(address) != nil else { throw ValidationError("'\(address)' is no address") }
    try finding.check()
  }

  func run() async throws {
    guard let mailbox = EmailAddress(address) else { throw ValidationError("'\(address)' is no address") }
    let file = try output.out.map { _ in try output.open(.open) }
    let settings = try Home.settings()
    let places = try finding.search(settings)
    let asked = try asked(places, settings)
    let finder = CertificateFinder(
      try trust.validator(asking: asked), asked?.process ?? NobodyAsked() as any AnswerSource)
    let instant = trust.time.date
    let report = await finder.certificates(
      of: mailbox, known: try Home.certificates(for: address),
      waiting: try Home.certificates(for: address, trusted: .pending),
      pinned: try Home.certificates(for: address, trusted: .pinned),
      places: asked == nil ? [] : places.all, at: instant)
    let words = FindingReport(mailbox, report, at: instant)
    Terminal.print(format.json ? words.outline.json : words.lines.joined(separator: "\n"))
    let usable = report.certificates.filter(\.isUsable)
    guard !usable.isEmpty else {
      let isSilent = report.isUnanswered && report.certificates.isEmpty
      if report.certificates.isEmpty, asked == nil || places.all.isEmpty {
        Terminal.hint("only the store was looked in: name places with --online and --ldap, --certstore or --smimea")
      }
      throw ExitCode(isSilent ? .unavailable : .notGood)
    }
    if let file {
      for one in usable { try file.sink.write(Array(one.certificate.pem.utf8)) }
      try file.commit()
    }
  }

  private func asked(_ places: FindOptions.Search, _ settings: Settings) throws -> NetworkAsked? {
    guard var use = try trust.network.asked(settings) else {
      guard finding.isSilent else {
        throw ValidationError("--ldap, --certstore and --smimea ask the network: add --online")
      }
      return nil
    }
    use.rules.hostAnchors = places.hostAnchor
    use.rules.nameServer = places.nameServer
    use.rules.nameAnchors = places.nameAnchor
    return try use.process()
  }
}

/// Stands for the network where it must not be asked.
private struct NobodyAsked: AnswerSource {
  func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    .failure(FetchFailure(.unavailable, "the network is not asked without --online"))
  }
}
