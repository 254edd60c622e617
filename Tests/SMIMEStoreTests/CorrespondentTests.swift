import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMEStore
import Testing

@Suite struct CorrespondentTests {
  @Test(arguments: Engine.allCases) func `What is known of an address is told with where it came from`(engine: Engine)
    async throws
  {
    let store = try Place(engine).store()
    let bob = try await Place.certificate("bob@example.com")
    let trust = try store.add(
      bob, for: "Bob@Example.com", from: .message, place: "<1@example.com>", trust: .validated, at: .first)
    #expect(trust == .validated)
    try store.add(bob, for: "bob@example.com", from: .file, trust: .harvested, at: .later)
    let entry = try store.entry(for: "BOB@example.com")
    let known = try #require(entry.certificates.first)
    #expect(entry.certificates.count == 1 && known.certificate == bob && known.trust == .validated)
    #expect(known.source == .message && known.place == "<1@example.com>")
    #expect(known.firstSeen == .first && known.lastSeen == .later && known.trusted == .first)
    #expect(entry.choice == .use(known, pending: []))
    #expect(try store.correspondents() == entry.certificates)
    #expect(try store.entry(for: "eve@example.net").choice == .unknown)
  }

  /// What comes first and how far it is trusted, what comes then with another key, and what the second becomes.
  private static let changes:
    [(first: Correspondent.Trust, second: Correspondent.Trust, becomes: Correspondent.Trust)] = [
      (.validated, .validated, .pending), (.harvested, .validated, .pending), (.pinned, .validated, .pending),
      (.pinned, .harvested, .pending), (.validated, .pinned, .pinned), (.pinned, .pinned, .pinned),
    ]

  @Test(arguments: Engine.allCases, changes) func `Another key waits for the user's word`(
    engine: Engine, change: (first: Correspondent.Trust, second: Correspondent.Trust, becomes: Correspondent.Trust)
  ) async throws {
    let (first, second, becomes) = change
    let store = try Place(engine).store()
    let (old, new) = (try await Place.certificate("bob@example.com"), try await Place.certificate("bob@example.com"))
    try store.add(old, for: "bob@example.com", from: .file, trust: first, at: .first)
    #expect(try store.add(new, for: "bob@example.com", from: .ldap, trust: second, at: .later) == becomes)
    switch try store.entry(for: "bob@example.com").choice {
    case .use(let used, let pending):
      #expect(used.certificate == (becomes == .pinned ? new : old))
      #expect(pending.map(\.certificate) == (becomes == .pending ? [new] : []))
      #expect(first == .pinned || becomes == .pinned)
    case .changed(let from, let to):
      #expect(from?.certificate == old && to.map(\.certificate) == [new] && first != .pinned)
    case .unknown: Issue.record("nothing is known")
    }
  }

  @Test(arguments: Engine.allCases) func `A key that waits is not let in by being seen again, but by the user`(
    engine: Engine
  ) async throws {
    let store = try Place(engine).store()
    let (old, new) = (try await Place.certificate("bob@example.com"), try await Place.certificate("bob@example.com"))
    func add(_ certificate: Certificate, _ trust: Correspondent.Trust) throws -> Correspondent.Trust {
      try store.add(certificate, for: "bob@example.com", from: .message, trust: trust, at: .later)
    }
    #expect(try add(old, .validated) == .validated)
    #expect(
      try add(new, .validated) == .pending && add(new, .validated) == .pending && add(new, .harvested) == .pending)
    #expect(try add(new, .pinned) == .pinned)
    #expect(try add(new, .validated) == .pinned, "what was trusted further stays so")
  }

  @Test(arguments: Engine.allCases) func `A certificate that is renewed for the same key is no change`(engine: Engine)
    async throws
  {
    let store = try Place(engine).store()
    let pki = try await Place.pki.value
    let bob = try await pki.mailbox("bob@example.com")
    let template = CertificateTemplate.mailbox(
      addresses: ["bob@example.com"], publicKey: bob.certificate.publicKey, use: .signingAndEncryption,
      validity: Validity(from: .later, days: 365))
    let renewed = try await template.prepared(
      issuer: pki.issuing.certificate, signatureAlgorithm: pki.issuing.certificate.publicKey.defaultSignatureAlgorithm
    ).signed(by: pki.issuing.signingKey)
    try store.add(bob.certificate, for: "bob@example.com", from: .message, trust: .validated, at: .first)
    let trust = try store.add(renewed, for: "bob@example.com", from: .message, trust: .validated, at: .later)
    #expect(trust == .validated)
    guard case .use(let used, pending: []) = try store.entry(for: "bob@example.com").choice else {
      Issue.record("it is not used")
      return
    }
    #expect(used.certificate == renewed, "the newest")
  }

  /// A certificate for `bob@example.com` and a new key, which begins so many days after the first.
  private static func bob(days: Double) async throws -> Certificate {
    let pki = try await Place.pki.value
    let key = try PrivateKey(generate: .ec(.p256))
    let template = CertificateTemplate.mailbox(
      addresses: ["bob@example.com"], publicKey: key.publicKey, use: .signingAndEncryption,
      validity: Validity(from: .first.addingTimeInterval(days * 86_400), days: 365))
    return try await template.prepared(
      issuer: pki.issuing.certificate, signatureAlgorithm: pki.issuing.certificate.publicKey.defaultSignatureAlgorithm
    ).signed(by: pki.issuing.signingKey)
  }

  @Test(arguments: Engine.allCases) func `Of several that were pinned at once the newest is used`(engine: Engine)
    async throws
  {
    let (old, new) = (try await Self.bob(days: 0), try await Self.bob(days: 700))
    for order in [[old, new], [new, old]] {
      let store = try Place(engine).store()
      for one in order { try store.add(one, for: "bob@example.com", from: .file, trust: .pinned, at: .first) }
      guard case .use(let used, pending: []) = try store.entry(for: "bob@example.com").choice else {
        Issue.record("none is used")
        return
      }
      #expect(used.certificate == new)
      // What is pinned later counts, however old it is.
      try store.add(old, for: "bob@example.com", from: .file, trust: .pinned, at: .later)
      guard case .use(let last, pending: []) = try store.entry(for: "bob@example.com").choice else {
        Issue.record("none is used")
        return
      }
      #expect(last.certificate == old)
    }
  }

  /// When a certificate with another key begins, in days after the one that is used, and whether it stops encryption.
  @Test(arguments: Engine.allCases, [(-700.0, false), (0, true), (700, true)])
  func `A certificate that waits stops encryption unless it is older`(engine: Engine, other: (Double, Bool))
    async throws
  {
    let store = try Place(engine).store()
    let (good, waiting) = (try await Self.bob(days: 0), try await Self.bob(days: other.0))
    try store.add(good, for: "bob@example.com", from: .message, trust: .validated, at: .first)
    #expect(
      try store.add(waiting, for: "bob@example.com", from: .message, trust: .validated, at: .later) == .pending)
    let entry = try store.entry(for: "bob@example.com")
    #expect(entry.certificates.count == 2)
    switch entry.choice {
    case .use(let used, pending: []): #expect(used.certificate == good && !other.1)
    case .changed(let from, let to):
      #expect(from?.certificate == good && to.map(\.certificate) == [waiting] && other.1)
    default: Issue.record("none is used")
    }
  }

  @Test(arguments: Engine.allCases) func `The newest word on what a correspondent reads counts`(engine: Engine)
    async throws
  {
    let store = try Place(engine).store()
    let gcm = Capabilities([AlgorithmIdentifier(ContentEncryption.aesGCM(keyBits: 256).oid)])
    try store.add(Capabilities.default, of: "Bob@example.com", at: .later)
    try store.add(gcm, of: "bob@example.com", at: .first)
    let known = try #require(try store.entry(for: "bob@example.com").capabilities)
    #expect(known.0 == Capabilities.default && known.1 == .later)
    try store.add(gcm, of: "bob@example.com", at: .later.addingTimeInterval(1))
    #expect(try store.entry(for: "bob@example.com").capabilities?.0 == gcm)
  }

  @Test(arguments: Engine.allCases) func `A correspondent can be forgotten`(engine: Engine) async throws {
    let store = try Place(engine).store()
    let bob = try await Place.certificate("bob@example.com")
    try store.add(bob, for: "bob@example.com", from: .http, trust: .harvested, at: .first)
    try store.removeCorrespondent("bob@example.com", fingerprint: bob.fingerprint)
    #expect(try store.correspondents().isEmpty)
  }
}
