import ArgumentParser
import ByteIO
import CertificateAuthority
import Glibc
import SMIMECrypto

/// The daemon. What it serves is named by the subcommand.
@main
struct DaemonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "smimed",
    abstract: "S/MIME as a service: an authority over HTTP.",
    subcommands: [AuthorityCommand.self])

  static func main() async {
    // A client that is gone is found out by writing to it.
    signal(SIGPIPE, SIG_IGN)
    let command: any ParsableCommand
    do { command = try parseAsRoot() } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Stop(.usage, message(for: error), hint: "see 'smimed ca --help'").end()
    }
    do {
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
    } catch let stop as Stop {
      stop.end()
    } catch {
      guard exitCode(for: error) != .success else { exit(withError: error) }
      Stop(error).end()
    }
  }
}

/// Why the daemon ends, or does not start: what and where, and what to do about it.
struct Stop: Error {
  /// The statuses of `smime`.
  enum Status: Int32 {
    case notGood = 1
    case usage = 64
    case unreadable = 65
    case noInput = 66
    case unavailable = 69
    case cannotCreate = 73
    case noKey = 77
  }

  let status: Status
  let message: String
  let hint: String?

  init(_ status: Status, _ message: String, hint: String? = nil) {
    self.status = status
    self.message = message
    self.hint = hint
  }

  init(_ error: any Error) {
    switch error {
    case let failure as IOFailure:
      switch failure.reason {
      case .exists, .cannotCreate, .cannotWrite: self.init(.cannotCreate, "\(failure)")
      case .cannotOpen, .isDirectory, .cannotRead, .truncated: self.init(.noInput, "\(failure)")
      }
    case let failure as AuthorityFailure:
      switch failure {
      case .missing: self.init(.noInput, "\(failure)", hint: "make one with 'smime ca init'")
      case .damaged: self.init(.unreadable, "\(failure)")
      default: self.init(.notGood, "\(failure)")
      }
    case let failure as Malformed: self.init(.unreadable, "\(failure)")
    case let failure as Unsupported: self.init(.unreadable, "\(failure)")
    default: self.init(.unavailable, "\(error)")
    }
  }

  /// Says why on standard error, and ends the process.
  func end() -> Never {
    var text = "error: \(message)\n"
    if let hint { text += "hint: \(hint)\n" }
    try? DescriptorSink(STDERR_FILENO, named: "standard error").write(Array(text.utf8).span)
    exit(status.rawValue)
  }
}
