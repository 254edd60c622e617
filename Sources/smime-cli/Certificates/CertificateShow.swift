import ArgumentParser
import ByteIO
import PKIX

struct CertificateShow: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what is in certificates.",
    discussion: """
      Shows every certificate in a file: PEM with any number of them, DER or .p7c. Nothing is judged: see 'smime cert \
      validate' and 'smime cert lint' for that, and 'smime show' for files of every kind.

      EXAMPLES:
        smime cert show alice.pem
        smime cert show --json chain.p7c
      """)

  @Argument(help: ArgumentHelp("The certificates.", valueName: "file"))
  var file: String

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let shown = try CertificateFile.certificates(in: file).map { Shown("certificate", $0.outline) }
    if format.json {
      let objects = shown.map { Outline.Node.outline(["kind": .text($0.kind), "content": .outline($0.outline)]) }
      Terminal.print((["version": .number(1), "objects": .list(objects)] as Outline).json)
    } else {
      Terminal.print(shown.map(\.text).joined(separator: "\n"))
    }
  }
}
