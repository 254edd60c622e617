import ArgumentParser
import PKIX

struct CertificateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cert",
    abstract: "Judge certificates.",
    subcommands: [CertificateValidate.self])
}

struct CertificateValidate: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Tell whether a certificate is good, and why not.",
    discussion: """
      Finds a path from the certificate to an anchor and checks it: signatures, times, names, usages, revocation. Other \
      certificates in the file may help to find the path. Exit 0 means valid.

      EXAMPLES:
        smime cert validate --anchor root.pem alice.pem
        smime cert validate --online --revocation hard alice.pem
        smime cert validate --purpose any --at 2026-03-01T12:00:00Z --json server.pem
      """)

  @Argument(help: ArgumentHelp("The certificate: PEM, DER or .p7c; of several the first.", valueName: "leaf"))
  var leaf: String

  @OptionGroup var trust: TrustOptions
  @OptionGroup var format: FormatOptions

  func run() async throws {
    let certificates = try CertificateFile.certificates(in: leaf)
    guard let certificate = certificates.first else { throw CommandFailure(.unreadable, "\(leaf): no certificate") }
    let instant = trust.time.date
    let outcome = try await trust.validator().validate(certificate, with: Array(certificates.dropFirst()), at: instant)
    let validation = Validation(certificate, outcome, at: instant)
    if format.json {
      Terminal.print(validation.report.json)
    } else {
      Terminal.print(validation.lines.joined(separator: "\n"))
    }
    guard validation.isValid else {
      if validation.lacksAnchor, trust.hasNoAnchors { Terminal.hint(TrustOptions.noAnchorsHint) }
      throw ExitCode(.notGood)
    }
  }
}
