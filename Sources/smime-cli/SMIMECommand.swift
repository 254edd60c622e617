import ArgumentParser
import SMIMECrypto

@main enum Start {
  static func main() {
    SecureRandom.useKernel()
    MainThreadExecutor().run { await SMIMECommand.main() }
  }
}

/// The command: arguments in, one library call, output.
struct SMIMECommand: AsyncParsableCommand {
  // Every name is given: deriving one from its type costs a command as small as verify a tenth of its time.
  static let configuration = CommandConfiguration(
    commandName: "smime",
    abstract: "Sign, verify, encrypt and decrypt mail.",
    discussion: """
      A message is read from a file or from standard input, and written to standard output or to --out FILE. \
      Words for people go to standard error.

      EXAMPLES:
        smime demo                                       see all of it once
        smime id new alice@example.org                   a key and a certificate of your own
        smime sign --identity alice.p12 draft.eml --out signed.eml
        smime encrypt --recipient bob.pem signed.eml --out sealed.eml
        smime open --identity bob.p12 sealed.eml
        smime verify --anchor root.pem signed.eml

      EXIT STATUS:
        0   done; for verify and open: the message is good
        1   not good: the message, the signature or the certificate failed a check
        64  wrong usage
        65  the input cannot be read as what the command expects
        66  the input cannot be opened
        69  a service or the network is not available
        73  the output cannot be created
        77  no key for it, wrong password, or no permission

      Identities, certificates and trust anchors live in $SMIME_HOME (~/.local/share/smime).
      """,
    version: "smime \(version)",
    groupedSubcommands: [
      CommandGroup(
        name: "Mail", subcommands: [Sign.self, Verify.self, Encrypt.self, Decrypt.self, Open.self, Show.self]),
      CommandGroup(name: "Documents and files", subcommands: [CMSCommand.self]),
      CommandGroup(
        name: "Keys and certificates",
        subcommands: [
          IdentityCommand.self, TokenCommand.self, CertificateCommand.self, TrustCommand.self,
          RevocationListCommand.self, OCSPCommand.self, AuthorityCommand.self, AgentCommand.self,
          ConfigCommand.self,
        ]),
      CommandGroup(name: "To begin with", subcommands: [Demo.self]),
    ])

  static let version = "0.1.0"

  @concurrent static func main() async {
    var format: FormatOptions?
    do {
      let command = parsed()
      format = (command as? any ReadingCommand)?.format
      try await run(command)
      try Output.flushStandardOutput()
    } catch {
      Exit.end(error, format: format)
    }
  }

  /// The command that the arguments name.
  private static func parsed() -> sending any ParsableCommand {
    if let command = mailCommand(CommandLine.arguments) { return command }
    do { return try parseAsRoot() } catch { Exit.usage(error) }
  }

  /// A mail command whose line is plain, as most are that other programs write.
  static func mailCommand(_ arguments: [String]) -> (any ParsableCommand)? {
    guard arguments.count > 1 else { return nil }
    let words = arguments.dropFirst(2)
    return switch arguments[1] {
    case "sign": Sign.plain(words)
    case "verify": Verify.plain(words)
    case "encrypt": Encrypt.plain(words)
    case "decrypt": Decrypt.plain(words)
    case "open": Open.plain(words)
    default: nil
    }
  }

  @concurrent private static func run(_ command: sending any ParsableCommand) async throws {
    if var command = command as? any AsyncParsableCommand {
      try await command.run()
    } else {
      var command = command
      try command.run()
    }
  }
}
