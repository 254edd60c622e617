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

  @Option(
    help: ArgumentHelp("What was signed, where the object does not hold it; '-' for standard input.", valueName: "file")
  )
  var content: String?

  @OptionGroup var identities: IdentityOptions
  @OptionGroup var manner: SigningOptions
  @OptionGroup var output: ObjectOptions

  func validate() throws { try input.validate(beside: content) }

  func run() async throws {
    let input = try CMSInput(input.open())
    _ = try input.type(.signedData)
    let detached = try self.input.content(beside: content)
    let signers = try await identities.signers(for: []).map { try manner.signer($0) }
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
    let signers = try await identities.signers(for: []).map { try manner.signer($0) }
    try await input.write(to: output) { sink in
      try await SignedDataWriter.countersign(input.object, by: signers, writingTo: sink)
    }
  }
}
