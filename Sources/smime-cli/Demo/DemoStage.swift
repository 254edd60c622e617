import ByteIO
import Glibc

/// One command of the demonstration.
struct DemoStep {
  let title: String
  /// As a user would type it.
  let command: String
  var expected: ExitStatus = .good
  /// The program, other than `smime`, without which the step is left out.
  var needs: String?
}

/// Performs the steps in the demonstration's folder: prints each, runs it, and compares its exit status.
struct DemoStage {
  private let folder: String
  /// Where the programs lie.
  private let programs: String
  private var number = 0

  init(folder: String) throws {
    self.folder = folder
    let own = try Self.ownPath()
    programs = String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex))
    unsafe setenv("SMIME_HOME", "home", 1)
    show("The commands below run in \(folder), and can be repeated there after")
    show("  cd \(folder); export SMIME_HOME=home; PATH=\(programs):$PATH")
  }

  mutating func perform(_ step: DemoStep) throws {
    if let program = step.needs, Subprocess.find(program) == nil { return }
    number += 1
    show("")
    show(Terminal.paint("\(number). \(step.title)", .bold))
    show(Terminal.paint("$ \(step.command)", .cyan))
    try Output.flushStandardOutput()
    let result = try Subprocess(
      "/bin/sh", "-c", "cd '\(folder)' || exit 125; PATH='\(programs)':$PATH\n\(step.command)"
    ).run(errors: .kept)
    let text = String(decoding: result.output, as: UTF8.self)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { show("  \(line)") }
    guard result.status == step.expected.rawValue else {
      throw CommandFailure(
        .notGood, "step \(number): exit status \(result.status), where \(step.expected.rawValue) was expected",
        hint: "the files are in \(folder)")
    }
    if step.expected != .good { show(Terminal.paint("  refused, as it should be (exit \(result.status))", .green)) }
  }

  func end() {
    show("")
    show(Terminal.paint("All \(number) steps did what they should. The files are in \(folder)", .green))
  }

  private func show(_ line: String) { Terminal.print(line + "\n") }

  /// The path of this very program.
  private static func ownPath() throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
      return unsafe readlink("/proc/self/exe", start, bytes.count)
    }
    guard count > 0 else { throw IOFailure(.cannotOpen, "/proc/self/exe", detail: systemError()) }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
