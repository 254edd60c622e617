import ByteIO
import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// A time-stamping authority in code, right until a test changes one thing about it.
struct TestTimestampAuthority: TimestampSource {
  var identity: Identity
  var time = TestPKI.now
  var status = 0
  var changeNonce = false
  var changeImprint = false
  var signsTwice = false
  var extensions: [Certificate.Extension] = []
  var contentType = ContentType.timestamp

  /// The authority's certificate, with `usage` as its extended key usage.
  static func identity(
    _ pki: TestPKI, usage: [KeyPurpose] = [.timeStamping], isCritical: Bool = true
  ) async throws -> Identity {
    let key = try PrivateKey(generate: .ec(.p256))
    let purposes = Certificate.Extension.extendedKeyUsage(usage)
    let extensions = [
      .keyUsage(.digitalSignature), .subjectKeyIdentifier(key.publicKey.subjectKeyIdentifier[...]),
      Certificate.Extension(oid: purposes.oid, isCritical: isCritical, value: purposes.value),
    ]
    let algorithm = pki.root.certificate.publicKey.defaultSignatureAlgorithm
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        der.context(0) { $0.int(2) }
        der.integer(SerialNumber.random().bytes)
        algorithm.identifier.write(to: &der)
        der.raw(pki.root.certificate.subject.encoded)
        der.sequence { der in
          der.time(TestPKI.now.addingTimeInterval(-86_400))
          der.time(TestPKI.now.addingTimeInterval(86_400))
        }
        der.raw(DistinguishedName(commonName: "TSA").encoded)
        der.raw(key.publicKey.spki)
        der.context(3) { der in der.sequence { der in for one in extensions { one.write(to: &der) } } }
      }
    }
    let signature = try await pki.root.signingKey.signature(.message(tbs[...]), algorithm)
    let certificate = try Certificate(der: SignedStructure.encode(tbs, algorithm, signature)[...])
    return try Identity(certificate: certificate, chain: [pki.root.certificate], privateKey: key)
  }

  init(_ identity: Identity) { self.identity = identity }

  func response(to request: [UInt8]) async throws -> [UInt8] {
    let request = try TimestampRequest(der: request[...])
    guard status < 2 else {
      return DERWriter.encode { der in
        der.sequence { der in
          der.sequence { der in
            der.int(status)
            der.sequence { $0.string("not today") }
            der.bits([0x80], paddingBits: 7)
          }
        }
      }
    }
    let info = try self.info(for: request)
    let signers = [SignedDataWriter.Signer](repeating: .init(identity, signingTime: time), count: signsTwice ? 2 : 1)
    let token = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource(info), type: contentType, signers: signers, form: .attached, to: token)
    return DERWriter.encode { der in
      der.sequence { der in
        der.sequence { $0.int(status) }
        der.raw(token.bytes)
      }
    }
  }

  private func info(for request: TimestampRequest) throws -> [UInt8] {
    let imprint = changeImprint ? try MessageImprint(of: [1, 2, 3]) : request.messageImprint
    return DERWriter.encode { der in
      der.sequence { der in
        der.int(1)
        der.oid([1, 2, 3, 4])
        imprint.write(to: &der)
        der.int(77)
        der.generalizedTime(time)
        der.sequence { der in
          der.int(2)
          der.int(500, tag: .context(0))
        }
        if let nonce = request.nonce { der.integer(changeNonce ? [0x02] : nonce) }
        if !extensions.isEmpty { der.context(1) { der in for one in extensions { one.write(to: &der) } } }
      }
    }
  }
}

@Suite struct `Time stamps` {
  private let mail = `SignedData round trips`.mail

  private func signer(_ identity: Identity) async throws -> SignerInfo {
    let object = try await SignedDataWriter.detachedSignature(
      over: BufferSource(mail), signers: [.init(identity, signingTime: Date(timeIntervalSince1970: 0))])
    return try #require(try SignedDataReader(BufferSource(object)).read().signerInfos.first).get()
  }

  @Test func `A stamp over a signature proves when it was there, whatever the signer claims`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let authority = TestTimestampAuthority(try await TestTimestampAuthority.identity(pki))
    let longAgo = Date(timeIntervalSince1970: 0)
    let sink = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource(mail), signers: [.init(alice, signingTime: longAgo, timestampSource: authority)], form: .attached,
      to: sink)
    let data = try SignedDataReader(BufferSource(sink.bytes)).read()
    let info = try #require(data.signerInfos.first).get()
    #expect(info.verify(in: data, certificate: alice.certificate) == .valid)
    let proven = try #require(info.provenTimes().first).get()
    #expect(proven.time == TestPKI.now && info.signingTime == longAgo)
    #expect(proven.accuracy == .milliseconds(2_500))
    #expect(proven.authority == authority.identity.certificate)
    #expect(proven.token.info.serialNumber == SerialNumber([77]))
    // Whether the authority is believed is for a path to say.
    let paths = PathValidator(anchors: TrustAnchors([pki.root.certificate]), purpose: .timeStamping)
    let path = await paths.validate(proven.authority, with: proven.certificates, at: proven.time, use: .signing)
    #expect(try path.get().certificates.count == 2)
  }

  @Test func `A stamp is added later, and changes nothing else`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let authority = TestTimestampAuthority(try await TestTimestampAuthority.identity(pki))
    let before = try await SignedDataWriter.detachedSignature(over: BufferSource(mail), signers: [.init(alice)])
    let sink = BufferSink()
    try await SignedDataWriter.timestamp(BufferSource(before), by: authority, writingTo: sink)
    #expect(try verdicts(of: sink.bytes, detached: mail) == [.valid])
    let again = BufferSink()
    try await SignedDataWriter.timestamp(BufferSource(sink.bytes), by: authority, writingTo: again)
    let info = try #require(try SignedDataReader(BufferSource(again.bytes)).read().signerInfos.first).get()
    #expect(try info.provenTimes().map { try $0.get().time } == [TestPKI.now, TestPKI.now])
    let path = try #require(info.timestamps.last).get().signedData.signerInfos.first?.get().path
    #expect(path == "SignedData.signerInfos[0]")
  }

  @Test func `A stamp over another signature proves nothing`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let authority = TestTimestampAuthority(try await TestTimestampAuthority.identity(pki))
    let stamped = try await signer(alice).timestamped(by: authority)
    let token = try #require(stamped.timestamps.first).get()
    let other = try await signer(alice).adding([Attribute(.timestampTokenAttribute, values: [token.encoded])])
    #expect(throws: TimestampFailure.otherImprint) { try other.provenTimes()[0].get() }
  }

  @Test func `Answers that do not answer are refused`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let info = try await signer(alice)
    let identity = try await TestTimestampAuthority.identity(pki)
    let changes: [(String, (inout TestTimestampAuthority) -> Void)] = [
      ("nonce", { $0.changeNonce = true }), ("something else", { $0.changeImprint = true }),
      ("badAlg; not today", { $0.status = 2 }),
    ]
    for (words, change) in changes {
      var authority = TestTimestampAuthority(identity)
      change(&authority)
      let refusal = await #expect(throws: TimestampRefused.self) { try await info.timestamped(by: authority) }
      #expect(refusal?.reason.contains(words) == true, "\(words): \(refusal?.reason ?? "")")
    }
    var wrongType = TestTimestampAuthority(identity)
    wrongType.contentType = .data
    await #expect(throws: Malformed.self) { try await info.timestamped(by: wrongType) }
  }

  /// RFC 3161 §2.3: critical, and alone.
  @Test(arguments: [
    ([KeyPurpose.timeStamping], false, "not critical"), ([.timeStamping, .emailProtection], true, "alone"),
    ([.emailProtection], true, "alone"),
  ])
  func `Only a time-stamping authority stamps`(usage: [KeyPurpose], isCritical: Bool, words: String) async throws {
    let pki = try await TestPKI()
    let info = try await signer(try await pki.mailbox("alice@example.com"))
    let authority = TestTimestampAuthority(
      try await TestTimestampAuthority.identity(pki, usage: usage, isCritical: isCritical))
    let failure = await #expect(throws: TimestampFailure.self) { try await info.timestamped(by: authority) }
    guard case .notForTimestamping(let why)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(why.contains(words))
  }

  @Test func `A stamp that depends on an unknown extension proves nothing`() async throws {
    let pki = try await TestPKI()
    let info = try await signer(try await pki.mailbox("alice@example.com"))
    var authority = TestTimestampAuthority(try await TestTimestampAuthority.identity(pki))
    authority.extensions = [Certificate.Extension(oid: [1, 2, 3, 4], isCritical: false, value: [0x05, 0x00])]
    _ = try await info.timestamped(by: authority)
    authority.extensions = [Certificate.Extension(oid: [1, 2, 3, 4], isCritical: true, value: [0x05, 0x00])]
    let failure = await #expect(throws: TimestampFailure.self) { try await info.timestamped(by: authority) }
    guard case .signature(.unsupported(let what))? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect("\(what)".contains("1.2.3.4"))
  }

  @Test func `A stamp has one signer, and a time at which its certificate was valid`() async throws {
    let pki = try await TestPKI()
    let info = try await signer(try await pki.mailbox("alice@example.com"))
    var authority = TestTimestampAuthority(try await TestTimestampAuthority.identity(pki))
    authority.time = TestPKI.now.addingTimeInterval(-10 * 86_400)
    await #expect(throws: TimestampFailure.notForTimestamping("its certificate was not valid at that time")) {
      try await info.timestamped(by: authority)
    }
    authority.time = TestPKI.now
    authority.signsTwice = true
    let failure = await #expect(throws: TimestampFailure.self) { try await info.timestamped(by: authority) }
    guard case .malformed(let fault)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(fault.reason.contains("2 signers"))
  }

  @Test func `Every flipped bit of a token takes the proof away`() async throws {
    let pki = try await TestPKI()
    let info = try await signer(try await pki.mailbox("alice@example.com"))
    let authority = TestTimestampAuthority(try await TestTimestampAuthority.identity(pki))
    let token = Array(try #require(try await info.timestamped(by: authority).timestamps.first).get().encoded)
    var proven = 0
    for index in token.indices {
      var flipped = token
      flipped[index] ^= 1 << UInt8(index % 8)
      guard let changed = try? Timestamp(flipped[...]), case .success(let time) = changed.check(over: info.signature)
      else { continue }
      // Versions, announcements and certificates beside the authority's are not signed.
      #expect(time.time == TestPKI.now && time.authority == authority.identity.certificate)
      proven += 1
    }
    #expect(proven < token.count)
  }

  @Test func `A token that cannot be read is told with its place`() async throws {
    let info = try await signer(try await TestPKI().mailbox("alice@example.com"))
    let broken = try info.adding([Attribute(.timestampTokenAttribute, values: [[0x30, 0x00]])])
    guard case .failure(let fault)? = broken.timestamps.first else {
      Issue.record("read")
      return
    }
    #expect(fault.path.hasPrefix("SignedData.signerInfos[0].unsignedAttrs.timeStampToken[0].ContentInfo"))
    #expect(broken.provenTimes().count == 1)
  }

  @Test func `Requests and refusals are read as they were written`() throws {
    let imprint = try MessageImprint(of: [1, 2, 3], by: .sha512)
    let request = TimestampRequest(for: imprint, policy: [1, 2, 3])
    #expect(try TimestampRequest(der: request.derBytes[...]) == request)
    #expect(TimestampRequest(for: imprint).nonce != TimestampRequest(for: imprint).nonce)
    for count in 0..<request.derBytes.count {
      #expect(throws: Malformed.self) { try TimestampRequest(der: request.derBytes.prefix(count)) }
    }
    // Granted and without a token; refused and with one.
    #expect(throws: Malformed.self) { try TimestampResponse(der: [0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00]) }
    #expect(throws: Malformed.self) {
      try TimestampResponse(der: [0x30, 0x07, 0x30, 0x03, 0x02, 0x01, 0x02, 0x30, 0x00])
    }
  }
}
