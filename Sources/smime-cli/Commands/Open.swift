import ArgumentParser
import ByteIO
import SMIME

struct Open: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "Decrypt, verify and read a message.",
    discussion: """
      Takes off every layer of encryption and signature, prints what they are worth, and then the text. Attachments \
      are named, and saved with --save. Exit 0 means that every layer opened and that the message is either signed \
      and good, or not signed at all.

      EXAMPLES:
        smime open --identity bob.p12 --anchor root.pem sealed.eml
        smime open --save attachments sealed.eml
        smime open --json --password-file passphrase.txt sealed.eml
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var identities: IdentityOptions
  @OptionGroup var trust: TrustOptions

  @Option(help: ArgumentHelp("Save the attachments into this folder.", valueName: "folder"))
  var save: String?

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let keys = try identities.readers()
    let mail = try MailInput(input.open())
    let opened = try await Opening(mail, trust, keys: keys).open(overflow: overflow)
    VerdictPrinter(opened, trust, earlier: Remembering(opened, of: mail).learn(trust)).print(format)
    if !format.json { try MessagePrinter(opened).print() }
    if let save, let content = opened.content {
      for path in try Attachments.save(content, of: mail.input, in: save) { Terminal.note("saved \(path)") }
    }
    try mail.input.checkUnchanged()
    try await OpenStatus(opened).end(keys)
  }

  /// Content that is too large for memory waits without a name in the folder that its attachments go to.
  private var overflow: (() throws -> (any RereadableSink)?)? {
    save.map { folder in
      {
        try Files.makeFolder(folder)
        return try SpoolFile(in: folder)
      }
    }
  }
}
