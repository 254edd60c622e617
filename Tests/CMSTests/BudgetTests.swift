import ByteIO
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// Small encodings that ask for much: what is counted, and that as many as the limit allows still pass.
@Suite struct `Budgets` {
  private static let empty = Attribute([1, 2, 3], values: [])
  private static let null: ArraySlice<UInt8> = [0x05, 0x00]

  /// Attributes of no values.
  private static func attributes(_ count: Int) -> [Attribute] { [Attribute](repeating: empty, count: count) }

  /// One attribute of `type` with many values.
  private static func values(
    _ count: Int, of type: ASN1ObjectIdentifier = [1, 2, 3], _ value: ArraySlice<UInt8> = null
  ) -> Attribute {
    Attribute(type, values: [ArraySlice<UInt8>](repeating: value, count: count))
  }

  /// What its first signer is worth, or the budget that it exceeds.
  private func outcome(
    _ craft: CraftedSignedData, _ limits: CMSLimits = .standard
  ) async throws -> Result<SignerVerification, LimitExceeded> {
    let object = BufferSource(try await craft.encoded())
    do {
      let data = try SignedDataReader(object, limits: limits).read()
      let signer = try #require(data.signerInfos.first).get()
      return .success(signer.verify(in: data, certificate: craft.identity.certificate))
    } catch let exceeded as LimitExceeded {
      // Whoever adds to an object has the same budgets.
      #expect(throws: exceeded) {
        try SignedDataWriter.replaceSigners([:], in: object, limits: limits, writingTo: NullSink())
      }
      return .failure(exceeded)
    }
  }

  private func craft() async throws -> CraftedSignedData {
    CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
  }

  @Test func `digest algorithms`() async throws {
    var craft = try await craft()
    craft.announced = [DigestAlgorithm](repeating: .sha256, count: 64)
    #expect(try await outcome(craft) == .success(.valid))
    craft.announced?.append(.sha256)
    #expect(try await outcome(craft) == .failure(LimitExceeded(.digestAlgorithms, limit: 64)))
  }

  @Test func `attributes of a signer, signed and unsigned`() async throws {
    let plain = try await craft()
    for (count, result) in [
      (1_000, .success(.valid)), (1_001, .failure(LimitExceeded(.attributes, limit: 1_000))),
    ] as [(Int, Result<SignerVerification, LimitExceeded>)] {
      var craft = plain
      craft.attributes = plain.standardAttributes + Self.attributes(count - 2)
      #expect(try await outcome(craft) == result)
      craft = plain
      craft.unsignedAttributes = Self.attributes(count)
      #expect(try await outcome(craft) == result)
    }
  }

  @Test func `values of a signer's attributes, in one and in several`() async throws {
    let plain = try await craft()
    for (count, result) in [
      (1_000, .success(.valid)), (1_001, .failure(LimitExceeded(.attributeValues, limit: 1_000))),
    ] as [(Int, Result<SignerVerification, LimitExceeded>)] {
      var craft = plain
      craft.attributes = plain.standardAttributes + [Self.values(count - 2)]
      #expect(try await outcome(craft) == result)
      craft = plain
      craft.unsignedAttributes = [Self.values(count)]
      #expect(try await outcome(craft) == result)
      craft.unsignedAttributes = [Self.values(count - 500), Self.values(500)]
      #expect(try await outcome(craft) == result)
    }
  }

  /// They are counted whether they can be read or not.
  @Test func `countersignatures and time stamps`() async throws {
    var craft = try await craft()
    for type in [ASN1ObjectIdentifier.countersignatureAttribute, .timestampTokenAttribute] {
      craft.unsignedAttributes = [Self.values(63, of: type)]
      #expect(try await outcome(craft) == .success(.valid))
      craft.unsignedAttributes = [Self.values(64, of: type)]
      #expect(try await outcome(craft) == .failure(LimitExceeded(.signers, limit: 64)))
      craft.unsignedAttributes = [Self.values(32, of: type), Self.values(32, of: type)]
      #expect(try await outcome(craft) == .failure(LimitExceeded(.signers, limit: 64)))
    }
  }

  @Test func `what hangs on a countersignature`() async throws {
    var wide = CMSLimits()
    wide.attributes = 2_000
    for (inner, result) in [
      (Self.attributes(1_000), .success(.valid)),
      (Self.attributes(1_001), .failure(LimitExceeded(.attributes, limit: 1_000))),
      ([Self.values(62, of: .countersignatureAttribute)], .success(.valid)),
      ([Self.values(63, of: .countersignatureAttribute)], .failure(LimitExceeded(.signers, limit: 64))),
    ] as [([Attribute], Result<SignerVerification, LimitExceeded>)] {
      var craft = try await craft()
      craft.unsignedAttributes = inner
      let object = BufferSource(try await craft.encoded())
      let counter = try #require(try SignedDataReader(object, limits: wide).read().signerInfos.first).get()
      craft.unsignedAttributes = [Attribute(.countersignatureAttribute, values: [counter.encoded])]
      #expect(try await outcome(craft) == result)
    }
  }

  @Test func `attributes of encrypted and authenticated content`() async throws {
    let bob = `AuthenticatedData`.recipient
    let keys = `AuthenticatedData`.keys
    func outcome(_ object: [UInt8]) async throws -> LimitExceeded? {
      do {
        if try ContentInfo.contentType(of: BufferSource(object)) == .authenticatedData {
          try await `AuthenticatedData`.opened(object)
        } else {
          _ = try await EnvelopedDataReader.opened(object, with: keys)
        }
        return nil
      } catch let exceeded as LimitExceeded { return exceeded }
    }
    for (count, result) in [(1_000, nil), (1_001, LimitExceeded(.attributes, limit: 1_000))] {
      // contentType is among those that the tag covers, and two more among those that the code does.
      let covered = try await EnvelopedDataWriter.object(
        for: [bob], extras: .init(authenticatedAttributes: Self.attributes(count - 1)))
      let loose = try await EnvelopedDataWriter.object(
        for: [bob], extras: .init(unprotectedAttributes: Self.attributes(count)))
      let plain = try await EnvelopedDataWriter.object(
        for: [bob], cipher: .aesCBC(keyBits: 256), extras: .init(unprotectedAttributes: Self.attributes(count)))
      let authenticated = try await `AuthenticatedData`.sealed(covering: .attributes(Self.attributes(count - 3)))
      for object in [covered, loose, plain, authenticated] { #expect(try await outcome(object) == result) }
    }
  }

  /// EnvelopedData for key agreements with so many keys each.
  private func enveloped(_ agreements: [Int]) -> [UInt8] {
    let key = DERWriter.value(0x30, [0xA0, 0x03, 0x04, 0x01, 0x07], [0x04, 0x00])
    let infos = agreements.map { count in
      DERWriter.encode { der in
        der.context(1) { der in
          der.int(3)
          der.context(0) { der in
            der.context(1) { der in
              AlgorithmIdentifier([1, 2, 840, 10045, 2, 1]).write(to: &der)
              der.bits([0x04])
            }
          }
          AlgorithmIdentifier([1, 3, 132, 1, 11, 1]).write(to: &der)
          der.sequence { der in for _ in 0..<count { der.raw(key) } }
        }
      }
    }
    return DERWriter.encode { der in
      der.sequence { der in
        der.oid(ContentType.envelopedData.oid)
        der.context(0) { der in
          der.sequence { der in
            der.int(2)
            der.setOf(infos)
            der.sequence { der in
              der.oid(ContentType.data.oid)
              ContentCipherParameters(fresh: .aesCBC(keyBits: 128)).identifier.write(to: &der)
              der.octets([UInt8](repeating: 0, count: 16), tag: .context(0))
            }
          }
        }
      }
    }
  }

  @Test func `keys of key agreements are counted as they are read`() throws {
    var limits = CMSLimits()
    limits.recipients = 100
    for agreements in [[100], [60, 40], [1, 98, 1]] {
      let reader = try EnvelopedDataReader(BufferSource(enveloped(agreements)), limits: limits)
      #expect(reader.recipients.reduce(0) { $0 + $1.keyCount } == 100)
    }
    for agreements in [[101], [60, 41], [1_000], [1, 98, 2]] {
      #expect(throws: LimitExceeded(.recipients, limit: 100)) {
        try EnvelopedDataReader(BufferSource(enveloped(agreements)), limits: limits)
      }
    }
    // No more are read than it takes to know.
    let many = TLVReader(BufferSource(enveloped([1_000])), as: "ContentInfo", limits: .standard)
    _ = try ContentInfo.open(many, [.envelopedData: "EnvelopedData"])
    try many.skip()
    try many.enter(.set)
    guard case .keyAgreement(let info) = RecipientInfo(try many.indexedElement(), room: 5) else {
      Issue.record("is no key agreement")
      return
    }
    #expect(info.recipientKeys.count == 6)
  }

  @Test func `certificates that signingCertificate names`() throws {
    let reference = DERWriter.value(0x30, [0x04, 0x01, 0x07])
    func list(_ count: Int) throws(Malformed) -> SigningCertificate {
      let references = [[UInt8]](repeating: reference, count: count).flatMap { $0 }
      return try SigningCertificate(DERWriter.value(0x30, DERWriter.value(0x30, references))[...], .v2)
    }
    #expect(try list(64).references.count == 64)
    let fault = #expect(throws: Malformed.self) { try list(65) }
    #expect(fault?.reason == "names more than 64 certificates")
  }

  @Test func `are told by name`() {
    #expect(LimitExceeded(.digestAlgorithms, limit: 64).description == "more than 64 digest algorithms")
    #expect(LimitExceeded(.attributeValues, limit: 9).description == "more than 9 values of attributes")
  }
}
