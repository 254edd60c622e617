import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// The faults that CMS software was caught with, one row each: what is refused, by which words, at which place. The place
/// is checked against the object: the octet at the offset is the tag of what is wrong.
@Suite struct `Known faults` {
  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let words: String
    let path: String
    /// The tag at the offset.
    let tag: UInt8
    let change: @Sendable (inout CraftedSignedData) -> Void
    var testDescription: String { name }
  }

  private static let time = Attribute(.signingTimeAttribute, DERWriter.encode { $0.time(TestPKI.now) })

  static let faults: [Fault] = [
    Fault(
      name: "OpenSSL 29484: version 3 beside issuer and serial number", words: "must be 1", path: ".version", tag: 0x02
    ) { $0.signerVersion = 3 },
    Fault(name: "OpenSSL 29484: version 1 beside a key identifier", words: "must be 3", path: ".version", tag: 0x02) {
      $0.usesKeyIdentifier = true
    },
    Fault(
      name: "OpenSSL 27055: no attributes where the content is not data", words: "signed attributes are missing",
      path: ".signedAttrs", tag: 0x30
    ) {
      $0.contentType = .compressedData
      $0.attributes = nil
    },
    Fault(name: "contentType is missing", words: "contentType is missing", path: ".signedAttrs", tag: 0xA0) {
      $0.attributes = [$0.standardAttributes[1]]
    },
    Fault(name: "messageDigest is missing", words: "messageDigest is missing", path: ".signedAttrs", tag: 0xA0) {
      $0.attributes = [$0.standardAttributes[0]]
    },
    Fault(name: "messageDigest twice", words: "messageDigest is there 2 times", path: ".signedAttrs", tag: 0x04) {
      $0.attributes = $0.standardAttributes + [$0.standardAttributes[1]]
    },
    Fault(name: "signingTime twice", words: "signingTime is there 2 times", path: ".signedAttrs", tag: 0x17) {
      $0.attributes = $0.standardAttributes + [time, time]
    },
    Fault(name: "no attribute at all", words: "is empty", path: ".signedAttrs", tag: 0xA0) { $0.attributes = [] },
    Fault(
      name: "contentType of other content", words: "not that of the content", path: ".signedAttrs", tag: 0xA0
    ) {
      $0.attributes = $0.standardAttributes
      $0.contentType = .compressedData
    },
    Fault(
      name: "CVE-2026-59641: a signingTime that is not signed", words: "signingTime must not be unsigned",
      path: ".unsignedAttrs", tag: 0xA1
    ) { $0.unsignedAttributes = [time] },
    Fault(
      name: "CVE-2026-22796: messageDigest of the wrong type", words: "expected OCTET STRING",
      path: ".signedAttrs.messageDigest.value", tag: 0x02
    ) { $0.attributes = [$0.standardAttributes[0], Attribute(.messageDigestAttribute, [0x02, 0x01, 0x00])] },
    Fault(
      name: "RFC 8933: another digest than the signature's", words: "does not go with the digest SHA-384",
      path: ".digestAlgorithm", tag: 0x30
    ) {
      $0.digest = .sha384
      $0.attributes = $0.standardAttributes
    },
    Fault(name: "RFC 6211: algorithms swapped", words: "RFC 6211", path: ".signedAttrs", tag: 0xA0) {
      let protection = AlgorithmProtection(
        digestAlgorithm: DigestAlgorithm.sha512.identifier,
        signatureAlgorithm: SignatureAlgorithm.ecdsa(.sha512).identifier)
      $0.attributes = $0.standardAttributes + [Attribute(.algorithmProtectionAttribute, protection.encoded)]
    },
    Fault(
      name: "OpenSSL 15984: PSS without parameters", words: "RSASSA-PSS has no parameters",
      path: ".signatureAlgorithm", tag: 0x30
    ) { $0.writtenAlgorithm = AlgorithmIdentifier([1, 2, 840, 113549, 1, 1, 10]) },
    Fault(
      name: "PSS parameters that are none", words: "expected SEQUENCE",
      path: ".signatureAlgorithm.parameters", tag: 0x02
    ) { $0.writtenAlgorithm = AlgorithmIdentifier([1, 2, 840, 113549, 1, 1, 10], parameters: [0x02, 0x01, 0x00]) },
    Fault(
      name: "a digest algorithm with parameters", words: "has parameters", path: ".signatureAlgorithm", tag: 0x30
    ) { $0.writtenAlgorithm = AlgorithmIdentifier([1, 2, 840, 10045, 4, 3, 2], parameters: [0x02, 0x01, 0x00]) },
    Fault(
      name: "RFC 5035: a signingCertificate that names nobody", words: "names no certificate",
      path: ".signedAttrs.signingCertificateV2.certs", tag: 0x30
    ) {
      $0.attributes =
        $0.standardAttributes + [Attribute(.signingCertificateV2Attribute, [0x30, 0x02, 0x30, 0x00])]
    },
    Fault(
      name: "RFC 5652 §11.4: a countersignature that is signed", words: "countersignature must not be signed",
      path: ".signedAttrs", tag: 0xA0
    ) {
      $0.attributes = $0.standardAttributes + [Attribute(.countersignatureAttribute, [0x30, 0x00])]
    },
    Fault(name: "no content anywhere", words: "the content is missing", path: ".signature", tag: 0x04) {
      $0.content = nil
    },
  ]

  @Test(arguments: faults) func `is refused by name, at its place`(fault: Fault) async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    fault.change(&craft)
    let object = try await craft.encoded()
    guard case .malformed(let found)? = try verdicts(of: object).first else {
      Issue.record("\(try verdicts(of: object))")
      return
    }
    #expect(found.reason.contains(fault.words), "\(found)")
    #expect(found.path == "SignedData.signerInfos[0]" + fault.path)
    #expect(found.offset.map { object[$0] } == fault.tag, "\(found)")
  }

  /// RFC 5035 §5
  @Test func `a certificate that the signer does not name verifies nothing`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let other = try await pki.mailbox("alice@example.com")
    var craft = CraftedSignedData(alice)
    craft.attributes = craft.standardAttributes + [SigningCertificate.attribute(for: alice.certificate)]
    #expect(try await craft.verdict() == .valid)
    craft.attributes = craft.standardAttributes + [SigningCertificate.attribute(for: other.certificate)]
    #expect(
      try await craft.verdict()
        == .contentAltered("the certificate is not the one that the signer names (signingCertificate)"))
    // The first generation: SHA-1 of the certificate, and nothing more.
    for (certificate, isGood) in [(alice.certificate, true), (other.certificate, false)] {
      let value = DERWriter.encode { der in
        der.sequence { der in
          der.sequence { der in der.sequence { $0.octets(MessageDigest.sha1(certificate.derBytes)) } }
        }
      }
      craft.attributes = craft.standardAttributes + [Attribute(.signingCertificateAttribute, value)]
      #expect(try await (craft.verdict() == .valid) == isGood)
    }
  }

  @Test func `CVE-2026-59641: the time that a signer claims decides nothing`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    for time in [Date(timeIntervalSince1970: 0), TestPKI.now, Date(timeIntervalSince1970: 3e9)] {
      let object = try await SignedDataWriter.detachedSignature(
        over: BufferSource([1]), signers: [.init(alice, signingTime: time)])
      let data = try SignedDataReader(BufferSource(object)).read(detached: BufferSource([1]))
      let info = try #require(data.signerInfos.first).get()
      #expect(info.verify(in: data, certificate: alice.certificate) == .valid)
      #expect(info.signingTime == time && info.provenTimes().isEmpty)
    }
  }

  @Test func `OpenSSL 32612: without the signer's certificate nothing is valid`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.certificates = []
    let data = try SignedDataReader(BufferSource(try await craft.encoded())).read()
    let info = try #require(data.signerInfos.first).get()
    #expect(info.certificates(in: data.certificates).isEmpty)
    #expect(info.objection(in: data) != .valid)
  }

  @Test func `CVE-2025-15469: content beyond 16 MiB is verified to its last octet`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: .ed25519))
    craft.attributes = nil
    craft.content = [UInt8](repeating: 7, count: 17 << 20)
    let object = try await craft.encoded()
    #expect(try verdicts(of: object) == [.valid])
    var changed = object
    // Where the long run of content ends.
    let header = BERFrame.header(BERFrame.octetString, 17 << 20)
    let start = try #require((0..<200).first { object[$0...].starts(with: header) })
    let end = start + header.count + (17 << 20) - 1
    #expect(object[end] == 7 && object[end + 1] != 7)
    changed[end] = 8
    #expect(
      try verdicts(of: changed) == [.contentAltered("the signature does not hold for this certificate's key")])
  }

  @Test func `CVE-2026-5588: composite signatures are refused by name`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.writtenAlgorithm = AlgorithmIdentifier([2, 16, 840, 1, 114027, 80, 9, 1, 0])
    craft.changeSignature = { _ in [0x30, 0x00] }
    guard case .unsupported(let what) = try await craft.verdict() else {
      Issue.record("\(try await craft.verdict())")
      return
    }
    #expect(what.what.contains("2.16.840.1.114027.80.9.1.0"))
  }

  @Test func `CVE-2026-13506: depth is counted through segments and attributes`() async throws {
    var limits = CMSLimits()
    limits.nesting = 8
    let frame = SignedDataFrame(type: .data).frame(.segmented)
    let deep = [UInt8](repeating: 0, count: 0) + (0..<8).flatMap { _ in [0x24, 0x80] as [UInt8] }
    let object = frame.head(inner: nil) + deep
    #expect(throws: LimitExceeded(.nesting, limit: 8)) {
      try SignedDataReader(BufferSource(object), limits: limits).read()
    }
    // A value of 60 levels in an attribute is refused when it is read, and ends nothing.
    let value = (0..<60).reduce([UInt8]()) { inner, _ in DERWriter.value(0x30, inner) }
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.unsignedAttributes = [Attribute([1, 2, 3], value)]
    guard
      case .failure(let fault)? = try SignedDataReader(BufferSource(try await craft.encoded())).read().signerInfos.first
    else {
      Issue.record("read")
      return
    }
    #expect(fault.path.hasPrefix("SignedData.signerInfos[0]"))
  }

  @Test func `segments are counted`() throws {
    var limits = CMSLimits()
    limits.segments = 3
    let frame = SignedDataFrame(type: .data).frame(.segmented)
    func object(_ count: Int) -> BufferSource {
      BufferSource(
        frame.head(inner: nil) + (0..<count).flatMap { _ in [0x04, 0x01, 0x41] as [UInt8] }
          + frame.tail(isDefinite: false))
    }
    #expect(try SignedDataReader(object(3), limits: limits).read().contentCount == 3)
    #expect(throws: LimitExceeded(.elements, limit: 3)) {
      try SignedDataReader(object(4), limits: limits).read()
    }
  }

  @Test func `lengths that lie are told with path and offset`() async throws {
    let object = try await CraftedSignedData(try await TestPKI().mailbox("alice@example.com")).encoded()
    // The outermost length says more than is there; a length of nine octets; a value longer than the one around it.
    for (bytes, words) in [
      (Array(object.dropLast()), "ends early"), ([0x30, 0x89] + [UInt8](repeating: 1, count: 20), "length"),
      ([0x30, 0x03, 0x06, 0x09, 1], "longer than the one around it"),
    ] as [([UInt8], String)] {
      let fault = #expect(throws: Malformed.self) { try SignedDataReader(BufferSource(bytes)).read() }
      #expect(fault?.reason.contains(words) == true, "\(fault.map { "\($0)" } ?? "")")
      #expect(fault?.path.isEmpty == false && fault?.offset != nil)
    }
  }
}

/// RFC 8419, RFC 8702, RFC 9688, RFC 9882: algorithms beside those that every peer has.
@Suite struct `Signers of every algorithm` {
  struct Way: Sendable, CustomTestStringConvertible {
    let key: PrivateKey.Kind
    let algorithm: SignatureAlgorithm?
    let digest: AlgorithmIdentifier
    var testDescription: String { "\(key) \(algorithm.map { $0.name } ?? "default")" }
  }

  static let ways: [Way] = {
    var ways = [
      Way(key: .mlDSA65, algorithm: nil, digest: DigestAlgorithm.sha512.identifier),
      Way(key: .mlDSA87, algorithm: nil, digest: DigestAlgorithm.sha512.identifier),
      Way(key: .ec(.p256), algorithm: .ecdsa(.sha3_256), digest: DigestAlgorithm.sha3_256.identifier),
    ]
    #if OpenSSL
      ways += [
        Way(key: .ed448, algorithm: nil, digest: DigestAlgorithm.ed448Identifier),
        Way(key: .ec(.brainpoolP256r1), algorithm: nil, digest: DigestAlgorithm.sha256.identifier),
        Way(key: .ec(.p256), algorithm: .ecdsa(.shake128), digest: DigestAlgorithm.shake128.identifier),
        Way(
          key: .rsa(bits: 2048), algorithm: .rsaPSS(PSSParameters(.shake256)),
          digest: DigestAlgorithm.shake256.identifier),
        Way(key: .rsa(bits: 2048), algorithm: .rsaPKCS1(.sha3_512), digest: DigestAlgorithm.sha3_512.identifier),
      ]
    #endif
    return ways
  }()

  /// Ed448 comes with the OpenSSL trait.
  static let wholeKeys: [(PrivateKey.Kind, weaker: DigestAlgorithm)] = {
    var keys: [(PrivateKey.Kind, weaker: DigestAlgorithm)] = [(.mlDSA65, .sha256), (.mlDSA87, .sha384)]
    #if OpenSSL
      keys.append((.ed448, .sha512))
    #endif
    return keys
  }()

  @Test(arguments: ways) func `sign, verify, and name their digest`(way: Way) async throws {
    let alice = try await TestPKI().mailbox("alice@example.com", key: way.key)
    let object = try await SignedDataWriter.detachedSignature(
      over: BufferSource([1, 2, 3]), signers: [.init(alice, algorithm: way.algorithm)])
    #expect(try verdicts(of: object, detached: [1, 2, 3]) == [.valid])
    #expect(try verdicts(of: object, detached: [1, 2, 4]) == [.contentAltered("the content is not what was signed")])
    let data = try SignedDataReader(BufferSource(object)).read()
    #expect(try #require(data.signerInfos.first).get().digestAlgorithm == way.digest)
    #expect(data.digestAlgorithms == [way.digest])
  }

  @Test(arguments: wholeKeys.map(\.0))
  func `sign content as it is where there are no attributes`(key: PrivateKey.Kind) async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: key))
    craft.attributes = nil
    #expect(try await craft.verdict() == .valid)
    let object = try await craft.encoded()
    let hello = try #require((0..<object.count).first { object[$0...].starts(with: Array("Hello".utf8)) })
    var changed = object
    changed[hello] ^= 1
    #expect(
      try verdicts(of: changed) == [.contentAltered("the signature does not hold for this certificate's key")])
  }

  /// RFC 8419 §3.1, RFC 9882 §3.3
  @Test(arguments: wholeKeys)
  func `do not go with a weaker digest`(key: PrivateKey.Kind, digest: DigestAlgorithm) async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: key))
    craft.digest = digest
    craft.attributes = craft.standardAttributes
    guard case .malformed(let fault) = try await craft.verdict() else {
      Issue.record("passed")
      return
    }
    #expect(fault.reason.contains(digest.name))
  }

  @Test func `sign one message side by side`() async throws {
    let pki = try await TestPKI()
    var signers = [
      SignedDataWriter.Signer(try await pki.mailbox("a@example.com", key: .rsa(bits: 2048))),
      SignedDataWriter.Signer(try await pki.mailbox("b@example.com", key: .mlDSA65)),
    ]
    #if OpenSSL
      signers.append(SignedDataWriter.Signer(try await pki.mailbox("c@example.com", key: .ed448)))
    #endif
    let sink = BufferSink()
    try await SignedDataWriter.sign(BufferSource([1, 2, 3]), signers: signers, form: .attached, to: sink)
    #expect(try verdicts(of: sink.bytes) == signers.map { _ in .valid })
  }
}

/// RFC 5940
@Suite struct `Revocation information in SignedData` {
  @Test func `OCSP responses travel beside CRLs, and are handed on`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    // OCSPResponse { tryLater }: an answer without content is one as well.
    let response = try OCSPResponse(der: [0x30, 0x03, 0x0A, 0x01, 0x03])
    let list = try await pki.revocationList()
    let object = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource([1]), signers: [.init(alice)], form: .attached, crls: [list], ocspResponses: [response], to: object)
    let data = try SignedDataReader(BufferSource(object.bytes)).read()
    #expect(data.version == 5)
    #expect(data.ocspResponses == [response])
    #expect(data.crls.count == 1 && data.defects.isEmpty && data.scvpResponses.isEmpty)
    #expect(try verdicts(of: object.bytes) == [.valid])
    // They stay when somebody signs later.
    let more = BufferSink()
    try await SignedDataWriter.add([.init(alice)], to: BufferSource(object.bytes), writingTo: more)
    #expect(try SignedDataReader(BufferSource(more.bytes)).read().ocspResponses == [response])
  }

  @Test func `SCVP is kept as it came, and what cannot be read is left out`() throws {
    var frame = SignedDataFrame(type: .data)
    let scvp: [UInt8] = [0x30, 0x03, 0x02, 0x01, 0x07]
    func other(_ format: ASN1ObjectIdentifier, _ value: [UInt8]) -> [UInt8] {
      DERWriter.encode { der in
        der.context(1) { der in
          der.oid(format)
          der.raw(value)
        }
      }
    }
    frame.revocationInfo.insert(other(OtherRevocationInfo.scvp, scvp))
    frame.revocationInfo.insert(other(OtherRevocationInfo.ocspResponse, [0x30, 0x00]))
    let data = try SignedDataReader(BufferSource(frame.detached)).read()
    #expect(data.scvpResponses.map(Array.init) == [scvp])
    #expect(data.ocspResponses.isEmpty && data.otherRevocationInfo.count == 2)
  }
}
