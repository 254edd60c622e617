import ArgumentParser
import CertificateAuthority
import SMIMECrypto

struct AuthorityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca",
    abstract: "A small authority: a root, an issuing authority, mailbox certificates and their revocation.",
    discussion: """
      The authority lives in one folder ($SMIME_HOME/ca, or --ca DIR): its journal, from which all else there can be \
      made again, with the encrypted keys in it. Keep a copy of it in a safe. 'smimed ca' answers for it on the network, \
      and may run while these commands are used.

      EXAMPLES:
        smime ca init --name 'Example Org' --trust
        smime ca issue alice@example.org --name 'Alice Liddell' --out alice.p12
        smime ca sign alice.csr --out alice.pem
        smime ca request list
        smime ca revoke alice@example.org --reason keyCompromise
        smime ca crl --out example.crl
      """,
    subcommands: [
      AuthorityInit.self, AuthorityIssue.self, AuthoritySign.self, AuthorityRequest.self, AuthorityRevoke.self,
      AuthorityCRL.self, AuthorityList.self, AuthorityURL.self, AuthorityRebuild.self,
    ])
}

struct AuthorityInit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make an authority.",
    discussion: """
      Both keys are encrypted under the one passphrase. With --url the certificates say where their CRL, their OCSP \
      responder and their issuer are found: at URL/crl/…, URL/ocsp and URL/ca/…, which 'smimed ca' serves.

      EXAMPLES:
        smime ca init --name 'Example Org' --trust
        smime ca init --name 'Example Org' --url http://pki.example.org
        smime ca init --name Test --ca ./ca --no-passphrase
        smime ca init --name 'Example Org' --key rsa-4096 --crl-url http://pki.example.org/example.crl
      """)

  @Option(help: ArgumentHelp("The organisation's name, from which the two authorities are named.", valueName: "name"))
  var name: String

  @Option(help: AuthorityKeyChoice.help)
  var key = AuthorityKeyChoice(.ec(.p384))

  @Option(help: ArgumentHelp("Where the authority will publish, for the certificates to say so.", valueName: "url"))
  var url: String?

  @Option(help: ArgumentHelp("Where the CRL will be published, if not below --url.", valueName: "url"))
  var crlURL: String?

  @Option(
    help: ArgumentHelp("Over how many CRLs the certificates are spread, for a large authority.", valueName: "number"))
  var crlShards = 1

  @Flag(help: "Trust this authority from now on: its root goes into the store's anchors.")
  var trust = false

  @OptionGroup var location: AuthorityOptions
  @OptionGroup var newPassword: NewPasswordOptions

  func run() async throws {
    let settings = AuthorityPlan.Settings(baseURL: url, revocationListURL: crlURL, shardCount: crlShards)
    try Authority.checkIsNew(in: location.path)
    let password = try newPassword.password(for: "passphrase for the authority's keys")
    let authority = try await Authority.create(
      in: location.path, AuthorityPlan(name: name, key: key.kind, settings: settings), password: password)
    if trust { try Home.trust(authority.certificate(.root), name: name) }
    Terminal.note("authority made in \(authority.folder); its root is \(authority.folder)/root.pem")
  }

  func validate() throws {
    do {
      try AuthorityPlan.Settings(baseURL: url, revocationListURL: crlURL, shardCount: crlShards).check()
    } catch { throw ValidationError("\(error)") }
  }
}

struct AuthorityURL: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "url",
    abstract: "Change where the certificates say that the authority publishes.",
    discussion: """
      Certificates that are issued from now on say so; those that are there already keep what they say, so that the old \
      place has to be served as long as they are valid. Without an argument the URL is printed.

      EXAMPLES:
        smime ca url http://pki.example.org
        smime ca url
      """)

  @Argument(help: ArgumentHelp("Where the authority will publish.", valueName: "url"))
  var url: String?

  @Option(help: ArgumentHelp("Where the CRL will be published, if not below it.", valueName: "url"))
  var crlURL: String?

  @OptionGroup var location: AuthorityOptions

  func run() async throws {
    let authority = try location.open()
    guard url != nil || crlURL != nil else {
      let settings = authority.settings
      for line in [settings.baseURL, settings.revocationListURL].compactMap(\.self) { Terminal.print(line) }
      return
    }
    try authority.change(baseURL: url ?? authority.settings.baseURL, revocationListURL: crlURL)
  }
}

struct AuthorityRebuild: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Make the files of the authority's folder again from its journal.",
    discussion: """
      Certificates, keys and revocation lists that are missing, or are not what they were, are written again. Each that \
      was is told.

      EXAMPLES:
        smime ca rebuild
        smime ca rebuild --ca /mnt/restored/ca
      """)

  @OptionGroup var location: AuthorityOptions

  func run() async throws {
    for name in try location.open().rebuild() { Terminal.print(name) }
  }
}
