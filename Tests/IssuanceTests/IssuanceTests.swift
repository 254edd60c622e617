import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import Issuance

@Suite struct `Issuing certificates` {
  @Test(arguments: [PrivateKey.Kind.ec(.p256), .ec(.p384), .ec(.p521), .ed25519])
  func `A mailbox certificate validates up to its root`(_ kind: PrivateKey.Kind) async throws {
    let pki = try await TestPKI(keys: kind)
    let alice = try await pki.mailbox("alice@example.com")
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate]))
    let result = await validator.validate(alice.certificate, with: alice.chain, at: TestPKI.now, use: .signing)
    let path = try result.get()
    #expect(path.certificates == [alice.certificate, pki.issuing.certificate, pki.root.certificate])
    #expect(alice.certificate.emailAddresses == ["alice@example.com"])
  }

  @Test func `An address beyond ASCII goes into SmtpUTF8Mailbox`() async throws {
    let pki = try await TestPKI()
    let identity = try await pki.mailbox("用户@example.com")
    #expect(try identity.certificate.extensions.subjectAlternativeName == [.smtpUTF8Mailbox("用户@example.com")])
  }

  @Test(arguments: ["", "alice", "@example.com", "alice@", "a b@example.com", "alice@exa..mple", "a@b@c"])
  func `What is no mailbox is refused`(_ address: String) async throws {
    let pki = try await TestPKI()
    await #expect(throws: IssuanceRefusal.self) { try await pki.mailbox(address) }
  }

  @Test func `A mailbox certificate lasts 825 days at most`() async throws {
    let pki = try await TestPKI()
    await #expect(throws: IssuanceRefusal.self) {
      try await pki.mailbox("a@example.com", validity: Validity(from: TestPKI.now, days: 826))
    }
    _ = try await pki.mailbox("a@example.com", validity: Validity(from: TestPKI.now, days: 825))
  }

  @Test func `Serial numbers are positive and differ`() {
    let numbers = (0..<1_000).map { _ in SerialNumber.random() }
    #expect(Set(numbers).count == 1_000)
    #expect(numbers.allSatisfy { $0.bytes.count == 17 && ($0.bytes.first ?? 0x80) < 0x80 })
  }

  @Test func `A revoked certificate is refused with date and reason`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bob = try await pki.mailbox("bob@example.com")
    let lists = try await [pki.revocationList(revoking: [alice]), pki.rootRevocationList()]
    let validator = PathValidator(
      anchors: TrustAnchors([pki.root.certificate]), revocation: .hard([RevocationFiles(lists)]))
    _ = try await validator.validate(bob.certificate, with: bob.chain, at: TestPKI.now).get()
    guard case .failure(let failure) = await validator.validate(alice.certificate, with: alice.chain, at: TestPKI.now)
    else {
      Issue.record("a revoked certificate passed")
      return
    }
    #expect(failure.problems.first?.check == .revoked)
    #expect(failure.problems.first?.revocation?.reason == .keyCompromise)
  }

  @Test func `Without a CRL hard fails and soft notes`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let anchors = TrustAnchors([pki.root.certificate])
    let hard = PathValidator(anchors: anchors, revocation: .hard([RevocationFiles([])]))
    guard case .failure(let failure) = await hard.validate(alice.certificate, with: alice.chain, at: TestPKI.now) else {
      Issue.record("unknown revocation passed")
      return
    }
    #expect(failure.problems.map(\.check) == [.revocationUnknown, .revocationUnknown])
    let soft = PathValidator(anchors: anchors, revocation: .soft([RevocationFiles([])]))
    let path = try await soft.validate(alice.certificate, with: alice.chain, at: TestPKI.now).get()
    #expect(path.notes.count == 2)
  }

  @Test func `An authority under an issuing authority is refused`() async throws {
    let pki = try await TestPKI()
    let key = try PrivateKey(generate: .ec(.p256))
    let template = CertificateTemplate.issuingAuthority(
      subject: DistinguishedName(commonName: "Below"), publicKey: key.publicKey,
      validity: Validity(from: TestPKI.now, days: 10))
    #expect(throws: IssuanceRefusal.self) {
      _ = try template.prepared(issuer: pki.issuing.certificate, signatureAlgorithm: .ecdsa(.sha256))
    }
  }
}
