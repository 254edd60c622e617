import ArgumentParser
import SMIME

struct Encrypt: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encrypt",
    abstract: "Encrypt a message.",
    discussion: """
      Each recipient can read it, and nobody else but the sender, if the store has the sender's identity: without it, \
      name your own certificate too, to read your copy. Sign first: encryption alone does not say who wrote a message.

      AES-256-CBC with PKCS#1 v1.5 or ECDH is written, because much mail software reads nothing newer. --modern writes \
      AES-256-GCM with OAEP.

      EXAMPLES:
        smime encrypt --recipient bob.pem --recipient alice.pem signed.eml --out sealed.eml
        smime sign draft.eml | smime encrypt --recipient bob@example.com | sendmail -t
        smime encrypt --modern --recipient bob.pem report.eml --out sealed.eml
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var recipients: RecipientOptions

  @Flag(help: "Write AES-256-GCM and OAEP, for recipients with current software.")
  var modern = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let mail = try MailInput(input.open(.secret))
    let certificates = try recipients.certificates(andSenders: try mail.senders())
    try await mail.write { source in
      try await SMIMEWriter.encrypt(source, for: certificates, as: modern ? .modern : .compatible, to: output.sink)
    }
    try output.commit()
  }
}
