import SMIMECrypto
import SMIMEStore
import Synchronization

/// The passwords there are: those given, none at all, and what the user types when asked.
final class Unlock: Sendable {
  private let given: [Password]
  private let lastUsed = Mutex<Password?>(nil)
  private let openedLocks = Mutex<[[UInt8]: SymmetricKey]>([:])

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

  /// The key behind a lock of the store; each lock is opened once.
  ///
  /// - Parameter name: whose key it is needed for, to ask with.
  func key(of lock: StoredLock, named name: String) throws -> SymmetricKey {
    if let key = openedLocks.withLock({ $0[lock.id] }) { return key }
    let key: SymmetricKey
    switch lock.lock.kind {
    case .open:
      guard let open = lock.lock.openKey else { throw WrongPassword() }
      key = open
    case .keyFile:
      guard let path = lock.keyFile else { throw StoreFailure(.damaged, name, detail: "a lock names no key file") }
      do { key = try lock.lock.opened(withKeyFile: try KeyFile.octets(path)) } catch is WrongPassword {
        throw CommandFailure(.noKey, "\(path): is not the key file that protects the key of \(name)")
      }
    case .passphrase: key = try passphraseKey(of: lock, named: name)
    }
    openedLocks.withLock { $0[lock.id] = key }
    return key
  }

  /// The key that the agent keeps, or that a passphrase opens. Of a passphrase that was typed the agent gets the key.
  private func passphraseKey(of lock: StoredLock, named name: String) throws -> SymmetricKey {
    guard given.isEmpty else { return try open(named: name) { try lock.lock.opened(with: $0) } }
    if let kept = KeptKeys.key(of: lock.id) { return kept }
    let key = try open(named: name) { try lock.lock.opened(with: $0) }
    KeptKeys.keep(key, of: lock.id)
    return key
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
