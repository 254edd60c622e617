import ArgumentParser
import ByteIO
import CMS
import MIME

struct Decrypt: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decrypt",
    abstract: "Take off the encryption and write what was inside.",
    discussion: """
      Writes the inner part as it is, signature and all; the outer header is left behind. Nothing is written before \
      all of it was decrypted and, where the encryption can tell, found unchanged. To read and judge a mail, use \
      'smime open'.

      EXAMPLES:
        smime decrypt --identity bob.p12 sealed.eml --out inner.eml
        smime decrypt --password-file passphrase.txt < sealed.eml
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var identities: IdentityOptions
  @OptionGroup var algorithms: PolicyOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.secret)
    let mail = try MailInput(input.open())
    let keys = try identities.readers()
    let isProven = try await Decryption(of: mail, keys: keys, policy: algorithms.policy).write(to: output)
    try output.commit()
    if !isProven {
      Terminal.warning(
        "\(mail.name): nothing proves that the content is whole",
        hint: "it was encrypted in an old way (CBC) and is not signed: it may have been altered")
    }
  }
}
