import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// Somebody who can be written to, and what opens it.
struct Correspondent: Sendable {
  let name: String
  let recipient: Recipient
  let keys: DecryptionKeys
}

/// One correspondent of every kind that there is.
struct Everybody: Sendable {
  let all: [Correspondent]

  static let rounds = 1_000

  init() async throws {
    let pki = try await TestPKI()
    var all: [Correspondent] = []
    func add(_ name: String, _ key: PrivateKey.Kind, _ methods: [KeyMethod]) async throws {
      let identity = try await pki.encryptionIdentity(name, key: key)
      for method in methods {
        for naming in [RecipientNaming.issuerAndSerial, .subjectKeyIdentifier] {
          all.append(
            Correspondent(
              name: "\(name), \(method), \(naming)",
              recipient: .certificate(identity.certificate, method: method, naming: naming),
              keys: DecryptionKeys(identities: [identity])))
        }
      }
    }
    var rsa: [KeyMethod] = [.automatic, .transport(.rsaPKCS1), .transport(.rsaOAEP(OAEPParameters(.sha256)))]
    #if OpenSSL
      rsa += [.encapsulation(.rsaKEM(.standard)), .encapsulation(.rsaKEM(.standard), userKeyingMaterial: [1, 2, 3])]
    #endif
    try await add("rsa", .rsa(bits: 2048), rsa)
    for curve in [EllipticCurve.p256, .p384, .p521] {
      try await add(
        curve.name, .ec(curve),
        [
          .automatic, .agreement(.x963(.sha512)), .agreement(.x963(.sha1), userKeyingMaterial: [9]),
          .agreement(.hkdf(.sha384), userKeyingMaterial: [1, 2, 3, 4]),
        ])
    }
    try await add(
      "X25519", .x25519, [.automatic, .agreement(.hkdf(.sha512), userKeyingMaterial: [1]), .agreement(.x963(.sha256))])
    #if OpenSSL
      for curve in [EllipticCurve.brainpoolP256r1, .brainpoolP384r1, .brainpoolP512r1] {
        try await add(curve.name, .ec(curve), [.automatic])
      }
      try await add("X448", .x448, [.automatic, .agreement(.x963(.sha512), userKeyingMaterial: [1, 1])])
    #endif
    try await add("ML-KEM-768", .mlKEM768, [.automatic, .encapsulation(.mlKEM768, userKeyingMaterial: [7])])
    try await add("ML-KEM-1024", .mlKEM1024, [.automatic])
    for count in [16, 24, 32] {
      let key = SecureRandom.key(byteCount: count)
      let shared = DecryptionKeys.SharedKey(identifier: [UInt8(count), 0], key: key)
      all.append(
        Correspondent(
          name: "shared key of \(count) octets",
          recipient: .keyEncryptionKey(identifier: shared.identifier, key: key),
          keys: DecryptionKeys(sharedKeys: [shared])))
    }
    let password = Password("grüße ☃")
    all.append(
      Correspondent(
        name: "password", recipient: .password(password, rounds: Self.rounds),
        keys: DecryptionKeys(passwords: [password])))
    self.all = all
  }
}

extension TestPKI {
  /// An identity whatever its key: the certificate of another key, with this one in its place. Nobody who decrypts looks at
  /// its signature, and authorities certify few of these.
  func encryptionIdentity(_ name: String, key kind: PrivateKey.Kind) async throws -> Identity {
    let certificate = try await mailbox("\(name.lowercased())@example.com", use: .encryption).certificate
    let key = try PrivateKey(generate: kind)
    var top = try ASN1Cursor(certificate.derBytes, as: "Certificate")
    var fields = try top.sequence("certificate")
    var tbs = try fields.sequence("tbs")
    var elements: [ArraySlice<UInt8>] = []
    while !tbs.isAtEnd { elements.append(try tbs.raw()) }
    let place = try #require(elements.firstIndex(of: certificate.publicKey.spki))
    elements[place] = key.publicKey.spki
    var rest: [ArraySlice<UInt8>] = []
    while !fields.isAtEnd { rest.append(try fields.raw()) }
    let der = DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in for element in elements { der.raw(element) } }
        for element in rest { der.raw(element) }
      }
    }
    return try Identity(certificate: Certificate(der: der[...]), privateKey: key)
  }
}

extension EnvelopedDataWriter {
  static func object(
    _ content: any ByteStream = BufferSource(`EnvelopedData round trips`.mail), type: ContentType = .data,
    for recipients: [Recipient], cipher: ContentEncryption = .aesGCM(keyBits: 256), extras: Extras = Extras()
  ) async throws -> [UInt8] {
    let sink = BufferSink()
    try await encrypt(content, type: type, for: recipients, cipher: cipher, extras: extras, to: sink)
    return sink.bytes
  }
}

extension EnvelopedDataReader {
  static func opened(
    _ object: [UInt8], with keys: DecryptionKeys, policy: AlgorithmPolicy = .standard, limits: CMSLimits = .standard
  ) async throws -> (bytes: [UInt8], content: DecryptedContent) {
    let sink = BufferSink()
    let content = try await EnvelopedDataReader(BufferSource(object), limits: limits)
      .decrypt(with: keys, to: sink, policy: policy)
    return (sink.bytes, content)
  }
}

@Suite struct `Every kind of recipient` {
  private static let mail = `EnvelopedData round trips`.mail

  @Test func `opens what is written for it, and nobody else does`() async throws {
    let everybody = try await Everybody().all
    for (index, one) in everybody.enumerated() {
      for cipher in [ContentEncryption.aesCBC(keyBits: 128), .aesGCM(keyBits: 256), .aesGCM(keyBits: 192)] {
        let object = try await EnvelopedDataWriter.object(for: [one.recipient], cipher: cipher)
        _ = try ASN1Cursor(object[...], as: "ContentInfo", rules: .der)
        let (bytes, content) = try await EnvelopedDataReader.opened(object, with: one.keys)
        #expect(bytes == Self.mail, "\(one.name)")
        #expect(content.defects == [], "\(one.name)")
        let stranger = everybody[(index + 10) % everybody.count]
        await #expect(throws: (any Error).self, "\(one.name) by \(stranger.name)") {
          try await EnvelopedDataReader.opened(object, with: stranger.keys)
        }
      }
    }
  }

  @Test func `one object for all of them`() async throws {
    let everybody = try await Everybody().all
    let object = try await EnvelopedDataWriter.object(
      for: everybody.map(\.recipient), cipher: .aesCBC(keyBits: 256))
    let reader = try EnvelopedDataReader(BufferSource(object))
    #expect(reader.recipients.count == everybody.count)
    #expect(reader.asksForPassword)
    #expect(reader.recipients.allSatisfy { $0.versions.map { $0.found == $0.required } == true })
    for one in everybody {
      let (bytes, content) = try await EnvelopedDataReader.opened(object, with: one.keys)
      #expect(bytes == Self.mail, "\(one.name)")
      #expect(content.defects == [])
    }
  }

  @Test func `of many recipients a few are named in words, each once`() {
    let many = KeyMissing(recipients: ["key 0"] + (0..<20).map { "key \($0)" })
    #expect(
      many.description == "encrypted for other keys: " + (0..<8).map { "key \($0)" }.joined(separator: "; ")
        + "; and 12 more")
    #expect(KeyMissing(recipients: ["a", "a"]).description == "encrypted for other keys: a")
    #expect(KeyMissing(recipients: []).description == "encrypted for nobody")
  }

  /// RFC 5652 §6.1
  @Test func `the version follows from the recipients`() async throws {
    let pki = try await TestPKI()
    let rsa = try await pki.mailbox("rsa@example.com", key: .rsa(bits: 2048)).certificate
    let ec = try await pki.mailbox("ec@example.com").certificate
    let kem = try await pki.mailbox("kem@example.com", key: .mlKEM768, use: .encryption).certificate
    let kek = Recipient.keyEncryptionKey(identifier: [1], key: SecureRandom.key(byteCount: 16))
    let attribute = Attribute([1, 2, 3], [0x05, 0x00])
    let cases: [([Recipient], EnvelopedDataWriter.Extras, Int)] = [
      ([.certificate(rsa)], .init(), 0), ([.certificate(rsa, naming: .subjectKeyIdentifier)], .init(), 2),
      ([.certificate(rsa), .certificate(ec)], .init(), 2), ([kek], .init(), 2),
      ([.certificate(rsa)], .init(unprotectedAttributes: [attribute]), 2),
      ([.certificate(rsa)], .init(originatorCertificates: [ec]), 2),
      ([.certificate(rsa), .password(Password("x"), rounds: 1)], .init(), 3),
      ([.certificate(kem)], .init(), 3),
    ]
    for (recipients, extras, version) in cases {
      let object = try await EnvelopedDataWriter.object(
        for: recipients, cipher: .aesCBC(keyBits: 128), extras: extras)
      let reader = try EnvelopedDataReader(BufferSource(object))
      #expect(reader.version == version)
      #expect(reader.originatorCertificates == extras.originatorCertificates)
      let sealed = try await EnvelopedDataWriter.object(for: recipients, extras: extras)
      #expect(try EnvelopedDataReader(BufferSource(sealed)).version == 0)
    }
  }

  @Test func `a wrong version is told and opens`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: .rsa(bits: 2048))
    var object = try await EnvelopedDataWriter.object(
      for: [.certificate(bob.certificate)], cipher: .aesCBC(keyBits: 128))
    // The first two INTEGERs are the object's version and the recipient's.
    let places = object.indices.dropLast(2).filter { Array(object[$0..<$0 + 3]) == [2, 1, 0] }.prefix(2)
    for place in places { object[place + 2] = 3 }
    let (bytes, content) = try await EnvelopedDataReader.opened(object, with: DecryptionKeys(identities: [bob]))
    #expect(bytes == Self.mail)
    #expect(content.defects.map(\.path) == ["EnvelopedData.version", "EnvelopedData.recipientInfos[0].ktri.version"])
  }

  /// Outlook 2010 makes up an identifier for certificates that have no subjectKeyIdentifier.
  @Test func `a synthesised key identifier is known, of both kinds`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com", key: .rsa(bits: 2048))
    let key = bob.certificate.publicKey
    for identifier in [key.subjectKeyIdentifier, MessageDigest.sha1(key.spki)] {
      let secret = SecureRandom.key(byteCount: 32)
      let info = RecipientInfo.keyTransport(
        KeyTransRecipientInfo(
          .subjectKeyIdentifier(identifier[...]), KeyTransport.rsaPKCS1.identifier,
          encryptedKey: try key.encrypt(secret, .rsaPKCS1)))
      #expect(info.names(bob.certificate))
      let object = EncryptedObject(
        type: .envelopedData, before: KeyManagement.encoded(version: 2, [info], []), contentType: .data,
        cipher: ContentCipher(fresh: .aesCBC(keyBits: 256), .none))
      let sink = BufferSink()
      try object.write(BufferSource(Self.mail), key: secret, associatedData: nil, to: sink) { _ in [] }
      let (bytes, _) = try await EnvelopedDataReader.opened(sink.bytes, with: DecryptionKeys(identities: [bob]))
      #expect(bytes == Self.mail)
    }
  }

  @Test func `what does not fit a key is refused by name`() async throws {
    let pki = try await TestPKI()
    let rsa = try await pki.mailbox("rsa@example.com", key: .rsa(bits: 2048)).certificate
    let ec = try await pki.mailbox("ec@example.com").certificate
    let ed = try await pki.mailbox("ed@example.com", key: .ed25519).certificate
    let wrong: [Recipient] = [
      .certificate(rsa, method: .agreement(.x963(.sha256))), .certificate(ec, method: .transport(.rsaPKCS1)),
      .certificate(ec, method: .encapsulation(.mlKEM768)), .certificate(rsa, method: .encapsulation(.mlKEM768)),
      .certificate(ed), .keyEncryptionKey(identifier: [1], key: SecureRandom.key(byteCount: 20)),
    ]
    for recipient in wrong {
      await #expect(throws: Unsupported.self) { try await EnvelopedDataWriter.object(for: [recipient]) }
    }
    await #expect(throws: Malformed.self) { try await EnvelopedDataWriter.object(for: []) }
    await #expect(throws: Malformed.self) {
      try await EnvelopedDataWriter.object(for: [.password(Password("x"), rounds: 0)])
    }
  }

  @Test func `keys bound to their cipher, and what becomes of them under another`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let keys = DecryptionKeys(identities: [bob])
    for cipher in [ContentEncryption.aesCBC(keyBits: 256), .aesGCM(keyBits: 128), .chaCha20Poly1305] {
      let object = try await EnvelopedDataWriter.object(
        for: [.certificate(bob.certificate)], cipher: cipher, extras: .init(keyDerivation: .hkdfSHA256))
      let reader = try EnvelopedDataReader(BufferSource(object))
      #expect(try reader.contentKeyDerivation() == .hkdfSHA256)
      #expect(try reader.contentCipher().encryption == cipher)
      #expect(try await EnvelopedDataReader.opened(object, with: keys).bytes == Self.mail)
    }
    // The attack of RFC 9709 §1: another cipher over the same octets has another key.
    let object = try await EnvelopedDataWriter.object(
      for: [.certificate(bob.certificate)], cipher: .aesCBC(keyBits: 128), extras: .init(keyDerivation: .hkdfSHA256))
    let iv = try EnvelopedDataReader(BufferSource(object)).contentCipher().initialValue
    var changed = object
    let place = try #require(object.indices.first { Array(object[$0...].prefix(16)) == iv })
    changed[place] ^= 1
    if let (bytes, _) = try? await EnvelopedDataReader.opened(changed, with: keys) {
      // Without the derivation one bit of the first block would differ, and nothing else.
      #expect(zip(bytes, Self.mail).filter { $0 == $1 }.count < Self.mail.count / 2)
    }
  }

  @Test func `ChaCha20-Poly1305 is AuthEnvelopedData`() async throws {
    let bob = try await TestPKI().mailbox("bob@example.com")
    let object = try await EnvelopedDataWriter.object(
      for: [.certificate(bob.certificate)], cipher: .chaCha20Poly1305)
    #expect(try EnvelopedDataReader(BufferSource(object)).type == .authEnvelopedData)
    let keys = DecryptionKeys(identities: [bob])
    #expect(try await EnvelopedDataReader.opened(object, with: keys).bytes == Self.mail)
    for index in [object.count - 1, object.count - 17, object.count - 20] {
      var altered = object
      altered[index] ^= 1
      await #expect(throws: (any Error).self) { try await EnvelopedDataReader.opened(altered, with: keys) }
    }
  }
}
