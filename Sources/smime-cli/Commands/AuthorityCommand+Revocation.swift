import ArgumentParser
import ByteIO
import CertificateAuthority
import PKIX
import SMIMECrypto

struct AuthorityRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Withdraw a certificate for good.",
    discussion: """
      The certificate is named by its file, its serial number, or an address (every certificate for it). A running \
      'smimed ca' says so at once; publish the news with 'smime ca crl' otherwise.

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
    guard let reason = RevocationReason(name: reason), reason != .removeFromCRL else {
      let names = RevocationReason.allCases.filter { $0 != .removeFromCRL }.map(\.name)
      throw ValidationError("'\(reason)' is no reason: use one of \(names.joined(separator: ", "))")
    }
    let revoked = try location.open().revoke(reason: reason, where: try RevocationTarget(certificate).matches)
    guard !revoked.isEmpty else {
      throw CommandFailure(
        .noInput, "\(certificate): no certificate of this authority that is not revoked already",
        hint: "'smime ca list' shows what it issued")
    }
    for record in revoked {
      Terminal.note("revoked \(record.serialNumber) of \(record.addresses.joined(separator: ", "))")
    }
    Terminal.hint("publish it with 'smime ca crl'")
  }
}

struct AuthorityCRL: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crl",
    abstract: "Make the next certificate revocation lists.",
    discussion: """
      Writes the lists of the issuing authority and of the root, as PEM; each stands in the folder's crl/ as DER, too. \
      With --delta only what was revoked since the last complete list, or since the one with the number of --base.

      EXAMPLES:
        smime ca crl --out example.crl --force
        smime ca crl --days 30 > example.crl
        smime ca crl --delta --days 1 --out delta.crl
      """)

  @Option(
    help: ArgumentHelp(
      "When the next list will be there at the latest; the root's lasts 180 days at least.", valueName: "days"))
  var days = 7

  @Flag(help: "Only what changed since the last complete list.")
  var delta = false

  @Option(help: ArgumentHelp("With --delta: the number of the complete list that it is about.", valueName: "number"))
  var base: Int?

  @OptionGroup var location: AuthorityOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let authority = try location.open()
    let output = try output.open(.open)
    let unlock = Unlock(given: try passwords.given())
    let kinds = delta ? authority.lists.compactMap(\.delta) : authority.lists
    // Every key is opened before the first list is made: all of them, or none.
    let issuing = try authority.identity(.issuing, unlock: unlock)
    let root = delta ? nil : try authority.identity(.root, unlock: unlock)
    var texts: [String] = []
    for kind in kinds {
      if kind == .root, let root {
        let days = max(days, Authority.rootListDays)
        texts.append(try await authority.publishList(kind, days: days, with: root).pem)
      } else {
        texts.insert(try await authority.publishList(kind, base: base, days: days, with: issuing).pem, at: 0)
      }
    }
    try output.sink.write(Array(texts.joined().utf8))
    try output.commit()
  }

  func validate() throws {
    guard days > 0 && days <= 3_650 else { throw ValidationError("--days must be from 1 to 3650") }
    guard base == nil || delta else { throw ValidationError("--base goes with --delta") }
  }
}

struct AuthorityList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List what was issued, and what became of it.",
    discussion: """
      EXAMPLES:
        smime ca list
        smime ca list --json
      """)

  @OptionGroup var location: AuthorityOptions
  @OptionGroup var format: FormatOptions

  func run() async throws {
    let rows = try location.open().records.map(\.outline)
    if format.json {
      Terminal.print(Outline(["version": .number(1), "certificates": .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint("nothing issued yet: see 'smime ca issue' and 'smime ca sign'")
    } else {
      Terminal.print(rows.map(\.text).joined(separator: "\n"))
    }
  }
}
