import Glibc
import SMIMECrypto

/// Asks the user: by the program that `SMIME_ASKPASS` names, else on the controlling terminal, without echo, else by a
/// program on the user's screen.
enum PasswordPrompt {
  /// What the user answers to `question`; nil when there is nothing to ask with.
  static func ask(_ question: String) throws -> Password? {
    try AskProgram.preferred(question) ?? onTerminal(question) ?? AskProgram.onScreen(question)
  }

  private static func onTerminal(_ question: String) -> Password? {
    let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard terminal >= 0 else { return nil }
    defer { close(terminal) }
    var before = termios()
    guard unsafe tcgetattr(terminal, &before) == 0 else { return nil }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    silent.c_lflag |= tcflag_t(ECHONL | ICANON | ISIG)
    unsafe tcsetattr(terminal, TCSAFLUSH, &silent)
    defer { unsafe tcsetattr(terminal, TCSAFLUSH, &before) }
    put("\(question): ", on: terminal)
    return readLine(from: terminal).map { Password($0) }
  }

  /// A new passphrase, typed twice.
  static func askForNew(_ question: String) throws -> Password? {
    guard let first = try ask(question) else { return nil }
    guard !first.utf8.isEmpty else {
      throw CommandFailure(
        .usage, "an empty passphrase protects nothing", hint: "type --no-passphrase if that is what you want")
    }
    guard let second = try ask("the same again") else { return nil }
    guard first.utf8 == second.utf8 else { throw CommandFailure(.usage, "the two passphrases differ") }
    return first
  }

  private static func put(_ text: String, on descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
  }

  private static func readLine(from descriptor: Int32) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < 4_096 {
      let count = unsafe read(descriptor, &byte, 1)
      if count < 0 || count == 0 && line.isEmpty { return nil }
      if count == 0 || byte == UInt8(ascii: "\n") { break }
      line.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }
}
