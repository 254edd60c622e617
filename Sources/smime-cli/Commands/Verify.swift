import ArgumentParser
import SMIME

struct Verify: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Tell who signed a message, and whether to believe it.",
    discussion: """
      Prints the verdict. Only a message that is signed as a whole, unchanged, by the sender shown, with a certificate \
      that leads to an anchor and is not revoked, is good (exit 0). Reads mail, and CMS as DER, PEM or base64. With \
      --out the signed content of a good message is written to a file.

      EXAMPLES:
        smime verify --anchor root.pem signed.eml
        smime verify --crl org.crl --revocation hard signed.eml
        smime verify --at 2026-03-01T12:00:00Z --json old.eml
        smime verify --out content.eml signed.eml
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var trust: TrustOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var format: FormatOptions

  func run() async throws {
    let content = try output.out.map { _ in try output.open(.open) }
    let mail = try MailInput(input.open())
    let opened = try await Opening(mail, trust).open(content)
    VerdictPrinter(opened, trust, earlier: Remembering(opened, of: mail).learn(trust)).print(format)
    guard opened.verdict.signature == .verified else { throw ExitCode(.notGood) }
    try content?.writeContent(of: opened)
  }
}
