import Foundation
import SMIMETestSupport
import Synchronization

/// A program that answers lines with lines, and ends when the tests do: its input ends then.
final class Conversation: Sendable {
  private struct Ends {
    let process: Process
    let input: FileHandle
    let output: FileHandle
    var rest: [UInt8] = []
  }

  private let ends: Mutex<Ends>
  /// What it said when it was ready.
  let greeting: String

  init(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var ends = Ends(process: process, input: input.fileHandleForWriting, output: output.fileHandleForReading)
    greeting = try Self.line(&ends)
    guard greeting.hasPrefix("ready") else { throw PeerFailure("\(program) says \(greeting)") }
    self.ends = Mutex(ends)
  }

  /// The answer to one line.
  func ask(_ line: String) throws -> String {
    try ends.withLock { ends in
      try ends.input.write(contentsOf: Data((line + "\n").utf8))
      return try Self.line(&ends)
    }
  }

  private static func line(_ ends: inout Ends) throws -> String {
    while true {
      if let end = ends.rest.firstIndex(of: 0x0A) {
        let line = String(decoding: ends.rest[..<end], as: UTF8.self)
        ends.rest.removeSubrange(...end)
        return line
      }
      let more = ends.output.availableData
      guard !more.isEmpty else { throw PeerFailure("the peer ended") }
      ends.rest += more
    }
  }
}
