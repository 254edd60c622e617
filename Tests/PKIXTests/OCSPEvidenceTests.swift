import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@Suite struct `OCSP evidence` {
  private func weigh(
    _ pki: TestPKI, _ alice: Identity, _ answer: OCSPResponseTemplate.Answer, by signer: Identity,
    _ more: [CertificateRevocationList] = [], at instant: Date = TestPKI.now
  ) async throws -> RevocationReport {
    let bytes = try await OCSPResponseTemplate([answer], producedAt: instant).signed(by: signer)
    let evidence =
      [RevocationEvidence(.response(try OCSPResponse(der: bytes[...]), nonce: nil), from: .given)]
      + more.map { RevocationEvidence(.list($0), from: .given) }
    return await .weighing(evidence, on: alice.certificate, issuedBy: pki.issuing.certificate, at: instant)
  }

  @Test func `of a responder without nocheck counts once others say that it is not revoked`() async throws {
    let pki = try await TestPKI()
    // For authorities only, so that it says nothing of Alice herself.
    let alice = try await pki.mailbox("alice@example.com") { $0.extensions.append(.point(uri: "http://a.example/")) }
    let key = try PrivateKey(generate: .ec(.p256))
    let certificate = try await CraftedCertificate(
      subject: DistinguishedName(commonName: "Responder"), key: key.publicKey,
      extensions: [
        .keyUsage(.digitalSignature), .extendedKeyUsage([.ocspSigning]), .point(uri: "http://b.example/"),
      ]
    ).signed(by: pki.issuing)
    let responder = try Identity(certificate: certificate, chain: [pki.issuing.certificate], privateKey: key)
    func list(_ entries: [[UInt8]]) async throws -> CertificateRevocationList {
      try await CraftedList(pki.issuing.certificate, entries: entries).with(.scope(uri: "http://b.example/"))
        .signed(by: pki.issuing)
    }
    let answer = try pki.answer(on: alice.certificate)
    let alone = try await weigh(pki, alice, answer, by: responder)
    #expect(alone.status == .unknown)
    #expect(alone.inquiries.first?.detail?.contains("may itself be revoked") == true)
    let vouched = try await weigh(pki, alice, answer, by: responder, [list([])])
    #expect(vouched.status == .good)
    #expect(vouched.inquiries.map(\.status) == [.good, nil])
    let revoked = [CraftedList.entry(responder.certificate, .keyCompromise)]
    #expect(try await weigh(pki, alice, answer, by: responder, [list(revoked)]).status == .unknown)
  }

  @Test func `on a certificate that ran out counts as far back as the responder remembers`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox(
      "alice@example.com", validity: Validity(from: TestPKI.now.addingTimeInterval(-86_400), days: 2))
    let later = TestPKI.now.addingTimeInterval(30 * 86_400)
    var answer = try pki.answer(
      on: alice.certificate, thisUpdate: later.addingTimeInterval(-60), nextUpdate: later.addingTimeInterval(60))
    let silent = try await weigh(pki, alice, answer, by: pki.issuing, at: later)
    #expect(silent.status == .unknown)
    #expect(silent.inquiries.first?.detail?.contains("had run out before") == true)
    answer.archiveCutoff = alice.certificate.validity.notAfter.addingTimeInterval(1)
    #expect(try await weigh(pki, alice, answer, by: pki.issuing, at: later).status == .unknown)
    answer.archiveCutoff = alice.certificate.validity.notAfter.addingTimeInterval(-86_400)
    #expect(try await weigh(pki, alice, answer, by: pki.issuing, at: later).status == .good)
  }

  /// Bouncy Castle took a response that came along for one about whatever was checked.
  @Test func `CVE-2026-58062: that came along about another certificate says nothing of this one`() async throws {
    let pki = try await TestPKI()
    let other = try await TestPKI(name: "Other")
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([]))
    func judged(_ identifier: OCSPCertificateID, by signer: Identity) async throws -> [PathProblem.Check] {
      let answer = OCSPResponseTemplate.Answer(
        identifier, .good, thisUpdate: TestPKI.now.addingTimeInterval(-600),
        nextUpdate: TestPKI.now.addingTimeInterval(600))
      let bytes = try await OCSPResponseTemplate([answer], producedAt: TestPKI.now).signed(by: signer)
      let evidence = RevocationEvidence(.response(try OCSPResponse(der: bytes[...]), nonce: nil), from: .given)
      switch await paths.hearing([evidence]).validate(alice.certificate, at: TestPKI.now) {
      case .success: return []
      case .failure(let failure): return failure.problems.map(\.check)
      }
    }
    let serial = alice.certificate.serialNumber
    let own = try OCSPCertificateID(serial, of: pki.issuing.certificate)
    #expect(try await judged(own, by: pki.issuing) == [])
    // Another certificate of the same issuer; the same number of another issuer, by either of them.
    let others = try [
      (OCSPCertificateID(bob.certificate.serialNumber, of: pki.issuing.certificate), pki.issuing),
      (OCSPCertificateID(serial, of: other.issuing.certificate), other.issuing),
      (OCSPCertificateID(serial, of: other.issuing.certificate), pki.issuing), (own, other.issuing),
    ]
    for (identifier, signer) in others {
      #expect(try await judged(identifier, by: signer) == [.revocationUnknown])
    }
  }

  /// OpenSSL freed a response that came along twice. Here it is weighed as often as it is asked for, with one outcome.
  @Test func `CVE-2026-35188: that came along and is crafted is weighed again and again`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await OCSPResponseTemplate([try pki.answer(on: alice.certificate)], producedAt: TestPKI.now)
      .signed(by: pki.responder())
    let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([]))
    for index in stride(from: 0, to: bytes.count, by: 3) {
      var crafted = bytes
      crafted[index] ^= 0x80
      guard let response = try? OCSPResponse(der: crafted[...]) else { continue }
      let evidence = RevocationEvidence(.response(response, nonce: nil), from: .given)
      let hearing = paths.hearing([evidence, evidence])
      var outcomes: Set<String> = []
      for _ in 0..<2 {
        switch await hearing.validate(alice.certificate, at: TestPKI.now) {
        case .success: outcomes.insert("good")
        case .failure(let failure): outcomes.insert(failure.description)
        }
      }
      #expect(outcomes.count == 1 && !outcomes.contains("good"), "octet \(index): \(outcomes)")
    }
  }

  @Test func `that came with a message is heard, and only about its own`() async throws {
    let pki = try await TestPKI()
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([]))
    let lists = [RevocationEvidence(.list(try await pki.revocationList(revoking: [bob])), from: .given)]
    guard case .failure = await paths.validate(alice.certificate, at: TestPKI.now) else {
      Issue.record("nothing is known, and that passed")
      return
    }
    let good = try await paths.hearing(lists).validate(alice.certificate, at: TestPKI.now).get()
    #expect(good.revocation.map(\.status) == [.good])
    guard case .failure(let failure) = await paths.hearing(lists).validate(bob.certificate, at: TestPKI.now) else {
      Issue.record("revoked, and passed")
      return
    }
    #expect(failure.problems.map(\.check) == [.revoked])
    let off = PathValidator(anchors: TrustAnchors([pki.issuing.certificate])).hearing(lists)
    #expect(try await off.validate(bob.certificate, at: TestPKI.now).get().revocation.isEmpty)
  }
}
