import ByteIO
import Glibc
import SMIMECrypto

/// A program that asks for a passphrase where there is no terminal.
enum AskProgram {
  /// What the program says that `SMIME_ASKPASS` names, which gets the question as its argument and prints the answer;
  /// nil when there is none.
  static func preferred(_ question: String) throws -> Password? {
    guard let program = Environment["SMIME_ASKPASS"], !program.isEmpty else { return nil }
    return try answer(of: program, question)
  }

  /// What `SSH_ASKPASS` or pinentry gets to know on the user's screen; nil where there is neither.
  static func onScreen(_ question: String) throws -> Password? {
    guard Environment["DISPLAY"] != nil || Environment["WAYLAND_DISPLAY"] != nil else { return nil }
    if let program = Environment["SSH_ASKPASS"], !program.isEmpty { return try answer(of: program, question) }
    guard let pinentry = Subprocess.find("pinentry") else { return nil }
    return try Pinentry.ask(question, program: pinentry)
  }

  private static func answer(of program: String, _ question: String) throws -> Password? {
    let path = program.contains("/") ? program : Subprocess.find(program) ?? program
    let conversation = try AskConversation([path, question])
    let line = conversation.line()
    guard conversation.end() == 0, let line else { return nil }
    return Password(line)
  }
}

/// GnuPG's program for passphrases, spoken to in the Assuan protocol: a line for each command, a line for each answer.
enum Pinentry {
  static func ask(_ question: String, program: String) throws -> Password? {
    let conversation = try AskConversation([program])
    // Its greeting, and then an answer to each command.
    guard conversation.line()?.hasPrefix("OK") == true else { return nil }
    for command in ["SETTITLE smime", "SETDESC \(escaped(question))", "SETPROMPT Passphrase:"] {
      conversation.send(command)
      guard conversation.line()?.hasPrefix("OK") == true else { return nil }
    }
    conversation.send("GETPIN")
    var answer: Password?
    while let line = conversation.line() {
      if line.hasPrefix("D ") { answer = Password(unescaped(line.dropFirst(2))) }
      if line.hasPrefix("OK") || line.hasPrefix("ERR") { break }
    }
    conversation.send("BYE")
    _ = conversation.end()
    return answer
  }

  /// Assuan: `%` and what ends a line are written as `%` and two digits.
  static func escaped(_ text: String) -> String {
    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
  }

  static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A running program whose standard input and output are one socket: what it says is never in a file.
private final class AskConversation {
  private var socket: Int32
  private let process: pid_t
  private var status: Int32?

  init(_ arguments: [String]) throws {
    var ends: [Int32] = [-1, -1]
    guard unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw IOFailure(.cannotOpen, arguments[0], detail: systemError())
    }
    defer { close(ends[1]) }
    socket = ends[0]
    do { process = try Subprocess(arguments).start(input: ends[1], output: ends[1]) } catch {
      close(ends[0])
      throw error
    }
  }

  deinit { _ = end() }

  /// The next line without its end; nil when there is none.
  func line() -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 4_096 {
      let count = unsafe read(socket, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return line.isEmpty ? nil : String(decoding: line, as: UTF8.self) }
      if byte == UInt8(ascii: "\n") { break }
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }

  func send(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
  }

  /// The program's exit status, after nothing more is said.
  func end() -> Int32 {
    if let status { return status }
    close(socket)
    var result: Int32 = 0
    while unsafe waitpid(process, &result, 0) < 0 && errno == EINTR {}
    status = result
    return result
  }
}
