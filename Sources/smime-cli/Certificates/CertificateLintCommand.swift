import ArgumentParser
import ByteIO
import Issuance
import PKIX

struct CertificateLintCommand: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Tell which rules for certificates one breaks.",
    discussion: """
      Holds a certificate against RFC 5280 §4 and against the rules by which 'smime ca' issues, the S/MIME Baseline \
      Requirements (BR) among them; each finding names its section. Signatures, times and trust are not looked at: 'smime \
      cert validate' does that. Exit 0 means that nothing was found.

      EXAMPLES:
        smime cert lint alice.pem
        smime cert lint --issuer issuing.pem --json alice.pem
      """)

  @Argument(help: ArgumentHelp("The certificate: PEM, DER or .p7c; of several the first.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("The certificate that issued it, for the rules that compare both.", valueName: "file"))
  var issuer: String?

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let all = try CertificateFile.certificates(in: file)
    guard let certificate = all.first else { throw CommandFailure(.unreadable, "\(file): no certificate") }
    let candidates = try issuer.map { try CertificateFile.certificates(in: $0) } ?? Array(all.dropFirst())
    let issuer = candidates.first { $0.subject == certificate.issuer }
    if self.issuer != nil, issuer == nil {
      throw CommandFailure(.noInput, "the issuer \(certificate.issuer) is not in \(self.issuer ?? file)")
    }
    let faults = CertificateLint.faults(in: certificate, issuer: issuer)
    if format.json {
      var report: Outline = ["version": .number(1), "certificate": .outline(certificate.shortOutline)]
      report["findings"] = .list(
        faults.map {
          .outline(["field": .text($0.field), "section": .text($0.citation), "detail": .text($0.detail)])
        })
      Terminal.print(report.json)
    } else {
      let lines = faults.map { Outline.printable("\($0)") }
      Terminal.print((lines.isEmpty ? ["nothing was found"] : lines).joined(separator: "\n"))
    }
    guard faults.isEmpty else { throw ExitCode(.notGood) }
  }
}
