import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// The attributes of AuthEnvelopedData (RFC 5083 §2.1, §2.2).
@Suite struct `Authenticated attributes` {
  static let mail = `EnvelopedData round trips`.mail
  private static let attribute = Attribute([1, 2, 3, 4], [0x0C, 0x02, 0x48, 0x69])
  private static let loose = Attribute([1, 2, 3, 5], [0x05, 0x00])

  private static func sealed(_ bob: Identity, type: ContentType = .data) async throws -> [UInt8] {
    try await EnvelopedDataWriter.object(
      type: type, for: [.certificate(bob.certificate)],
      extras: .init(authenticatedAttributes: [attribute], unprotectedAttributes: [loose]))
  }

  @Test func `are covered by the tag, and contentType is among them`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let keys = DecryptionKeys(identities: [bob])
    for type in [ContentType.data, .signedData] {
      let object = try await Self.sealed(bob, type: type)
      _ = try ASN1Cursor(object[...], as: "ContentInfo", rules: .der)
      let (bytes, content) = try await EnvelopedDataReader.opened(object, with: keys)
      #expect(bytes == Self.mail)
      #expect(content.authenticatedAttributes?.all(Self.attribute.type) == [Self.attribute])
      #expect(content.authenticatedAttributes?.all(.contentTypeAttribute) == [.contentType(type)])
      #expect(content.unprotectedAttributes?.all == [Self.loose])
      #expect(content.defects == [])
      // The value of the attribute, and then that of the loose one.
      let place = try #require(object.indices.first { Array(object[$0...].prefix(4)) == [0x0C, 0x02, 0x48, 0x69] })
      var altered = object
      altered[place + 3] ^= 1
      await #expect(throws: DecryptionFailed.self) { try await EnvelopedDataReader.opened(altered, with: keys) }
    }
  }

  @Test func `go without contentType over data only`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let keys = DecryptionKeys(identities: [bob])
    for (type, opens) in [(ContentType.data, true), (.signedData, false)] {
      let object = try await Self.crafted(bob, type: type, [Self.attribute], covered: .canonical)
      if opens {
        #expect(try await EnvelopedDataReader.opened(object, with: keys).bytes == Self.mail)
      } else {
        await #expect(throws: Malformed.self) { try await EnvelopedDataReader.opened(object, with: keys) }
      }
    }
  }

  /// Anybody can put another type before content whose type nothing covers.
  @Test func `are demanded over content that is not data, before a key is used`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let counting = CountingKey(bob.decryptionKey)
    let keys = DecryptionKeys(identities: [
      try Identity(certificate: bob.certificate, chain: [], signingKey: bob.signingKey, decryptionKey: counting)
    ])
    var object = try await EnvelopedDataWriter.object(for: [.certificate(bob.certificate)])
    #expect(try await EnvelopedDataReader.opened(object, with: keys).bytes == Self.mail)
    #expect(counting.count == 1)
    let type = DERWriter.encode { $0.oid(ContentType.data.oid) }
    let place = try #require(object.indices.first { Array(object[$0...].prefix(type.count)) == type })
    object[place + type.count - 1] = 2
    #expect(try EnvelopedDataReader(BufferSource(object)).contentType == .signedData)
    for keys in [keys, DecryptionKeys(identities: keys.identities + keys.identities)] {
      let fault = await #expect(throws: Malformed.self) { try await EnvelopedDataReader.opened(object, with: keys) }
      #expect(fault?.reason == "are missing over content that is not data")
      #expect(fault?.path == "AuthEnvelopedData.authAttrs")
      // Where they would be: before mac, which is the last.
      #expect(fault?.offset == object.count - 18)
    }
    #expect(counting.count == 1)
    let (bytes, content) = try await EnvelopedDataReader.opened(object, with: keys, policy: .legacy)
    #expect(bytes == Self.mail)
    #expect(content.defects.map(\.path) == ["AuthEnvelopedData.authAttrs"])
    #expect(counting.count == 2)
  }

  @Test func `are no matter of CBC`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    await #expect(throws: Unsupported.self) {
      try await EnvelopedDataWriter.object(
        for: [.certificate(bob.certificate)], cipher: .aesCBC(keyBits: 256),
        extras: .init(authenticatedAttributes: [Self.attribute]))
    }
    let object = try await EnvelopedDataWriter.object(
      for: [.certificate(bob.certificate)], cipher: .aesCBC(keyBits: 256),
      extras: .init(unprotectedAttributes: [Self.loose]))
    let (bytes, content) = try await EnvelopedDataReader.opened(object, with: DecryptionKeys(identities: [bob]))
    #expect(bytes == Self.mail)
    #expect(content.unprotectedAttributes?.all == [Self.loose])
  }

  enum Covered { case nothing, canonical, asSent }

  /// An object whose attributes are encoded, tagged and covered as told.
  static func crafted(
    _ bob: Identity, type: ContentType = .data, _ attributes: [Attribute], tags: (UInt8, UInt8) = (0xA1, 0xA2),
    reversed: Bool = false, covered: Covered, content: [UInt8] = mail
  ) async throws -> [UInt8] {
    let key = SecureRandom.key(byteCount: 32)
    let info = try Recipient.certificate(bob.certificate).recipientInfo(for: key)
    let canonical = AttributeSet(attributes).encoded()
    var sent = canonical
    if reversed {
      let header = try #require(try TLVHeader.read(canonical[...], rules: .der))
      sent =
        Array(canonical.prefix(header.headerCount))
        + attributes.map(\.encoded).sorted { $1.lexicographicallyPrecedes($0) }.flatMap { $0 }
    }
    let object = EncryptedObject(
      type: .authEnvelopedData, before: KeyManagement.encoded(version: 0, [info], []), contentType: type,
      cipher: ContentCipher(fresh: .aesGCM(keyBits: 256), .none))
    let associated: [UInt8]? =
      switch covered {
      case .nothing: nil
      case .canonical: canonical
      case .asSent: sent
      }
    let sink = BufferSink()
    try object.write(BufferSource(content), key: key, associatedData: associated, to: sink) { tag in
      [tags.0] + sent.dropFirst()
        + DERWriter.encode { $0.octets(tag ?? [UInt8](repeating: 0, count: 16)) }
        + [tags.1] + AttributeSet([loose]).encoded().dropFirst()
    }
    return sink.bytes
  }

  @Test func `in another order than DER's are covered in either`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let keys = DecryptionKeys(identities: [bob])
    for covered in [Covered.canonical, .asSent] {
      let object = try await Self.crafted(
        bob, [.contentType(.data), Self.attribute], reversed: true, covered: covered)
      let (bytes, content) = try await EnvelopedDataReader.opened(object, with: keys)
      #expect(bytes == Self.mail)
      #expect(content.authenticatedAttributes?.all.count == 2)
      let twice = DecryptionKeys(identities: [bob, bob])
      #expect(try await EnvelopedDataReader.opened(object, with: twice).bytes == Self.mail)
    }
    let bare = try await Self.crafted(bob, [Self.attribute], covered: .nothing)
    for policy in [AlgorithmPolicy.standard, .legacy] {
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader.opened(bare, with: keys, policy: policy)
      }
    }
  }

  /// OpenSSL 3.0 to 4.0 has AuthenticatedData's tags, and covers no attributes (its issues 26101 and 31635).
  @Test func `OpenSSL 26101, 31635: the wrong tags are for the legacy policy, and told`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let keys = DecryptionKeys(identities: [bob])
    for covered in [Covered.nothing, .canonical] {
      let object = try await Self.crafted(bob, [Self.attribute], tags: (0xA2, 0xA3), covered: covered)
      let refusal = await #expect(throws: Unsupported.self) {
        try await EnvelopedDataReader.opened(object, with: keys)
      }
      #expect(refusal?.isOutdated == true && refusal?.path == "AuthEnvelopedData.authAttrs")
      #expect(refusal?.offset.map { object[$0] } == 0xA2)
      let (bytes, content) = try await EnvelopedDataReader.opened(object, with: keys, policy: .legacy)
      #expect(bytes == Self.mail)
      #expect((content.authenticatedAttributes != nil) == (covered == .canonical))
      #expect(content.unprotectedAttributes?.all == [Self.loose])
      var paths = ["AuthEnvelopedData.authAttrs", "AuthEnvelopedData.unauthAttrs"]
      if covered == .nothing { paths.append("AuthEnvelopedData.authAttrs") }
      #expect(content.defects.map(\.path) == paths)
      // Several keys take the other way through the content.
      let twice = DecryptionKeys(identities: [bob, bob])
      #expect(try await EnvelopedDataReader.opened(object, with: twice, policy: .legacy).bytes == Self.mail)
      var altered = object
      let place = try #require(object.indices.last { Array(object[$0...].prefix(2)) == [0x04, 0x10] })
      altered[place + 5] ^= 1
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader.opened(altered, with: keys, policy: .legacy)
      }
    }
  }
}
