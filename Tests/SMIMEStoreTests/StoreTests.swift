import Foundation
import PKIX
import SMIMECrypto
import SMIMEStore
import Testing

@Suite struct StoreTests {
  @Test(arguments: Engine.allCases) func `Identities stay, with their keys, for who opens the store next`(
    engine: Engine
  ) async throws {
    let place = try Place(engine)
    let alice = try await Place.identity("alice@example.org")
    let (lock, key) = try SecretLock.make(passphrase: Password("open sesame"))
    let stored = StoredLock(lock)
    try place.store().add(StoredIdentity(alice, stored, key), at: .first)

    let again = try place.store()
    let found = try #require(try again.identities().first)
    #expect(found.certificate == alice.certificate && found.chain == alice.chain)
    guard case .sealed(_, let itsLock) = found.key.form else {
      Issue.record("the key is not sealed")
      return
    }
    #expect(try again.locks() == [itsLock] && itsLock == stored)
    let opened = try itsLock.lock.opened(with: Password("open sesame"))
    let pkcs8 = try #require(try found.key.pkcs8(openedWith: opened))
    #expect(try PrivateKey(pkcs8: pkcs8[...]).publicKey == alice.certificate.publicKey)
    #expect(throws: WrongPassword.self) { try found.key.pkcs8(openedWith: SecureRandom.key(byteCount: 32)) }
  }

  @Test func `Folder and files are for their owner only`() throws {
    let place = try Place()
    let store = try place.store()
    #expect(try store.identities().isEmpty)
    #expect(try place.permissions("") == 0o700)
    for name in ["store.db", "store.db-wal", "store.db-shm", "store.db.lock"] {
      #expect(try place.permissions(name) == 0o600, "\(name)")
    }
  }

  @Test func `What was written is on the disk, also when the power goes`() throws {
    let store = try Place().store()
    let settings = try store.database.read { session in
      [
        try session.rows("PRAGMA synchronous", []).first?.integer("synchronous"),
        try session.rows("PRAGMA foreign_keys", []).first?.integer("foreign_keys"),
      ]
    }
    #expect(settings == [2, 1])
    #expect(try store.database.read { try $0.rows("PRAGMA journal_mode", []).first?.text("journal_mode") } == "wal")
  }

  @Test(arguments: Engine.allCases) func `A text with a NUL is refused, since it would be read back cut short`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let bob = try await Place.certificate("bob@example.com")
    #expect(throws: StoreFailure.self) { try store.trust(bob, name: "Test\0authority", at: .first) }
    #expect(throws: StoreFailure.self) {
      try store.add(bob, for: "bob\0@example.com", from: .file, trust: .pinned, at: .first)
    }
    #expect(throws: StoreFailure.self) { try store.set("ldap", to: ["ldap://h/", "ldap://h\0/"]) }
    #expect(throws: StoreFailure.self) { try store.set("ld\0ap", to: ["ldap://h/"]) }
    #expect(try store.anchors().isEmpty && store.correspondents().isEmpty && store.settings().isEmpty)
    // What stands before the NUL is another text, and can be asked for.
    try store.trust(bob, name: "Test", at: .first)
    #expect(try store.anchors().map(\.name) == ["Test"])
    #expect(throws: StoreFailure.self) { try store.entry(for: "bob@example.com\0") }
  }

  @Test(arguments: Engine.allCases) func `Settings have their values in order, until they are unset`(
    engine: Engine
  ) throws {
    let place = try Place(engine)
    try place.store().set("ldap", to: ["ldap://b/", "ldap://a/", "ldap://b/"])
    try place.store().set("online", to: ["yes"])
    #expect(try place.store().settings() == ["ldap": ["ldap://b/", "ldap://a/", "ldap://b/"], "online": ["yes"]])
    try place.store().set("ldap", to: ["ldap://c/"])
    #expect(try place.store().settings()["ldap"] == ["ldap://c/"])
    try place.store().set("ldap", to: [])
    try place.store().set("never", to: [])
    #expect(try place.store().settings() == ["online": ["yes"]])
  }

  @Test(arguments: Engine.allCases) func `Keys are sealed anew all at once or not at all, and unused locks go`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let people = [try await Place.identity("alice@example.org"), try await Place.identity("bob@example.com")]
    let (first, firstKey) = try SecretLock.make(keyFile: SecureRandom.bytes(32))
    let (second, secondKey) = SecretLock.makeOpen()
    let (old, new) = (StoredLock(first, keyFile: "/etc/smime/key"), StoredLock(second))
    for one in people { try store.add(StoredIdentity(one, old, firstKey), at: .first) }
    let kept = try store.identities().map(\.key)
    let sealed = try store.identities().map { one in
      try StoredKey(
        pkcs8: try #require(try one.key.pkcs8(openedWith: firstKey)), of: one.certificate.publicKey, lock: new,
        key: secondKey)
    }
    // Of the second another process made something else meanwhile.
    let stale = try StoredIdentity(people[1], old, firstKey).key
    #expect(throws: StoreFailure.self) { try store.reseal([(kept[0], sealed[0]), (stale, sealed[1])]) }
    #expect(try store.identities().map(\.key) == kept && store.locks() == [old])
    try store.reseal([(kept[0], sealed[0])])
    #expect(try Set(store.identities().map(\.key)) == [sealed[0], kept[1]])
    #expect(try Set(store.locks()) == [old, new])
    try store.reseal([(kept[1], sealed[1])])
    #expect(try store.locks() == [new])
    #expect(try store.identities().map(\.key) == sealed)
    for one in try store.identities() {
      let pkcs8 = try #require(try one.key.pkcs8(openedWith: secondKey))
      #expect(try PrivateKey(pkcs8: pkcs8[...]).publicKey == one.certificate.publicKey)
    }
    // A lock that was forgotten comes back with the next key under it.
    try store.add(StoredIdentity(try await Place.identity("carol@example.org"), old, firstKey), at: .later)
    #expect(try Set(store.locks()) == [old, new])
  }

  @Test func `A database that others could read is closed to them`() throws {
    let place = try Place()
    _ = try place.store()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(place.folder)/store.db")
    _ = try place.store()
    #expect(try place.permissions("store.db") == 0o600)
  }

  @Test func `No private key is written in the clear`() async throws {
    let place = try Place()
    let alice = try await Place.identity("alice@example.org")
    let (lock, key) = try SecretLock.make(keyFile: SecureRandom.bytes(32))
    let identity = try StoredIdentity(alice, StoredLock(lock, keyFile: "/etc/smime/key"), key)
    try place.store().add(identity, at: .first)
    let secret = try #require((alice.signingKey as? PrivateKey)?.pkcs8.suffix(100).prefix(24))
    for name in ["store.db", "store.db-wal"] {
      let data = (try? Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/\(name)"))) ?? Data()
      #expect(data.range(of: Data(secret)) == nil, "\(name)")
    }
  }

  @Test(arguments: Engine.allCases) func `A certificate that is renewed joins the old one, whose key stays`(
    engine: Engine
  ) async throws {
    let place = try Place(engine)
    let store = try place.store()
    let (lock, key) = SecretLock.makeOpen()
    let stored = StoredLock(lock)
    let old = try await Place.identity("alice@example.org")
    let new = try await Place.identity("alice@example.org")
    try store.add(StoredIdentity(old, stored, key), at: .first)
    try store.add(StoredIdentity(new, stored, key), at: .later)
    #expect(try store.identities().map(\.certificate) == [old.certificate, new.certificate])
    // The same again changes nothing, also sealed anew.
    let before = try store.identities()
    try store.add(StoredIdentity(old, stored, key), at: .later)
    #expect(try store.identities() == before)
  }

  @Test(arguments: Engine.allCases) func `A longer chain replaces a shorter one, and not the other way round`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let (lock, key) = SecretLock.makeOpen()
    let whole = try StoredIdentity(try await Place.identity("alice@example.org"), StoredLock(lock), key)
    func with(_ chain: [Certificate]) -> StoredIdentity {
      StoredIdentity(certificate: whole.certificate, chain: chain, key: whole.key)
    }
    try store.add(with([]), at: .first)
    try store.add(whole, at: .first)
    try store.add(with(Array(whole.chain.prefix(1))), at: .later)
    #expect(try store.identities().map(\.chain) == [whole.chain])
  }

  @Test(arguments: Engine.allCases) func `A request waits until a certificate for its key comes`(engine: Engine)
    async throws
  {
    let store = try Place(engine).store()
    let alice = try await Place.identity("alice@example.org")
    let request = try await CertificateSigningRequest.create(
      subject: alice.certificate.subject, addresses: ["alice@example.org"], key: alice.signingKey)
    let (lock, key) = SecretLock.makeOpen()
    let identity = try StoredIdentity(alice, StoredLock(lock), key)
    try store.add(StoredRequest(request, key: identity.key), at: .first)
    #expect(try store.requests().map(\.request.derBytes) == [request.derBytes])
    #expect(try store.requests().map(\.key) == [identity.key])
    try store.add(identity, at: .later)
    #expect(try store.requests().isEmpty && store.identities().map(\.key) == [identity.key])
  }

  @Test(arguments: Engine.allCases) func `A key that was found in a file is sealed once, and never put aside`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let alice = try await Place.identity("alice@example.org")
    let other = try await Place.identity("other@example.org")
    let found = StoredKey(found: .pkcs12([1, 2, 3]), of: alice.certificate.publicKey)
    try store.add(StoredIdentity(certificate: alice.certificate, chain: [], key: found), at: .first)
    #expect(try store.identities().map(\.key.form) == [.pkcs12([1, 2, 3])])
    let (lock, key) = SecretLock.makeOpen()
    let stored = StoredLock(lock)
    let sealed = try StoredIdentity(alice, stored, key)
    try store.seal(found, as: sealed.key, with: [try StoredIdentity(other, stored, key)], at: .later)
    #expect(try store.identities().map(\.certificate) == [alice.certificate, other.certificate])
    #expect(try store.identities().first?.key == sealed.key)
    // Whoever comes later with the file finds that it was done.
    try store.seal(found, as: StoredIdentity(alice, stored, key).key, at: .later)
    try store.add(StoredIdentity(certificate: alice.certificate, chain: [], key: found), at: .later)
    #expect(try store.identities().first?.key == sealed.key)
  }

  @Test(arguments: Engine.allCases) func `Anchors come and go`(engine: Engine) async throws {
    let place = try Place(engine)
    let store = try place.store()
    let root = try await Place.pki.value.root.certificate
    try store.trust(root, name: "Test", at: .first)
    try store.trust(root, name: "Another name", at: .later)
    let anchor = try #require(try place.store().anchors().first)
    #expect(anchor.certificate == root && anchor.name == "Another name" && anchor.added == .first)
    try store.removeAnchor(fingerprint: root.fingerprint)
    #expect(try store.anchors().isEmpty)
  }

  @Test(arguments: Engine.allCases) func `What a message was worth first is remembered`(engine: Engine) throws {
    let store = try Place(engine).store()
    let digest = [UInt8](repeating: 5, count: 32)
    let first = FirstOpening(signature: "verified", encryption: "none", signer: digest, opened: .first)
    let second = FirstOpening(signature: "revoked", encryption: "none", signer: nil, opened: .later)
    #expect(try store.firstOpening(of: digest, now: first) == first)
    #expect(try store.firstOpening(of: digest, now: second) == first)
    #expect(try store.firstOpening(of: [6], now: second) == second)
  }

  @Test(arguments: Engine.allCases) func `Two stores on one file write beside each other, from many threads`(
    engine: Engine
  ) async throws {
    let place = try Place(engine)
    let stores = [try place.store(), try place.store()]
    let (lock, key) = SecretLock.makeOpen()
    let stored = StoredLock(lock)
    let people = try await (0..<20).asyncMap { try await Place.identity("p\($0)@example.org") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, person) in people.enumerated() {
        group.addTask { try stores[index % 2].add(StoredIdentity(person, stored, key), at: .first) }
        group.addTask { _ = try stores[(index + 1) % 2].identities() }
      }
      try await group.waitForAll()
    }
    #expect(try Set(place.store().identities().map(\.certificate)) == Set(people.map(\.certificate)))
  }

  @Test(arguments: Engine.allCases) func `Many who open a new store at once all succeed`(engine: Engine) async throws {
    let place = try Place(engine)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask {
          let opening = FirstOpening(signature: "unsigned", encryption: "none", signer: nil, opened: .first)
          _ = try place.store().firstOpening(of: [UInt8(index)], now: opening)
        }
      }
      try await group.waitForAll()
    }
  }
}

extension Range<Int> {
  fileprivate func asyncMap<Element>(_ transform: (Int) async throws -> Element) async throws -> [Element] {
    var result: [Element] = []
    for index in self { result.append(try await transform(index)) }
    return result
  }
}
