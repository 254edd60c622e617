import PKIX
import SMIMECrypto
import SMIMEStore

/// Keys of the store that are to be protected by something else.
struct KeyChange {
  private let store: Store
  /// Addresses and beginnings of fingerprints; of none, every key that a passphrase protects.
  private let names: [String]

  init(_ names: [String], in store: Store) {
    self.store = store
    self.names = names
  }

  /// True if one of the keys cannot be opened without a passphrase.
  func needsPassphrase() throws -> Bool { try chosen().contains { $0.key.isUnderPassphrase } }

  /// Opens the keys. One that does not open is an error if it was named, and else stays as it is, if another opens.
  func open(with unlock: Unlock) throws -> OpenedKeys {
    // A file that was taken over may hold more keys. They come into the store with its first use, and are chosen then.
    // Those that do not open are met again below, still as they were.
    var closed: [[UInt8]: CommandFailure] = [:]
    for one in try chosen() {
      guard case .pkcs12 = one.key.form, let identity = one.identity else { continue }
      do { _ = try identity.keyedCertificate(with: unlock) } catch {
        closed[one.key.id] = CommandFailure(error, in: one.name)
      }
    }
    var opened: [OpenedKeys.One] = []
    var wrong: CommandFailure?
    for one in try chosen() {
      do {
        opened.append(.init(name: one.name, key: one.key, publicKey: one.publicKey, pkcs8: try one.pkcs8(unlock)))
      } catch {
        let failure = closed[one.key.id] ?? CommandFailure(error, in: one.name)
        guard names.isEmpty else { throw failure }
        wrong = wrong ?? failure
        let isWrong = closed[one.key.id].map { $0.status == .noKey } ?? (error is WrongPassword)
        let why = isWrong ? "another passphrase protects the key" : failure.message
        Terminal.note("\(one.name): stays as it is: \(why)")
      }
    }
    if opened.isEmpty, let wrong { throw wrong }
    return OpenedKeys(store: store, keys: opened)
  }

  // MARK: The choice

  /// A key, and what to call it.
  private struct One {
    let name: String
    let addresses: [String]
    let publicKey: PublicKey
    let key: StoredKey
    /// nil for a key that waits for its certificate.
    let identity: HeldIdentity?

    init(_ identity: HeldIdentity) {
      name = identity.name
      addresses = identity.certificate.emailAddresses
      publicKey = identity.certificate.publicKey
      key = identity.stored.key
      self.identity = identity
    }

    init(_ waiting: StoredRequest) {
      name = waiting.request.emailAddresses.first ?? "\(waiting.request.subject)"
      addresses = waiting.request.emailAddresses
      publicKey = waiting.request.publicKey
      key = waiting.key
      identity = nil
    }

    func isCalled(_ name: String) -> Bool {
      if addresses.contains(where: { $0.lowercased() == name.lowercased() }) { return true }
      guard let prefix = FingerprintPrefix(name), let identity else { return false }
      return prefix.matches(identity.certificate)
    }

    /// Secret octets.
    func pkcs8(_ unlock: Unlock) throws -> [UInt8] {
      switch key.form {
      case .sealed(_, let lock):
        guard let pkcs8 = try key.pkcs8(openedWith: try unlock.key(of: lock, named: name)) else {
          throw WrongPassword()
        }
        return pkcs8
      case .pem(let file):
        guard let block = try PEMBlock.all(in: file).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
          throw Malformed("there is no private key in it")
        }
        return try unlock.open(named: name) { try PrivateKey(pem: block, password: $0).pkcs8 }
      // What could be opened is sealed by now.
      case .pkcs12: throw WrongPassword()
      }
    }
  }

  /// Each key once, as it is kept now.
  private func chosen() throws -> [One] {
    let all = try store.identities().map { One(HeldIdentity($0)) } + store.requests().map { One($0) }
    if let unknown = names.first(where: { name in !all.contains { $0.isCalled(name) } }) {
      throw CommandFailure(
        .noInput, "\(unknown): no such identity in \(Home.folder)", hint: "'smime id list' shows those that are here")
    }
    var seen: Set<[UInt8]> = []
    let chosen = all.filter { one in
      (names.isEmpty ? one.key.isUnderPassphrase : names.contains { one.isCalled($0) })
        && seen.insert(one.key.id).inserted
    }
    guard !chosen.isEmpty else {
      throw CommandFailure(
        .noKey, "no key in \(Home.folder) is under a passphrase", hint: "'smime id list' shows what protects each")
    }
    return chosen
  }
}

/// Keys that were opened, to be sealed anew.
struct OpenedKeys {
  struct One {
    let name: String
    let key: StoredKey
    let publicKey: PublicKey
    /// Secret octets.
    let pkcs8: [UInt8]
  }

  fileprivate let store: Store
  fileprivate let keys: [One]

  /// Seals all of them, in one step, and has the agent forget what it kept of them.
  ///
  /// - Returns: what each is called, and how it is kept now.
  func seal(under protection: Protection) throws -> [(name: String, key: StoredKey)] {
    let lock = try protection.lock(in: store)
    let sealed = try keys.map { one in
      (kept: one.key, sealed: try StoredKey(pkcs8: one.pkcs8, of: one.publicKey, lock: lock.lock, key: lock.key))
    }
    try store.reseal(sealed)
    let former = Set(keys.compactMap(\.key.lockIdentifier)).subtracting([lock.lock.id])
    for lock in former { KeptKeys.drop(lock) }
    return zip(keys, sealed).map { ($0.name, $1.sealed) }
  }
}

extension StoredKey {
  fileprivate var isUnderPassphrase: Bool {
    switch form {
    case .sealed(_, let lock): lock.lock.kind == .passphrase
    // As it was found: whether its file has a password shows when it is opened.
    case .pkcs12, .pem: true
    }
  }

  fileprivate var lockIdentifier: [UInt8]? { if case .sealed(_, let lock) = form { lock.id } else { nil } }
}
