import ArgumentParser
import ByteIO
import CertificateAuthority
import PKIX
import SMIMECrypto

struct AuthorityRequest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request",
    abstract: "Requests for certificates: take them in, have the mailbox proved, decide.",
    discussion: """
      A request waits until somebody other than its sender decides. That the mailboxes in it are the sender's is proved \
      by a code that is sent there and comes back, or said in words by whoever approves.

      EXAMPLES:
        smime ca request add alice.csr                   prints its id, such as 4f1c09a3d6e2
        smime ca request list
        smime ca request code 4f1c09a3d6e2 --mail | sendmail -t
        smime ca request approve 4f1c09a3d6e2 --code 4f1c09a3-d6e2b877-55aa01f3-c29e8d10 --out alice.pem
        smime ca request reject 4f1c09a3d6e2 --reason 'left the company'
      """,
    subcommands: [
      RequestAdd.self, RequestList.self, RequestShow.self, RequestCode.self, RequestApprove.self, RequestReject.self,
    ])
}

/// Which request.
struct RequestOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The request, as 'smime ca request list' names it.", valueName: "id"))
  var id: String
}

struct RequestAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Take a request into the queue.",
    discussion: """
      The request must be signed by its own key. Its id is printed.

      EXAMPLES:
        smime ca request add alice.csr
        smime ca request add alice.csr --from 'the help desk'
      """)

  @OptionGroup var input: InputOptions

  @Option(help: ArgumentHelp("Who handed it in, who then cannot approve it.", valueName: "name"))
  var from: String?

  @OptionGroup var location: AuthorityOptions

  func run() async throws {
    let authority = try location.open()
    let request = try CertificateRequestFile.request(in: try input.open())
    Terminal.print(try authority.addRequest(request, from: from).id)
  }
}

struct RequestList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the requests that wait.",
    discussion: """
      EXAMPLES:
        smime ca request list
        smime ca request list --all --json
      """)

  @Flag(help: "Those that are decided, too.")
  var all = false

  @OptionGroup var location: AuthorityOptions
  @OptionGroup var format: FormatOptions

  func run() async throws {
    let rows = try location.open().requests.filter { all || $0.isOpen }.map(\.outline)
    if format.json {
      Terminal.print(Outline(["version": .number(1), "requests": .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint("no request waits")
    } else {
      Terminal.print(rows.map(\.text).joined(separator: "\n"))
    }
  }
}

struct RequestShow: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a request and what became of it.",
    discussion: """
      EXAMPLES:
        smime ca request show 4f1c09a3d6e2
        smime ca request show 4f1c09a3d6e2 --json
      """)

  @OptionGroup var target: RequestOptions
  @OptionGroup var location: AuthorityOptions
  @OptionGroup var format: FormatOptions

  func run() async throws {
    let outline = try location.open().request(target.id).outline
    if format.json {
      Terminal.print(Outline(["version": .number(1), "request": .outline(outline)]).json)
    } else {
      Terminal.print(outline.text)
    }
  }
}

struct RequestCode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Make a code that proves who reads a mailbox.",
    discussion: """
      Send it to the mailbox, or hand it over; it is good for 24 hours, once, and takes the place of the one before it. \
      With --mail a whole message is printed, ready to be sent.

      EXAMPLES:
        smime ca request code 4f1c09a3d6e2
        smime ca request code 4f1c09a3d6e2 alice@example.org --mail | sendmail -t
      """)

  @OptionGroup var target: RequestOptions

  @Argument(help: ArgumentHelp("The mailbox, when the request names several.", valueName: "address"))
  var address: String?

  @Flag(help: "Print a message that carries the code.")
  var mail = false

  @Option(
    help: ArgumentHelp("Who the message is from; ca@ and the mailbox's domain if left out.", valueName: "address"))
  var sender: String?

  @OptionGroup var location: AuthorityOptions

  func run() async throws {
    let authority = try location.open()
    let request = try authority.request(target.id)
    let address = try chosen(of: request)
    let letter = mail ? try CodeLetter(to: address, from: sender) : nil
    let code = try authority.newCode(for: request.id, address: address)
    if let letter {
      try Output.standardOutput.write(try letter.bytes(code, of: request, authority.name))
    } else {
      Terminal.print(code)
    }
  }

  /// The mailbox that was named, or the only one that is not proved.
  private func chosen(of request: CertificateRequest) throws -> String {
    if let address { return address }
    let candidates = request.unproved.isEmpty ? request.addresses : request.unproved
    guard candidates.count == 1, let only = candidates.first else {
      throw ValidationError("the request names \(candidates.joined(separator: " and ")): say which one is meant")
    }
    return only
  }
}

struct RequestApprove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve",
    abstract: "Approve a request, and issue its certificate.",
    discussion: """
      Each mailbox is proved by a code that came back, here with --code or before, or --evidence says in words how it is \
      known that it is the requester's. Who approves is recorded; nobody approves the own request. The certificate is \
      written with the issuing authority's, as PEM, and kept in the folder's issued/.

      EXAMPLES:
        smime ca request approve 4f1c09a3d6e2 --code 4f1c09a3-d6e2b877-55aa01f3-c29e8d10 --out alice.pem
        smime ca request approve 4f1c09a3d6e2 --evidence 'showed her badge at the desk' --by carol > alice.pem
      """)

  @OptionGroup var target: RequestOptions

  @Option(
    name: .customLong("code"),
    help: ArgumentHelp("A code that came back. May be repeated.", valueName: "code"))
  var codes: [String] = []

  @Option(help: ArgumentHelp("How else it is known whose the mailboxes are.", valueName: "text"))
  var evidence: String?

  @Option(help: ArgumentHelp("The common name, instead of the one in the request.", valueName: "name"))
  var name: String?

  @OptionGroup var approver: ApproverOptions
  @OptionGroup var terms: IssuingOptions
  @OptionGroup var location: AuthorityOptions
  @OptionGroup var passwords: PasswordOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let authority = try location.open()
    let output = try output.open(.open)
    let approver = try approver.name
    _ = try authority.request(target.id)
    let issuer = try authority.identity(.issuing, unlock: Unlock(given: try passwords.given()))
    for code in codes { try authority.proveMailbox(target.id, code: code) }
    let certificate = try await authority.approve(
      target.id, by: approver, evidence: evidence, name: name, use: terms.use.value, days: terms.days, with: issuer)
    try output.sink.write(authority.bundle(certificate))
    try output.commit()
    Terminal.note("issued \(certificate.serialNumber) to \(certificate.emailAddresses.joined(separator: ", "))")
  }
}

struct RequestReject: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reject",
    abstract: "Reject a request.",
    discussion: """
      EXAMPLES:
        smime ca request reject 4f1c09a3d6e2 --reason 'left the company'
      """)

  @OptionGroup var target: RequestOptions

  @Option(help: ArgumentHelp("Why, for the record and for the requester.", valueName: "text"))
  var reason: String

  @OptionGroup var approver: ApproverOptions
  @OptionGroup var location: AuthorityOptions

  func run() async throws {
    try location.open().reject(target.id, by: try approver.name, reason: reason)
  }
}
