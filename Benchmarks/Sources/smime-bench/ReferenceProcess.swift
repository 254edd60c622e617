import Foundation

/// `smime-reference` at work on the files of one folder, with the system's libcrypto or with another.
final class ReferenceProcess {
  /// What libcrypto says of itself.
  private(set) var version = ""
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var pending = Data()

  /// Beside this program.
  static var program: URL {
    URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent("smime-reference")
  }

  /// nil when it does not start.
  init?(_ folder: URL, library: String?) {
    process.executableURL = Self.program
    process.arguments = [folder.path]
    process.standardInput = input
    process.standardOutput = output
    var environment = ProcessInfo.processInfo.environment
    environment["LD_LIBRARY_PATH"] = library
    process.environment = environment
    guard (try? process.run()) != nil, let line = line() else { return nil }
    version = line.split(separator: " ").prefix(2).joined(separator: " ")
  }

  deinit {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Operations a second of CPU time; nil when libcrypto does not do it.
  func rate(_ job: String, _ seconds: Double, _ what: String) -> Double? {
    input.fileHandleForWriting.write(Data("\(job) \(seconds) \(what)\n".utf8))
    return line().flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil }
  }

  private func line() -> String? {
    while true {
      if let end = pending.firstIndex(of: 0x0A) {
        defer { pending = Data(pending[(end + 1)...]) }
        return String(decoding: pending[..<end], as: UTF8.self)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      pending += more
    }
  }
}
