import ArgumentParser
import SMIMECrypto

/// The passwords of the files a command opens.
struct PasswordOptions: ParsableArguments {
  @Option(
    name: .customLong("password"),
    help: ArgumentHelp("A password. Other users can see it in the list of processes: for tests.", valueName: "text"))
  var texts: [String] = []

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp("A file whose first line is a password.", valueName: "file"))
  var files: [String] = []

  @Option(
    name: .customLong("password-env"),
    help: ArgumentHelp("A variable of the environment that holds a password.", valueName: "variable"))
  var variables: [String] = []

  /// The passwords that were given, in the order of the options above.
  func given() throws -> [Password] {
    try PasswordSource.passwords(texts: texts, files: files, variables: variables)
  }

  /// The first password given, else what the user types for `question`.
  func one(for question: String) throws -> Password {
    if let password = try given().first { return password }
    return try PasswordPrompt.ask(question).orMissing(option: "--password-file")
  }
}

/// The password of a file that a command writes.
struct NewPasswordOptions: ParsableArguments {
  @Option(
    name: .customLong("new-password"),
    help: ArgumentHelp("The password of what is written. Other users can see it: for tests.", valueName: "text"))
  var text: String?

  @Option(
    name: .customLong("new-password-file"),
    help: ArgumentHelp("A file whose first line is the password of what is written.", valueName: "file"))
  var file: String?

  @Option(
    name: .customLong("new-password-env"),
    help: ArgumentHelp("A variable of the environment with the password of what is written.", valueName: "variable"))
  var variable: String?

  @Flag(help: "Write the private key without a passphrase.")
  var noPassphrase = false

  /// The password for a new file: given, or none, or else typed twice.
  func password(for question: String) throws -> Password {
    if let password = try given() { return password }
    return try PasswordPrompt.askForNew(question).orMissing(option: "--new-password-file")
  }

  /// The password that the options name, nil if they name none.
  func given() throws -> Password? {
    if noPassphrase { return Password("") }
    return try PasswordSource.passwords(
      texts: text.map { [$0] } ?? [], files: file.map { [$0] } ?? [], variables: variable.map { [$0] } ?? []
    ).first
  }

  func validate() throws {
    guard [text, file, variable].count(where: { $0 != nil }) + (noPassphrase ? 1 : 0) <= 1 else {
      throw ValidationError("give one of --new-password, --new-password-file, --new-password-env, --no-passphrase")
    }
  }
}

/// What protects a key that comes into the store.
struct ProtectionOptions: ParsableArguments {
  @OptionGroup var newPassword: NewPasswordOptions

  @Option(
    help: ArgumentHelp(
      "Protect the key by this file instead of a passphrase, for services; it is made if it is not there.",
      valueName: "file"))
  var keyFile: String?

  /// True when the options say what protects, and it does not follow from the file.
  var isNamed: Bool {
    keyFile != nil || newPassword.noPassphrase
      || [newPassword.text, newPassword.file, newPassword.variable].contains { $0 != nil }
  }

  /// What the options say, or else a passphrase that is typed twice.
  ///
  /// - Parameter question: what is asked for, such as `passphrase for the new key`.
  func protection(asking question: String) throws -> Protection {
    if let keyFile { return .keyFile(keyFile) }
    if newPassword.noPassphrase { return .none }
    let password = try newPassword.password(for: question)
    guard !password.isEmpty else {
      throw CommandFailure(
        .usage, "an empty passphrase protects nothing", hint: "type --no-passphrase if that is what you want")
    }
    return .passphrase(password)
  }

  /// What protects a key out of `file`: what the options say, or else the passphrase that opened it.
  func forImport(openedBy used: Password?, _ file: String) throws -> Protection {
    if let keyFile { return .keyFile(keyFile) }
    if newPassword.noPassphrase { return .none }
    let password = try newPassword.given() ?? used.orMissing(option: "--new-password-file")
    guard !password.isEmpty else {
      throw CommandFailure(
        .usage, "\(file): has no passphrase",
        hint: "protect it with --new-password-file FILE, or type --no-passphrase to store it like that")
    }
    return .passphrase(password)
  }

  func validate() throws {
    let others = [newPassword.text, newPassword.file, newPassword.variable].contains { $0 != nil }
    guard keyFile == nil || !(others || newPassword.noPassphrase) else {
      throw ValidationError("--key-file stands in the place of a passphrase: give one of them")
    }
  }
}

enum PasswordSource {
  static func passwords(texts: [String], files: [String], variables: [String]) throws -> [Password] {
    var result = texts.map { Password($0) }
    for path in files { result.append(try password(inFile: path)) }
    for name in variables {
      guard let value = Environment[name] else {
        throw CommandFailure(.noKey, "\(name): no such variable in the environment")
      }
      result.append(Password(value))
    }
    return result
  }

  private static func password(inFile path: String) throws -> Password {
    let bytes = try Input.bytes(of: path)
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    return Password(String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self))
  }
}

extension Optional where Wrapped == Password {
  /// The password, or the failure that says how to give one.
  func orMissing(option: String) throws -> Password {
    guard let self else {
      throw CommandFailure(
        .noKey, "a password is needed and there is no terminal to ask on", hint: "give it with \(option) FILE")
    }
    return self
  }
}
