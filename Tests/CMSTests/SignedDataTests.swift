import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import CMS

/// Reads an object and gives the worth of each of its signers, looked up among its own certificates.
func verdicts(
  of object: [UInt8], content sink: any ByteSink = NullSink(), detached: [UInt8]? = nil,
  policy: AlgorithmPolicy = .standard
) throws -> [SignerVerification] {
  let data = try SignedDataReader(BufferSource(object)).read(content: sink, detached: detached.map { BufferSource($0) })
  return data.signerInfos.map { result in
    switch result {
    case .failure(let fault): .malformed(fault)
    case .success(let signer):
      signer.certificates(in: data.certificates).first.map {
        signer.verify(in: data, certificate: $0, policy: policy)
      } ?? .unsupported(Unsupported("no certificate"))
    }
  }
}

@Suite struct `SignedData round trips` {
  static let mail = Array("Content-Type: text/plain\r\n\r\nHello, Bob.\r\n".utf8)

  struct Way: Sendable, CustomTestStringConvertible {
    let key: PrivateKey.Kind
    let algorithm: SignatureAlgorithm?
    var testDescription: String { "\(key) \(algorithm.map { $0.name } ?? "default")" }
  }

  static let ways = [
    Way(key: .rsa(bits: 2048), algorithm: nil),
    Way(key: .rsa(bits: 2048), algorithm: .rsaPKCS1(.sha512)),
    Way(key: .rsa(bits: 2048), algorithm: .rsaPSS(PSSParameters(.sha256))),
    Way(key: .rsa(bits: 2048), algorithm: .rsaPSS(PSSParameters(.sha384))),
    Way(key: .ec(.p256), algorithm: nil),
    Way(key: .ec(.p384), algorithm: nil),
    Way(key: .ec(.p521), algorithm: nil),
    Way(key: .ed25519, algorithm: nil),
  ]

  @Test(arguments: ways)
  func `what is signed verifies, attached and detached, DER and BER`(way: Way) async throws {
    let alice = try await TestPKI().mailbox("alice@example.com", key: way.key)
    let signer = SignedDataWriter.Signer(alice, algorithm: way.algorithm, signingTime: TestPKI.now)
    let detached = try await SignedDataWriter.detachedSignature(over: BufferSource(Self.mail), signers: [signer])
    #expect(try verdicts(of: detached, detached: Self.mail) == [.valid])
    #expect(
      try verdicts(of: detached, detached: Self.mail + [0x0A]) == [
        .contentAltered("the content is not what was signed")
      ])
    let attached = BufferSink()
    try await SignedDataWriter.sign(BufferSource(Self.mail), signers: [signer], form: .attached, to: attached)
    let content = BufferSink()
    #expect(try verdicts(of: attached.bytes, content: content) == [.valid])
    #expect(content.bytes == Self.mail)
  }

  /// X.690: what is written with a known size is DER throughout; a stream of unknown size is BER, and reads the same.
  @Test func `content of unknown size is written in segments`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    let large = (0..<1_300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let sink = BufferSink()
    try await SignedDataWriter.sign(
      DrippingStream(bytes: large, run: 70_001), signers: [.init(alice)], form: .attached, to: sink)
    #expect(sink.bytes.starts(with: [0x30, 0x80]))
    let content = BufferSink()
    #expect(try verdicts(of: sink.bytes, content: content) == [.valid])
    #expect(content.bytes == large)

    let der = BufferSink()
    try await SignedDataWriter.sign(
      DrippingStream(bytes: Self.mail, run: 5), signers: [.init(alice)], form: .attached, to: der)
    _ = try ASN1Cursor(der.bytes[...], as: "ContentInfo", rules: .der)
  }

  @Test func `every signer is reported`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bob = try await pki.mailbox("bob@example.com", key: .ec(.p384))
    let carol = try await pki.mailbox("carol@example.com", key: .ed25519)
    let object = try await SignedDataWriter.detachedSignature(
      over: BufferSource(Self.mail), signers: [.init(alice), .init(bob), .init(carol)])
    #expect(try verdicts(of: object, detached: Self.mail) == [.valid, .valid, .valid])
    let data = try SignedDataReader(BufferSource(object)).read()
    #expect(data.digestAlgorithms.count == 3)
    #expect(Set(data.certificates).isSuperset(of: [alice.certificate, bob.certificate, carol.certificate]))
  }

  @Test func `signed attributes come back as they were said`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    let signer = SignedDataWriter.Signer(
      alice, signingTime: TestPKI.now, encryptionCertificate: alice.certificate, certificates: .leaf)
    let object = try await SignedDataWriter.detachedSignature(over: BufferSource(Self.mail), signers: [signer])
    let data = try SignedDataReader(BufferSource(object)).read(detached: BufferSource(Self.mail))
    let info = try #require(try data.signerInfos.first?.get())
    #expect(info.version == 1)
    #expect(info.contentType == .data)
    #expect(info.signingTime == TestPKI.now)
    #expect(info.capabilities == .default)
    #expect(info.encryptionKeyPreference?.names(alice.certificate) == true)
    #expect(info.algorithmProtection != nil)
    #expect(data.certificates == [alice.certificate])
    #expect(data.isDetached)
    #expect(data.contentCount == Self.mail.count)
  }

  @Test func `a time from 2050 on is a GeneralizedTime`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    let late = Date(timeIntervalSince1970: 2_600_000_000)
    let object = try await SignedDataWriter.detachedSignature(
      over: BufferSource(Self.mail), signers: [.init(alice, signingTime: late)])
    let info = try #require(
      try SignedDataReader(BufferSource(object)).read(detached: BufferSource(Self.mail)).signerInfos.first?.get())
    #expect(info.signingTime == late)
    #expect(info.signedAttributes?.all(.signingTimeAttribute).first?.values.first?.first == 0x18)
  }

  @Test func `a signer named by its key identifier has version 3`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    let object = try await SignedDataWriter.detachedSignature(
      over: BufferSource(Self.mail), signers: [.init(alice, naming: .subjectKeyIdentifier)])
    let data = try SignedDataReader(BufferSource(object)).read(detached: BufferSource(Self.mail))
    #expect(data.version == 3)
    #expect(try data.signerInfos.first?.get().version == 3)
    #expect(try verdicts(of: object, detached: Self.mail) == [.valid])
  }

  @Test func `certificates alone have no signer, and are not signed`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let list = try await pki.revocationList()
    let object = SignedDataWriter.certificatesOnly([alice.certificate] + alice.chain, crls: [list])
    _ = try ASN1Cursor(object[...], as: "ContentInfo", rules: .der)
    let data = try SignedDataReader(BufferSource(object)).read()
    #expect(Set(data.certificates) == Set([alice.certificate] + alice.chain))
    #expect(data.crls.count == 1)
    #expect(data.signerInfos.isEmpty)
    #expect(data.version == 1)
  }

  @Test func `certificates that cannot be read are kept and told`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    var craft = CraftedSignedData(alice)
    craft.certificates = []
    let object = try await craft.encoded()
    // [0] {} becomes [0] { SEQUENCE {}, [1] {} }: a broken certificate and an attribute certificate.
    let patched = try Self.patched(
      object, replacing: [0xA0, 0x00, 0x31], with: [0xA0, 0x04, 0x30, 0x00, 0xA1, 0x00, 0x31])
    let data = try SignedDataReader(BufferSource(patched)).read()
    #expect(data.certificates.isEmpty)
    #expect(data.otherCertificates.map(Array.init) == [[0x30, 0x00], [0xA1, 0x00]])
    #expect(data.defects.count == 1)
    #expect(data.defects.first?.path == "SignedData.certificates[0]")
  }

  /// Replaces bytes four levels down in definite-length DER by making the outer lengths indefinite.
  static func patched(_ object: [UInt8], replacing old: [UInt8], with new: [UInt8]) throws -> [UInt8] {
    var top = try ASN1Cursor(object[...], as: "ContentInfo")
    var info = try top.enter()
    let type = try info.raw("contentType")
    var content = try info.constructed(.context(0), "content")
    let body = try content.raw("content")
    let header = try #require(try TLVHeader.read(body, rules: .der))
    var inside = Array(body.dropFirst(header.headerCount))
    let place = try #require(
      (0...(inside.count - old.count)).first { Array(inside[$0..<$0 + old.count]) == old })
    inside.replaceSubrange(place..<place + old.count, with: new)
    return [0x30, 0x80] + type + [0xA0, 0x80, 0x30, 0x80] + inside + [0, 0, 0, 0, 0, 0]
  }

  @Test func `a digest that is not announced is computed in a second pass`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    var craft = CraftedSignedData(alice)
    craft.announced = []
    #expect(try await craft.verdict() == .valid)
    craft.announced = [.sha512]
    #expect(try await craft.verdict() == .valid)
  }

  @Test func `signatures without attributes verify over the content`() async throws {
    for key in [PrivateKey.Kind.rsa(bits: 2048), .ec(.p256), .ed25519] {
      var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: key))
      craft.attributes = nil
      #expect(try await craft.verdict() == .valid)
      craft.content = nil
      craft.digested = Self.mail
      #expect(try await craft.verdict(detached: Self.mail) == .valid)
      guard case .contentAltered = try await craft.verdict(detached: [1]) else {
        Issue.record("altered content passed")
        return
      }
    }
  }

  @Test func `attributes that were sent in another order than signed`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.attributes = craft.standardAttributes.reversed()
    craft.sendsOtherOrder = true
    #expect(try await craft.verdict() == .valid)
    craft.sendsOtherOrder = false
    craft.keepsOrder = true
    #expect(try await craft.verdict() == .valid)
  }

  @Test(arguments: [
    AlgorithmIdentifier([1, 2, 840, 10045, 2, 1]), AlgorithmIdentifier([1, 2, 840, 10045, 4, 3, 2]),
  ])
  func `ECDSA by the key's own OID, as Apple writes it`(written: AlgorithmIdentifier) async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.writtenAlgorithm = written
    #expect(try await craft.verdict() == .valid)
  }
}
