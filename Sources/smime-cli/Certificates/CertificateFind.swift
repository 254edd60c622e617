import ArgumentParser
import ByteIO
import Fetching
import MIME
import PKIX
import SMIMECrypto

struct CertificateFind: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "find",
    abstract: "Find the certificates of an address, and tell which may be encrypted with.",
    discussion: """
      Looks in the store, and with --online in the directories, certificate stores and DNS records that are named. Whoever \
      runs those learns of the question. Each certificate is validated for encrypting mail to the address: its path, \
      times, usage, revocation, and that it is for that address. Exit 0 means that one at least may be used, 1 that none \
      may, 69 that no place answered.

      Where DNS has SMIMEA records for the address and DNSSEC vouches for them, only certificates that they name may be \
      used; a record may also be all that speaks for a certificate (usages 2 and 3).

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
    try finding.check(online: trust.network.online)
  }

  func run() async throws {
    guard let mailbox = EmailAddress(address) else { throw ValidationError("'\(address)' is no address") }
    let file = try output.out.map { _ in try output.open(.open) }
    let process = try process()
    let finder = CertificateFinder(try trust.validator(asking: process), process ?? NobodyAsked() as any AnswerSource)
    let instant = trust.time.date
    let report = await finder.certificates(
      of: mailbox, known: try Home.certificates(for: address), waiting: try Home.waiting(for: address),
      places: finding.places, at: instant)
    let words = FindingReport(mailbox, report, at: instant)
    Terminal.print(format.json ? words.outline.json : words.lines.joined(separator: "\n"))
    let usable = report.certificates.filter(\.isUsable)
    guard !usable.isEmpty else {
      let isSilent = report.isUnanswered && report.certificates.isEmpty
      if report.certificates.isEmpty, finding.places.isEmpty {
        Terminal.hint("only the store was looked in: name places with --online and --ldap, --certstore or --smimea")
      }
      throw ExitCode(isSilent ? .unavailable : .notGood)
    }
    if let file {
      for one in usable { try file.sink.write(Array(one.certificate.pem.utf8)) }
      try file.commit()
    }
  }

  private func process() throws -> NetworkProcess? {
    guard trust.network.online else { return nil }
    var rules = trust.network.rules
    finding.apply(to: &rules)
    return NetworkProcess(try NetworkProcess.program(), rules)
  }
}

/// Stands for the network where it must not be asked.
private struct NobodyAsked: AnswerSource {
  func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    .failure(FetchFailure(.unavailable, "the network is not asked without --online"))
  }
}
