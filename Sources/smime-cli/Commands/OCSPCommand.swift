import ArgumentParser
import ByteIO
import Fetching
import PKIX
import SMIMECrypto

struct OCSPCommand: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "ocsp",
    abstract: "Ask whether certificates are revoked, or judge an answer that was kept.",
    discussion: """
      Asks the OCSP responders that each certificate names (or the one of --url) and judges what they answer: who signed \
      it, for which certificate, and when it was true. With --response nothing is asked. The issuer's certificate is \
      needed: --issuer, or in the certificate's own file behind it, or in the store. Exit 0 means that all are good.

      EXAMPLES:
        smime ocsp --issuer issuing.pem alice.pem
        smime ocsp --issuer issuing.pem --out answer.der alice.pem
        smime ocsp --issuer issuing.pem --response answer.der --at 2026-03-01T12:00:00Z alice.pem
      """)

  @Argument(help: ArgumentHelp("The certificates to ask about: of each file the first.", valueName: "cert"))
  var certificates: [String]

  @Option(
    name: .customLong("issuer"),
    help: ArgumentHelp("The issuer's certificate, which is trusted here. May be repeated.", valueName: "file"))
  var issuers: [String] = []

  @Option(
    name: .customLong("response"),
    help: ArgumentHelp("Judge this OCSP response in DER instead of asking. May be repeated.", valueName: "file"))
  var responses: [String] = []

  @Option(help: ArgumentHelp("Ask this responder instead of those that the certificates name.", valueName: "url"))
  var url: String?

  @Flag(help: "Ask without a nonce: an answer that was made ahead will do.")
  var noNonce = false

  @OptionGroup var addresses: AddressOptions
  @OptionGroup var time: TimeOptions
  @OptionGroup var algorithms: PolicyOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var format: FormatOptions

  func validate() throws {
    if let url, !WebAddressText.isURL(url) { throw ValidationError("'\(url)' is no URL of http or https") }
    guard responses.isEmpty || !(url != nil || noNonce || !addresses.isSilent || output.out != nil) else {
      throw ValidationError(
        "--response asks nobody: leave out --url, --no-nonce, --allow-private, --host-anchor and --out")
    }
    if output.out != nil && certificates.count > 1 {
      throw ValidationError("--out keeps the answer on one certificate")
    }
  }

  func run() async throws {
    let file = try output.out.map { _ in try output.open(.open) }
    let subjects = try certificates.map { try subject(in: $0) }
    let given = try responses.map { path in try Self.response(in: path) }
    let source =
      given.isEmpty
      ? OCSPSource(
        try addresses.process(), nonce: noNonce ? .none : .fresh, responders: url.map { [$0] }) : nil
    var reports: [RevocationReport] = []
    var isAnswered = !given.isEmpty
    for (certificate, issuer) in subjects {
      let evidence = await source?.freshEvidence(on: certificate, issuedBy: issuer) ?? given
      for case .response(let response, _) in evidence.map(\.content) where response.basic != nil {
        isAnswered = true
        if let file, source != nil { try file.sink.write(Array(response.derBytes)) }
      }
      reports.append(
        await .weighing(
          evidence, on: certificate, issuedBy: issuer, policy: algorithms.policy, at: time.date))
    }
    guard !reports.allSatisfy({ $0.inquiries.isEmpty && $0.status == .unknown }) else {
      throw CommandFailure(.noInput, "no responder is named", hint: "name one with --url, or see 'smime crl fetch'")
    }
    if isAnswered { try file?.commit() }
    show(reports)
    guard isAnswered || reports.allSatisfy(\.isExempt) else { throw ExitCode(.unavailable) }
    guard reports.allSatisfy({ $0.status == .good }) else { throw ExitCode(.notGood) }
  }

  private func show(_ reports: [RevocationReport]) {
    if format.json {
      var report = Outline()
      report["version"] = .number(1)
      report["revocation"] = .list(reports.map { .outline($0.outline(at: time.date)) })
      Terminal.print(report.json)
    } else {
      Terminal.print(reports.flatMap { $0.words(at: time.date) }.joined(separator: "\n"))
    }
  }

  /// The certificate in a file, and its issuer's, who did sign it.
  private func subject(in path: String) throws -> (Certificate, issuer: Certificate) {
    let all = try CertificateFile.certificates(in: path)
    guard let certificate = all.first else { throw CommandFailure(.unreadable, "\(path): no certificate") }
    let candidates =
      try issuers.flatMap { try CertificateFile.certificates(in: $0) } + all.dropFirst()
      + (try issuers.isEmpty ? Home.anchorCertificates() : [])
    let issuer = candidates.first {
      $0.subject == certificate.issuer && (try? certificate.isSigned(by: $0.publicKey)) ?? false
    }
    guard let issuer else {
      throw CommandFailure(
        .noInput, "\(path): the certificate of its issuer, \(Outline.printable("\(certificate.issuer)")), is missing",
        hint: "name it with --issuer FILE")
    }
    return (certificate, issuer)
  }

  private static func response(in path: String) throws -> RevocationEvidence {
    do {
      return RevocationEvidence(
        .response(try OCSPResponse(der: try Input.bytes(of: path)[...]), nonce: nil), from: .given)
    } catch { throw CommandFailure(error, in: path) }
  }
}
