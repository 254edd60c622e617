import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@Suite struct `A validator that remembers` {
  @Test func `needs the issuers of a leaf only once`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate])).remembering()
    let first = try await validator.validate(alice.certificate, with: alice.chain, at: TestPKI.now).get()
    let second = try await validator.validate(alice.certificate, at: TestPKI.now).get()
    #expect(first.certificates == second.certificates)
  }

  @Test func `does not remember for longer than the certificates are valid`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate])).remembering()
    _ = try await validator.validate(alice.certificate, with: alice.chain, at: TestPKI.now).get()
    for instant in [Date.distantPast, .distantFuture] {
      let late = await validator.validate(alice.certificate, with: alice.chain, at: instant)
      #expect(throws: PathFailure.self) { try late.get() }
    }
  }

  @Test func `asks for each use of its own`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate])).remembering()
    _ = try await validator.validate(alice.certificate, with: alice.chain, at: TestPKI.now, use: .signing).get()
    let other = await validator.validate(alice.certificate, at: TestPKI.now, use: .encryption)
    #expect(throws: PathFailure.self) { try other.get() }
  }

  @Test func `remembers no bad path, and no more than it may`() async throws {
    let pki = try await TestPKI()
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate])).remembering(2)
    var people: [Identity] = []
    for index in 0..<5 { people.append(try await pki.mailbox("person\(index)@example.com")) }
    for person in people {
      let lonely = await validator.validate(person.certificate, at: TestPKI.now)
      #expect(throws: PathFailure.self) { try lonely.get() }
      _ = try await validator.validate(person.certificate, with: person.chain, at: TestPKI.now).get()
    }
    #expect(try await validator.validate(people[4].certificate, at: TestPKI.now).get().certificates.count == 3)
    // Whoever is asked for again and again is not forgotten.
    let steady = PathValidator(anchors: TrustAnchors([pki.root.certificate])).remembering(4)
    _ = try await steady.validate(people[0].certificate, with: people[0].chain, at: TestPKI.now).get()
    for person in people.dropFirst() {
      _ = try await steady.validate(person.certificate, with: person.chain, at: TestPKI.now).get()
      _ = try await steady.validate(people[0].certificate, at: TestPKI.now).get()
    }
    let forgotten = await validator.validate(people[0].certificate, at: TestPKI.now)
    #expect(throws: PathFailure.self) { try forgotten.get() }
  }
}
