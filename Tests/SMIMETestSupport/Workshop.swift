import Foundation

/// A folder of a test's own, removed when the test lets go of it.
public final class Workshop: Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "/smime-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in the folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes `bytes` to `name` and returns the path.
  @discardableResult
  public func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  public func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  public func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  /// What stands in the folder, sorted.
  public var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

/// What a program printed and how it ended.
public struct ProgramResult: Sendable {
  public let status: Int32
  public let output: [UInt8]
  public let errors: String
  /// True when a signal ended it.
  public let crashed: Bool

  public var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a program to its end, with `input` on its standard input, and returns what it printed.
///
/// - Parameters:
///   - program: a path, or a name that is looked up in `PATH`.
///   - environment: added to the environment of the tests.
public func run(
  _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
  in folder: String? = nil
) throws -> ProgramResult {
  let process = Process()
  if program.contains("/") {
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
  } else {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
  }
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
  // Files instead of pipes: a program may print more than a pipe holds while its input is still being written.
  let workshop = try Workshop()
  try workshop.write(input, to: "in")
  try workshop.write([], to: "out")
  try workshop.write([], to: "err")
  process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: workshop.file("in")))
  process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: workshop.file("out")))
  process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: workshop.file("err")))
  try process.run()
  process.waitUntilExit()
  return ProgramResult(
    status: process.terminationStatus, output: try workshop.read("out"),
    errors: String(decoding: try workshop.read("err"), as: UTF8.self),
    crashed: process.terminationReason == .uncaughtSignal)
}

/// True when `program` is in `PATH`.
public func isInstalled(_ program: String) -> Bool {
  let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
  return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}
