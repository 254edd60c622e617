import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// What must never verify. Each is named after the fault that taught it, where there is one.
@Suite struct `SignedData refusals` {
  private func craft(_ change: (inout CraftedSignedData) -> Void = { _ in }) async throws -> CraftedSignedData {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    change(&craft)
    return craft
  }

  private func expectMalformed(
    _ verdict: SignerVerification, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    guard case .malformed(let fault) = verdict else {
      Issue.record("\(verdict)", sourceLocation: sourceLocation)
      return
    }
    #expect(fault.reason.contains(reason), sourceLocation: sourceLocation)
    #expect(fault.path.contains("igner"), sourceLocation: sourceLocation)
  }

  @Test func `the craft itself is valid`() async throws { #expect(try await craft().verdict() == .valid) }

  @Test func `CVE-2026-59639: zero signers are no signature`() async throws {
    let data = try SignedDataReader(BufferSource(try await craft { $0.signers = 0 }.encoded())).read()
    #expect(data.signerInfos.isEmpty)
  }

  @Test func `OpenSSL 29484: version and sid must agree`() async throws {
    expectMalformed(try await craft { $0.signerVersion = 3 }.verdict(), "must be 1")
    expectMalformed(try await craft { $0.usesKeyIdentifier = true }.verdict(), "must be 3")
  }

  @Test func `ePrint 2023-1801: ForgedAttributes`() async throws {
    // One value is DER, and one is not: signatures hold over both.
    for value in [[0x30, 0x02, 0x05, 0x00], [0x30, 0x81, 0x02, 0x05, 0x00]] as [[UInt8]] {
      // The honest signature, over attributes …
      let honest = try await craft { $0.attributes = $0.standardAttributes + [Attribute([1, 2, 3], value)] }
      #expect(try await honest.verdict() == .valid)
      let elements = try #require(honest.attributes).map(\.encoded)
      let attributes = DERWriter.encode { $0.setOf(elements) }
      // … is one over content that consists of them, without attributes.
      let forged = try await craft {
        $0.identity = honest.identity
        $0.attributes = nil
        $0.content = attributes
      }
      expectMalformed(try await forged.verdict(), "ForgedAttributes")
      var beside = forged
      beside.content = nil
      beside.digested = attributes
      expectMalformed(try await beside.verdict(detached: attributes), "ForgedAttributes")
    }
  }

  /// Whoever's software signed attributes may have encoded them in any of BER's ways, with whatever values.
  @Test(arguments: [PrivateKey.Kind.ec(.p256), .ed25519])
  func `ePrint 2023-1801: attributes in any encoding, of any size, are no content`(
    key: PrivateKey.Kind
  ) async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: key))
    let type = craft.standardAttributes[0].encoded
    let digest = craft.standardAttributes[1].encoded
    craft.attributes = nil
    func attribute(_ value: [UInt8]) -> [UInt8] { Attribute([1, 2, 3], value).encoded }
    let deep = (0..<60).reduce([UInt8]()) { inner, _ in DERWriter.value(0x30, inner) }
    let long = DERWriter.encode { $0.octets([UInt8](repeating: 1, count: 1_100_000)) }
    let longType = DERWriter.value(0x06, [UInt8](repeating: 0x2A, count: 10_000))
    let members: [(name: String, bytes: [UInt8])] = [
      ("DER", type + digest),
      ("an indefinite length", [0x30, 0x80] + type.dropFirst(2) + [0x00, 0x00] + digest),
      ("a long length", [0x30, 0x82, 0x00, type[1]] + type.dropFirst(2) + digest),
      ("long lengths further in", [0x30, 0x09, 0x06, 0x81, 0x02, 0x2A, 0x03, 0x31, 0x81, 0x01, 0x00]),
      ("a value of 60 levels", attribute(deep) + digest),
      ("a value that is none", attribute([0xFF, 0xFF, 0xFF]) + digest),
      ("a long value", attribute(long) + digest),
      ("a long type", DERWriter.value(0x30, longType, [0x31, 0x00]) + digest),
      ("a member that is no attribute", type + digest + [0x02, 0x01, 0x00]),
      ("no member", []),
    ]
    for (name, bytes) in members {
      let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
      for set in [
        DERWriter.value(0x31, bytes), [0x31, 0x88] + length + bytes, [0x31, 0x80] + bytes + [0x00, 0x00],
      ] {
        craft.content = set
        let verdict = try await craft.verdict()
        guard case .malformed(let fault) = verdict else {
          Issue.record("\(name): \(verdict)")
          continue
        }
        #expect(fault.reason.contains("ForgedAttributes"), "\(name)")
      }
    }
  }

  @Test func `content that begins like a SET, and is no attributes, is content`() async throws {
    let text = DERWriter.value(0x0C, Array("Alice".utf8))
    let attributes = try await craft().standardAttributes.flatMap(\.encoded)
    let name = DERWriter.value(0x31, DERWriter.value(0x30, [0x06, 0x03, 0x55, 0x04, 0x03], text))
    let contents: [[UInt8]] = [
      Array("1".utf8), Array("1\n".utf8), Array("1.0\u{E9}".utf8), Array("1. What is agreed\r\n".utf8),
      [0x31, 0x80], [0x31, 0x82, 0x01], name, DERWriter.value(0x31, text),
      DERWriter.value(0x31, attributes) + [0x05, 0x00],
    ]
    for content in contents {
      let craft = try await craft {
        $0.attributes = nil
        $0.content = content
      }
      #expect(try await craft.verdict() == .valid, "\(content)")
    }
  }

  @Test func `attributes are demanded where the content is not data`() async throws {
    let craft = try await craft {
      $0.contentType = .compressedData
      $0.attributes = nil
    }
    expectMalformed(try await craft.verdict(), "signed attributes are missing")
  }

  @Test func `content inside and beside`() async throws {
    let craft = try await craft()
    #expect(
      try await craft.verdict(detached: craft.content)
        == .contentAltered(
          "the object holds content of its own beside the content it came with"))
  }

  @Test func `no content at all`() async throws {
    expectMalformed(try await craft { $0.content = nil }.verdict(), "the content is missing")
  }

  @Test func `mandatory attributes missing, doubled, of several values`() async throws {
    let standard = try await craft().standardAttributes
    for index in standard.indices {
      var missing = standard
      missing.remove(at: index)
      expectMalformed(try await craft { $0.attributes = missing }.verdict(), "is missing")
      expectMalformed(try await craft { $0.attributes = standard + [standard[index]] }.verdict(), "2 times")
      var several = standard
      several[index] = Attribute(standard[index].type, values: standard[index].values + standard[index].values)
      expectMalformed(try await craft { $0.attributes = several }.verdict(), "has 2 values")
      var none = standard
      none[index] = Attribute(standard[index].type, values: [])
      expectMalformed(try await craft { $0.attributes = none }.verdict(), "has 0 values")
    }
    expectMalformed(try await craft { $0.attributes = [] }.verdict(), "is empty")
  }

  @Test func `optional attributes doubled (RFC 8551 §2.5)`() async throws {
    let time = Attribute(.signingTimeAttribute, DERWriter.encode { $0.time(TestPKI.now) })
    let capabilities = Attribute(.capabilitiesAttribute, [0x30, 0x00])
    for attribute in [time, capabilities] {
      let doubled = try await craft { $0.attributes = $0.standardAttributes + [attribute, attribute] }
      expectMalformed(try await doubled.verdict(), "2 times")
      let single = try await craft { $0.attributes = $0.standardAttributes + [attribute] }
      #expect(try await single.verdict() == .valid)
      let unsigned = try await craft { $0.unsignedAttributes = [attribute] }
      expectMalformed(try await unsigned.verdict(), "must not be unsigned")
    }
  }

  @Test func `contentType is that of the content`() async throws {
    let craft = try await craft {
      $0.attributes = $0.standardAttributes
      $0.contentType = .compressedData
    }
    expectMalformed(try await craft.verdict(), "contentType")
  }

  @Test func `RFC 6211: algorithms swapped under the signature`() async throws {
    let protection = AlgorithmProtection(
      digestAlgorithm: DigestAlgorithm.sha512.identifier,
      signatureAlgorithm: SignatureAlgorithm.ecdsa(.sha512).identifier)
    let craft = try await craft {
      $0.attributes = $0.standardAttributes + [Attribute(.algorithmProtectionAttribute, protection.encoded)]
    }
    expectMalformed(try await craft.verdict(), "RFC 6211")
  }

  @Test func `RFC 8933: one digest for content and attributes`() async throws {
    let craft = try await craft {
      $0.digest = .sha384
      $0.attributes = $0.standardAttributes
    }
    expectMalformed(try await craft.verdict(), "RFC 8933")
  }

  @Test func `RFC 8419: Ed25519 goes with SHA-512`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: .ed25519))
    #expect(try await craft.verdict() == .valid)
    craft.digest = .sha256
    craft.attributes = craft.standardAttributes
    expectMalformed(try await craft.verdict(), "SHA-256")
  }

  @Test func `an altered message is never called merely weak`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: .rsa(bits: 2048)))
    craft.algorithm = .rsaPKCS1(.sha1)
    craft.digest = .sha1
    craft.attributes = craft.standardAttributes
    guard case .weakAlgorithm(let name) = try await craft.verdict() else {
      Issue.record("SHA-1: \(try await craft.verdict())")
      return
    }
    #expect(name.contains("SHA-1"))
    #expect(try await craft.verdict(policy: .legacy) == .valid)
    craft.changeSignature = { bytes in
      var bytes = bytes
      bytes[9] ^= 1
      return bytes
    }
    #expect(try await craft.verdict() == .contentAltered("the signature does not hold for this certificate's key"))
    craft.content = [1, 2, 3]
    #expect(try await craft.verdict() == .contentAltered("the content is not what was signed"))
  }

  @Test func `a signature by another key`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let mallory = try await pki.mailbox("alice@example.com")
    let object = try await CraftedSignedData(mallory).encoded()
    let data = try SignedDataReader(BufferSource(object)).read()
    let signer = try #require(try data.signerInfos.first?.get())
    #expect(signer.verify(in: data, certificate: mallory.certificate) == .valid)
    #expect(
      signer.verify(in: data, certificate: alice.certificate)
        == .contentAltered("the signature does not hold for this certificate's key"))
    #expect(signer.certificates(in: [alice.certificate]).isEmpty)
  }

  @Test func `CVE-2026-45447: an empty digestAlgorithms is no crash`() async throws {
    #expect(try await craft { $0.announced = [] }.verdict() == .valid)
  }

  @Test func `CVE-2026-22796: attribute values of the wrong type`() async throws {
    for value in [[0x02, 0x01, 0x00], [0x05, 0x00], [0x30, 0x00], [0x04, 0x00]] as [[UInt8]] {
      let standard = try await craft().standardAttributes
      for index in standard.indices {
        var attributes = standard
        attributes[index] = Attribute(standard[index].type, value)
        let verdict = try await craft { $0.attributes = attributes }.verdict()
        #expect(verdict != .valid)
      }
    }
  }

  @Test func `an unreadable signer does not hide the others`() async throws {
    let alice = try await TestPKI().mailbox("alice@example.com")
    let object = try await CraftedSignedData(alice).encoded()
    var data = try SignedDataReader(BufferSource(object)).read()
    let info = try #require(try data.signerInfos.first?.get())
    let broken: [UInt8] = [0x30, 0x03, 0x02, 0x01, 0x01]
    // The SET of signerInfos gets a second member in front.
    let old = Array(info.encoded)
    let length = BERFrame.header(BERFrame.set, old.count)
    let patched = try `SignedData round trips`.patched(
      object, replacing: length + old, with: BERFrame.header(BERFrame.set, old.count + broken.count) + broken + old)
    data = try SignedDataReader(BufferSource(patched)).read()
    #expect(data.signerInfos.count == 2)
    #expect(throws: Malformed.self) { try data.signerInfos.first?.get() }
    guard case .failure(let fault)? = data.signerInfos.first else { return }
    #expect(fault.path == "SignedData.signerInfos[0].sid")
    #expect(fault.offset.map { Array(patched[$0 - 3..<$0]) } == [0x02, 0x01, 0x01])
    #expect(try verdicts(of: patched).last == .valid)
  }

  @Test func `signers are counted`() async throws {
    var limits = CMSLimits()
    limits.signers = 2
    let object = try await craft { $0.signers = 3 }.encoded()
    #expect(throws: LimitExceeded(.signers, limit: 2)) {
      try SignedDataReader(BufferSource(object), limits: limits).read()
    }
  }

  @Test func `Ed25519 without attributes over too much content is refused by name`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com", key: .ed25519))
    craft.attributes = nil
    var limits = CMSLimits()
    limits.oneShotBytes = 4
    let data = try SignedDataReader(BufferSource(try await craft.encoded()), limits: limits).read()
    let verdict = try data.signerInfos.first?.get().verify(in: data, certificate: craft.identity.certificate)
    guard case .unsupported(let what)? = verdict else {
      Issue.record("passed")
      return
    }
    #expect(what.what.contains("Ed25519"))
  }

  @Test func `every truncation of a small object is an error with a place`() async throws {
    let object = try await craft().encoded()
    for count in 0..<object.count {
      let error = #expect(throws: Malformed.self) {
        try SignedDataReader(BufferSource(Array(object.prefix(count)))).read()
      }
      #expect(error?.offset ?? 0 <= count)
    }
  }

  @Test func `no flipped bit verifies`() async throws {
    let craft = try await craft()
    let object = try await craft.encoded()
    let info = try #require(try SignedDataReader(BufferSource(object)).read().signerInfos.first?.get())
    let clean = Array(info.signature)
    for index in stride(from: 0, to: object.count, by: 1) {
      var flipped = object
      flipped[index] ^= 1 << UInt8(index % 8)
      guard let data = try? SignedDataReader(BufferSource(flipped)).read(),
        case .success(let signer)? = data.signerInfos.first, data.signerInfos.count == 1
      else { continue }
      guard signer.verify(in: data, certificate: craft.identity.certificate) == .valid else { continue }
      // What is not signed may change: versions, names of the signer, certificates, announcements.
      #expect(Array(signer.signature) == clean)
      #expect(signer.signedAttributes?.encoded.elementsEqual(info.signedAttributes?.encoded ?? []) == true)
      #expect(data.digests[.sha256] == info.messageDigest.map(Array.init))
    }
  }
}
