import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// Taking an object apart and putting it together otherwise.
enum Surgery {
  /// `object` after `change` was made to the elements of its content's SEQUENCE.
  static func changed(_ object: [UInt8], _ change: (inout [[UInt8]]) -> Void) throws -> [UInt8] {
    var top = try ASN1Cursor(object[...], as: "ContentInfo", rules: .ber)
    var info = try top.enter()
    let type = try info.oid("contentType")
    var content = try info.constructed(.context(0), "content")
    var fields = try content.sequence("content")
    var elements: [[UInt8]] = []
    while !fields.isAtEnd { elements.append(Array(try fields.raw())) }
    change(&elements)
    return DERWriter.encode { der in
      der.sequence { der in
        der.oid(type)
        der.context(0) { der in der.sequence { der in for element in elements { der.raw(element) } } }
      }
    }
  }
}

@Suite struct `AuthenticatedData` {
  static let mail = `EnvelopedData round trips`.mail
  static let shared = DecryptionKeys.SharedKey(
    identifier: [0xC0, 0xFE], key: SymmetricKey(octets: (0..<32).map { UInt8($0) }))
  static let keys = DecryptionKeys(sharedKeys: [shared])
  static let recipient = Recipient.keyEncryptionKey(identifier: shared.identifier, key: shared.key)

  static func sealed(
    _ content: any ByteStream = BufferSource(mail), type: ContentType = .data,
    for recipients: [Recipient] = [recipient],
    digest: DigestAlgorithm = .sha256, covering: AuthenticatedDataWriter.Coverage = .attributes()
  ) async throws -> [UInt8] {
    let sink = BufferSink()
    try await AuthenticatedDataWriter.authenticate(
      content, type: type, for: recipients, digest: digest, covering: covering, to: sink)
    return sink.bytes
  }

  @discardableResult
  static func opened(
    _ object: [UInt8], with keys: DecryptionKeys = keys, detached: (any ByteStream)? = nil,
    policy: AlgorithmPolicy = .standard
  ) async throws -> (bytes: [UInt8], content: AuthenticatedContent) {
    let sink = BufferSink()
    let content = try await AuthenticatedDataReader(BufferSource(object))
      .authenticate(with: keys, detached: detached, to: sink, policy: policy)
    return (sink.bytes, content)
  }

  @Test(arguments: [DigestAlgorithm.sha256, .sha384, .sha512])
  func `goes round, with and without attributes`(digest: DigestAlgorithm) async throws {
    let extra = Attribute([1, 2, 3], [0x05, 0x00])
    for coverage in [AuthenticatedDataWriter.Coverage.content, .attributes(), .attributes([extra], digest: .sha512)] {
      let object = try await Self.sealed(digest: digest, covering: coverage)
      _ = try ASN1Cursor(object[...], as: "ContentInfo", rules: .der)
      let reader = try AuthenticatedDataReader(BufferSource(object))
      #expect(reader.version == 0)
      #expect((reader.digestAlgorithm == nil) == (coverage == .content))
      let (bytes, content) = try await Self.opened(object)
      #expect(bytes == Self.mail)
      #expect(content.defects == [])
      #expect(
        content.authenticatedAttributes?.all.count
          == (coverage == .content ? nil : coverage == .attributes() ? 3 : 4))
    }
  }

  @Test func `for every kind of recipient`() async throws {
    let everybody = try await Everybody().all
    let object = try await Self.sealed(for: everybody.map(\.recipient))
    for one in everybody { #expect(try await Self.opened(object, with: one.keys).bytes == Self.mail, "\(one.name)") }
    await #expect(throws: KeyMissing.self) { try await Self.opened(object, with: DecryptionKeys()) }
  }

  /// RFC 2104 §3: from the digest's size to the block's.
  @Test(arguments: [(20, DigestAlgorithm.sha1), (64, .sha256), (40, .sha256)])
  func `keys of any size that the code takes arrive by OAEP`(count: Int, digest: DigestAlgorithm) async throws {
    let bob = try await TestPKI().encryptionIdentity("bob", key: .rsa(bits: 2048))
    let key = SecureRandom.key(byteCount: count)
    let mac = try MessageAuthenticationCode(digest)
    var code = try MessageAuthenticator(mac, key: key)
    code.update(Self.mail.span)
    let info = try Recipient.certificate(bob.certificate, method: .transport(.rsaOAEP(OAEPParameters(.sha256))))
      .recipientInfo(for: key)
    let sealed = try await Self.sealed(covering: .content)
    let object = try Surgery.changed(sealed) { elements in
      elements[1] = DERWriter.encode { $0.setOf([info.encoded]) }
      elements[2] = mac.identifier.encoded
      elements[4] = DERWriter.encode { $0.octets(code.finalize()) }
    }
    let keys = DecryptionKeys(identities: [bob])
    #expect(try await Self.opened(object, with: keys, policy: .legacy).bytes == Self.mail)
  }

  @Test(arguments: [0, 1, 131_072, 1_100_000]) func `every length, of known and of unknown size`(count: Int)
    async throws
  {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for coverage in [AuthenticatedDataWriter.Coverage.content, .attributes()] {
      let known = try await Self.sealed(BufferSource(content), covering: coverage)
      #expect(try await Self.opened(known).bytes == content)
      let streamed = try await Self.sealed(DrippingStream(bytes: content, run: 50_021), covering: coverage)
      #expect(try await Self.opened(streamed).bytes == content)
      #expect((streamed[1] == 0x80) == (count > 1 << 20))
    }
  }

  @Test func `no flipped bit opens to anything else`() async throws {
    for coverage in [AuthenticatedDataWriter.Coverage.content, .attributes()] {
      let object = try await Self.sealed(covering: coverage)
      for index in object.indices {
        var flipped = object
        flipped[index] ^= 1 << UInt8(index % 8)
        if let opened = try? await Self.opened(flipped) { #expect(opened.bytes == Self.mail) }
      }
      for count in 0..<object.count {
        await #expect(throws: Malformed.self) { try await Self.opened(Array(object.prefix(count))) }
      }
    }
  }

  @Test func `CVE-2026-59642: the content is bound to the code where attributes are authenticated`() async throws {
    let object = try await Self.sealed()
    let place = try #require(object.indices.first { Array(object[$0...].prefix(Self.mail.count)) == Self.mail })
    for index in [place, place + Self.mail.count - 1] {
      var altered = object
      altered[index] ^= 1
      await #expect(throws: DecryptionFailed.self) { try await Self.opened(altered) }
    }
  }

  @Test func `CVE-2026-59642: digest algorithm and attributes go together`() async throws {
    let object = try await Self.sealed()
    // version, recipients, macAlgorithm, [1], encapContentInfo, [2], mac
    let attributes = try Surgery.changed(object) { $0.remove(at: 3) }
    await #expect(throws: Malformed.self) { try await Self.opened(attributes) }
    let digest = try Surgery.changed(object) { $0.remove(at: 5) }
    await #expect(throws: Malformed.self) { try await Self.opened(digest) }
    let other = try Surgery.changed(object) {
      $0[3] = DERWriter.encode { DigestAlgorithm.sha384.identifier.write(to: &$0, tag: .context(1)) }
    }
    await #expect(throws: Malformed.self) { try await Self.opened(other) }
    // Neither: the code is over something else.
    let neither = try Surgery.changed(object) {
      $0.remove(at: 5)
      $0.remove(at: 3)
    }
    await #expect(throws: DecryptionFailed.self) { try await Self.opened(neither) }
  }

  @Test func `ForgedAttributes: attributes are no content`() async throws {
    // One value is DER, and one is not: codes hold over both.
    for value in [[0x30, 0x02, 0x05, 0x00], [0x30, 0x81, 0x02, 0x05, 0x00]] as [[UInt8]] {
      let object = try await Self.sealed(covering: .attributes([Attribute([1, 2, 3], value)]))
      #expect(try await Self.opened(object).bytes == Self.mail)
      let forged = try Surgery.changed(object) { elements in
        let set = [0x31] + elements[5].dropFirst()
        elements[4] = DERWriter.encode { der in
          der.sequence { der in
            der.oid(ContentType.data.oid)
            der.context(0) { $0.octets(set) }
          }
        }
        elements.remove(at: 5)
        elements.remove(at: 3)
      }
      let error = await #expect(throws: Malformed.self) { try await Self.opened(forged) }
      #expect(error?.reason.contains("ForgedAttributes") == true)
    }
  }

  @Test func `attributes that are missing, doubled, or say otherwise`() async throws {
    let object = try await Self.sealed()
    func with(_ attributes: [Attribute]) throws -> [UInt8] {
      try Surgery.changed(object) { $0[5] = AttributeSet(attributes).encoded(tag: .context(2)) }
    }
    let type = Attribute.contentType(.data)
    let digest = Attribute(
      .messageDigestAttribute, DERWriter.encode { $0.octets(MessageDigest.sha256(Self.mail[...])) })
    let short = Attribute(.messageDigestAttribute, [4, 2, 1, 2])
    let two = Attribute(.messageDigestAttribute, values: [digest.values[0], [4, 1, 1]])
    let protection = Attribute(
      .algorithmProtectionAttribute,
      AuthenticatedAttributes.protection(
        DigestAlgorithm.sha512.identifier, try MessageAuthenticationCode(.sha256).identifier))
    let wrong: [[Attribute]] = [
      [], [type], [digest], [.contentType(.signedData), digest], [type, type, digest], [type, digest, digest],
      [type, short], [type, two], [type, digest, protection],
    ]
    for attributes in wrong {
      let changed = try with(attributes)
      let fault = await #expect(throws: Malformed.self) { try await Self.opened(changed) }
      #expect(fault?.path.hasPrefix("AuthenticatedData.authAttrs") == true)
      // At the set, or at a value in it.
      #expect(fault?.offset.map { [0xA2, 0x04, 0x30].contains(changed[$0]) } == true, "\(fault.map { "\($0)" } ?? "")")
    }
    let unprotected = try with([type, digest])
    await #expect(throws: DecryptionFailed.self) { try await Self.opened(unprotected) }
  }

  @Test func `content that is not data needs attributes`() async throws {
    await #expect(throws: Unsupported.self) { try await Self.sealed(type: .signedData, covering: .content) }
    let object = try await Self.sealed(type: .signedData)
    #expect(try await Self.opened(object).content.contentType == .signedData)
    let plain = try await Self.sealed(covering: .content)
    let old = DERWriter.encode { $0.oid(ContentType.data.oid) }
    let place = try #require(plain.indices.first { Array(plain[$0...].prefix(old.count)) == old })
    var retyped = plain
    retyped[place + old.count - 1] = 2
    await #expect(throws: Malformed.self) { try await Self.opened(retyped) }
  }

  @Test(arguments: [0, 1, 4, 16, 20, 31, 33, 64]) func `CVE-2026-12802: short and long codes`(count: Int) async throws {
    for coverage in [AuthenticatedDataWriter.Coverage.content, .attributes()] {
      let object = try await Self.sealed(covering: coverage)
      let code = Array(object.suffix(32)) + [UInt8](repeating: 0, count: 32)
      let cut = try Surgery.changed(object) { elements in
        elements[elements.count - 1] = DERWriter.encode { $0.octets(code.prefix(count)) }
      }
      await #expect(throws: DecryptionFailed.self) { try await Self.opened(cut) }
    }
  }

  @Test func `content beside the object`() async throws {
    let object = try await Self.sealed()
    let beside = try Surgery.changed(object) { elements in
      elements[4] = DERWriter.encode { der in der.sequence { $0.oid(ContentType.data.oid) } }
    }
    #expect(try await Self.opened(beside, detached: BufferSource(Self.mail)).bytes == Self.mail)
    await #expect(throws: Malformed.self) { try await Self.opened(beside) }
    await #expect(throws: Malformed.self) { try await Self.opened(object, detached: BufferSource(Self.mail)) }
    await #expect(throws: DecryptionFailed.self) { try await Self.opened(beside, detached: BufferSource([1])) }
  }

  @Test func `old codes and digests are for the legacy policy`() async throws {
    await #expect(throws: Unsupported.self) { try await Self.sealed(digest: .sha1) }
    await #expect(throws: Unsupported.self) { try await Self.sealed(covering: .attributes(digest: .sha1)) }
    let object = try await Self.sealed(covering: .content)
    let old = try Surgery.changed(object) { elements in
      elements[2] = DERWriter.encode { der in
        AlgorithmIdentifier([1, 3, 6, 1, 5, 5, 8, 1, 2]).write(to: &der)
      }
    }
    await #expect(throws: Unsupported("HMAC with SHA-1")) { try await Self.opened(old) }
    await #expect(throws: DecryptionFailed.self) { try await Self.opened(old, policy: .legacy) }
    let gmac = try Surgery.changed(object) { elements in
      elements[2] = DERWriter.encode { der in
        AlgorithmIdentifier([2, 16, 840, 1, 101, 3, 4, 1, 9]).write(to: &der)
      }
    }
    await #expect(throws: Unsupported.self) { try await Self.opened(gmac) }
  }

  /// CVE-2026-34181 of PBMAC1, for keys that a recipient carries.
  @Test(arguments: [16, 24, 72, 128]) func `CVE-2026-34181: HMAC keys of odd sizes`(count: Int) async throws {
    let key = SecureRandom.key(byteCount: count)
    let info = try Self.recipient.recipientInfo(for: key)
    var code = [UInt8](repeating: 0, count: 32)
    if count <= 64 { code = try HMACode.code(of: Self.mail[...], key: key.octets, .sha256) }
    let object = try Surgery.changed(try await Self.sealed(covering: .content)) { elements in
      elements[1] = DERWriter.encode { $0.setOf([info.encoded]) }
      elements[elements.count - 1] = DERWriter.encode { $0.octets(code) }
    }
    await #expect(throws: DecryptionFailed.self) { try await Self.opened(object) }
  }
}
