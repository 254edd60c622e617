import ArgumentParser
import ByteIO
import CMS
import PKIX
import SMIMECrypto

struct CMSAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Add your signature to a file that others signed.",
    discussion: """
      Writes the object with one more signature over the same content. What is in it stays as it is, and every signature \
      goes on holding. What others signed must be what is there: else nothing is added.

      EXAMPLES:
        smime cms add --identity bob.p12 contract.p7m --out contract-2.p7m
        smime cms add --identity bob.p12 --content report.pdf report.pdf.p7s --out both.p7s
      """)

  @OptionGroup var input: InputOptions

  @Option(help: ArgumentHelp("What was signed, where the object does not hold it.", valueName: "file"))
  var content: String?

  @OptionGroup var identities: IdentityOptions
  @OptionGroup var manner: SigningOptions
  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let detached = try content.map { try FileSource(path: $0) }
    let signers = try identities.signers(for: []).map { try manner.signer($0) }
    try await input.write(to: output) { sink in
      try await SignedDataWriter.add(signers, to: input.object, detached: detached, writingTo: sink)
    }
  }
}

struct CMSCountersign: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "countersign",
    abstract: "Sign the signatures of a signed file.",
    discussion: """
      A countersignature says that its signer saw the signature; it says nothing of the content.

      EXAMPLES:
        smime cms countersign --identity notary.p12 contract.p7m --out witnessed.p7m
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var identities: IdentityOptions
  @OptionGroup var manner: SigningOptions
  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let signers = try identities.signers(for: []).map { try manner.signer($0) }
    try await input.write(to: output) { sink in
      try await SignedDataWriter.countersign(input.object, by: signers, writingTo: sink)
    }
  }
}

struct CMSTimestamp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timestamp",
    abstract: "Have a time-stamping authority prove when a signature was there.",
    discussion: """
      Two steps, with any program between them that carries the request to the authority:

        smime cms timestamp request contract.p7m --out contract.tsq
        curl -H 'Content-Type: application/timestamp-query' --data-binary @contract.tsq \\
          http://tsa.example.org/ --output contract.tsr
        smime cms timestamp attach contract.p7m --request contract.tsq --response contract.tsr --out stamped.p7m
      """,
    subcommands: [CMSTimestampRequest.self, CMSTimestampAttach.self])
}

/// Which signature is meant.
struct SignerChoice: ParsableArguments {
  @Option(help: ArgumentHelp("Which signer, counted from 1 as 'smime cms show' lists them.", valueName: "number"))
  var signer = 1

  func info(in input: CMSInput) throws -> SignerInfo {
    do {
      let infos = try SignedDataReader(input.object).read().signerInfos
      guard infos.indices.contains(signer - 1) else {
        throw CommandFailure(.unreadable, "\(input.name): has \(infos.count) signers, and no signer \(signer)")
      }
      return try infos[signer - 1].get()
    } catch {
      throw CommandFailure(error, in: input.name)
    }
  }
}

struct CMSTimestampRequest: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Write the request for a time stamp (RFC 3161).",
    discussion: """
      The authority learns a digest of the signature, and nothing else.

      EXAMPLES:
        smime cms timestamp request contract.p7m --out contract.tsq
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var signer: SignerChoice

  @Option(help: "The digest of the signature that is sent.")
  var digest = DigestChoice.sha256

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.open)
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let info = try signer.info(in: input)
    let request = TimestampRequest(for: try MessageImprint(of: info.signature, by: digest.algorithm))
    try output.sink.write(request.derBytes)
    try output.commit()
  }
}

struct CMSTimestampAttach: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Add the time stamp that came back.",
    discussion: """
      The answer is held against the request and the signature before it is added.

      EXAMPLES:
        smime cms timestamp attach contract.p7m --request contract.tsq --response contract.tsr --out stamped.p7m
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var signer: SignerChoice

  @Option(help: ArgumentHelp("The request that was sent.", valueName: "file"))
  var request: String

  @Option(help: ArgumentHelp("The answer of the time-stamping authority.", valueName: "file"))
  var response: String

  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let info = try signer.info(in: input)
    let stamped: SignerInfo
    do {
      let asked = try TimestampRequest(der: try Input.bytes(of: request)[...])
      let token = try TimestampResponse(der: try Input.bytes(of: response)[...]).token(for: asked)
      stamped = try info.timestamped(with: token)
    } catch {
      throw CommandFailure(error, in: response)
    }
    try await input.write(to: output) { sink in
      try SignedDataWriter.replaceSigners([signer.signer - 1: stamped], in: input.object, writingTo: sink)
    }
  }
}
