import ArgumentParser
import ByteIO
import CMS
import Issuance
import PKIX
import SMIMECrypto

struct AuthorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca",
    abstract: "A small offline authority: a root, an issuing authority, mailbox certificates and their revocation.",
    discussion: """
      The authority lives in one folder ($SMIME_HOME/ca, or --ca DIR): encrypted keys, what was issued, what was \
      revoked. Keep the folder off networked machines, and a copy of it in a safe.

      EXAMPLES:
        smime ca init --name 'Example Org' --trust
        smime ca issue alice@example.org --name 'Alice Liddell' --out alice.p12
        smime ca sign alice.csr --out alice.pem
        smime ca revoke alice@example.org --reason keyCompromise
        smime ca crl --out example.crl
      """,
    subcommands: [
      AuthorityInit.self, AuthorityIssue.self, AuthoritySign.self, AuthorityRevoke.self, AuthorityCRL.self,
    ])
}

/// Which authority.
struct AuthorityOptions: ParsableArguments {
  @Option(name: .customLong("ca"), help: ArgumentHelp("The authority's folder.", valueName: "folder"))
  var folder: String?

  var authority: AuthorityFolder { AuthorityFolder(path: folder ?? "\(Home.folder)/ca") }
}

struct AuthorityInit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make an authority.",
    discussion: """
      Both keys are encrypted under the one passphrase.

      EXAMPLES:
        smime ca init --name 'Example Org' --trust
        smime ca init --name Test --ca ./ca --no-passphrase
        smime ca init --name 'Example Org' --key rsa-4096 --crl-url http://pki.example.org/example.crl
      """)

  @Option(help: ArgumentHelp("The organisation's name, from which the two authorities are named.", valueName: "name"))
  var name: String

  @Option(help: AuthorityKeyChoice.help)
  var key = AuthorityKeyChoice.p384

  @Option(help: ArgumentHelp("Where the CRL will be published, for the certificates to say so.", valueName: "url"))
  var crlURL: String?

  @Flag(help: "Trust this authority from now on: its root goes into the store's anchors.")
  var trust = false

  @OptionGroup var location: AuthorityOptions
  @OptionGroup var newPassword: NewPasswordOptions

  func run() async throws {
    let authority = location.authority
    try authority.checkIsNew()
    let password = try newPassword.password(for: "passphrase for the authority's keys")
    try await authority.create(
      name: name, keys: key.kind, password: password, publication: PublicationPoints(revocationList: crlURL))
    if trust { try Home.trust(try authority.certificate(.root), name: name) }
    Terminal.note("authority made in \(authority.path); its root is \(authority.file("root.pem"))")
  }
}

struct AuthorityIssue: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue",
    abstract: "Make a key and issue its certificate, as one PKCS#12 file.",
    discussion: """
      --password and its like open the authority's key; --new-password and its like protect the PKCS#12.

      EXAMPLES:
        smime ca issue alice@example.org --name 'Alice Liddell' --out alice.p12
        smime ca issue bob@example.org --key p-256 --days 90 --out bob.p12
      """)

  @Argument(help: ArgumentHelp("The mailbox addresses of the certificate.", valueName: "address"))
  var addresses: [String]

  @Option(help: ArgumentHelp("The common name; the first address if left out.", valueName: "name"))
  var name: String?

  @Option(help: KeyChoice.help)
  var key = KeyChoice.rsa3072

  @OptionGroup var terms: IssuingOptions
  @OptionGroup var location: AuthorityOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var newPassword: NewPasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let authority = location.authority
    let output = try output.open(.secret)
    let unlock = Unlock(given: try passwords.given())
    _ = try authority.certificate(.issuing)
    let password = try newPassword.password(for: "passphrase for the PKCS#12 file")
    let privateKey = try PrivateKey(generate: key.kind)
    let certificate = try await authority.issue(
      addresses: addresses, name: name, publicKey: privateKey.publicKey, use: terms.use.value, days: terms.days,
      unlock: unlock)
    let identity = try Identity(
      certificate: certificate, chain: try authority.chain(), privateKey: privateKey)
    try output.sink.write(try PKCS12.write(identity, password: password))
    try output.commit()
    Terminal.note("issued \(certificate.serialNumber) to \(addresses.joined(separator: ", "))")
  }
}

struct AuthoritySign: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Issue a certificate for a request.",
    discussion: """
      The request must be signed by its own key. Name and addresses are the request's unless given here: see what it \
      asks for with 'smime show' first. The certificate is written with the issuing authority's, as PEM.

      EXAMPLES:
        smime ca sign alice.csr --out alice.pem
        smime ca sign alice.csr --address alice@example.org > alice.pem
      """)

  @OptionGroup var input: InputOptions

  @Option(
    name: .customLong("address"),
    help: ArgumentHelp("A mailbox address, instead of those in the request. May be repeated.", valueName: "address"))
  var addresses: [String] = []

  @Option(help: ArgumentHelp("The common name, instead of the one in the request.", valueName: "name"))
  var name: String?

  @OptionGroup var terms: IssuingOptions
  @OptionGroup var location: AuthorityOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let authority = location.authority
    let output = try output.open(.open)
    let request = try CertificateRequestFile.request(in: try input.open())
    let certificate = try await authority.issue(
      addresses: addresses.isEmpty ? request.emailAddresses : addresses, name: name ?? request.subject.commonName,
      publicKey: request.publicKey, use: terms.use.value, days: terms.days, unlock: Unlock(given: try passwords.given())
    )
    let text = ([certificate] + (try authority.chain())).map(\.pem).joined()
    try output.sink.write(Array(text.utf8))
    try output.commit()
    Terminal.note("issued \(certificate.serialNumber) to \(certificate.emailAddresses.joined(separator: ", "))")
  }
}

/// What a certificate is for and how long it lasts.
struct IssuingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How long the certificate is valid.", valueName: "days"))
  var days = 365

  @Option(help: ArgumentHelp("What the key is for.", valueName: "both|signing|encryption"))
  var use = Use.both

  enum Use: String, ExpressibleByArgument, CaseIterable {
    case both, signing, encryption

    var value: MailboxUse {
      switch self {
      case .both: .signingAndEncryption
      case .signing: .signing
      case .encryption: .encryption
      }
    }
  }

  func validate() throws {
    guard days > 0 && days <= 825 else { throw ValidationError("--days must be from 1 to 825") }
  }
}

struct AuthorityRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Withdraw a certificate for good.",
    discussion: """
      The certificate is named by its file, its serial number, or an address (every certificate for it). Publish the \
      news with 'smime ca crl'.

      EXAMPLES:
        smime ca revoke alice@example.org --reason keyCompromise
        smime ca revoke 4f1c09a3d6e2b87755aa01f3c29e8d10
        smime ca revoke alice.pem
      """)

  @Argument(help: ArgumentHelp("The certificate.", valueName: "file|serial|address"))
  var certificate: String

  @Option(help: ArgumentHelp("Why, by its RFC 5280 name.", valueName: "reason"))
  var reason = "unspecified"

  @OptionGroup var location: AuthorityOptions

  func run() async throws {
    guard let reason = RevocationReason(name: reason) else {
      throw ValidationError(
        "'\(reason)' is no reason: use one of \(RevocationReason.allCases.map(\.name).joined(separator: ", "))")
    }
    let revoked = try await location.authority.revoke(reason: reason, try RevocationTarget(certificate).matches)
    guard !revoked.isEmpty else {
      throw CommandFailure(
        .noInput, "\(certificate): no certificate of this authority that is not revoked already",
        hint: "its issued certificates are in \(location.authority.file("issued"))")
    }
    for record in revoked { Terminal.note("revoked \(record.serial) of \(record.addresses.joined(separator: ", "))") }
    Terminal.hint("publish it with 'smime ca crl'")
  }
}

struct AuthorityCRL: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crl",
    abstract: "Make the next certificate revocation list.",
    discussion: """
      Writes the lists of the issuing authority and of the root, as PEM.

      EXAMPLES:
        smime ca crl --out example.crl --force
        smime ca crl --days 30 > example.crl
      """)

  @Option(help: ArgumentHelp("When the next list will be there at the latest.", valueName: "days"))
  var days = 7

  @OptionGroup var location: AuthorityOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let lists = try await location.authority.publish(days: days, unlock: Unlock(given: try passwords.given()))
    try output.sink.write(Array(lists.map(\.pem).joined().utf8))
    try output.commit()
  }

  func validate() throws {
    guard days > 0 && days <= 3_650 else { throw ValidationError("--days must be from 1 to 3650") }
  }
}
