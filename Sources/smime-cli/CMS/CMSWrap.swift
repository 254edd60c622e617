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
    let input = try input.open(.secret)
    try await output.write { try CompressedDataWriter.compress(input.source, to: $0) }
  }
}

struct CMSExpand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expand",
    abstract: "Take a compressed file out of its object.",
    discussion: """
      What comes out is counted: content that is out of all proportion to the object is refused.

      EXAMPLES:
        smime cms expand report.p7z --out report.txt
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let output = try output.open(.secret)
    let input = try CMSInput(input.open())
    _ = try input.type(.compressedData)
    do {
      let content = try CompressedDataReader(input.object).read(content: output.sink)
      for defect in content.defects { Terminal.warning("\(input.name): \(defect)") }
    } catch {
      throw CommandFailure(error, in: input.name)
    }
    try output.commit()
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
    let input = try input.open(.secret)
    let everybody = try recipients.recipients(.rsaOAEP(OAEPParameters(.sha256)))
    try await output.write { sink in
      try await AuthenticatedDataWriter.authenticate(input.source, for: everybody, to: sink)
    }
  }
}
