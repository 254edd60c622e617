import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIMECrypto

struct IdentityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "id",
    abstract: "Your own keys and certificates.",
    discussion: """
      Each identity is one encrypted PKCS#12 file in $SMIME_HOME/identities, readable by you only. A key that waits \
      for its certificate lies beside them with its request (.key, .csr).

      EXAMPLES:
        smime id new alice@example.org --out alice.csr   make a key; send the request to an authority
        smime id import alice.pem                        attach the certificate that came back
        smime id import alice.p12                        bring in a key with its certificate
        smime id list
        smime id export alice@example.org --out alice.p12
      """,
    subcommands: [IdentityNew.self, IdentityImport.self, IdentityExport.self, IdentityList.self, IdentityRequest.self])
}

struct IdentityNew: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a key and a certificate signing request for it.",
    discussion: """
      The key is stored under a passphrase; the request is printed, for an authority to sign.

      EXAMPLES:
        smime id new alice@example.org --name 'Alice Liddell' --out alice.csr
        smime id new build@example.org --key p-256 --no-passphrase > build.csr
      """)

  @Argument(help: ArgumentHelp("The mailbox addresses of the certificate.", valueName: "address"))
  var addresses: [String]

  @Option(help: ArgumentHelp("The common name; the first address if left out.", valueName: "name"))
  var name: String?

  @Option(help: KeyChoice.help)
  var key = KeyChoice(.rsa(bits: 3072))

  @OptionGroup var newPassword: NewPasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let password = try newPassword.password(for: "passphrase for the new key")
    let output = try output.open(.open)
    let pending = try await PendingKey.make(addresses: addresses, name: name, kind: key.kind, password: password)
    try output.sink.write(Array(pending.request.pem.utf8))
    try output.commit()
    Terminal.note("key stored in \(pending.keyPath)")
    Terminal.hint("when the certificate comes, attach it with 'smime id import FILE'")
  }
}

struct IdentityRequest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request",
    abstract: "Write the certificate signing request of a key, waiting or in use.",
    discussion: """
      EXAMPLES:
        smime id request alice@example.org --out alice.csr
      """)

  @Argument(help: ArgumentHelp("An address of the identity, or a file with it.", valueName: "address|file"))
  var identity: String

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let request: CertificateSigningRequest
    if let pending = try PendingKey.find(identity) {
      request = pending.request
    } else {
      let opened = try Home.identity(named: identity).opened(with: Unlock(given: try passwords.given()))
      request = try await PendingKey.request(for: opened)
    }
    try output.sink.write(Array(request.pem.utf8))
    try output.commit()
  }
}

struct IdentityImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Store a key with its certificate, or attach a certificate to a waiting key.",
    discussion: """
      Reads PKCS#12, PEM with a private key and its certificates, or only the certificate that an authority issued \
      for a request of 'smime id new' or 'smime id request'.

      EXAMPLES:
        smime id import alice.p12
        smime id import issued.pem --password-file passphrase.txt
      """)

  @Argument(help: ArgumentHelp("The file to bring in.", valueName: "file"))
  var file: String

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var newPassword: NewPasswordOptions

  func run() async throws {
    let unlock = Unlock(given: try passwords.given())
    let identity = try IdentityImportSource(file).identity(unlock: unlock)
    let password = try newPassword.given() ?? unlock.used.orMissing(option: "--new-password-file")
    guard !password.utf8.isEmpty || newPassword.noPassphrase else {
      throw CommandFailure(
        .usage, "\(file): has no passphrase",
        hint: "protect it with --new-password-file FILE, or type --no-passphrase to store it like that")
    }
    let path = try Home.store(identity, password: password)
    Terminal.note("stored in \(path)")
  }
}

struct IdentityExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write an identity as PKCS#12, or its certificates as PEM.",
    discussion: """
      EXAMPLES:
        smime id export alice@example.org --out alice.p12
        smime id export alice@example.org --compat --out alice-for-outlook.p12
        smime id export alice@example.org --certificates > alice.pem
      """)

  @Argument(help: ArgumentHelp("An address of the identity, or a file with it.", valueName: "address|file"))
  var identity: String

  @Flag(help: "Only the certificates, as PEM: nothing secret.")
  var certificates = false

  @Flag(help: "Use the old encryption (SHA-1, 3DES) that old software insists on.")
  var compat = false

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var newPassword: NewPasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(certificates ? .open : .secret)
    let file = try Home.identity(named: identity)
    if certificates {
      try output.sink.write(Array(try file.publicPEM(passwords).utf8))
    } else {
      let unlock = Unlock(given: try passwords.given())
      let opened = try file.opened(with: unlock)
      let password = try newPassword.given() ?? unlock.used.orMissing(option: "--new-password-file")
      try output.sink.write(try PKCS12.write(opened, password: password, profile: compat ? .compat : .modern))
    }
    try output.commit()
  }
}

struct IdentityList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the identities in the store.",
    discussion: """
      EXAMPLES:
        smime id list
        smime id list --json
      """)

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let rows = try Home.identityFiles().map(\.summary) + PendingKey.all().map(\.summary)
    if format.json {
      Terminal.print(Outline(["version": .number(1), "identities": .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint("no identity yet: make one with 'smime id new ADDRESS'")
    } else {
      Terminal.print(rows.map(\.text).joined(separator: "\n"))
    }
  }
}
