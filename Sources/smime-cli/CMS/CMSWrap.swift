import ArgumentParser
import ByteIO
import CMS
import SMIMECrypto

struct CMSCompress: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Compress a file.",
    discussion: """
      Writes CompressedData (RFC 3274). Compress before you encrypt, and nothing that holds both a secret and what a \
      stranger can choose.

      EXAMPLES:
        smime cms compress report.txt --out report.p7z
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try input.content()
    try await output.write { try CompressedDataWriter.compress(input.stream, to: $0) }
  }
}

struct CMSExpand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expand",
    abstract: "Take a compressed file out of its object.",
    discussion: """
      What comes out is counted: content that is out of all proportion to the object is refused. Nothing is written before \
      all of it was expanded.

      EXAMPLES:
        smime cms expand report.p7z --out report.txt
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.secret)
    let input = try CMSInput(input.open())
    _ = try input.type(.compressedData)
    let reader = CompressedDataReader(input.object)
    let content: CompressedData
    do {
      (content, _) = try await Release.write(to: output, from: input.input, atMost: reader.contentLimit) { sink in
        try reader.read(content: sink)
      }
    } catch {
      throw CommandFailure(error, in: input.name)
    }
    try output.commit()
    for defect in content.defects { Terminal.warning("\(input.name): \(defect)") }
  }
}

struct CMSWrap: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wrap",
    abstract: "Put a file into an object as it is, neither signed nor encrypted.",
    discussion: """
      Writes an object of the type data (RFC 5652 §4), for programs that take nothing else. It proves nothing, and does not \
      tell damage: 'smime cms digest' does that, and 'smime cms sign' both.

      EXAMPLES:
        smime cms wrap report.txt --out report.p7
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try input.content()
    try await output.write { try DataContentWriter.write(input.stream, to: $0) }
  }
}

struct CMSUnwrap: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unwrap",
    abstract: "Take a file out of an object that only holds it.",
    discussion: """
      Nobody vouches for what comes out. Nothing is written before all of the object was read.

      EXAMPLES:
        smime cms unwrap report.p7 --out report.txt
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.secret)
    let input = try CMSInput(input.open())
    _ = try input.type(.data)
    let content: DataContent
    do {
      (content, _) = try await Release.write(
        to: output, from: input.input, atMost: input.object.countLimit
      ) { try DataContentReader(input.object).read(content: $0) }
    } catch {
      throw CommandFailure(error, in: input.name)
    }
    try output.commit()
    for defect in content.defects { Terminal.warning("\(input.name): \(defect)") }
  }
}

struct CMSAuthenticate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authenticate",
    abstract: "Let the recipients, and nobody else, tell that a file is whole.",
    discussion: """
      Writes AuthenticatedData: the content can be read by all, and has a code under a key that only the recipients get. \
      Any of them could have made it. 'smime cms decrypt' checks it and writes the content.

      EXAMPLES:
        smime cms authenticate --recipient bob.pem prices.csv --out prices.p7m
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var recipients: ObjectRecipientOptions
  @OptionGroup var output: ObjectOptions

  func run() async throws {
    let input = try input.content()
    let everybody = try await recipients.recipients(.rsaOAEP(OAEPParameters(.sha256)))
    try await output.write { sink in
      try await AuthenticatedDataWriter.authenticate(input.stream, for: everybody, to: sink)
    }
  }
}
