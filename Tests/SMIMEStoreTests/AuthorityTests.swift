import Foundation
import PKIX
import SMIMECrypto
import SMIMEStore
import SMIMETestSupport
import Synchronization
import Testing

/// How often something was done.
private final class Count: Sendable { let value = Mutex(0) }

@Suite struct KeptAuthorityTests {
  @Test(arguments: Engine.allCases) func `Authorities are kept once, and those above an identity count`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let pki = try await Place.pki.value
    #expect(try store.authorities().isEmpty)
    for _ in 0..<2 { try store.add(authorities: [pki.root.certificate], at: .first) }
    #expect(try store.authorities() == [pki.root.certificate])
    #expect(try store.anchors().isEmpty && store.correspondents().isEmpty)
    let alice = try await Place.identity("alice@example.com")
    try store.add(
      StoredIdentity(
        certificate: alice.certificate, chain: [pki.issuing.certificate],
        key: StoredKey(found: .pkcs12([1, 2, 3]), of: alice.certificate.publicKey)), at: .first)
    #expect(try Set(store.authorities()) == [pki.root.certificate, pki.issuing.certificate])
  }

  @Test(arguments: Engine.allCases) func `What is forgotten leaves the store, unless something else needs it`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let pki = try await Place.pki.value
    let (root, issuing) = (pki.root.certificate, pki.issuing.certificate)
    let alice = try await Place.identity("alice@example.com")
    try store.add(
      StoredIdentity(
        certificate: alice.certificate, chain: [issuing],
        key: StoredKey(found: .pkcs12([1, 2, 3]), of: alice.certificate.publicKey)), at: .first)
    try store.add(authorities: [root, issuing], at: .first)
    try store.trust(root, name: "root", at: .first)
    #expect(try Set(store.keptAuthorities().map(\.certificate)) == [root, issuing])
    for one in [root, issuing] { try store.removeAuthority(fingerprint: one.fingerprint) }
    #expect(try store.keptAuthorities().isEmpty)
    // The identity's chain and the anchor stand.
    #expect(try store.authorities() == [issuing])
    #expect(try store.anchors().map(\.certificate) == [root])
    try store.removeAnchor(fingerprint: root.fingerprint)
    #expect(try store.anchors().isEmpty)
    // It can come again.
    try store.add(authorities: [root], at: .first + 1)
    let again = try store.keptAuthorities()
    #expect(again.map(\.certificate) == [root] && again.map(\.added) == [.first + 1])
  }

  @Test func `Paths are found by them, when one lacks something and not before`() async throws {
    let pki = try await Place.pki.value
    let alice = try await Place.identity("alice@example.com").certificate
    let store = try Place().store()
    try store.add(authorities: [pki.issuing.certificate], at: .first)
    let opened = Count()
    let source = StoredAuthorities {
      opened.value.withLock { $0 += 1 }
      return store
    }
    let paths = PathValidator(anchors: TrustAnchors([pki.root.certificate]), issuers: [source])
    _ = try await paths.validate(alice, with: [pki.issuing.certificate], at: TestPKI.now).get()
    #expect(opened.value.withLock { $0 } == 0)
    // Asking one's own store tells nobody.
    for paths in [paths, paths.offline] {
      #expect(try await paths.validate(alice, at: TestPKI.now).get().certificates.count == 3)
    }
    #expect(opened.value.withLock { $0 } == 1)
    let broken = StoredAuthorities { throw StoreFailure(.damaged, "the store") }
    guard
      case .failure(let failure) = await PathValidator(
        anchors: TrustAnchors([pki.root.certificate]), issuers: [broken]
      ).validate(alice, at: TestPKI.now)
    else {
      Issue.record("a path was found in a store that cannot be read")
      return
    }
    #expect(failure.problems.first?.detail.contains("the store") == true)
  }
}
