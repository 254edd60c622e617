import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@Suite struct `OCSP requests` {
  @Test(arguments: [DigestAlgorithm.sha1, .sha256], [0, 1, 32, 128])
  func `are read as they were written`(digest: DigestAlgorithm, nonceCount: Int) async throws {
    let pki = try await TestPKI()
    let identifiers = try (1...3).map { number in
      try OCSPCertificateID(SerialNumber([UInt8(number)]), of: pki.issuing.certificate, digest: digest)
    }
    let nonce = nonceCount == 0 ? nil : [UInt8](repeating: 0xA5, count: nonceCount)
    let request = OCSPRequest(identifiers, nonce: nonce)
    let read = try OCSPRequest(der: request.encoded[...])
    #expect(read.certificates == identifiers)
    #expect(read.nonce.map(Array.init) == nonce)
    #expect(!read.hasUnknownCriticalExtension)
    #expect(read.encoded == request.encoded)
    #expect(read.certificates[1].names(SerialNumber([2]), of: pki.issuing.certificate))
    #expect(!read.certificates[1].names(SerialNumber([2]), of: pki.root.certificate))
    #expect(!read.certificates[1].names(SerialNumber([3]), of: pki.issuing.certificate))
  }

  @Test func `beyond the limits are refused`() async throws {
    let pki = try await TestPKI()
    let one = try OCSPCertificateID(SerialNumber([1]), of: pki.issuing.certificate)
    let refused = [
      OCSPRequest([]), OCSPRequest(Array(repeating: one, count: OCSPRequest.certificateLimit + 1)),
      OCSPRequest([one], nonce: []), OCSPRequest([one], nonce: [UInt8](repeating: 1, count: 129)),
    ]
    for request in refused {
      #expect(throws: Malformed.self) { try OCSPRequest(der: request.encoded[...]) }
    }
  }

  @Test func `cut or changed anywhere are an error or another request, never a crash`() async throws {
    let pki = try await TestPKI()
    let one = try OCSPCertificateID(SerialNumber([1]), of: pki.issuing.certificate)
    let bytes = OCSPRequest([one], nonce: [1, 2, 3, 4]).encoded
    for count in 0..<bytes.count {
      #expect(throws: Malformed.self) { try OCSPRequest(der: bytes.prefix(count)) }
    }
    for index in bytes.indices {
      for value in [UInt8(0), 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[index] = value
        _ = try? OCSPRequest(der: changed[...])
      }
    }
  }
}

@Suite struct `OCSP responses` {
  /// What a validator that insists on knowing makes of one response on Alice's certificate.
  private func judge(
    _ pki: TestPKI, _ alice: Identity, _ bytes: [UInt8], nonce: [UInt8]? = nil, at instant: Date = TestPKI.now
  ) async throws -> (checks: [PathProblem.Check], report: RevocationReport) {
    let source = FixedEvidence(.response(try OCSPResponse(der: bytes[...]), nonce: nonce))
    let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([source]))
    switch await paths.validate(alice.certificate, at: instant) {
    case .success(let path): return ([], try #require(path.revocation.first))
    case .failure(let failure): return (failure.problems.map(\.check), try #require(failure.revocation.first))
    }
  }

  @Test func `of a delegated responder and of the authority itself say what they say`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let revocation = RevokedCertificate(date: TestPKI.now.addingTimeInterval(-60), reason: .keyCompromise)
    for signer in [try await pki.responder(), pki.issuing] {
      for digest in [DigestAlgorithm.sha1, .sha256] {
        for (status, expected) in [
          (CertificateStatus.good, [PathProblem.Check]()), (.revoked(revocation), [.revoked]),
          (.unknown, [.revocationUnknown]),
        ] {
          let template = OCSPResponseTemplate(
            [try pki.answer(on: alice.certificate, status, digest: digest)], producedAt: TestPKI.now)
          let (checks, report) = try await judge(pki, alice, template.signed(by: signer))
          #expect(checks == expected)
          #expect(report.status == status)
          #expect(report.inquiries.first?.provenance.url == "http://responder.example")
          #expect(report.inquiries.first?.thisUpdate == TestPKI.now.addingTimeInterval(-600))
        }
      }
    }
  }

  @Test func `of another time revoke for good, and prove nothing else`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let now = TestPKI.now
    let rows: [(RevocationReason, thisUpdate: Date, nextUpdate: Date?, at: Date, [PathProblem.Check])] = [
      (.keyCompromise, now - 900, now - 60, now, [.revoked]),
      (.keyCompromise, now - 900, nil, now, [.revoked]),
      (.certificateHold, now - 900, now - 60, now, [.revocationUnknown]),
      (.superseded, now, now + 3_600, now - 900, [.revoked]),
      (.superseded, now, now + 3_600, now - 1_300, [.revocationUnknown]),
    ]
    for (reason, thisUpdate, nextUpdate, instant, expected) in rows {
      let revocation = RevokedCertificate(date: now - 1_200, reason: reason)
      let answer = try pki.answer(
        on: alice.certificate, .revoked(revocation), thisUpdate: thisUpdate, nextUpdate: nextUpdate)
      let bytes = try await OCSPResponseTemplate([answer], producedAt: now).signed(by: pki.issuing)
      #expect(try await judge(pki, alice, bytes, at: instant).checks == expected, "\(reason), \(instant)")
    }
  }

  @Test func `OpenSSL 32376: that contradict themselves count as the worse of both`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let revocation = RevokedCertificate(date: TestPKI.now, reason: .unspecified)
    let answers = [
      try pki.answer(on: alice.certificate, .good), try pki.answer(on: alice.certificate, .revoked(revocation)),
    ]
    for answers in [answers, answers.reversed()] {
      let bytes = try await OCSPResponseTemplate(answers, producedAt: TestPKI.now).signed(by: pki.issuing)
      #expect(try await judge(pki, alice, bytes).checks == [.revoked])
    }
  }

  @Test func `that prove nothing are told with the reason`() async throws {
    let pki = try await TestPKI()
    let stranger = try await TestPKI(name: "Stranger")
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let good = try pki.answer(on: alice.certificate)
    let minute = 60.0
    func signed(_ answer: OCSPResponseTemplate.Answer, by signer: Identity) async throws -> [UInt8] {
      try await OCSPResponseTemplate([answer], producedAt: TestPKI.now).signed(by: signer)
    }
    let rows: [(String, [UInt8])] = [
      ("answers for another certificate", try await signed(try pki.answer(on: bob.certificate), by: pki.issuing)),
      (
        "ran out",
        try await signed(
          try pki.answer(on: alice.certificate, nextUpdate: TestPKI.now.addingTimeInterval(-minute)), by: pki.issuing)
      ),
      (
        "not valid before",
        try await signed(
          try pki.answer(on: alice.certificate, thisUpdate: TestPKI.now.addingTimeInterval(10 * minute)),
          by: pki.issuing)
      ),
      (
        "there may be news",
        try await signed(
          try pki.answer(
            on: alice.certificate, thisUpdate: TestPKI.now.addingTimeInterval(-10 * minute), nextUpdate: nil),
          by: pki.issuing)
      ),
      ("certificate of its signer", try await signed(good, by: stranger.issuing)),
      ("was not authorised", try await signed(good, by: stranger.responder())),
      ("was not authorised", try await signed(good, by: pki.responder(issuer: pki.root))),
      (
        "not valid now", try await signed(good, by: pki.responder(validity: Validity(from: TestPKI.now - 9e5, days: 2)))
      ),
      (
        "may not sign OCSP responses",
        try await signed(
          good,
          by: pki.mailbox("eve@example.com") { $0.extensions.append(.ocspNoCheck) })
      ),
      ("tryLater", OCSPResponseTemplate.refusal(.tryLater)),
      ("unauthorized", OCSPResponseTemplate.refusal(.unauthorized)),
    ]
    for (words, bytes) in rows {
      let (checks, report) = try await judge(pki, alice, bytes)
      #expect(checks == [.revocationUnknown], "\(words)")
      let detail = report.inquiries.first?.detail ?? ""
      #expect(detail.contains(words), "\(detail)")
    }
  }

  @Test func `with any octet of what is signed changed prove nothing`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await OCSPResponseTemplate([try pki.answer(on: alice.certificate)], producedAt: TestPKI.now)
      .signed(by: pki.responder())
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x01
      guard let response = try? OCSPResponse(der: changed[...]) else { continue }
      let source = FixedEvidence(.response(response, nonce: nil))
      let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([source]))
      let result = await paths.validate(alice.certificate, at: TestPKI.now)
      guard case .success = result else { continue }
      // What lies beside the signature: parameters of the certificate's own wrapping may change without a meaning.
      Issue.record("octet \(index) is of no importance")
    }
  }

  @Test func `are held to the nonce that was sent`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let sent: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
    let rows: [([UInt8]?, [PathProblem.Check], String?)] = [
      (sent, [], nil), (nil, [], "without the nonce"), ([9, 9], [.revocationUnknown], "another"),
    ]
    for (echoed, expected, words) in rows {
      let bytes = try await OCSPResponseTemplate(
        [try pki.answer(on: alice.certificate)], producedAt: TestPKI.now, nonce: echoed?[...]
      ).signed(by: pki.issuing)
      let (checks, report) = try await judge(pki, alice, bytes, nonce: sent)
      #expect(checks == expected)
      let detail = report.inquiries.first?.detail
      #expect(words.map { detail?.contains($0) == true } ?? (detail == nil))
    }
  }

  /// OpenSSL asked for the issuer of the last certificate of a path, which has none where the anchor did not sign itself.
  @Test func `CVE-2026-42765: on paths to an anchor that is not its own issuer are asked for below it`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    #expect(pki.issuing.certificate.subject != pki.issuing.certificate.issuer)
    let bytes = try await OCSPResponseTemplate(
      [try pki.answer(on: alice.certificate), try pki.answer(on: pki.issuing.certificate)], producedAt: TestPKI.now
    ).signed(by: pki.issuing)
    let source = FixedEvidence(.response(try OCSPResponse(der: bytes[...]), nonce: nil))
    let below = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([source]))
    let path = try await below.validate(alice.certificate, with: alice.chain, at: TestPKI.now).get()
    #expect(path.certificates == [alice.certificate, pki.issuing.certificate])
    #expect(path.revocation.map(\.status) == [.good])
    // A leaf that is an anchor itself: nobody is asked.
    let itself = PathValidator(anchors: TrustAnchors([alice.certificate]), revocation: .hard([source]))
    #expect(try await itself.validate(alice.certificate, at: TestPKI.now).get().revocation.isEmpty)
  }

  @Test func `cut anywhere are an error, never a crash`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await OCSPResponseTemplate([try pki.answer(on: alice.certificate)], producedAt: TestPKI.now)
      .signed(by: pki.responder())
    for count in bytes.indices {
      #expect(throws: (any Error).self) { try OCSPResponse(der: bytes.prefix(count)) }
    }
  }
}

@Suite struct `Sources of evidence` {
  /// Counts how often it is asked.
  private actor Counter {
    private(set) var count = 0
    func add() { count += 1 }
  }

  private struct Counted: RevocationSource {
    let counter: Counter
    let content: RevocationEvidence.Content
    let isLocal: Bool

    func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
      await counter.add()
      return [RevocationEvidence(content, from: .given)]
    }
  }

  @Test func `are asked in turn until one knows, local ones always`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let good = RevocationEvidence.Content.list(try await pki.revocationList())
    let bad = RevocationEvidence.Content.list(try await pki.revocationList(revoking: [alice]))
    let nothing = RevocationEvidence.Content.failure(.crl, "connection refused")
    func outcome(_ rows: [(RevocationEvidence.Content, Bool)], at: Date = TestPKI.now) async -> ([Int], Bool) {
      let counters = rows.map { _ in Counter() }
      let sources = zip(rows, counters).map { Counted(counter: $1, content: $0.0, isLocal: $0.1) }
      let paths = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard(sources))
      let result = await paths.validate(alice.certificate, at: at)
      var counts: [Int] = []
      for counter in counters { counts.append(await counter.count) }
      if case .success = result { return (counts, true) }
      return (counts, false)
    }
    #expect(await outcome([(good, false), (good, false)]) == ([1, 0], true))
    #expect(await outcome([(nothing, false), (good, false)]) == ([1, 1], true))
    #expect(await outcome([(good, true), (nothing, false), (nothing, false)]) == ([1, 1, 1], true))
    #expect(await outcome([(good, false), (bad, true)]) == ([0, 1], false))
    #expect(await outcome([(good, true), (bad, false)]) == ([1, 1], false))
    #expect(await outcome([(nothing, true), (nothing, false)]) == ([1, 1], false))
    // A path that is no good anyway is nobody's business.
    #expect(await outcome([(good, true), (good, false)], at: TestPKI.now + 9e8) == ([1, 0], false))
  }

  /// Says what is given it the first time, and nothing afterwards.
  private struct Once: RevocationSource {
    let counter: Counter
    let content: RevocationEvidence.Content
    var isLocal: Bool { false }

    func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
      await counter.add()
      let isFirst = await counter.count == 1
      return [RevocationEvidence(isFirst ? content : .failure(.ocsp, "connection refused"), from: .given)]
    }
  }

  @Test func `who fall silent do not take a revocation back`() async throws {
    let pki = try await TestPKI()
    let stranger = try await TestPKI(name: "Stranger")
    let alice = try await pki.mailbox("alice@example.com")
    // The issuing authority's name and key, by somebody whom nobody knows: what leads the search on.
    let decoy = try await CertificateTemplate.issuingAuthority(
      subject: pki.issuing.certificate.subject, publicKey: pki.issuing.certificate.publicKey,
      validity: Validity(from: TestPKI.now.addingTimeInterval(-3_600), days: 10)
    ).prepared(issuer: stranger.root.certificate, signatureAlgorithm: .ecdsa(.sha256)).signed(
      by: stranger.root.signingKey)
    let bad = RevocationEvidence.Content.list(try await pki.revocationList(revoking: [alice]))
    let (asked, shelf) = (Counter(), Counter())
    let paths = PathValidator(
      anchors: TrustAnchors([pki.root.certificate, pki.issuing.certificate]),
      issuers: [Shelf(counter: shelf, certificates: [])],
      revocation: .soft([Once(counter: asked, content: bad)]))
    let result = await paths.validate(alice.certificate, with: [decoy] + alice.chain, at: TestPKI.now)
    guard case .failure(let failure) = result else {
      Issue.record("a revoked certificate passed")
      return
    }
    #expect(failure.problems.first?.check == .revoked)
    #expect(await shelf.count == 0, "and nobody else is asked")
  }

  @Test func `who never heard of a certificate have answered`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let response = try OCSPResponse(
      der: try await OCSPResponseTemplate([try pki.answer(on: alice.certificate, .unknown)], producedAt: TestPKI.now)
        .signed(by: pki.responder())[...])
    let sources: [any RevocationSource] = [
      FixedEvidence(.response(response, nonce: nil)), FixedEvidence(.list(try await pki.revocationList())),
    ]
    let hard = PathValidator(anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard(sources))
    guard case .failure(let failure) = await hard.validate(alice.certificate, at: TestPKI.now) else {
      Issue.record("a certificate that nobody issued passed")
      return
    }
    #expect(failure.problems.map(\.check) == [.revocationUnknown])
  }

  /// Has the certificates that are given it, for whoever asks.
  private struct Shelf: CertificateSource {
    let counter: Counter
    let certificates: [Certificate]

    func issuers(of certificate: Certificate) async -> [IssuerEvidence] {
      await counter.add()
      let found = certificates.filter { $0.subject == certificate.issuer }
      return [
        IssuerEvidence(
          found, failure: found.isEmpty ? "not found" : nil, from: Provenance(.network, url: "http://ca.example/ca.cer")
        )
      ]
    }
  }

  @Test func `for issuers are asked when the path has a gap`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let (full, empty) = (Counter(), Counter())
    let anchors = TrustAnchors([pki.root.certificate])
    let found = await PathValidator(
      anchors: anchors, issuers: [Shelf(counter: full, certificates: [pki.issuing.certificate])]
    ).validate(alice.certificate, at: TestPKI.now)
    #expect(try found.get().certificates.count == 3)
    #expect(await full.count == 1)
    let missed = await PathValidator(anchors: anchors, issuers: [Shelf(counter: empty, certificates: [])])
      .validate(alice.certificate, at: TestPKI.now)
    guard case .failure(let failure) = missed else {
      Issue.record("a path was made of nothing")
      return
    }
    #expect(failure.problems.first?.detail.contains("http://ca.example/ca.cer: not found") == true)
    let offline = PathValidator(anchors: anchors, issuers: [Shelf(counter: empty, certificates: [])]).offline
    _ = await offline.validate(alice.certificate, at: TestPKI.now)
    #expect(await empty.count == 1)
  }
}
