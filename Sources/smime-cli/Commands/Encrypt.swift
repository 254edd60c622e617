import ArgumentParser
import SMIME

struct Encrypt: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "encrypt",
    abstract: "Encrypt a message.",
    discussion: """
      Each recipient can read it, and nobody else but the sender, if the store has the sender's identity: without it, \
      name your own certificate too, to read your copy. Sign first: encryption alone does not say who wrote a message. RSA \
      keys below 2048 bits are refused.

      Nothing is encrypted for a certificate that is revoked by a list in the store's folder crls/. One that the store \
      keeps for an address, that was not pinned and does not validate, is used with a warning. The network is not asked.

      The strongest cipher is taken that every recipient reads: by what their verified messages said, which the store \
      keeps by address, or by what their certificates say. Of software of which nothing is known AES-256-CBC with PKCS#1 \
      v1.5 or ECDH is expected, because much of it reads nothing newer. --verbose tells what was taken, and why. \
      --compatible and --modern (AES-256-GCM with OAEP) ask nobody.

      EXAMPLES:
        smime encrypt --recipient bob.pem --recipient alice.pem signed.eml --out sealed.eml
        smime sign draft.eml | smime encrypt --recipient bob@example.com | sendmail -t
        smime encrypt --verbose --recipient bob@example.com report.eml --out sealed.eml
        smime encrypt --modern --recipient bob.pem report.eml --out sealed.eml
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var recipients: RecipientOptions

  @Flag(help: "Write AES-256-GCM and OAEP, for recipients with current software.")
  var modern = false

  @Flag(help: "Write AES-256-CBC and PKCS#1 v1.5 or ECDH, whatever is known of the recipients.")
  var compatible = false

  @Flag(name: .shortAndLong, help: "Tell by which cipher it is encrypted, and why.")
  var verbose = false

  @OptionGroup var output: OutputOptions

  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard !(modern && compatible) else { throw ValidationError("--modern and --compatible exclude each other") }
    guard !format.json || output.out ?? "-" != "-" else {
      throw ValidationError("--json prints where the message would be written: add --out")
    }
  }

  func run() async throws {
    let output = try output.open(.open)
    let mail = try MailInput(input.open(.secret))
    let readers = try await recipients.readers(andSenders: try mail.senders())
    let choice = choice(for: readers)
    try await mail.write { source in try await SMIMEWriter.encrypt(source, for: choice, to: output.sink) }
    try output.commit()
    let report = ChoiceReport(choice: choice, readers: readers)
    if format.json { Terminal.print(report.outline.json) }
    if verbose {
      for line in report.lines { Terminal.note(line) }
    } else if choice.reason == .nothingInCommon {
      // Somebody may not be able to read it.
      Terminal.warning(report.lines[0], hint: "--verbose says what is known of each recipient")
    }
  }

  private func choice(for readers: [KnownReader]) -> EncryptionChoice {
    let certificates = readers.map(\.certificate)
    if modern { return EncryptionChoice(for: certificates, as: .modern) }
    if compatible { return EncryptionChoice(for: certificates, as: .compatible) }
    return EncryptionChoice(for: readers.map { .init($0.certificate, capabilities: $0.capabilities) })
  }
}
