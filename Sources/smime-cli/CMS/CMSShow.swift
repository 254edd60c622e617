import ArgumentParser
import CMS

struct CMSShow: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what a CMS object is made of.",
    discussion: """
      Names the type, the algorithms, the signers, the recipients and what is enclosed. Nothing is judged, and nothing \
      decrypted. Objects of any size are read.

      EXAMPLES:
        smime cms show report.pdf.p7s
        smime cms show --json backup.tar.p7m
      """)

  @OptionGroup var input: InputOptions
  @OptionGroup var format: FormatOptions

  func run() throws {
    let input = try CMSInput(input.open())
    do {
      let shown = Shown("cms", try CMSOutline.outline(of: input.object))
      Terminal.print(format.json ? shown.report.json : shown.text)
    } catch {
      throw CommandFailure(error, in: input.name)
    }
  }
}
