import SMIMECrypto
import Synchronization

/// The passwords there are: those given, none at all, and what the user types when asked.
final class Unlock: Sendable {
  private let given: [Password]
  private let lastUsed = Mutex<Password?>(nil)

  init(given: [Password]) { self.given = given }

  /// The password that opened something last.
  var used: Password? { lastUsed.withLock { $0 } }

  /// What `body` returns for the first password that it takes.
  func open<Opened>(named name: String, _ body: (Password) throws -> Opened) throws -> Opened {
    for password in candidates {
      if let opened = try attempt(password, body) { return opened }
    }
    if given.isEmpty {
      for _ in 0..<3 {
        guard let typed = try PasswordPrompt.ask("password of \(name)") else { break }
        if let opened = try attempt(typed, body) { return opened }
        Terminal.warning("wrong password")
      }
    }
    throw WrongPassword()
  }

  /// Without a given password: one that was typed already, then the empty one of files without a passphrase.
  private var candidates: [Password] { given.isEmpty ? (used.map { [$0] } ?? []) + [Password("")] : given }

  private func attempt<Opened>(_ password: Password, _ body: (Password) throws -> Opened) throws -> Opened? {
    do {
      let opened = try body(password)
      lastUsed.withLock { $0 = password }
      return opened
    } catch is WrongPassword {
      return nil
    }
  }
}
