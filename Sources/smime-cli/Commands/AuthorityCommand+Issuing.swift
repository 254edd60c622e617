import ArgumentParser
import ByteIO
import CMS
import CertificateAuthority
import Issuance
import PKIX
import SMIMECrypto

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
  var key = KeyChoice(.rsa(bits: 3072))

  @OptionGroup var terms: IssuingOptions
  @OptionGroup var location: AuthorityOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var newPassword: NewPasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let authority = try location.open()
    let output = try output.open(.secret)
    let issuer = try authority.identity(.issuing, unlock: Unlock(given: try passwords.given()))
    let password = try newPassword.password(for: "passphrase for the PKCS#12 file")
    let privateKey = try PrivateKey(generate: key.kind)
    let certificate = try await authority.issue(
      MailboxOrder(
        addresses: addresses, name: name, publicKey: privateKey.publicKey, use: terms.use.value, days: terms.days),
      with: issuer)
    let identity = try Identity(
      certificate: certificate, chain: [authority.certificate(.issuing)], privateKey: privateKey)
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
    let authority = try location.open()
    let output = try output.open(.open)
    let request = try CertificateRequestFile.request(in: try input.open())
    let issuer = try authority.identity(.issuing, unlock: Unlock(given: try passwords.given()))
    let certificate = try await authority.issue(
      MailboxOrder(
        addresses: addresses.isEmpty ? request.emailAddresses : addresses, name: name ?? request.subject.commonName,
        publicKey: request.publicKey, use: terms.use.value, days: terms.days), with: issuer)
    try output.sink.write(authority.bundle(certificate))
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
