import ByteIO
import Glibc
import SMIMECrypto
import SMIMEStore

/// What protects a private key in the store.
enum Protection {
  case passphrase(Password)
  /// The path of the file.
  case keyFile(String)
  /// Nothing: the user typed that.
  case none

  init(_ password: Password) { self = password.isEmpty ? .none : .passphrase(password) }

  /// The store's lock of this protection, opened: one serves all keys under the same passphrase, so that a command that
  /// needs several derives once. A new one if there is none.
  func lock(in store: Store) throws -> OpenedLock {
    for known in try store.locks() {
      if let key = try key(of: known) { return OpenedLock(lock: known, key: key) }
    }
    switch self {
    case .passphrase(let password):
      let made = try SecretLock.make(passphrase: password)
      return OpenedLock(lock: StoredLock(made.lock), key: made.key)
    case .keyFile(let path):
      if !Files.exists(path) { try KeyFile.make(path) }
      let made = try SecretLock.make(keyFile: try KeyFile.octets(path))
      return OpenedLock(lock: StoredLock(made.lock, keyFile: try KeyFile.absolute(path)), key: made.key)
    case .none:
      let made = SecretLock.makeOpen()
      return OpenedLock(lock: StoredLock(made.lock), key: made.key)
    }
  }

  /// The key of `known`, if this opens it.
  private func key(of known: StoredLock) throws -> SymmetricKey? {
    do {
      switch (self, known.lock.kind) {
      case (.passphrase(let password), .passphrase): return try known.lock.opened(with: password)
      case (.keyFile(let path), .keyFile):
        guard let place = known.keyFile, KeyFile.isSame(path, place) else { return nil }
        return try known.lock.opened(withKeyFile: try KeyFile.octets(path))
      case (.none, .open): return known.lock.openKey
      default: return nil
      }
    } catch is WrongPassword { return nil }
  }
}

/// A lock of the store and the key that was behind it.
struct OpenedLock {
  let lock: StoredLock
  let key: SymmetricKey
}

/// A file of random octets that opens locks: for services, which have nobody to ask.
enum KeyFile {
  static func make(_ path: String) throws {
    try Files.write(SecureRandom.bytes(SecretLock.keyFileByteCount), to: path, overwrite: .refuse)
    Terminal.note("key file made: \(path); without it the keys are lost, so keep a copy elsewhere")
  }

  /// The octets of a file that nobody else can read.
  static func octets(_ path: String) throws -> [UInt8] {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    guard status.st_mode & 0o077 == 0 else {
      throw CommandFailure(
        .noKey, "\(path): others can read or change this key file", hint: "chmod 600 it, and consider whether they have"
      )
    }
    return try Input.bytes(of: path)
  }

  /// The path from the root. Links stay as they are typed: where they lead may change, as it does with mounted secrets.
  static func absolute(_ path: String) throws -> String {
    guard !path.hasPrefix("/") else { return path }
    guard let here = unsafe getcwd(nil, 0) else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    defer { unsafe free(here) }
    return "\(unsafe String(cString: here))/\(path)"
  }

  /// True if both lead to one file that is there.
  static func isSame(_ one: String, _ other: String) -> Bool {
    guard let resolved = resolved(one) else { return false }
    return resolved == self.resolved(other)
  }

  private static func resolved(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
