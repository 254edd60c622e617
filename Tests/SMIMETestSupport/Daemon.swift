import Foundation

/// A running `smimed ca`, stopped at the latest when the test lets go of it.
public final class Daemon: Sendable {
  public let port: Int
  public let portFile: String
  private let logFile: String
  private let process: Process

  public var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

  public init(_ test: TestAuthority, _ arguments: [String] = []) async throws {
    let name = UUID().uuidString
    portFile = test.workshop.file("\(name).port")
    logFile = try test.workshop.write([], to: "\(name).log")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.binary)
    process.arguments =
      [
        "ca", "--dir", test.folder, "--listen", "127.0.0.1:0", "--port-file", portFile, "--password-env", "PASSPHRASE",
      ] + arguments
    process.environment = ["PASSPHRASE": TestAuthority.password]
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: logFile))
    try process.run()
    self.process = process
    var found: Int?
    _ = await eventually(within: 120) { [portFile] in
      found = (try? String(contentsOfFile: portFile, encoding: .utf8)).flatMap {
        $0.split(whereSeparator: { $0 == ":" || $0 == "\n" }).last.flatMap { Int($0) }
      }
      return found != nil || !process.isRunning
    }
    guard let found else {
      process.terminate()
      let log = try? String(contentsOfFile: logFile, encoding: .utf8)
      throw DaemonFailure(description: "smimed did not start: \(log ?? "")")
    }
    port = found
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Its exit status after SIGTERM.
  public func stop() async throws -> Int32 {
    process.terminate()
    guard await eventually(within: 20, { !process.isRunning }) else {
      throw DaemonFailure(description: "it does not stop")
    }
    guard process.terminationReason == .exit else {
      throw DaemonFailure(description: "a signal ended it: \(log.suffix(500))")
    }
    return process.terminationStatus
  }

  /// The daemon, beside the bundle of the tests.
  public static let binary: String = {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("smimed").path
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
      folder.deleteLastPathComponent()
    }
    return Bundle.main.bundleURL.appendingPathComponent("smimed").path
  }()
}

/// What a daemon did not do.
public struct DaemonFailure: Error, CustomStringConvertible {
  public let description: String
}

/// Waits until `condition` holds, for at most `seconds`; false when it did not.
public func eventually(within seconds: Double = 10, _ condition: () async throws -> Bool) async rethrows -> Bool {
  let end = Date().addingTimeInterval(seconds)
  while Date() < end {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return false
}
