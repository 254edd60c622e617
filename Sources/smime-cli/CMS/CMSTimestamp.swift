import ArgumentParser
import ByteIO
import CMS
import Fetching
import PKIX
import SMIMECrypto

struct CMSTimestamp: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timestamp",
    abstract: "Have a time-stamping authority prove when a signature was there.",
    discussion: """
      The authority is asked over the network, or in two steps, with any program between them that carries the request:

        smime cms timestamp fetch contract.p7m --online --authority http://tsa.example.org/ --out stamped.p7m

        smime cms timestamp request contract.p7m --out contract.tsq
        curl -H 'Content-Type: application/timestamp-query' --data-binary @contract.tsq \\
          http://tsa.example.org/ --output contract.tsr
        smime cms timestamp attach contract.p7m --request contract.tsq --response contract.tsr --out stamped.p7m
      """,
    subcommands: [CMSTimestampFetch.self, CMSTimestampRequest.self, CMSTimestampAttach.self])
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

struct CMSTimestampFetch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Ask a time-stamping authority, and add the time stamp that it gives.",
    discussion: """
      The authority learns a digest of the signature, and nothing else. Its answer is held against the request and the \
      signature before it is added.

      EXAMPLES:
        smime cms timestamp fetch contract.p7m --online --authority http://tsa.example.org/ --out stamped.p7m
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var signer: SignerChoice

  @Option(help: ArgumentHelp("Where the time-stamping authority is, by http or https.", valueName: "url"))
  var authority: String

  @Option(help: "The digest of the signature that is sent.")
  var digest = DigestChoice.sha256

  @Flag(help: "Ask the network, which nothing does without being told to.")
  var online = false

  @Flag(help: "Ask a host on this machine or on a private network too.")
  var allowPrivate = false

  @OptionGroup var output: ObjectOptions

  func validate() throws {
    guard online else {
      throw ValidationError(
        "a time stamp is fetched over the network: add --online, or use 'smime cms timestamp request' and 'attach'")
    }
  }

  func run() async throws {
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let info = try signer.info(in: input)
    let network = NetworkProcess(try NetworkProcess.program(), FetchRules(allowPrivate ? .own : .public))
    let stamped: SignerInfo
    do {
      stamped = try await info.timestamped(
        by: NetworkTimestamps(network, url: authority), imprint: digest.algorithm)
    } catch let failure as FetchFailure {
      throw CommandFailure(.unavailable, "\(authority): \(failure)")
    } catch {
      throw CommandFailure(error, in: authority)
    }
    try await input.write(to: output) { sink in
      try SignedDataWriter.replaceSigners([signer.signer - 1: stamped], in: input.object, writingTo: sink)
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
