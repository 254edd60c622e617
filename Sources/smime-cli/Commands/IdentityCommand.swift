import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct IdentityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "id",
    abstract: "Your own keys and certificates.",
    discussion: """
      They are kept in the store, $SMIME_HOME/store.db, which only you can read; each private key is sealed under a \
      passphrase, or by a key file. Nothing ever removes a key: old mail needs it. What an earlier version kept as files \
      is taken in by itself.

      EXAMPLES:
        smime id new alice@example.org --out alice.csr   make a key; send the request to an authority
        smime id import alice.pem                        attach the certificate that came back
        smime id import alice.p12                        bring in a key with its certificate
        smime id list
        smime id export alice@example.org --out alice.p12
        smime id passphrase                              another passphrase for what is under the old one
      """,
    subcommands: [
      IdentityNew.self, IdentityImporting.self, IdentityExport.self, IdentityList.self, IdentityRequest.self,
      IdentityPassphrase.self,
    ])
}

struct IdentityNew: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a key and a certificate signing request for it.",
    discussion: """
      The key is stored under a passphrase; the request is printed, for an authority to sign.

      EXAMPLES:
        smime id new alice@example.org --name 'Alice Liddell' --out alice.csr
        smime id new gateway@example.org --key-file /etc/smime/key --out gateway.csr
        smime id new build@example.org --key p-256 --no-passphrase > build.csr
      """)

  @Argument(help: ArgumentHelp("The mailbox addresses of the certificate.", valueName: "address"))
  var addresses: [String]

  @Option(help: ArgumentHelp("The common name; the first address if left out.", valueName: "name"))
  var name: String?

  @Option(help: KeyChoice.help)
  var key = KeyChoice(.rsa(bits: 3072))

  @OptionGroup var protection: ProtectionOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    guard key.kind.signs else {
      throw CommandFailure(
        .usage, "a key of kind \(key.kind.name) only encrypts, and cannot sign its own request",
        hint: "have it made with its certificate: 'smime ca issue --key KIND'")
    }
    let protection = try protection.protection(asking: "passphrase for the new key")
    let output = try output.open(.open)
    let privateKey = try PrivateKey(generate: key.kind)
    let request = try await CertificateSigningRequest.create(
      subject: DistinguishedName(commonName: name ?? addresses.first ?? ""), addresses: addresses, key: privateKey)
    let store = try Home.store()
    let lock = try protection.lock(in: store)
    let stored = try StoredKey(pkcs8: privateKey.pkcs8, of: request.publicKey, lock: lock.lock, key: lock.key)
    try store.add(StoredRequest(request, key: stored), at: Date())
    try output.sink.write(Array(request.pem.utf8))
    try output.commit()
    Terminal.note("key stored in \(Home.folder)")
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

  @Argument(
    help: ArgumentHelp(
      "An address of the identity, the beginning of its SHA-256, or a file with it.", valueName: "address|sha256|file"))
  var identity: String

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let request: CertificateSigningRequest
    let waiting = try Home.requests().last { waiting in
      waiting.request.emailAddresses.contains { $0.lowercased() == identity.lowercased() }
    }
    if let waiting {
      request = waiting.request
    } else {
      // It asks for the names that the certificate has now.
      let opened = try Home.identity(named: identity).opened(with: Unlock(given: try passwords.given()))
      request = try await CertificateSigningRequest.create(
        subject: opened.certificate.subject, addresses: opened.certificate.emailAddresses, key: opened.signingKey)
    }
    try output.sink.write(Array(request.pem.utf8))
    try output.commit()
  }
}

struct IdentityImporting: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Store a key with its certificate, or attach a certificate to a waiting key.",
    discussion: """
      Reads PKCS#12 (all keys in it), PEM with a private key and its certificates, or only the certificate that an \
      authority issued for a request of 'smime id new' or 'smime id request', for which no passphrase is needed. A key is \
      stored under the passphrase that opened its file, unless another is given. One that is here already keeps its \
      protection, unless another is given. A key that is not offered here, such as one for ML-DSA-44, is stored too, for \
      'smime id export', and refused by name when it is to be used.

      EXAMPLES:
        smime id import alice.p12
        smime id import issued.pem
        smime id import alice.p12 --new-password-file passphrase.txt
      """)

  @Argument(help: ArgumentHelp("The file to bring in.", valueName: "file"))
  var file: String

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var protection: ProtectionOptions

  func run() async throws {
    let stored = try IdentityImport(file).store(
      unlock: Unlock(given: try passwords.given()), protection: protection)
    for certificate in stored { Terminal.note("stored: \(certificate.shortName)") }
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
        smime id export old.p12 --pbmac1 --out new.p12   all keys of a file, protected anew
        smime id export alice@example.org --certificates > alice.pem
      """)

  @Argument(
    help: ArgumentHelp(
      "An address of the identity, the beginning of its SHA-256, or a file with it.", valueName: "address|sha256|file"))
  var identity: String

  @Flag(help: "Only the certificates, as PEM: nothing secret.")
  var certificates = false

  @Flag(help: "Use the old encryption (SHA-1, 3DES) that old software insists on.")
  var compat = false

  @Flag(help: "Protect the whole by PBMAC1 (RFC 9879), which OpenSSL 3.4 and current NSS read, and nothing older.")
  var pbmac1 = false

  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var newPassword: NewPasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(certificates ? .open : .secret)
    let held = try Home.identity(named: identity)
    if certificates {
      try output.sink.write(Array(try held.publicPEM(passwords).utf8))
    } else {
      let given = try newPassword.given()
      try output.sink.write(
        held.protectedAnew(
          with: Unlock(given: try passwords.given()), profile,
          password: { try given ?? Self.newPassword($0, for: identity) }))
    }
    try output.commit()
  }

  /// The passphrase that opened the key; where none did, a new one.
  private static func newPassword(_ unlock: Unlock, for identity: String) throws -> Password {
    if let used = unlock.used, !used.isEmpty { return used }
    return try PasswordPrompt.askForNew("passphrase for the file with \(identity)")
      .orMissing(option: "--new-password-file")
  }

  private var profile: PKCS12.Profile { compat ? .compat : pbmac1 ? .pbmac1 : .modern }

  func validate() throws {
    guard [compat, pbmac1, certificates].count(where: { $0 }) <= 1 else {
      throw ValidationError("give one of --compat, --pbmac1, --certificates")
    }
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
    let rows = try Home.identities().map(\.summary) + Home.requests().map(\.summary)
    if format.json {
      Terminal.print(Outline(["version": .number(1), "identities": .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint("no identity yet: make one with 'smime id new ADDRESS'")
    } else {
      Terminal.print(rows.map(\.text).joined(separator: "\n"))
    }
    EarlierHome(folder: Home.folder).tellOfLonelyKeys()
  }
}
