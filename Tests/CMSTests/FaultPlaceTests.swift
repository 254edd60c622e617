import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// What is wrong with an algorithm shows when it is made use of, far from where it was read. It is told all the same with
/// its place in the object: the path from the object's name on, and the offset of the octets that are wrong.
@Suite struct `Places of faults` {
  /// Whom the objects are for.
  private struct Cast: Sendable {
    let rsa: Identity
    let curve: Identity
    let lattice: Identity
    let shared = DecryptionKeys.SharedKey(identifier: [7], key: SecureRandom.key(byteCount: 32))
    let password = Password("secret")

    init() async throws {
      let pki = try await TestPKI()
      rsa = try await pki.encryptionIdentity("rsa", key: .rsa(bits: 2048))
      curve = try await pki.encryptionIdentity("curve", key: .ec(.p256))
      lattice = try await pki.encryptionIdentity("lattice", key: .mlKEM768)
    }

    var keys: DecryptionKeys {
      DecryptionKeys(identities: [rsa, curve, lattice], sharedKeys: [shared], passwords: [password])
    }
  }

  private struct Fault: Sendable {
    let words: String
    let path: String
    /// The tag at the offset.
    let tag: UInt8
    let object: @Sendable (Cast) throws -> [UInt8]

    init(
      _ words: String, _ path: String, _ tag: UInt8, _ object: @escaping @Sendable (Cast) throws -> [UInt8]
    ) {
      self.words = words
      self.path = path
      self.tag = tag
      self.object = object
    }
  }

  // MARK: Objects

  private static let octets = [UInt8](repeating: 9, count: 48)
  private static let oaep: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 7]
  private static let rsa: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
  private static let ecdh: ASN1ObjectIdentifier = [1, 3, 132, 1, 11, 1]
  private static let pbkdf2: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 12]
  private static let aesCBC: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 42]
  private static let aesGCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 46]
  private static let integer: [UInt8] = [2, 1, 0]

  private static func algorithm(_ oid: ASN1ObjectIdentifier, _ parameters: [UInt8]? = nil) -> AlgorithmIdentifier {
    AlgorithmIdentifier(oid, parameters: parameters.map { $0[...] })
  }

  private static func sequence(_ elements: [UInt8]...) -> [UInt8] {
    DERWriter.encode { der in der.sequence { der in for element in elements { der.raw(element) } } }
  }

  private static func iv(_ count: Int) -> [UInt8] {
    DERWriter.encode { $0.octets([UInt8](repeating: 1, count: count)) }
  }

  /// An object with these recipients, and content by this algorithm.
  private static func enveloped(
    _ recipients: [[UInt8]], _ cipher: AlgorithmIdentifier? = nil, type: ContentType = .envelopedData
  ) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(type.oid)
        der.context(0) { der in
          der.sequence { der in
            der.int(0)
            der.constructed(.set) { set in for recipient in recipients { set.raw(recipient) } }
            der.sequence { der in
              der.oid(ContentType.data.oid)
              (cipher ?? algorithm(aesCBC, iv(16))).write(to: &der)
              der.octets(octets, tag: .context(0))
            }
            if type == .authEnvelopedData { der.octets([UInt8](repeating: 0, count: 16)) }
          }
        }
      }
    }
  }

  private static func transport(_ cast: Cast, _ identifier: AlgorithmIdentifier) -> [UInt8] {
    let name = SignerIdentifier.issuerAndSerial(IssuerAndSerialNumber(of: cast.rsa.certificate))
    return RecipientInfo.keyTransport(KeyTransRecipientInfo(name, identifier, encryptedKey: octets)).encoded
  }

  private static func agreement(_ cast: Cast, _ identifier: AlgorithmIdentifier) -> [UInt8] {
    let name = SignerIdentifier.issuerAndSerial(IssuerAndSerialNumber(of: cast.curve.certificate))
    let point = Array(cast.curve.certificate.publicKey.keyBytes)
    let key = KeyAgreeRecipientInfo.RecipientKey(name, encryptedKey: octets)
    return RecipientInfo.keyAgreement(KeyAgreeRecipientInfo(ephemeral: point, identifier, key)).encoded
  }

  private static func sharedKey(_ cast: Cast, _ identifier: AlgorithmIdentifier) -> [UInt8] {
    RecipientInfo.keyEncryptionKey(KEKRecipientInfo(cast.shared.identifier, identifier, encryptedKey: octets)).encoded
  }

  private static func password(
    _ derivation: AlgorithmIdentifier, _ wrap: AlgorithmIdentifier = PasswordKeyWrap(freshKeyBits: 256).identifier
  ) -> [UInt8] {
    DERWriter.encode { der in
      der.context(3) { der in
        der.int(0)
        derivation.write(to: &der, tag: .context(0))
        wrap.write(to: &der)
        der.octets(octets)
      }
    }
  }

  private static func derivation(salt: [UInt8], rounds: Int = 1) -> AlgorithmIdentifier {
    algorithm(pbkdf2, sequence(salt, DERWriter.encode { $0.int(rounds) }))
  }

  private static func encapsulation(_ cast: Cast, ciphertext: Int = 1088, kekLength: Int = 32) -> [UInt8] {
    DERWriter.encode { der in
      der.context(4) { der in
        der.oid(KEMRecipientInfo.type)
        der.sequence { der in
          der.int(0)
          SignerIdentifier.issuerAndSerial(IssuerAndSerialNumber(of: cast.lattice.certificate)).write(to: &der)
          KeyEncapsulation.mlKEM768.identifier.write(to: &der)
          der.octets([UInt8](repeating: 3, count: ciphertext))
          KEMKeyDerivation.hkdf(.sha256).identifier.write(to: &der)
          der.int(kekLength)
          KeyWrap.aes256.identifier.write(to: &der)
          der.octets(octets)
        }
      }
    }
  }

  // MARK: Tables

  private static let recipient = "EnvelopedData.recipientInfos[0]"
  private static let content = "EnvelopedData.encryptedContentInfo.contentEncryptionAlgorithm"
  private static let sealed = "AuthEnvelopedData.encryptedContentInfo.contentEncryptionAlgorithm"

  private static let recipients: [Fault] = [
    Fault("expected SEQUENCE, found INTEGER", "\(recipient).ktri.keyEncryptionAlgorithm.parameters", 0x02) {
      enveloped([transport($0, algorithm(oaep, integer))])
    },
    Fault(
      "the mask generation function 1.2.3", "\(recipient).ktri.keyEncryptionAlgorithm.parameters.maskGenFunc", 0x30
    ) { cast in
      let mask = DERWriter.encode { der in der.context(1) { algorithm([1, 2, 3]).write(to: &$0) } }
      return enveloped([transport(cast, algorithm(oaep, sequence(mask)))])
    },
    Fault(
      "pSpecified has no label", "\(recipient).ktri.keyEncryptionAlgorithm.parameters.pSourceFunc", 0x30
    ) { cast in
      let source = DERWriter.encode { der in
        der.context(2) { algorithm([1, 2, 840, 113549, 1, 1, 9]).write(to: &$0) }
      }
      return enveloped([transport(cast, algorithm(oaep, sequence(source)))])
    },
    Fault("rsaEncryption has parameters", "\(recipient).ktri.keyEncryptionAlgorithm", 0x30) {
      enveloped([transport($0, algorithm(rsa, integer))])
    },
    Fault("the key transport algorithm 1.2.3", "\(recipient).ktri.keyEncryptionAlgorithm", 0x30) {
      enveloped([transport($0, algorithm([1, 2, 3]))])
    },
    Fault("names no key wrap", "\(recipient).kari.keyEncryptionAlgorithm", 0x30) {
      enveloped([agreement($0, algorithm(ecdh))])
    },
    Fault("expected SEQUENCE, found INTEGER", "\(recipient).kari.keyEncryptionAlgorithm.parameters", 0x02) {
      enveloped([agreement($0, algorithm(ecdh, integer))])
    },
    Fault("AES-128 key wrap has parameters", "\(recipient).kari.keyEncryptionAlgorithm.parameters", 0x30) {
      let wrap = algorithm(KeyWrap.aes128.identifier.algorithm, integer)
      return enveloped([agreement($0, algorithm(ecdh, wrap.encoded))])
    },
    Fault("3DES key wrap", "\(recipient).kari.keyEncryptionAlgorithm", 0x30) {
      enveloped([agreement($0, algorithm(ecdh, KeyWrap.tripleDES.identifier.encoded))])
    },
    Fault("3DES key wrap", "\(recipient).kekri.keyEncryptionAlgorithm", 0x30) {
      enveloped([sharedKey($0, KeyWrap.tripleDES.identifier)])
    },
    Fault("with a shared key of 256 bits", "\(recipient).kekri.keyEncryptionAlgorithm", 0x30) {
      enveloped([sharedKey($0, KeyWrap.aes128.identifier)])
    },
    Fault("expected OCTET STRING", "\(recipient).pwri.keyDerivationAlgorithm.parameters.salt", 0x02) { _ in
      enveloped([password(derivation(salt: integer))])
    },
    Fault("a salt of 7 octets", "\(recipient).pwri.keyDerivationAlgorithm", 0xA0) { _ in
      enveloped([password(derivation(salt: iv(7)))])
    },
    Fault("more than 10 000 000 rounds of key derivation", "\(recipient).pwri.keyDerivationAlgorithm", 0xA0) { _ in
      enveloped([password(derivation(salt: iv(8), rounds: 10_000_001))])
    },
    Fault("names no cipher", "\(recipient).pwri.keyEncryptionAlgorithm", 0x30) { _ in
      enveloped([password(derivation(salt: iv(8)), algorithm(PasswordKeyWrap.oid))])
    },
    Fault("AES-256-CBC has an IV of 15 octets", "\(recipient).pwri.keyEncryptionAlgorithm.parameters", 0x30) { _ in
      let wrap = algorithm(PasswordKeyWrap.oid, algorithm(aesCBC, iv(15)).encoded)
      return enveloped([password(derivation(salt: iv(8)), wrap)])
    },
    Fault("is 16 for AES-256 key wrap", "\(recipient).ori.oriValue.kekLength", 0x02) {
      enveloped([encapsulation($0, kekLength: 16)])
    },
    Fault("has 1087 octets, not 1088", "\(recipient).ori.oriValue.kemct", 0x04) {
      enveloped([encapsulation($0, ciphertext: 1087)])
    },
    // Behind one that asks for somebody else's key.
    Fault("rsaEncryption has parameters", "EnvelopedData.recipientInfos[1].ktri.keyEncryptionAlgorithm", 0x30) {
      let stranger = KEKRecipientInfo([1, 2, 3], KeyWrap.aes256.identifier, encryptedKey: octets)
      return enveloped([RecipientInfo.keyEncryptionKey(stranger).encoded, transport($0, algorithm(rsa, integer))])
    },
  ]

  private static let ciphers: [Fault] = [
    Fault("AES-256-CBC has an IV of 15 octets", content, 0x30) { _ in enveloped([], algorithm(aesCBC, iv(15))) },
    Fault("AES-256-CBC has no IV", content, 0x30) { _ in enveloped([], algorithm(aesCBC)) },
    Fault("expected OCTET STRING, found INTEGER", "\(content).parameters", 0x02) { _ in
      enveloped([], algorithm(aesCBC, integer))
    },
    Fault("the content encryption 1.2.3", content, 0x30) { _ in enveloped([], algorithm([1, 2, 3])) },
    Fault("AES-256-GCM inside envelopedData", content, 0x30) { _ in
      enveloped([], algorithm(aesGCM, sequence(iv(12))))
    },
    Fault("3DES-CBC is outdated, and not accepted", content, 0x30) { _ in
      enveloped([], algorithm([1, 2, 840, 113549, 3, 7], iv(8)))
    },
    Fault("RC2 parameter version 1 ", content, 0x30) { _ in
      enveloped([], algorithm([1, 2, 840, 113549, 3, 2], sequence([2, 1, 1], iv(8))))
    },
    Fault("CEK-HKDF names no cipher", content, 0x30) { _ in enveloped([], algorithm(ContentKeyDerivation.oid)) },
    Fault("AES-256-CBC has an IV of 15 octets", "\(content).parameters", 0x30) { _ in
      enveloped([], algorithm(ContentKeyDerivation.oid, algorithm(aesCBC, iv(15)).encoded))
    },
    Fault("expected OCTET STRING, found INTEGER", "\(sealed).parameters.aes-nonce", 0x02) { _ in
      enveloped([], algorithm(aesGCM, sequence(integer)), type: .authEnvelopedData)
    },
    Fault("AES-GCM has a nonce of 128 octets", sealed, 0x30) { _ in
      enveloped([], algorithm(aesGCM, sequence(iv(128))), type: .authEnvelopedData)
    },
    Fault("aes-ICVlen is 4", sealed, 0x30) { _ in
      enveloped([], algorithm(aesGCM, sequence(iv(12), [2, 1, 4])), type: .authEnvelopedData)
    },
  ]

  @Test func `of recipients are those of the object`() async throws {
    let cast = try await Cast()
    for fault in Self.recipients { try await Self.expect(fault, cast) }
  }

  @Test func `of ciphers are those of the object`() async throws {
    let cast = try await Cast()
    for fault in Self.ciphers { try await Self.expect(fault, cast) }
  }

  private static func expect(_ fault: Fault, _ cast: Cast) async throws {
    let object = try fault.object(cast)
    let error = await #expect(throws: (any Error).self, "\(fault.words)") {
      try await EnvelopedDataReader.opened(object, with: cast.keys)
    }
    let told = try #require(Told(error), "\(fault.words)")
    #expect(told.words.contains(fault.words), "\(told)")
    #expect(told.path == fault.path, "\(told)")
    #expect(told.offset.map { object[$0] } == fault.tag, "\(told)")
  }

  /// The octets that are wrong are found among those of a whole file, whatever comes before them.
  @Test func `are offsets in the object whatever comes first`() async throws {
    let cast = try await Cast()
    let marked: [UInt8] = [2, 3, 0x11, 0x22, 0x33]
    let object = Self.enveloped([Self.transport(cast, Self.algorithm(Self.oaep, marked))])
    let certificate = Array(cast.rsa.certificate.derBytes)
    // The same with a certificate of the sender's before the recipients.
    let longer = try Surgery.changed(object) { elements in
      let enclosed = DERWriter.encode { der in
        der.context(0) { der in der.setOf([certificate], tag: .context(0)) }
      }
      elements.insert(enclosed, at: 1)
    }
    for bytes in [object, longer] {
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: marked) })
      let fault = await #expect(throws: Malformed.self) {
        try await EnvelopedDataReader.opened(bytes, with: cast.keys)
      }
      #expect(fault?.offset == place)
    }
  }

  @Test func `of other objects are theirs`() async throws {
    let mac = try Surgery.changed(try await `AuthenticatedData`.sealed()) { elements in
      elements[2] =
        Self.algorithm(
          [1, 2, 840, 113549, 2, 9], Self.integer
        ).encoded
    }
    let macFault = await #expect(throws: Malformed.self) { try await `AuthenticatedData`.opened(mac) }
    #expect(macFault?.path == "AuthenticatedData.macAlgorithm")
    #expect(macFault?.offset.map { mac[$0] } == 0x30)

    let encrypted = `EncryptedData`.object(Self.algorithm(Self.aesCBC, Self.iv(3)), content: [1])
    let ivFault = #expect(throws: Malformed.self) {
      try EncryptedDataReader(BufferSource(encrypted)).contentCipher()
    }
    #expect(ivFault?.path == "EncryptedData.encryptedContentInfo.contentEncryptionAlgorithm")
    #expect(ivFault?.offset.map { encrypted[$0] } == 0x30)

    let sink = BufferSink()
    try CompressedDataWriter.compress(BufferSource([1, 2, 3]), to: sink)
    let compressed = try Surgery.changed(sink.bytes) { $0[1] = Self.algorithm([1, 2, 3]).encoded }
    let refusal = #expect(throws: Unsupported.self) {
      try CompressedDataReader(BufferSource(compressed)).read(content: NullSink())
    }
    #expect(refusal?.path == "CompressedData.compressionAlgorithm")
    #expect(refusal?.offset.map { compressed[$0] } == 0x30)
  }

  @Test func `of limits are told as well`() async throws {
    var limits = CMSLimits()
    limits.recipients = 1
    let cast = try await Cast()
    let one = Self.transport(cast, Self.algorithm(Self.rsa, AlgorithmIdentifier.null.map { $0 }))
    let object = Self.enveloped([one, one])
    let limit = #expect(throws: LimitExceeded.self) { try EnvelopedDataReader(BufferSource(object), limits: limits) }
    #expect(limit?.path == "EnvelopedData.recipientInfos[1]")
    #expect(limit?.offset.map { Array(object[$0...].prefix(one.count)) } == one)
    #expect(limit?.words == "more than 1 recipients")
  }

  /// What a signer's algorithms are refused for stands at them.
  @Test func `of a signer's algorithms are at them`() async throws {
    var craft = CraftedSignedData(try await TestPKI().mailbox("alice@example.com"))
    craft.writtenAlgorithm = AlgorithmIdentifier([1, 2, 3])
    let object = try await craft.encoded()
    guard case .unsupported(let what)? = try verdicts(of: object).first else {
      Issue.record("\(try verdicts(of: object))")
      return
    }
    #expect(what == Unsupported("the signature algorithm 1.2.3"))
    #expect(what.path == "SignedData.signerInfos[0].signatureAlgorithm")
    #expect(what.offset.map { Array(object[$0...].prefix(6)) } == [0x30, 0x04, 0x06, 0x02, 0x2A, 0x03])
  }
}

/// What an error says, and of which place.
private struct Told: CustomStringConvertible {
  let words: String
  let path: String
  let offset: Int?

  init?(_ error: (any Error)?) {
    switch error {
    case let fault as Malformed: (words, path, offset) = (fault.reason, fault.path, fault.offset)
    case let refusal as Unsupported: (words, path, offset) = (refusal.words, refusal.path, refusal.offset)
    case let limit as LimitExceeded: (words, path, offset) = (limit.words, limit.path, limit.offset)
    default: return nil
    }
  }

  var description: String { "\(path): \(words) at \(offset.map(String.init) ?? "no place")" }
}
