import ByteIO
import Glibc

/// What people see. Results go to standard output; words about the work go to standard error, one line each, in lower
/// case, without a full stop, led by `error:`, `warning:` or `hint:`. Colour is used on a terminal only.
enum Terminal {
  /// Prints `text` to standard output as it is, after everything that was written there before.
  static func print(_ text: String) {
    let text = text.hasSuffix("\n") ? text : text + "\n"
    try? Output.standardOutput.write(Array(text.utf8))
  }

  static func error(_ message: String, hints: [String] = []) {
    say("error: ", .red, message)
    for hint in hints { say("hint: ", .cyan, hint) }
  }

  static func warning(_ message: String, hint: String? = nil) {
    say("warning: ", .yellow, message)
    if let hint { say("hint: ", .cyan, hint) }
  }

  static func hint(_ message: String) { say("hint: ", .cyan, message) }

  /// A plain line on standard error.
  static func note(_ message: String) { say("", .none, message) }

  /// The colours that are used, with the one meaning of each.
  enum Colour: String {
    case none = ""
    case red = "\u{1B}[31m"
    case green = "\u{1B}[32m"
    case yellow = "\u{1B}[33m"
    case cyan = "\u{1B}[36m"
    case bold = "\u{1B}[1m"
  }

  /// `text` in `colour` if `descriptor` shows colours.
  static func paint(_ text: String, _ colour: Colour, on descriptor: Int32 = STDOUT_FILENO) -> String {
    colour != .none && showsColour(descriptor) ? "\(colour.rawValue)\(text)\u{1B}[0m" : text
  }

  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  private static func showsColour(_ descriptor: Int32) -> Bool {
    guard isTerminal(descriptor), Environment["NO_COLOR"]?.isEmpty != false else { return false }
    return Environment["TERM"] != "dumb"
  }

  private static func say(_ label: String, _ colour: Colour, _ message: String) {
    try? Output.flushStandardOutput()
    Progress.clear()
    let line = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
    let bytes = Array((paint(label, colour, on: STDERR_FILENO) + Outline.printable(line) + "\n").utf8)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// The variables that the process was started with.
enum Environment {
  static subscript(name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
