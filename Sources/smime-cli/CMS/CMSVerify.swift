import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIME
import SMIMECrypto

struct CMSVerify: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Tell who signed a file, and whether to believe it.",
    discussion: """
      Prints the verdict: the worst of all signers. Good (exit 0) is an object that is unchanged, and whose every signer \
      has a certificate that leads to an anchor and is not revoked. Nobody in particular must have signed: look at the \
      names. With --out the content of a good object is written to a file.

      EXAMPLES:
        smime cms verify --content report.pdf report.pdf.p7s
        smime cms verify --anchor root.pem contract.p7m --out contract.pdf
        smime cms verify --purpose any --json token.p7m
      """)

  @OptionGroup var input: InputOptions

  @Option(
    help: ArgumentHelp("What was signed, where the object does not hold it; '-' for standard input.", valueName: "file")
  )
  var content: String?

  @OptionGroup var trust: TrustOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard output.out == nil || content == nil else {
      throw ValidationError("--out writes what is inside the object; with --content it is outside")
    }
    guard output.out != "-" else { throw ValidationError("--out needs a file: standard output has the verdict") }
    try input.validate(beside: content)
  }

  func run() async throws {
    let file = try output.out.map { _ in try output.open(.open) }
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let detached = try self.input.content(beside: content)
    let reader = Reader(
      paths: try trust.validator(), policy: trust.algorithms.policy,
      certificates: try trust.signerCertificates())
    let judged: SignedObject
    do {
      judged = try await reader.verify(
        input.object, detached: detached, content: file?.sink ?? NullSink(), at: trust.time.date)
    } catch {
      throw CommandFailure(error, in: input.name)
    }
    SignedObjectPrinter(judged, trust).print(format)
    guard judged.verdict.signature == .verified else {
      if judged.data.contentPlace == .nowhere, !judged.signers.isEmpty {
        Terminal.hint("the content is not in the object: name it with --content FILE")
      }
      throw ExitCode(.notGood)
    }
    if let file {
      guard judged.data.hasContent else { throw CommandFailure(.notGood, "\(input.name): holds no content") }
      try file.commit()
    }
  }
}

/// Prints what a signed object is worth, in words or as the JSON object that scripts read.
struct SignedObjectPrinter {
  private let object: SignedObject
  private let trust: TrustOptions

  init(_ object: SignedObject, _ trust: TrustOptions) {
    self.object = object
    self.trust = trust
  }

  func print(_ format: FormatOptions) {
    Terminal.print(format.json ? report.json : lines.joined(separator: "\n"))
    for hint in trust.hints(for: object.signers, object.verdict.signature) { Terminal.hint(hint) }
  }

  private var lines: [String] {
    let verdict = object.verdict
    var lines = [
      VerdictPrinter.line(
        "signature", verdict.signature.rawValue, verdict.signatureSentence, verdict.signature.colour)
    ]
    for signer in object.signers { lines += signer.words(at: trust.time.date) }
    lines.append("content: \(object.data.contentType), \(place)")
    lines += object.data.defects.map { "defect: \(Outline.printable($0.description))" }
    return lines
  }

  private var place: String {
    switch object.data.contentPlace {
    case .attached: "\(object.data.contentCount) bytes inside"
    case .detached: "\(object.data.contentCount) bytes beside"
    case .both: "inside and beside"
    case .nowhere: "not here"
    }
  }

  /// The object that `docs/schema/verdict.json` describes: nobody is shown as its sender, and there is one layer.
  private var report: Outline {
    var content: Outline = [
      "type": .text(object.data.contentType.description), "place": .text("\(object.data.contentPlace)"),
    ]
    if object.data.contentPlace != .nowhere { content["bytes"] = .number(object.data.contentCount) }
    return [
      "version": .number(1),
      "verdict": .outline([
        "signature": .text(object.verdict.signature.rawValue),
        "encryption": .text(object.verdict.encryption.rawValue),
      ]),
      "signers": .list(object.signers.map { .outline($0.outline(at: trust.time.date)) }),
      "from": [], "headers": .outline([:]), "layers": [],
      "content": .outline(content),
      "defects": .list(
        object.data.defects.map { .outline(["code": .text($0.reason), "where": .text($0.path)]) }),
    ]
  }
}
