import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@Suite struct `Delta lists` {
  private let pki: TestPKI
  private let alice: Identity

  init() async throws {
    pki = try await TestPKI()
    alice = try await pki.mailbox("alice@example.com")
  }

  private func base(_ number: Int = 4, _ entries: [[UInt8]] = [], nextUpdate: TimeInterval = 86_400) async throws
    -> CertificateRevocationList
  {
    var list = CraftedList(pki.issuing.certificate, number: number, entries: entries)
    list.nextUpdate = TestPKI.now.addingTimeInterval(nextUpdate)
    return try await list.signed(by: pki.issuing)
  }

  private func delta(
    from base: Int = 4, _ number: Int = 6, _ entries: [[UInt8]] = [], signer: Identity? = nil
  ) async throws -> CertificateRevocationList {
    try await CraftedList(pki.issuing.certificate, number: number, entries: entries)
      .with(.deltaCRLIndicator(base: base)).signed(by: signer ?? pki.issuing)
  }

  private func judge(_ lists: CertificateRevocationList...) async -> Judged {
    let (judged, _) = await Judged.of(alice, lists, anchor: pki.issuing.certificate)
    let (backwards, _) = await Judged.of(alice, lists.reversed(), anchor: pki.issuing.certificate)
    #expect(judged == backwards, "the order of lists decides")
    return judged
  }

  @Test func `revoke what their base does not list, and release what it does`() async throws {
    let held = CraftedList.entry(alice.certificate, .certificateHold)
    let revoked = CraftedList.entry(alice.certificate, .keyCompromise)
    let released = CraftedList.entry(alice.certificate, .removeFromCRL)
    #expect(try await judge(base(), delta()) == .good)
    #expect(try await judge(base(), delta(from: 4, 6, [revoked])) == .revoked(.keyCompromise))
    #expect(try await judge(base(4, [held])) == .revoked(.certificateHold))
    #expect(try await judge(base(4, [held]), delta()) == .revoked(.certificateHold))
    #expect(try await judge(base(4, [held]), delta(from: 4, 6, [released])) == .good)
    #expect(try await judge(base(4, [held]), delta(from: 4, 6, [revoked])) == .revoked(.keyCompromise))
  }

  @Test func `of several the newest counts`() async throws {
    let revoked = CraftedList.entry(alice.certificate, .keyCompromise)
    let released = CraftedList.entry(alice.certificate, .removeFromCRL)
    var old = CraftedList(pki.issuing.certificate, number: 5, entries: [revoked]).with(.deltaCRLIndicator(base: 4))
    old.thisUpdate = TestPKI.now.addingTimeInterval(-7_200)
    let earlier = try await old.signed(by: pki.issuing)
    #expect(try await judge(base(), earlier, delta(from: 4, 6, [released])) == .good)
  }

  @Test func `give way to a later complete list, which must prove itself`() async throws {
    let held = CraftedList.entry(alice.certificate, .certificateHold)
    var older = CraftedList(pki.issuing.certificate, number: 3, entries: [held])
    older.thisUpdate = TestPKI.now.addingTimeInterval(-9_000)
    let twin = try await TestPKI()
    #expect(try await judge(older.signed(by: pki.issuing), base()) == .good)
    let forged = try await CraftedList(pki.issuing.certificate, number: 5).signed(by: twin.issuing)
    #expect(try await judge(older.signed(by: pki.issuing), forged) == .revoked(.certificateHold))
  }

  @Test func `make an old base current, if they begin where it ends`() async throws {
    #expect(try await judge(base(nextUpdate: -60)) == .unknown)
    #expect(try await judge(base(nextUpdate: -60), delta()) == .good)
    #expect(try await judge(base(3, nextUpdate: -60), delta()) == .unknown)
    #expect(try await judge(base(6, nextUpdate: -60), delta()) == .unknown)
  }

  @Test func `without a base say nothing but what they revoke`() async throws {
    #expect(try await judge(delta()) == .unknown)
    #expect(
      try await judge(delta(from: 4, 6, [CraftedList.entry(alice.certificate, .superseded)])) == .revoked(.superseded))
    #expect(
      try await judge(delta(from: 4, 6, [CraftedList.entry(alice.certificate, .removeFromCRL)])) == .unknown)
  }

  @Test func `by an algorithm that is not believed add nothing`() async throws {
    let held = CraftedList.entry(alice.certificate, .certificateHold)
    var weak = CraftedList(
      pki.issuing.certificate, number: 6, entries: [CraftedList.entry(alice.certificate, .removeFromCRL)]
    ).with(.deltaCRLIndicator(base: 4))
    weak.algorithm = .ecdsa(.sha1)
    #expect(try await judge(base(4, [held]), weak.signed(by: pki.issuing)) == .revoked(.certificateHold))
  }

  /// OpenSSL compared the number of a delta that had none.
  @Test func `CVE-2026-28388: without a number add nothing, whatever their base has`() async throws {
    let revoked = CraftedList.entry(alice.certificate, .keyCompromise)
    func nameless(from base: Int, _ entries: [[UInt8]]) async throws -> CertificateRevocationList {
      try await CraftedList(pki.issuing.certificate, number: nil, entries: entries)
        .with(.deltaCRLIndicator(base: base)).signed(by: pki.issuing)
    }
    let unnumbered = try await CraftedList(pki.issuing.certificate, number: nil).signed(by: pki.issuing)
    for number in [4, 0] {
      let delta = try await nameless(from: number, [revoked])
      #expect(await judge(delta) == .unknown)
      #expect(try await judge(base(), delta) == .good)
      #expect(await judge(unnumbered, delta) == .good)
      #expect(try await judge(base(4, [revoked]), nameless(from: number, [])) == .revoked(.keyCompromise))
    }
  }

  @Test func `by another key, or of no earlier list, add nothing`() async throws {
    let revoked = CraftedList.entry(alice.certificate, .keyCompromise)
    let twin = try await TestPKI()
    #expect(try await judge(base(), delta(from: 4, 6, [revoked], signer: twin.issuing)) == .good)
    #expect(try await judge(base(), delta(from: 6, 6, [revoked])) == .good)
    let nameless = try await CraftedList(pki.issuing.certificate, number: nil, entries: [revoked])
      .with(.deltaCRLIndicator(base: 4)).signed(by: pki.issuing)
    #expect(await judge(nameless) == .unknown)
  }
}

@Suite struct `Lists of another time` {
  /// What a list says of a certificate that it revokes two hours before now.
  private func judge(
    thisUpdate: TimeInterval, nextUpdate: TimeInterval?, _ reason: RevocationReason, at offset: TimeInterval = 0,
    beside later: Bool = false
  ) async throws -> Judged {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    var list = CraftedList(
      pki.issuing.certificate, number: 3, entries: [CraftedList.entry(alice.certificate, reason)])
    list.thisUpdate = TestPKI.now + thisUpdate
    list.nextUpdate = nextUpdate.map { TestPKI.now + $0 }
    var lists = [try await list.signed(by: pki.issuing)]
    if later { lists.append(try await CraftedList(pki.issuing.certificate, number: 4).signed(by: pki.issuing)) }
    return await Judged.of(alice, lists, anchor: pki.issuing.certificate, at: TestPKI.now + offset).0
  }

  @Test func `that ran out revoke for good, and hold nobody`() async throws {
    #expect(try await judge(thisUpdate: -7_000, nextUpdate: -60, .keyCompromise) == .revoked(.keyCompromise))
    #expect(try await judge(thisUpdate: -7_000, nextUpdate: -60, .superseded) == .revoked(.superseded))
    #expect(try await judge(thisUpdate: -7_000, nextUpdate: -60, .certificateHold) == .unknown)
    #expect(try await judge(thisUpdate: -7_000, nextUpdate: -60, .removeFromCRL) == .unknown)
    // Without nextUpdate, when a list is no longer believed.
    #expect(
      try await judge(thisUpdate: -7_000, nextUpdate: nil, .keyCompromise, at: 8 * 86_400) == .revoked(.keyCompromise))
  }

  @Test func `that are later tell of what had happened by then`() async throws {
    let day = 86_400.0
    #expect(try await judge(thisUpdate: 0, nextUpdate: day, .keyCompromise, at: -3_600) == .revoked(.keyCompromise))
    #expect(try await judge(thisUpdate: 0, nextUpdate: day, .certificateHold, at: -3_600) == .unknown)
    // The certificate was revoked after the moment in question.
    #expect(try await judge(thisUpdate: 0, nextUpdate: day, .keyCompromise, at: -7_260) == .unknown)
  }

  @Test func `give way to the current list of their scope`() async throws {
    #expect(try await judge(thisUpdate: -7_000, nextUpdate: -60, .keyCompromise, beside: true) == .good)
  }

  @Test func `are believed by their signature only`() async throws {
    let (pki, twin) = try await (TestPKI(), TestPKI())
    let alice = try await pki.mailbox("alice@example.com")
    var list = CraftedList(
      pki.issuing.certificate, number: 3, entries: [CraftedList.entry(alice.certificate, .keyCompromise)])
    list.nextUpdate = TestPKI.now - 60
    let (judged, details) = try await Judged.of(
      alice, [list.signed(by: twin.issuing)], anchor: pki.issuing.certificate)
    #expect(judged == .unknown && details == ["its signature is wrong"])
  }

  @Test func `of changes alone revoke for good too`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    for (reason, expected) in [
      (RevocationReason.keyCompromise, Judged.revoked(.keyCompromise)), (.certificateHold, .unknown),
    ] {
      var list = CraftedList(
        pki.issuing.certificate, number: 3, entries: [CraftedList.entry(alice.certificate, reason)]
      ).with(.deltaCRLIndicator(base: 2))
      list.nextUpdate = TestPKI.now - 60
      #expect(try await Judged.of(alice, [list.signed(by: pki.issuing)], anchor: pki.issuing.certificate).0 == expected)
    }
  }
}

@Suite struct `Lists that cover a part` {
  @Test func `together cover all reasons, or else say nothing but what they revoke`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    // keyCompromise and cACompromise; then all others.
    let (some, others): ([UInt8], [UInt8]) = ([0x60], [0x1F, 0x80])
    func list(_ reasons: [UInt8], _ entries: [[UInt8]] = []) async throws -> CertificateRevocationList {
      try await CraftedList(pki.issuing.certificate, entries: entries).with(.scope(reasons: reasons))
        .signed(by: pki.issuing)
    }
    let anchor = pki.issuing.certificate
    let both = try await [list(some), list(others)]
    #expect(await Judged.of(alice, both, anchor: anchor).0 == .good)
    let (one, details) = await Judged.of(alice, [both[0]], anchor: anchor)
    #expect(one == .unknown)
    #expect(details == ["it covers some reasons only"])
    let revoking = try await list(others, [CraftedList.entry(alice.certificate, .superseded)])
    #expect(await Judged.of(alice, [revoking], anchor: anchor).0 == .revoked(.superseded))
    #expect(await Judged.of(alice, [both[0], revoking], anchor: anchor).0 == .revoked(.superseded))
  }

  @Test func `are found by a name relative to their issuer`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com") { $0.extensions.append(.point(relative: "shard 1")) }
    func judged(_ name: String) async throws -> Judged {
      let list = try await CraftedList(pki.issuing.certificate).with(.scope(relative: name)).signed(by: pki.issuing)
      return await Judged.of(alice, [list], anchor: pki.issuing.certificate).0
    }
    #expect(try await judged("shard 1") == .good)
    #expect(try await judged("SHARD  1") == .good)
    #expect(try await judged("shard 2") == .unknown)
  }

  @Test func `of many issuers name each of them before its entries`() async throws {
    let (pki, other) = try await (TestPKI(), TestPKI(name: "Other"))
    let alice = try await pki.mailbox("alice@example.com")
    let bob = try await pki.mailbox("bob@example.com")
    let mallory = SerialNumber([0x41])
    let list = try await CraftedList(
      pki.issuing.certificate,
      entries: [
        CraftedList.entry(mallory),
        CraftedList.entry(alice.certificate.serialNumber, .certificateIssuer(other.issuing.certificate.subject)),
        CraftedList.entry(bob.certificate.serialNumber),
        CraftedList.entry(bob.certificate.serialNumber, .certificateIssuer(pki.issuing.certificate.subject)),
        CraftedList.entry(SerialNumber([0x42])),
      ]
    ).with(.scope(isIndirect: true)).signed(by: pki.issuing)
    let (ours, theirs) = (pki.issuing.certificate.subject, other.issuing.certificate.subject)
    #expect(try list.entry(for: mallory) != nil)
    #expect(try list.entry(for: mallory, issuedBy: theirs) == nil)
    #expect(try list.entry(for: alice.certificate.serialNumber, issuedBy: ours) == nil)
    #expect(try list.entry(for: alice.certificate.serialNumber, issuedBy: theirs) != nil)
    #expect(try list.entry(for: bob.certificate.serialNumber, issuedBy: theirs) != nil)
    #expect(try list.entry(for: bob.certificate.serialNumber, issuedBy: ours) != nil)
    #expect(try list.entry(for: SerialNumber([0x42]), issuedBy: theirs) == nil)
    #expect(await Judged.of(alice, [list], anchor: pki.issuing.certificate).0 == .good)
    #expect(await Judged.of(bob, [list], anchor: pki.issuing.certificate).0 == .revoked(.unspecified))
  }
}

@Suite struct `Signers of lists` {
  private let pki: TestPKI
  private let other: TestPKI

  init() async throws {
    pki = try await TestPKI()
    other = try await TestPKI(name: "Other")
  }

  /// A key that signs lists and nothing else, for the issuing authority's name or its own.
  private func signer(
    named subject: DistinguishedName? = nil, by issuer: Identity? = nil, usage: KeyUsage? = .cRLSign
  ) async throws -> Identity {
    let issuer = issuer ?? pki.root
    let key = try PrivateKey(generate: .ec(.p256))
    let certificate = try await CraftedCertificate(
      subject: subject ?? pki.issuing.certificate.subject, key: key.publicKey,
      extensions: usage.map { [.keyUsage($0)] } ?? []
    ).signed(by: issuer)
    return try Identity(certificate: certificate, chain: [issuer.certificate], privateKey: key)
  }

  private func judge(
    _ signer: Identity, rootEntries: [[UInt8]] = [], giveRootList: Bool = true
  ) async throws -> (Judged, details: [String]) {
    let alice = try await pki.mailbox("alice@example.com")
    let list = try await CraftedList(pki.issuing.certificate).signed(by: signer)
    let rootList = try await CraftedList(pki.root.certificate, entries: rootEntries).signed(by: pki.root)
    return await Judged.of(
      alice, giveRootList ? [list, rootList] : [list], anchor: pki.root.certificate,
      pool: [pki.issuing.certificate, signer.certificate, other.root.certificate])
  }

  @Test func `may have another key of the issuer's name, certified by the same anchor`() async throws {
    #expect(try await judge(signer()).0 == .good)
  }

  @Test func `must say that they sign lists, be trusted, and not be revoked`() async throws {
    for (usage, words) in [
      (KeyUsage.digitalSignature, "may not sign CRLs"), (nil, "does not say that it may sign CRLs"),
    ] as [(KeyUsage?, String)] {
      let (judged, details) = try await judge(signer(usage: usage))
      #expect(judged == .unknown)
      #expect(details.contains { $0.contains(words) }, "\(details)")
    }
    let stranger = try await judge(signer(by: other.root))
    #expect(stranger.0 == .unknown)
    #expect(stranger.details.contains { $0.contains("is not trusted") }, "\(stranger.details)")
    let revoked = try await signer()
    let refused = try await judge(
      revoked, rootEntries: [CraftedList.entry(revoked.certificate, .keyCompromise)])
    #expect(refused.0 == .unknown)
    #expect(refused.details.contains { $0.contains("was revoked") }, "\(refused.details)")
  }

  @Test func `with another key under the same name displace nothing`() async throws {
    let alice = try await pki.mailbox("alice@example.com")
    var old = CraftedList(pki.issuing.certificate, entries: [CraftedList.entry(alice.certificate, .keyCompromise)])
    old.thisUpdate = TestPKI.now.addingTimeInterval(-7_200)
    let rootList = try await CraftedList(pki.root.certificate).signed(by: pki.root)
    let renewed = try await signer()
    let lists = try await [
      old.signed(by: pki.issuing), CraftedList(pki.issuing.certificate).signed(by: renewed), rootList,
    ]
    let (judged, _) = await Judged.of(
      alice, lists, anchor: pki.root.certificate, pool: [pki.issuing.certificate, renewed.certificate])
    #expect(judged == .revoked(.keyCompromise))
  }

  /// A message may enclose any number of certificates with the signer's name and key identifier.
  @Test func `that are at hand come before those that a stranger sent`() async throws {
    let alice = try await pki.mailbox("alice@example.com")
    let signer = try await signer()
    let identifier = signer.certificate.publicKey.subjectKeyIdentifier[...]
    var strangers: [Certificate] = []
    for _ in 0..<20 {
      strangers.append(
        try await CraftedCertificate(
          subject: pki.issuing.certificate.subject, key: PrivateKey(generate: .ec(.p256)).publicKey,
          extensions: [.keyUsage(.cRLSign), .subjectKeyIdentifier(identifier)]
        ).signed(by: other.root))
    }
    let list = try await CraftedList(
      pki.issuing.certificate, entries: [CraftedList.entry(alice.certificate, .keyCompromise)]
    ).with(.authorityKeyIdentifier(keyIdentifier: identifier)).signed(by: signer)
    let paths = PathValidator(
      anchors: TrustAnchors([pki.root.certificate]), intermediates: [signer.certificate],
      revocation: .soft([RevocationFiles([list])]))
    let outcome = await paths.validate(
      alice.certificate, with: strangers + [pki.issuing.certificate], at: TestPKI.now)
    guard case .failure(let failure) = outcome else {
      Issue.record("a revoked certificate is good")
      return
    }
    #expect(failure.problems.map(\.check) == [.revoked])
  }

  @Test func `are sought for a counted number of lists`() async throws {
    let alice = try await pki.mailbox("alice@example.com")
    let forged = try await CraftedList(pki.issuing.certificate).signed(by: other.root)
    let (judged, details) = await Judged.of(
      alice, Array(repeating: forged, count: 1_100), anchor: pki.root.certificate, pool: [pki.issuing.certificate])
    #expect(judged == .unknown)
    #expect(details.contains("there are too many lists"))
    #expect(details.filter { $0 == "its signature is wrong" }.count <= 1_000)
  }

  /// The holder of a revoked key may send any number of lists along: what the network says is verified all the same.
  @Test func `in a message do not use up what others' lists need`() async throws {
    let alice = try await pki.mailbox("alice@example.com")
    let forged = try await CraftedList(pki.issuing.certificate).signed(by: other.root)
    let genuine = try await CraftedList(
      pki.issuing.certificate, entries: [CraftedList.entry(alice.certificate, .keyCompromise)]
    ).signed(by: pki.issuing)
    let paths = PathValidator(
      anchors: TrustAnchors([pki.root.certificate]), revocation: .soft([Afar(lists: [genuine])])
    ).hearing(Array(repeating: RevocationEvidence(.list(forged), from: .given), count: 1_100))
    guard
      case .failure(let failure) = await paths.validate(
        alice.certificate, with: [pki.issuing.certificate], at: TestPKI.now)
    else {
      Issue.record("a revoked certificate is good")
      return
    }
    #expect(failure.problems.map(\.check) == [.revoked])
  }

  @Test func `cannot say of themselves that all is well`() async throws {
    let (judged, details) = try await judge(signer(by: pki.issuing))
    #expect(judged == .unknown)
    #expect(details.contains { $0.contains("may itself be revoked") }, "\(details)")
  }

  /// Two authorities with one name and one key, of which the first is good for nothing: what nobody was asked on its path
  /// is asked on the other's.
  @Test func `and whatever else a failed path left unasked is asked for on the next`() async throws {
    let (root, middle, issuing) = try (TestParty("Root"), TestParty("Middle"), TestParty("Issuing"))
    let anchor = try await root.root()
    let bad = try await root.certify(middle, [.basicConstraints(.authority(pathLength: 0)), .keyUsage(.keyCertSign)])
    let good = try await root.certify(middle)
    let authority = try await middle.certify(issuing)
    let leaf = try await issuing.certify(TestParty("Leaf"), [])
    let signer = try Identity(certificate: authority, chain: [], privateKey: issuing.key)
    let list = try await CraftedList(authority, entries: [CraftedList.entry(leaf, .keyCompromise)]).signed(by: signer)
    for pool in [[bad, good, authority], [good, bad, authority]] {
      let paths = PathValidator(anchors: TrustAnchors([anchor]), revocation: .soft([Afar(lists: [list])]), purpose: nil)
      guard case .failure(let failure) = await paths.validate(leaf, with: pool, at: TestPKI.now) else {
        Issue.record("a revoked certificate is good")
        return
      }
      #expect(failure.problems.contains { $0.check == .revoked })
    }
  }

  @Test func `of whom nobody knows whether they were revoked warn and do not reassure`() async throws {
    // Under soft rules, so that the authority's own missing list does not end it all.
    let alice = try await pki.mailbox("alice@example.com")
    let signer = try await signer()
    for (entries, expected) in [
      ([], CertificateStatus.unknown),
      (
        [CraftedList.entry(alice.certificate, .keyCompromise)],
        .revoked(RevokedCertificate(date: TestPKI.now.addingTimeInterval(-7_200), reason: .keyCompromise))
      ),
    ] {
      let list = try await CraftedList(pki.issuing.certificate, entries: entries).signed(by: signer)
      let paths = PathValidator(
        anchors: TrustAnchors([pki.root.certificate]), revocation: .soft([RevocationFiles([list])]))
      let reports: [RevocationReport]
      switch await paths.validate(
        alice.certificate, with: [pki.issuing.certificate, signer.certificate], at: TestPKI.now)
      {
      case .success(let path): reports = path.revocation
      case .failure(let failure): reports = failure.revocation
      }
      #expect(reports.first?.status == expected)
    }
  }

  @Test func `elsewhere sign for authorities that name them`() async throws {
    let name = DistinguishedName(commonName: "Revocation Office")
    let office = try await signer(named: name)
    let alice = try await pki.mailbox("alice@example.com") {
      $0.extensions.append(.point(issuer: name))
    }
    let unnamed = try await pki.mailbox("bob@example.com")
    func list(_ isIndirect: Bool, _ entries: [[UInt8]] = []) async throws -> CertificateRevocationList {
      let list = CraftedList(office.certificate, entries: entries)
      return try await (isIndirect ? list.with(.scope(isIndirect: true)) : list).signed(by: office)
    }
    let rootList = try await CraftedList(pki.root.certificate).signed(by: pki.root)
    let pool = [pki.issuing.certificate, office.certificate]
    let anchor = pki.root.certificate
    let revoking = [
      CraftedList.entry(
        alice.certificate.serialNumber, .certificateIssuer(pki.issuing.certificate.subject))
    ]
    #expect(try await Judged.of(alice, [list(true), rootList], anchor: anchor, pool: pool).0 == .good)
    #expect(try await Judged.of(alice, [list(false), rootList], anchor: anchor, pool: pool).0 == .unknown)
    #expect(try await Judged.of(unnamed, [list(true), rootList], anchor: anchor, pool: pool).0 == .unknown)
    #expect(
      try await Judged.of(alice, [list(true, revoking), rootList], anchor: anchor, pool: pool).0
        == .revoked(.unspecified))
  }
}

@Suite struct `Hostile lists` {
  @Test func `are refused with what is wrong`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let one = SerialNumber([0x31])
    let plain = CraftedList(pki.issuing.certificate)
    func entries(_ extensions: Certificate.Extension...) -> CraftedList {
      var list = plain
      list.entries = extensions.map { CraftedList.entry(one, $0) }
      return list
    }
    var version1 = CraftedList(pki.issuing.certificate, number: nil, entries: [CraftedList.entry(one)])
    version1.version = nil
    var version1WithReason = version1
    version1WithReason.entries = [CraftedList.entry(one, .reasonCode(.superseded))]
    let rows: [(CraftedList, String)] = [
      (plain.with(.made([1, 2, 3], critical: true) { $0.null() }), "critical extension 1.2.3"),
      (plain.with(.crlNumber(2)), "stands twice"),
      (CraftedList(pki.issuing.certificate, number: -1), "negative"),
      (
        CraftedList(pki.issuing.certificate, number: nil)
          .with(.made(OID.crlNumber) { $0.integer([1] + [UInt8](repeating: 0, count: 20)) }),
        "longer than 20 octets"
      ),
      (CraftedList(pki.issuing.certificate, number: nil).with(.made(OID.crlNumber) { $0.null() }), "cRLNumber"),
      (plain.with(.made(OID.deltaCRLIndicator, critical: true) { $0.null() }), "deltaCRLIndicator"),
      (plain.with(.made(OID.issuingDistributionPoint, critical: true) { $0.sequence { _ in } }), "is empty"),
      (entries(.made([1, 2, 3], critical: true) { $0.null() }), "critical extension 1.2.3"),
      (entries(.made(OID.reasonCode) { $0.int(7, tag: .enumerated) }), "no reason"),
      (entries(.made(OID.reasonCode) { $0.int(3) }), "tag"),
      (
        entries(.made(OID.invalidityDate) { $0.octets(Array("20260231000000Z".utf8), tag: .generalizedTime) }),
        "invalidityDate"
      ),
      (entries(.certificateIssuer(pki.root.certificate.subject)), "not indirect"),
      (
        entries(.made(OID.certificateIssuer, critical: true) { $0.sequence { _ in } }).with(.scope(isIndirect: true)),
        "names no issuer"
      ),
      (version1WithReason, "version 1"),
    ]
    for (list, words) in rows {
      let (judged, details) = await Judged.of(
        alice, [try await list.signed(by: pki.issuing)], anchor: pki.issuing.certificate)
      #expect(judged == .unknown, "\(words)")
      #expect(details.contains { $0.contains(words) }, "\(words): \(details)")
    }
    #expect(
      await Judged.of(alice, [try await version1.signed(by: pki.issuing)], anchor: pki.issuing.certificate).0 == .good)
  }

  @Test func `that list one certificate twice revoke it`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let twice = [
      CraftedList.entry(alice.certificate, .removeFromCRL), CraftedList.entry(alice.certificate, .keyCompromise),
    ]
    for entries in [twice, twice.reversed()] {
      let list = try await CraftedList(pki.issuing.certificate, entries: entries).signed(by: pki.issuing)
      #expect(await Judged.of(alice, [list], anchor: pki.issuing.certificate).0 == .revoked(.keyCompromise))
    }
  }

  @Test func `cut or changed anywhere are an error or another list, never a crash`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await CraftedList(
      pki.issuing.certificate, entries: [CraftedList.entry(alice.certificate, .superseded)]
    ).with(.scope(reasons: [0x60], uri: "http://a.example/")).bytes(signedBy: pki.issuing)
    for count in 0..<bytes.count {
      #expect(throws: Malformed.self) { try CertificateRevocationList(der: bytes.prefix(count)) }
    }
    for index in bytes.indices {
      for value in [UInt8(0), 0x7F, 0x80, 0xFF] {
        var changed = bytes
        changed[index] = value
        guard changed != bytes, let list = try? CertificateRevocationList(der: changed[...]) else { continue }
        _ = try? list.objection
        #expect(
          await Judged.of(alice, [list], anchor: pki.issuing.certificate).0 != .good, "byte \(index) is \(value)")
      }
    }
  }

  @Test func `a certificate whose authority knows nothing passes, unless somebody knows`() async throws {
    let pki = try await TestPKI()
    let exempt = Certificate.Extension.made(OID.noRevocationAvailable) { $0.null() }
    let alice = try await pki.mailbox("alice@example.com") { $0.extensions.append(exempt) }
    let contradictory = try await pki.mailbox("bob@example.com") {
      $0.extensions += [exempt, .crlDistributionPoints(uris: ["http://a.example/"])]
    }
    let anchor = pki.issuing.certificate
    #expect(await Judged.of(alice, [], anchor: anchor).0 == .good)
    #expect(await Judged.of(contradictory, [], anchor: anchor).0 == .unknown)
    let list = try await pki.revocationList(revoking: [alice])
    #expect(await Judged.of(alice, [list], anchor: anchor).0 == .revoked(.keyCompromise))
  }
}

/// Lists that are not at hand.
private struct Afar: RevocationSource {
  let lists: [CertificateRevocationList]
  var isLocal: Bool { false }

  func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    lists.map { RevocationEvidence(.list($0), from: .given) }
  }
}
