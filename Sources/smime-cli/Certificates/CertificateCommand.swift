import ArgumentParser
import ByteIO
import PKIX

struct CertificateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cert",
    abstract: "Find certificates, show and judge them, and keep those of correspondents.",
    discussion: """
      EXAMPLES:
        smime cert find bob@example.com --online --smimea
        smime cert show alice.pem
        smime cert lint alice.pem
        smime cert validate --anchor root.pem alice.pem
        smime cert validate --batch cases.jsonl
        smime cert import bob.pem
        smime cert list
        smime cert forget 4f1c09a3d6e2
      """,
    subcommands: [
      CertificateFind.self, CertificateShow.self, CertificateLintCommand.self, CertificateValidate.self,
      CertificateImport.self, CertificateList.self, CertificatePin.self, CertificateForget.self,
    ])
}

struct CertificateValidate: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Tell whether a certificate is good, and why not.",
    discussion: """
      Finds a path from the certificate to an anchor and checks it: signatures, times, names, usages, policies, \
      revocation. Other certificates in the file may help to find the path. Exit 0 means valid.

      With --batch, every line of a file is a case: a JSON object with the keys id, leaf, anchors, chain, crls, policies, \
      explicitPolicy, inhibitMapping, inhibitAnyPolicy, at, revocation, purpose, eku, legacy, profile (path, rfc5280) and \
      maxDepth, all but the leaf optional; a case with any other key is not valid, and its reason names the key. One line \
      is printed for each, in order, and the exit is 0.

      EXAMPLES:
        smime cert validate --anchor root.pem alice.pem
        smime cert validate --online --revocation hard alice.pem
        smime cert validate --purpose any --at 2026-03-01T12:00:00Z --json server.pem
        smime cert validate --policy 2.23.140.1.5.1.3 --explicit-policy alice.pem
        smime cert validate --batch cases.jsonl
      """)

  @Argument(help: ArgumentHelp("The certificate: PEM, DER or .p7c; of several the first.", valueName: "leaf"))
  var leaf: String?

  @Option(
    help: ArgumentHelp(
      "Answer every case in this file, a JSON object in each line; '-' for standard input.", valueName: "file"))
  var batch: String?

  @OptionGroup var trust: TrustOptions
  @OptionGroup var policies: PathPolicyOptions
  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard (leaf == nil) != (batch == nil) else {
      throw ValidationError("name the certificate to validate, or a file of cases with --batch")
    }
  }

  func run() async throws {
    if let batch {
      var cases = try ValidationBatch(trust, policies)
      await cases.answer(
        try batch == "-" ? Input(batch).source.readAll(limit: Input.objectLimit) : Input.bytes(of: batch))
    } else if let leaf {
      try await validate(leaf)
    }
  }

  private func validate(_ leaf: String) async throws {
    let certificates = try CertificateFile.certificates(in: leaf)
    guard let certificate = certificates.first else { throw CommandFailure(.unreadable, "\(leaf): no certificate") }
    let instant = trust.time.date
    let outcome = try await trust.validator(policies.request).validateHearingStrangers(
      certificate, with: Array(certificates.dropFirst()), at: instant)
    let validation = Validation(certificate, outcome, at: instant)
    if format.json {
      Terminal.print(validation.report.json)
    } else {
      Terminal.print(validation.lines.joined(separator: "\n"))
    }
    guard validation.isValid else {
      for hint in validation.hints(trust) { Terminal.hint(hint) }
      throw ExitCode(.notGood)
    }
  }
}
