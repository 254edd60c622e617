import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// What is added to an object leaves what was there as it was.
@Suite struct `Adding to SignedData` {
  static let mail = `SignedData round trips`.mail

  /// Every SignerInfo and certificate of an object, as bytes.
  private func parts(_ object: [UInt8]) throws -> (signers: [[UInt8]], certificates: [[UInt8]]) {
    let parts = try SignedDataParts(BufferSource(object), limits: .standard) { _ in NullSink() }
    return (parts.signerInfos.map { Array($0.bytes) }, (parts.certificates ?? []).map { Array($0.bytes) })
  }

  private func signed(
    _ identity: Identity, _ form: SignedDataWriter.Form, _ content: any ByteStream = BufferSource(mail)
  ) async throws -> [UInt8] {
    let sink = BufferSink()
    try await SignedDataWriter.sign(content, signers: [.init(identity)], form: form, to: sink)
    return sink.bytes
  }

  @Test(arguments: [SignedDataWriter.Form.attached, .detached])
  func `A second signer of another algorithm, and the first stays byte for byte`(
    form: SignedDataWriter.Form
  ) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com", key: .rsa(bits: 2048))
    let bob = try await pki.mailbox("bob@example.com", key: .ed25519)
    let before = try await signed(alice, form)
    let sink = BufferSink()
    let beside: BufferSource? = form == .detached ? BufferSource(Self.mail) : nil
    try await SignedDataWriter.add([.init(bob)], to: BufferSource(before), detached: beside, writingTo: sink)
    let content = BufferSink()
    let after = sink.bytes
    #expect(
      try verdicts(of: after, content: content, detached: form == .detached ? Self.mail : nil) == [.valid, .valid])
    if form == .attached { #expect(content.bytes == Self.mail) }
    let (old, new) = (try parts(before), try parts(after))
    #expect(new.signers.count == 2 && new.signers.contains(old.signers[0]))
    #expect(Set(old.certificates).isSubset(of: new.certificates))
    // It is DER throughout, and holds both digest algorithms.
    _ = try ASN1Cursor(after[...], as: "ContentInfo", rules: .der)
    let data = try SignedDataReader(BufferSource(after)).read(detached: beside)
    #expect(Set(data.digestAlgorithms.map(\.algorithm)) == [DigestAlgorithm.sha256.oid, DigestAlgorithm.sha512.oid])
  }

  @Test func `A signer is added to content in segments that streams`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let large = (0..<1_200_000).map { UInt8(truncatingIfNeeded: $0 &* 11) }
    let before = try await signed(alice, .attached, DrippingStream(bytes: large, run: 65_537))
    #expect(before.starts(with: [0x30, 0x80]))
    let sink = BufferSink()
    let bob = try await pki.mailbox("bob@example.com", key: .ec(.p384))
    try await SignedDataWriter.add(
      [.init(bob, naming: .subjectKeyIdentifier)], to: DrippingStream(bytes: before, run: 9_999), writingTo: sink)
    let content = BufferSink()
    #expect(try verdicts(of: sink.bytes, content: content) == [.valid, .valid])
    #expect(content.bytes == large)
    #expect(try SignedDataReader(BufferSource(sink.bytes)).read().version == 3)
  }

  @Test func `Nobody signs other content than the others did, or none`() async throws {
    let pki = try await TestPKI()
    let (alice, bob) = (try await pki.mailbox("alice@example.com"), try await pki.mailbox("bob@example.com"))
    let object = BufferSource(try await signed(alice, .detached))
    await #expect(throws: ContentMismatch(signer: "SignedData.signerInfos[0]")) {
      try await SignedDataWriter.add(
        [.init(bob)], to: object, detached: BufferSource([1, 2, 3]), writingTo: NullSink())
    }
    let missing = await #expect(throws: Malformed.self) {
      try await SignedDataWriter.add([.init(bob)], to: object, writingTo: NullSink())
    }
    #expect(missing?.reason.contains("missing") == true)
    let attached = BufferSource(try await signed(alice, .attached))
    await #expect(throws: Malformed.self) {
      try await SignedDataWriter.add(
        [.init(bob)], to: attached, detached: BufferSource(Self.mail), writingTo: NullSink())
    }
  }

  @Test func `A signer whose digest is not announced, or who has no attributes, is compared all the same`() async throws
  {
    let pki = try await TestPKI()
    let (alice, bob) = (try await pki.mailbox("alice@example.com"), try await pki.mailbox("bob@example.com"))
    let said = Array("Hello, Bob.\r\n".utf8)
    // Bob signs with another digest, so that Alice's is not known by the way.
    let signer = SignedDataWriter.Signer(bob, algorithm: .ecdsa(.sha384))
    for hasAttributes in [true, false] {
      var craft = CraftedSignedData(alice)
      craft.content = nil
      craft.digested = said
      craft.announced = []
      craft.attributes = hasAttributes ? craft.standardAttributes : nil
      let object = BufferSource(try await craft.encoded())
      await #expect(throws: ContentMismatch(signer: "SignedData.signerInfos[0]")) {
        try await SignedDataWriter.add([signer], to: object, detached: BufferSource([1, 2, 3]), writingTo: NullSink())
      }
      let sink = BufferSink()
      try await SignedDataWriter.add([signer], to: object, detached: BufferSource(said), writingTo: sink)
      #expect(try verdicts(of: sink.bytes, detached: said) == [.valid, .valid])
    }
  }

  @Test func `An object without signers gets its first`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bundle = SignedDataWriter.certificatesOnly([alice.certificate])
    let sink = BufferSink()
    try await SignedDataWriter.add(
      [.init(alice)], to: BufferSource(bundle), detached: BufferSource(Self.mail), writingTo: sink)
    #expect(try verdicts(of: sink.bytes, detached: Self.mail) == [.valid])
  }

  @Test(arguments: [SignedDataWriter.Form.attached, .detached])
  func `Written again without a change it is the same`(form: SignedDataWriter.Form) async throws {
    let pki = try await TestPKI()
    let signers = [
      SignedDataWriter.Signer(try await pki.mailbox("alice@example.com"), naming: .subjectKeyIdentifier),
      SignedDataWriter.Signer(try await pki.mailbox("bob@example.com", key: .rsa(bits: 2048))),
    ]
    let object = BufferSink()
    let list = try await pki.revocationList()
    try await SignedDataWriter.sign(BufferSource(Self.mail), signers: signers, form: form, crls: [list], to: object)
    let again = BufferSink()
    try SignedDataWriter.replaceSigners([:], in: BufferSource(object.bytes), writingTo: again)
    #expect(again.bytes == object.bytes)
    for result in try SignedDataReader(BufferSource(object.bytes)).read().signerInfos {
      #expect(try result.get().derBytes == Array(result.get().encoded))
    }
  }

  /// RFC 5652 §5.1: what stands in the sets decides the version.
  @Test(
    arguments: [([0xA3, 0x00], 5), ([0xA2, 0x00], 4), ([0xA1, 0x00], 3), ([0xA0, 0x00], 1)] as [([UInt8], Int)])
  func `Other certificates raise the version`(certificate: [UInt8], version: Int) {
    var frame = SignedDataFrame(type: .data)
    frame.certificates.insert(certificate)
    #expect(frame.version == version)
    frame.revocationInfo.insert([0xA1, 0x00])
    #expect(frame.version == 5)
  }
}

@Suite struct `Countersignatures` {
  private let mail = `SignedData round trips`.mail

  private func object(_ signer: Identity) async throws -> [UInt8] {
    try await SignedDataWriter.detachedSignature(over: BufferSource(mail), signers: [.init(signer)])
  }

  private func read(_ object: [UInt8]) throws -> (data: SignedData, signer: SignerInfo) {
    let data = try SignedDataReader(BufferSource(object)).read(detached: BufferSource(mail))
    return (data, try #require(data.signerInfos.first).get())
  }

  @Test(arguments: [PrivateKey.Kind.ec(.p256), .rsa(bits: 2048), .ed25519])
  func `A countersignature is over the signature, and reported with it`(key: PrivateKey.Kind) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let notary = try await pki.mailbox("notary@example.com", key: key)
    let sink = BufferSink()
    try await SignedDataWriter.countersign(
      BufferSource(try await object(alice)), by: [.init(notary, signingTime: TestPKI.now)], writingTo: sink)
    let (data, signer) = try read(sink.bytes)
    #expect(signer.verify(in: data, certificate: alice.certificate) == .valid)
    let counter = try #require(signer.countersignatures.first).get()
    #expect(counter.path == "SignedData.signerInfos[0].unsignedAttrs.countersignature[0]")
    #expect(Array(sink.bytes[counter.offset...].prefix(counter.encoded.count)) == Array(counter.encoded))
    #expect(counter.certificates(in: data.certificates) == [notary.certificate])
    #expect(counter.verify(countersigning: signer, certificate: notary.certificate) == .valid)
    #expect(counter.signingTime == TestPKI.now)
    // It is one over this signature alone, and none over content.
    let (_, other) = try read(try await object(alice))
    #expect(
      counter.verify(countersigning: other, certificate: notary.certificate)
        == .contentAltered("the content is not what was signed"))
    guard case .contentAltered = counter.verify(in: data, certificate: notary.certificate) else {
      guard case .malformed = counter.verify(in: data, certificate: notary.certificate) else {
        Issue.record("passed as a signature over content")
        return
      }
      return
    }
  }

  @Test func `Countersignatures are countersigned, and each is reported by its place`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let (first, second) = (try await pki.mailbox("one@example.com"), try await pki.mailbox("two@example.com"))
    let (_, signer) = try read(try await object(alice))
    let inner = try await signer.countersigned(by: [.init(first)])
    let counter = try #require(inner.countersignatures.first).get()
    let twice = try await counter.countersigned(by: [.init(second)])
    let outer = try signer.adding([Attribute(.countersignatureAttribute, values: [twice.encoded])])
    let sink = BufferSink()
    try SignedDataWriter.replaceSigners(
      [0: outer], in: BufferSource(try await object(alice)), adding: [first.certificate], writingTo: sink)
    let kept = try #require(outer.countersignatures.first).get()
    let nested = try #require(kept.countersignatures.first).get()
    #expect(kept.verify(countersigning: outer, certificate: first.certificate) == .valid)
    #expect(nested.verify(countersigning: kept, certificate: second.certificate) == .valid)
    #expect(nested.verify(countersigning: outer, certificate: second.certificate) != .valid)
    #expect(
      nested.path
        == "SignedData.signerInfos[0].unsignedAttrs.countersignature[0].unsignedAttrs.countersignature[0]")
    var limits = CMSLimits()
    limits.signers = 3
    _ = try SignedDataReader(BufferSource(sink.bytes), limits: limits).read()
    limits.signers = 2
    #expect(throws: LimitExceeded(.signers, limit: 2)) {
      try SignedDataReader(BufferSource(sink.bytes), limits: limits).read()
    }
  }

  @Test func `A second countersignature leaves the first alone`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let notaries = [try await pki.mailbox("one@example.com"), try await pki.mailbox("two@example.com", key: .ed25519)]
    var (_, signer) = try read(try await object(alice))
    for notary in notaries { signer = try await signer.countersigned(by: [.init(notary)]) }
    let worth = try signer.countersignatures.map { result in
      let counter = try result.get()
      let certificate = try #require(counter.certificates(in: notaries.map(\.certificate)).first)
      return counter.verify(countersigning: signer, certificate: certificate)
    }
    #expect(worth == [.valid, .valid])
  }

  /// RFC 5652 §11.4
  @Test func `What a countersignature may not be`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let (data, signer) = try read(try await object(alice))
    // A signature over content, hung where a countersignature belongs: it has a contentType.
    let hung = try signer.adding([Attribute(.countersignatureAttribute, values: [signer.encoded])])
    let counter = try #require(hung.countersignatures.first).get()
    guard case .malformed(let fault) = counter.verify(countersigning: hung, certificate: alice.certificate) else {
      Issue.record("passed")
      return
    }
    #expect(fault.reason.contains("contentType"))
    #expect(fault.path.hasPrefix("SignedData.signerInfos[0].unsignedAttrs.countersignature[0].signedAttrs"))
    // A signer is no countersigner of anything.
    guard case .malformed = signer.verify(countersigning: signer, certificate: alice.certificate) else {
      Issue.record("passed")
      return
    }
    // One that cannot be read is told, and hides nothing.
    let broken = try signer.adding([Attribute(.countersignatureAttribute, values: [[0x30, 0x00]])])
    guard case .failure(let told)? = broken.countersignatures.first else {
      Issue.record("read")
      return
    }
    #expect(told.path == "SignedData.signerInfos[0].unsignedAttrs.countersignature[0].version")
    #expect(broken.verify(in: data, certificate: alice.certificate) == .valid)
  }

  @Test func `A countersignature among the signed attributes is refused`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.attributes = craft.standardAttributes + [Attribute(.countersignatureAttribute, values: [[0x30, 0x00]])]
    guard case .malformed(let fault) = try await craft.verdict() else {
      Issue.record("passed")
      return
    }
    #expect(fault.reason == "countersignature must not be signed")
  }

  @Test func `Countersignatures count as signers`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let notary = SignedDataWriter.Signer(try await pki.mailbox("notary@example.com"))
    let sink = BufferSink()
    try await SignedDataWriter.countersign(
      BufferSource(try await object(alice)), by: [notary, notary], writingTo: sink)
    var limits = CMSLimits()
    limits.signers = 3
    _ = try SignedDataReader(BufferSource(sink.bytes), limits: limits).read()
    limits.signers = 2
    #expect(throws: LimitExceeded(.signers, limit: 2)) {
      try SignedDataReader(BufferSource(sink.bytes), limits: limits).read()
    }
  }

  @Test func `Nothing is countersigned where nobody signed`() async throws {
    let pki = try await TestPKI()
    let notary = try await pki.mailbox("notary@example.com")
    let bundle = SignedDataWriter.certificatesOnly([notary.certificate])
    await #expect(throws: Malformed.self) {
      try await SignedDataWriter.countersign(BufferSource(bundle), by: [.init(notary)], writingTo: NullSink())
    }
  }
}
