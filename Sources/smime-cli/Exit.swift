import ArgumentParser
import Glibc

/// The end of the process: what is printed, and the status.
enum Exit {
  /// Ends after the arguments could not be read, or after help was asked for.
  static func usage(_ error: any Error) -> Never {
    guard SMIMECommand.exitCode(for: error) == .validationFailure else { SMIMECommand.exit(withError: error) }
    let message = SMIMECommand.message(for: error)
    let help = SMIMECommand.fullMessage(for: error).split(separator: "\n").last { $0.contains("--help'") }
    let hint = help.map { line in String(line.drop { $0 == " " }).lowercasingFirstLetter } ?? "see 'smime --help'"
    let lines = message.split(separator: "\n")
    Terminal.error(
      lines.first.map { String($0).lowercasingFirstLetter.withoutFullStop } ?? "wrong usage",
      hints: lines.dropFirst().map(String.init) + [hint.withoutFullStop.replacingEnd(" for more information", with: "")]
    )
    exit(ExitStatus.usage.rawValue)
  }

  /// Ends after a command failed. A command asked for JSON prints an object in any case.
  static func end(_ error: any Error, format: FormatOptions?) -> Never {
    if let code = error as? ExitCode {
      do { try Output.flushStandardOutput() } catch { end(error, format: nil) }
      exit(code.rawValue)
    }
    if SMIMECommand.exitCode(for: error) == .success { SMIMECommand.exit(withError: error) }
    if error is ValidationError { usage(error) }
    let failure = CommandFailure(error)
    if format?.json == true {
      var report = Outline()
      report["version"] = .number(1)
      report["error"] = .outline([
        "status": .number(Int(failure.status.rawValue)), "message": .text(failure.message),
        "hints": .list(failure.hints.map(Outline.Node.text)),
      ])
      Terminal.print(report.json)
    }
    Terminal.error(failure.message, hints: failure.hints)
    exit(failure.status.rawValue)
  }
}

extension ExitCode {
  init(_ status: ExitStatus) { self.init(status.rawValue) }
}

extension String {
  fileprivate var lowercasingFirstLetter: String {
    guard let first, first.isUppercase, dropFirst().first?.isLowercase == true else { return self }
    return first.lowercased() + dropFirst()
  }

  fileprivate var withoutFullStop: String { last == "." ? String(dropLast()) : self }

  fileprivate func replacingEnd(_ end: String, with new: String) -> String {
    hasSuffix(end) ? String(dropLast(end.count)) + new : self
  }
}
