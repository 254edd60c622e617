import ArgumentParser

struct Show: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a file is, and what is in it.",
    discussion: """
      Takes mail, CMS, certificates, revocation lists, requests, keys and PKCS#12, as PEM, DER or base64. Nothing is \
      judged: see 'smime verify' for that.

      EXAMPLES:
        smime show alice.pem
        smime show sealed.eml
        smime show --password-file passphrase.txt alice.p12
        smime show --json ca.crl
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var format: FormatOptions

  func run() async throws {
    let input = try input.open()
    let shown = try Shown.all(in: input, unlock: Unlock(given: try passwords.given()))
    if format.json {
      Terminal.print(try await Shown.report(shown, of: input).json)
    } else {
      Terminal.print(shown.map(\.text).joined(separator: "\n"))
    }
  }
}
