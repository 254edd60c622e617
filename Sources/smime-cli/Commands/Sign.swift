import ArgumentParser
import MIME
import PKIX
import SMIME

struct Sign: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a message.",
    discussion: """
      Reads a mail and writes it signed: as multipart/signed, which every program can read, or with --opaque as one \
      application/pkcs7-mime part, which no mail server on the way can spoil. The text is made safe for transport first.

      Without --identity the store's identity for the From address signs.

      EXAMPLES:
        smime sign draft.eml --out signed.eml
        smime sign --identity alice.p12 --password-file passphrase.txt < draft.eml | sendmail -t
        smime sign --identity alice.p12 --identity bob.pem minutes.eml --out signed.eml
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var identities: IdentityOptions

  @Flag(help: "Wrap the content instead of leaving it readable to all.")
  var opaque = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let mail = try MailInput(input.open())
    let signers = try await identities.signers(for: try mail.senders())
    try await mail.write { source in
      try await SMIMEWriter.sign(source, by: signers, as: opaque ? .opaque : .multipart, to: output.sink)
    }
    try output.commit()
  }
}
