import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Synchronization
import Testing

@testable import CMS

@Suite struct `EnvelopedData round trips` {
  static let mail = Array("Content-Type: text/plain\r\n\r\nFor your eyes only.\r\n".utf8)

  static let ciphers: [ContentEncryption] = [
    .aesCBC(keyBits: 128), .aesCBC(keyBits: 192), .aesCBC(keyBits: 256), .aesGCM(keyBits: 128), .aesGCM(keyBits: 192),
    .aesGCM(keyBits: 256),
  ]
  static let keys: [PrivateKey.Kind] = [.rsa(bits: 2048), .ec(.p256), .ec(.p384), .ec(.p521)]

  static func sealed(
    _ content: any ByteStream = BufferSource(mail), for identities: [Identity], cipher: ContentEncryption,
    transport: KeyTransport = .rsaPKCS1, type: ContentType = .data
  ) async throws -> [UInt8] {
    let sink = BufferSink()
    try await EnvelopedDataWriter.encrypt(
      content, type: type, for: identities.map { .init($0.certificate, transport: transport) }, cipher: cipher, to: sink
    )
    return sink.bytes
  }

  static func opened(_ object: [UInt8], with identities: [Identity]) async throws -> [UInt8] {
    let sink = BufferSink()
    _ = try await EnvelopedDataReader(BufferSource(object)).decrypt(with: identities, to: sink)
    return sink.bytes
  }

  @Test(arguments: ciphers, keys)
  func `what is encrypted opens`(cipher: ContentEncryption, key: PrivateKey.Kind) async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: key)
    let object = try await Self.sealed(for: [bob], cipher: cipher)
    _ = try ASN1Cursor(object[...], as: "ContentInfo", rules: .der)
    let reader = try EnvelopedDataReader(BufferSource(object))
    #expect(reader.isAuthenticated == cipher.isAuthenticated)
    #expect(reader.type == (cipher.isAuthenticated ? .authEnvelopedData : .envelopedData))
    if case .rsa = key {
      #expect(reader.version == 0)
    } else {
      #expect(reader.version == (cipher.isAuthenticated ? 0 : 2))
    }
    #expect(try await Self.opened(object, with: [bob]) == Self.mail)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 31, 32, 131_071, 131_072, 131_073, 1_100_000])
  func `every length, of known and of unknown size`(count: Int) async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for cipher in [ContentEncryption.aesCBC(keyBits: 256), .aesGCM(keyBits: 256)] {
      let known = try await Self.sealed(BufferSource(content), for: [bob], cipher: cipher)
      #expect(try await Self.opened(known, with: [bob]) == content)
      let streamed = try await Self.sealed(DrippingStream(bytes: content, run: 50_021), for: [bob], cipher: cipher)
      #expect(try await Self.opened(streamed, with: [bob]) == content)
      #expect((streamed[1] == 0x80) == (count > 1 << 20))
    }
  }

  @Test func `OAEP`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: .rsa(bits: 2048))
    var variants = [OAEPParameters(.sha1), OAEPParameters(.sha256)]
    #if OpenSSL
      variants += [OAEPParameters(.sha512), OAEPParameters(digest: .sha256, maskDigest: .sha1, label: [1, 2, 3])]
    #endif
    for parameters in variants {
      let transport = KeyTransport.rsaOAEP(parameters)
      let object = try await Self.sealed(for: [bob], cipher: .aesGCM(keyBits: 256), transport: transport)
      #expect(try await Self.opened(object, with: [bob]) == Self.mail)
    }
  }

  @Test func `many recipients, each with the own key`() async throws {
    let pki = try await TestPKI()
    var everybody: [Identity] = []
    for (index, key) in (Self.keys + Self.keys).enumerated() {
      everybody.append(try await pki.mailbox("r\(index)@example.com", key: key))
    }
    let object = try await Self.sealed(for: everybody, cipher: .aesCBC(keyBits: 256))
    for one in everybody { #expect(try await Self.opened(object, with: [one]) == Self.mail) }
    #expect(try await Self.opened(object, with: everybody) == Self.mail)
    let reader = try EnvelopedDataReader(BufferSource(object))
    #expect(reader.recipients.count == 8)
    #expect(reader.matching(everybody).count == 8)
  }

  @Test func `content that is not data has its type authenticated`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Self.sealed(for: [bob], cipher: .aesGCM(keyBits: 128), type: .signedData)
    let sink = BufferSink()
    let result = try await EnvelopedDataReader(BufferSource(object)).decrypt(with: [bob], to: sink)
    #expect(sink.bytes == Self.mail)
    #expect(result.contentType == .signedData)
    #expect(result.authenticatedAttributes?.all.count == 1)
    // The same object under another content type does not open.
    let old = DERWriter.encode { $0.oid(ContentType.signedData.oid) }
    let new = DERWriter.encode { $0.oid(ContentType.data.oid) }
    let places = (0..<object.count - old.count).filter { Array(object[$0..<$0 + old.count]) == old }
    #expect(places.count == 2)
    var onlyOutside = object
    onlyOutside.replaceSubrange(places[0]..<places[0] + new.count, with: new)
    await #expect(throws: Malformed.self) { try await Self.opened(onlyOutside, with: [bob]) }
    var both = onlyOutside
    both.replaceSubrange(places[1]..<places[1] + new.count, with: new)
    await #expect(throws: DecryptionFailed.self) { try await Self.opened(both, with: [bob]) }
  }
}

@Suite struct `EnvelopedData refusals` {
  private typealias Trips = `EnvelopedData round trips`

  @Test func `a key that is not asked for is missing, and the recipients are told`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com")
    let eve = try await pki.mailbox("eve@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: .aesCBC(keyBits: 256))
    let error = await #expect(throws: KeyMissing.self) { try await Trips.opened(object, with: [eve]) }
    #expect(error?.recipients.count == 1)
    #expect(error?.recipients.first?.contains("Issuing") == true)
    await #expect(throws: KeyMissing.self) { try await Trips.opened(object, with: []) }
  }

  @Test(arguments: Trips.ciphers, [PrivateKey.Kind.rsa(bits: 2048), .ec(.p256)])
  func `altered content and tags have one answer`(cipher: ContentEncryption, key: PrivateKey.Kind) async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: key)
    let object = try await Trips.sealed(for: [bob], cipher: cipher)
    var altered = object
    altered[object.count - 1] ^= 1
    if cipher.isAuthenticated {
      await #expect(throws: DecryptionFailed.self) { try await Trips.opened(altered, with: [bob]) }
      altered = object
      altered[object.count - 25] ^= 1
      await #expect(throws: DecryptionFailed.self) { try await Trips.opened(altered, with: [bob]) }
    } else {
      // CBC proves nothing: what opens may be anything but is never an error of another kind.
      do {
        #expect(try await Trips.opened(altered, with: [bob]) != Trips.mail)
      } catch { #expect(error is DecryptionFailed) }
    }
  }

  /// RFC 3218: nothing that was done to the encrypted key shows as anything but a failure at the end of the content.
  @Test func `CVE-2026-42768: every broken encrypted key has one answer`() async throws {
    let pki = try await TestPKI()
    for key in [PrivateKey.Kind.rsa(bits: 2048), .ec(.p256)] {
      let bob = try await pki.mailbox("bob@example.com", key: key)
      let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 256))
      let reader = try EnvelopedDataReader(BufferSource(object))
      let encrypted: [UInt8] =
        switch try #require(reader.recipients.first) {
        case .keyTransport(let info): Array(info.encryptedKey)
        case .keyAgreement(let info): Array(try #require(info.recipientKeys.first).encryptedKey)
        default: []
        }
      let place = try #require(
        (0..<object.count - encrypted.count).first { Array(object[$0..<$0 + encrypted.count]) == encrypted })
      for index in stride(from: 0, to: encrypted.count, by: 7) {
        var broken = object
        broken[place + index] ^= 0x10
        await #expect(throws: DecryptionFailed.self) { try await Trips.opened(broken, with: [bob]) }
      }
    }
  }

  @Test func `CVE-2026-34182: AuthEnvelopedData with a cipher that authenticates nothing`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: .aesCBC(keyBits: 256))
    let swapped = try Self.retyped(object, .authEnvelopedData, after: [0x04, 0x10] + [UInt8](repeating: 7, count: 16))
    let reader = try EnvelopedDataReader(BufferSource(swapped))
    #expect(throws: Unsupported("AES-256-CBC inside authEnvelopedData")) { try reader.contentCipher() }
    await #expect(throws: Unsupported.self) { try await Trips.opened(swapped, with: [bob]) }
  }

  @Test func `OpenSSL 28607: AEAD where nothing holds its tag`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 256))
    let swapped = try Self.retyped(object, .envelopedData, dropping: 1)
    await #expect(throws: Unsupported("AES-256-GCM inside envelopedData")) {
      try await Trips.opened(swapped, with: [bob])
    }
  }

  /// The size of a tag is there for everybody to see, and is told.
  @Test(arguments: [0, 1, 4, 8, 11, 12, 15, 17, 32])
  func `CVE-2026-12802: short and long tags`(count: Int) async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 256))
    let tag = Array(object.suffix(16)) + [UInt8](repeating: 0, count: 16)
    let cut = try Self.retyped(
      object, .authEnvelopedData, dropping: 1, after: [0x04, UInt8(count)] + tag.prefix(count))
    let fault = await #expect(throws: Malformed.self) { try await Trips.opened(cut, with: [bob]) }
    #expect(fault?.path == "AuthEnvelopedData.mac")
    #expect(fault?.offset == cut.count - count - 2)
    #expect(fault?.reason.hasPrefix("the mac has \(count) octets") == true)
    let whole = try Self.retyped(object, .authEnvelopedData, dropping: 1, after: [0x04, 16] + tag.prefix(16))
    #expect(try await Trips.opened(whole, with: [bob]) == Trips.mail)
  }

  /// `object` with another type, without its last `dropping` elements, and with `after` behind them.
  static func retyped(
    _ object: [UInt8], _ type: ContentType, dropping: Int = 0, after: [UInt8] = []
  ) throws -> [UInt8] {
    var top = try ASN1Cursor(object[...], as: "ContentInfo")
    var info = try top.enter()
    _ = try info.oid("contentType")
    var content = try info.constructed(.context(0), "content")
    var fields = try content.sequence("content")
    var elements: [ArraySlice<UInt8>] = []
    while !fields.isAtEnd { elements.append(try fields.raw()) }
    return DERWriter.encode { der in
      der.sequence { der in
        der.oid(type.oid)
        der.context(0) { der in
          der.sequence { der in
            for element in elements.dropLast(dropping) { der.raw(element) }
            der.raw(after)
          }
        }
      }
    }
  }

  @Test func `CVE-2025-15467: an oversized IV`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    for algorithm in [[2, 16, 840, 1, 101, 3, 4, 1, 46], [2, 16, 840, 1, 101, 3, 4, 1, 42]] as [[UInt]] {
      for count in [0, 1, 64, 4_096] {
        let iv = DERWriter.encode { $0.octets([UInt8](repeating: 1, count: count)) }
        let isGCM = algorithm.last == 46
        let parameters = isGCM ? DERWriter.encode { der in der.sequence { $0.raw(iv) } } : iv
        let oid =
          isGCM ? [2, 16, 840, 1, 101, 3, 4, 1, 46] : [2, 16, 840, 1, 101, 3, 4, 1, 42] as ASN1ObjectIdentifier
        let identifier = AlgorithmIdentifier(oid, parameters: parameters[...])
        let object = DERWriter.encode { der in
          der.sequence { der in
            der.oid((isGCM ? ContentType.authEnvelopedData : .envelopedData).oid)
            der.context(0) { der in
              der.sequence { der in
                der.int(0)
                der.setOf([])
                der.sequence { der in
                  der.oid(ContentType.data.oid)
                  identifier.write(to: &der)
                  der.octets([UInt8](repeating: 9, count: 32), tag: .context(0))
                }
                if isGCM { der.octets([UInt8](repeating: 0, count: 16)) }
              }
            }
          }
        }
        let error = await #expect(throws: (any Error).self) { try await Trips.opened(object, with: [bob]) }
        if !isGCM || count == 0 { #expect(!(error is DecryptionFailed) && !(error is KeyMissing)) }
      }
    }
  }

  /// OpenSSL went where the label of a source without parameters would be.
  @Test func `CVE-2026-28390: a label source without a label is refused before the key is used`() async throws {
    let bob = try await TestPKI().encryptionIdentity("bob", key: .rsa(bits: 2048))
    let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 256))
    guard case .keyTransport(let info)? = try EnvelopedDataReader(BufferSource(object)).recipients.first else {
      Issue.record("no key is transported")
      return
    }
    let counting = CountingKey(bob.decryptionKey)
    let identity = try Identity(
      certificate: bob.certificate, chain: [], signingKey: bob.signingKey, decryptionKey: counting)
    let source = DERWriter.encode { der in
      der.sequence { der in
        der.context(2) { der in AlgorithmIdentifier([1, 2, 840, 113549, 1, 1, 9]).write(to: &der) }
      }
    }
    let oaep = AlgorithmIdentifier([1, 2, 840, 113549, 1, 1, 7], parameters: source[...])
    let changed = try Surgery.changed(object) { elements in
      let recipient = KeyTransRecipientInfo(info.recipient, oaep, encryptedKey: Array(info.encryptedKey))
      elements[1] = DERWriter.encode { $0.setOf([RecipientInfo.keyTransport(recipient).encoded]) }
    }
    let fault = await #expect(throws: Malformed.self) { try await Trips.opened(changed, with: [identity]) }
    #expect(fault?.reason == "pSpecified has no label")
    #expect(
      fault?.path == "AuthEnvelopedData.recipientInfos[0].ktri.keyEncryptionAlgorithm.parameters.pSourceFunc")
    #expect(counting.count == 0)
  }

  /// OpenSSL 32567: OAEP parameters that cannot be read must never mean PKCS #1 v1.5.
  @Test func `OpenSSL 32567: malformed OAEP stays an error`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: .rsa(bits: 2048))
    let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 256))
    let info = try #require(try EnvelopedDataReader(BufferSource(object)).recipients.first)
    guard case .keyTransport(let transport) = info else { return }
    for parameters in [[0x05, 0x00], [0x30, 0x02, 0xA2, 0x00], [0x30, 0x04, 0xA0, 0x02, 0x30, 0x00], [0x04, 0x00]]
      as [[UInt8]]
    {
      let algorithm = AlgorithmIdentifier([1, 2, 840, 113549, 1, 1, 7], parameters: parameters[...])
      let changed = KeyTransRecipientInfo(
        transport.recipient, algorithm, encryptedKey: Array(transport.encryptedKey))
      #expect(throws: (any Error).self) { try SealedKey(changed, for: bob) }
    }
  }

  /// CVE-2026-28389: key agreement without, or with odd, parameters.
  @Test func `CVE-2026-28389: key agreement parameters`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 256))
    guard case .keyAgreement(let info)? = try EnvelopedDataReader(BufferSource(object)).recipients.first,
      case .key(_, let point) = info.originator
    else { return }
    let oid: ASN1ObjectIdentifier = [1, 3, 132, 1, 11, 1]
    for parameters in [nil, [0x05, 0x00], [0x30, 0x00], [0x04, 0x01, 0x00]] as [[UInt8]?] {
      let changed = KeyAgreeRecipientInfo(
        ephemeral: Array(point), AlgorithmIdentifier(oid, parameters: parameters?[...]), info.recipientKeys[0])
      #expect(throws: (any Error).self) { try SealedKey(changed, info.recipientKeys[0], for: bob) }
    }
    for bytes in [[], [0x00], [0x04], Array(point.dropLast()), [0x04] + [UInt8](repeating: 0, count: 64)] as [[UInt8]] {
      let changed = KeyAgreeRecipientInfo(ephemeral: bytes, info.keyEncryptionAlgorithm, info.recipientKeys[0])
      await #expect(throws: (any Error).self) {
        _ = try await SealedKey(changed, info.recipientKeys[0], for: bob).open(byteCount: 32)
      }
    }
  }

  @Test func `kinds of recipient that are not offered are named`() async throws {
    let other: [UInt8] = [0xA4, 0x06, 0x06, 0x02, 0x2A, 0x03, 0x05, 0x00]
    let infos: [[UInt8]] = [
      [0xA1, 0x00], [0xA2, 0x00], [0xA3, 0x00], [0xA4, 0x00], [0x30, 0x00], [0x02, 0x01, 0x00], other,
    ]
    let names = infos.map { info in
      TLVReader(BufferSource(info), as: "EnvelopedData", limits: .standard)
    }.compactMap { try? RecipientInfo($0.element(), room: 1) }.flatMap(\.descriptions)
    #expect(names.count == 7)
    for name in names[..<5] { #expect(name.hasPrefix("malformed")) }
    #expect(names[5] == "an unknown kind of recipient")
    #expect(names[6] == "another kind of recipient (1.2.3)")
  }

  @Test func `recipients are counted`() async throws {
    var limits = CMSLimits()
    limits.recipients = 1
    let pki = try await TestPKI()
    let two = [try await pki.mailbox("a@example.com"), try await pki.mailbox("b@example.com")]
    let object = try await Trips.sealed(for: two, cipher: .aesCBC(keyBits: 128))
    #expect(throws: LimitExceeded(.recipients, limit: 1)) {
      try EnvelopedDataReader(BufferSource(object), limits: limits)
    }
  }

  @Test(arguments: [ContentEncryption.aesCBC(keyBits: 256), .aesGCM(keyBits: 256)])
  func `every truncation of a small object is an error with a place`(cipher: ContentEncryption) async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: cipher)
    for count in 0..<object.count {
      await #expect(throws: Malformed.self) { try await Trips.opened(Array(object.prefix(count)), with: [bob]) }
    }
  }

  @Test func `no flipped bit of an authenticated object opens to anything else`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await Trips.sealed(for: [bob], cipher: .aesGCM(keyBits: 128))
    for index in object.indices {
      var flipped = object
      flipped[index] ^= 1 << UInt8(index % 8)
      if let opened = try? await Trips.opened(flipped, with: [bob]) { #expect(opened == Trips.mail) }
    }
  }
}

/// A key that counts what it is asked for.
final class CountingKey: DecryptionKey {
  private let key: any DecryptionKey
  private let counter = Mutex(0)

  init(_ key: any DecryptionKey) { self.key = key }

  var publicKey: PublicKey { key.publicKey }
  var count: Int { counter.withLock { $0 } }

  func decrypt(
    _ encrypted: ArraySlice<UInt8>, _ transport: KeyTransport, keyByteCount: Int
  ) async throws -> SymmetricKey {
    counter.withLock { $0 += 1 }
    return try await key.decrypt(encrypted, transport, keyByteCount: keyByteCount)
  }

  func sharedSecret(with peer: PublicKey) async throws -> SymmetricKey {
    counter.withLock { $0 += 1 }
    return try await key.sharedSecret(with: peer)
  }

  func decapsulate(_ ciphertext: ArraySlice<UInt8>, _ kem: KeyEncapsulation) async throws -> SymmetricKey {
    counter.withLock { $0 += 1 }
    return try await key.decapsulate(ciphertext, kem)
  }
}

/// RFC 3218: what is wrong with one recipient's key changes neither the number of private-key operations nor the error.
@Suite struct `Equal work` {
  @Test(arguments: [PrivateKey.Kind.rsa(bits: 2048), .ec(.p256)])
  func `every matching recipient gets its operation, good or bad`(kind: PrivateKey.Kind) async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: kind)
    for cipher in [ContentEncryption.aesCBC(keyBits: 256), .aesGCM(keyBits: 256)] {
      let object = try await `EnvelopedData round trips`.sealed(for: [bob, bob, bob], cipher: cipher)
      let keys = try EnvelopedDataReader(BufferSource(object)).recipients.map { recipient -> [UInt8] in
        switch recipient {
        case .keyTransport(let info): Array(info.encryptedKey)
        case .keyAgreement(let info): Array(try #require(info.recipientKeys.first).encryptedKey)
        default: []
        }
      }
      for broken in 0...3 {
        var changed = object
        for key in keys.prefix(broken) {
          let place = try #require(
            (0..<changed.count - key.count).first { Array(changed[$0..<$0 + key.count]) == key })
          changed[place + key.count / 2] ^= 1
        }
        let counting = CountingKey(bob.decryptionKey)
        let identity = try Identity(
          certificate: bob.certificate, chain: [], signingKey: bob.signingKey, decryptionKey: counting)
        let sink = BufferSink()
        do {
          _ = try await EnvelopedDataReader(BufferSource(changed)).decrypt(with: [identity], to: sink)
          if cipher.isAuthenticated || broken == 0 { #expect(sink.bytes == `EnvelopedData round trips`.mail) }
          #expect(broken < 3 || !cipher.isAuthenticated)
        } catch {
          #expect(error is DecryptionFailed)
          #expect(broken == 3)
        }
        #expect(counting.count == 3)
      }
    }
  }

  @Test func `private-key operations are counted`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await `EnvelopedData round trips`.sealed(for: [bob, bob, bob], cipher: .aesGCM(keyBits: 128))
    var limits = CMSLimits()
    limits.keyOperations = 2
    await #expect(throws: LimitExceeded(.keyOperations, limit: 2)) {
      try await EnvelopedDataReader(BufferSource(object), limits: limits).decrypt(with: [bob], to: NullSink())
    }
  }
}
