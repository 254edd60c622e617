import Foundation
import PKIX
import SMIMECrypto
@testable import SMIMEStore
import Testing

@Suite struct DamageTests {
  private func reason(_ work: () throws -> Void) -> StoreFailure.Reason? {
    do { try work() } catch let failure as StoreFailure { return failure.reason } catch { Issue.record("\(error)") }
    return nil
  }

  /// A store with an identity, an anchor and a correspondent in it.
  private func filled(_ engine: Engine = .sqlite) async throws -> Place {
    let place = try Place(engine)
    let store = try place.store()
    let alice = try await Place.identity("alice@example.org")
    let (lock, key) = SecretLock.makeOpen()
    try store.add(StoredIdentity(alice, StoredLock(lock), key), at: .first)
    try store.trust(try await Place.pki.value.root.certificate, name: "Test", at: .first)
    try store.add(alice.certificate, for: "alice@example.org", from: .file, trust: .pinned, at: .first)
    try store.add(Capabilities.default, of: "alice@example.org", at: .first)
    return place
  }

  /// Everything that is read.
  private func readAll(_ store: Store) throws {
    _ = try store.identities()
    _ = try store.requests()
    _ = try store.anchors()
    _ = try store.correspondents()
    _ = try store.entry(for: "alice@example.org").choice
    _ = try store.locks()
  }

  @Test func `A file that is no database is said to be damaged, and left as it is`() throws {
    let place = try Place()
    try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: true)
    let text = Data(repeating: UInt8(ascii: "x"), count: 10_000)
    try text.write(to: URL(fileURLWithPath: "\(place.folder)/store.db"))
    #expect(reason { _ = try place.store() } == .damaged)
    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(place.folder)/store.db")) == text)
  }

  /// Such as a home that is mounted for reading. What is odd in a path is no part of a URI.
  @Test func `Where nothing may be written the store is read`() async throws {
    let place = try await filled()
    let odd = "\(place.folder)/a b%3F?c#d.db"
    try FileManager.default.copyItem(atPath: "\(place.folder)/store.db", toPath: odd)
    let before = try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted()
    let store = Store(try SQLiteDatabase(reading: odd))
    try readAll(store)
    #expect(try store.anchors().count == 1 && store.identities().count == 1)
    let root = try await Place.pki.value.issuing.certificate
    #expect(reason { try store.trust(root, name: "Other", at: .first) } == .cannotWrite)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted() == before)
  }

  @Test func `A folder in the place of the database is refused`() throws {
    let place = try Place()
    try FileManager.default.createDirectory(atPath: "\(place.folder)/store.db", withIntermediateDirectories: true)
    #expect(reason { _ = try place.store() } == .cannotOpen)
  }

  @Test func `A symbolic link in the place of the database is refused`() throws {
    let (place, other) = (try Place(), try Place())
    _ = try other.store()
    try FileManager.default.createDirectory(atPath: place.folder, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(place.folder)/store.db", withDestinationPath: "\(other.folder)/store.db")
    #expect(reason { _ = try place.store() } == .cannotOpen)
  }

  @Test func `A database with any page overwritten is read or refused, and never ends the process`() async throws {
    let place = try await filled()
    let url = URL(fileURLWithPath: "\(place.folder)/store.db")
    try place.store().database.write { try $0.run("UPDATE anchor SET name = name", []) }
    let checkpoint = Process()
    checkpoint.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    checkpoint.arguments = ["sqlite3", url.path, "PRAGMA wal_checkpoint(TRUNCATE)"]
    checkpoint.standardOutput = FileHandle.nullDevice
    checkpoint.standardError = FileHandle.nullDevice
    try checkpoint.run()
    checkpoint.waitUntilExit()
    let whole = try Data(contentsOf: url)
    var refused = 0
    for page in 0..<whole.count / 4_096 {
      let copy = try Place()
      try FileManager.default.createDirectory(atPath: copy.folder, withIntermediateDirectories: true)
      var broken = whole
      for offset in 0..<512 { broken[page * 4_096 + offset] = UInt8(truncatingIfNeeded: offset * 7 + page) }
      try broken.write(to: URL(fileURLWithPath: "\(copy.folder)/store.db"))
      do { try readAll(try copy.store()) } catch let failure as StoreFailure {
        #expect(failure.reason == .damaged, "page \(page): \(failure)")
        refused += 1
      }
    }
    #expect(refused > 0 || whole.count < 4_096 * 2)
  }

  @Test(arguments: [
    "UPDATE certificate SET der = x'3000'", "UPDATE certificate SET der = x''",
    "UPDATE private_key SET form = 'elsewhere'", "UPDATE private_key SET content = x'00'",
    "UPDATE private_key SET secret_lock = NULL", "UPDATE secret_lock SET content = x'01ff'",
    "UPDATE secret_lock SET content = x'011aff01\(String(repeating: "00", count: 100))'",
    "UPDATE correspondent SET trust = 'certain'",
    "UPDATE capabilities SET content = x'05'",
  ])
  func `A row that cannot be what was put there is named as damage`(statement: String) async throws {
    let place = try await filled()
    let store = try place.store()
    try store.database.write { session in
      try session.run("PRAGMA defer_foreign_keys = ON", [])
      try session.run(statement, [])
    }
    #expect(reason { try readAll(store) } == .damaged)
  }

  @Test func `A certificate in the place of another is noticed`() async throws {
    let place = try await filled()
    let other = try await Place.certificate("eve@example.net")
    try place.store().database.write {
      try $0.run("UPDATE certificate SET der = ?", [.bytes(Array(other.derBytes))])
    }
    #expect(reason { _ = try place.store().anchors() } == .damaged)
  }

  @Test func `A store of a newer version is refused, and left as it is`() async throws {
    let place = try await filled()
    try place.store().database.write {
      try $0.run("INSERT INTO store_migration (name) VALUES ('9 things to come')", [])
    }
    #expect(reason { _ = try place.store() } == .newer)
  }

  @Test(arguments: Engine.allCases) func `A transaction that fails leaves nothing behind`(engine: Engine) async throws {
    let place = try await filled(engine)
    let store = try place.store()
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try store.database.write { session in
        try session.run("DELETE FROM anchor", [])
        throw Stop()
      }
    }
    #expect(try store.anchors().count == 1)
  }
}
