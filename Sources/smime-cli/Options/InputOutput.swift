import ArgumentParser
import ByteIO
import Glibc

/// A command that prints what it found, for people or for programs.
protocol ReadingCommand: AsyncParsableCommand {
  var format: FormatOptions { get }
}

struct FormatOptions: ParsableArguments {
  @Flag(help: "Print one JSON object.")
  var json = false
}

/// The file that a command reads.
struct InputOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The file to read; standard input if it is left out or '-'.", valueName: "file"))
  var file: String?

  func open(_ content: Input.Content = .mail) throws -> Input { try Input(file, content) }

  /// The same for what is read once.
  func content() throws -> ContentInput { try ContentInput(file) }

  /// What lies beside the object that is read, where `path` names it.
  func content(beside path: String?) throws -> (any ByteStream)? { try path.map { try ContentInput($0).stream } }

  /// Standard input cannot be the object and what lies beside it.
  func validate(beside path: String?) throws {
    guard path != "-" || file ?? "-" != "-" else {
      throw ValidationError("standard input cannot be both the object and its content")
    }
  }
}

/// The file that a command writes.
struct OutputOptions: ParsableArguments {
  @Option(name: [.customLong("out"), .customShort("o")], help: ArgumentHelp("Write to this file.", valueName: "file"))
  var out: String?

  @Flag(help: "Replace the output file if it exists.")
  var force = false

  /// Opens the output, before any work is done: what cannot be written is said at once.
  func open(_ secrecy: Output.Secrecy) throws -> Output {
    try Output(out == "-" ? nil : out, overwrite: force ? .replace : .refuse, secrecy)
  }
}
