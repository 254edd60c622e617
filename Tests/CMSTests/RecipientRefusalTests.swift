import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Synchronization
import Testing

@testable import CMS

@Suite struct `Recipient refusals` {
  private static let mail = `EnvelopedData round trips`.mail
  private static let password = Password("secret")
  private static let passwords = DecryptionKeys(passwords: [password])

  /// `object` with other recipients.
  private static func readdressed(_ object: [UInt8], _ infos: [[UInt8]]) throws -> [UInt8] {
    try Surgery.changed(object) { $0[1] = DERWriter.encode { $0.setOf(infos) } }
  }

  private static func passwordRecipient(_ derivation: [UInt8], _ wrap: [UInt8]? = nil) -> [UInt8] {
    DERWriter.encode { der in
      der.context(3) { der in
        der.int(0)
        der.raw(derivation)
        der.raw(wrap ?? PasswordKeyWrap(freshKeyBits: 256).identifier.encoded)
        der.octets([UInt8](repeating: 7, count: 48))
      }
    }
  }

  private static func pbkdf2(_ write: (inout DERWriter) -> Void) -> [UInt8] {
    DERWriter.encode { der in
      der.context(0) { der in
        der.oid([1, 2, 840, 113549, 1, 5, 12])
        write(&der)
      }
    }
  }

  private static func parameters(salt: Int = 8, rounds: Int = 1, keyLength: Int? = nil) -> [UInt8] {
    pbkdf2 { der in
      der.sequence { der in
        der.octets([UInt8](repeating: 1, count: salt))
        der.int(rounds)
        if let keyLength { der.int(keyLength) }
      }
    }
  }

  @Test func `CVE-2026-42766: password recipients without, or with odd, parameters are an error before any work`()
    async throws
  {
    let object = try await EnvelopedDataWriter.object(for: [.password(Self.password, rounds: 1)])
    let kdf = Self.parameters()
    let scrypt = DERWriter.encode { der in der.context(0) { $0.oid([1, 3, 6, 1, 4, 1, 11591, 4, 11]) } }
    let elsewhere = Self.pbkdf2 { der in
      der.sequence { der in
        der.sequence { $0.oid([1, 2, 3]) }
        der.int(1)
      }
    }
    let wrapOID: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 9]
    let odd: [[UInt8]] = [
      Self.passwordRecipient([]), Self.passwordRecipient(scrypt), Self.passwordRecipient(elsewhere),
      Self.passwordRecipient(Self.pbkdf2 { _ in }), Self.passwordRecipient(Self.pbkdf2 { $0.null() }),
      Self.passwordRecipient(Self.parameters(salt: 0)), Self.passwordRecipient(Self.parameters(salt: 7)),
      Self.passwordRecipient(Self.parameters(salt: 1_025)), Self.passwordRecipient(Self.parameters(rounds: 0)),
      Self.passwordRecipient(Self.parameters(rounds: -1)), Self.passwordRecipient(Self.parameters(keyLength: 16)),
      Self.passwordRecipient(Self.parameters(keyLength: 0)),
      Self.passwordRecipient(kdf, AlgorithmIdentifier(wrapOID).encoded),
      Self.passwordRecipient(kdf, AlgorithmIdentifier(wrapOID, parameters: [5, 0]).encoded),
      Self.passwordRecipient(kdf, KeyWrap.aes256.identifier.encoded),
    ]
    for info in odd {
      let changed = try Self.readdressed(object, [info])
      let error = await #expect(throws: (any Error).self) {
        try await EnvelopedDataReader.opened(changed, with: Self.passwords)
      }
      #expect(error is Malformed || error is Unsupported)
    }
  }

  /// test/recipes/80-test_cms_data/missing-kdf.der of OpenSSL.
  @Test func `OpenSSL's message without a key derivation`() async throws {
    let object = try `RFC 8551 examples`.bytes(
      """
      MIG7BgkqhkiG9w0BBwOgga0wgaoCAQMxgWajgWMCAQAwLAYLKoZIhvcNAQkQAwkwHQYJYIZIAWUDBAEqBBCB/Z9NfgXEnrmGAaAet+DkBDARPvWE
      pcH1qogLfDiAhwdmFdb8W9Qv8aGr6VYSk2GY/z12/e0Yq45yH2zFLAEYaMwwPAYJKoZIhvcNAQcBMB0GCWCGSAFlAwQBKgQQSgRCKMr3e2ckFbI0
      xyUg+YAQqJgCH1ZYvdrLGFX59zDGPw==
      """)
    await #expect(throws: Unsupported("a password recipient without a key derivation")) {
      try await EnvelopedDataReader.opened(object, with: Self.passwords)
    }
  }

  /// Rounds that an object asks for have no end.
  @Test func `CVE-2026-13586: rounds of key derivation are counted over the whole object`() async throws {
    let object = try await EnvelopedDataWriter.object(for: [.password(Self.password, rounds: 1)])
    let most = try Self.readdressed(object, [Self.passwordRecipient(Self.parameters(rounds: .max))])
    await #expect(throws: LimitExceeded(.keyDerivationRounds, limit: 10_000_000)) {
      try await EnvelopedDataReader.opened(most, with: Self.passwords)
    }
    var limits = CMSLimits()
    limits.keyDerivationRounds = 2_000
    let recipients = [Recipient.password(Self.password, rounds: 900), .password(Password("other"), rounds: 900)]
    let two = try await EnvelopedDataWriter.object(for: recipients)
    #expect(try await EnvelopedDataReader.opened(two, with: Self.passwords, limits: limits).bytes == Self.mail)
    let more = DecryptionKeys(passwords: [Self.password, Password("third")])
    await #expect(throws: LimitExceeded(.keyDerivationRounds, limit: 2_000)) {
      try await EnvelopedDataReader.opened(two, with: more, limits: limits)
    }
    limits.keyOperations = 1
    await #expect(throws: LimitExceeded(.keyOperations, limit: 1)) {
      try await EnvelopedDataReader.opened(two, with: Self.passwords, limits: limits)
    }
  }

  @Test func `a wrong password, a wrong shared key and broken keys have one answer`() async throws {
    let shared = DecryptionKeys.SharedKey(identifier: [1], key: SecureRandom.key(byteCount: 32))
    let object = try await EnvelopedDataWriter.object(
      for: [.password(Self.password, rounds: 10), .keyEncryptionKey(identifier: [1], key: shared.key)])
    await #expect(throws: DecryptionFailed.self) {
      try await EnvelopedDataReader.opened(object, with: DecryptionKeys(passwords: [Password("wrong"), Password("")]))
    }
    let impostor = DecryptionKeys.SharedKey(identifier: [1], key: SecureRandom.key(byteCount: 32))
    await #expect(throws: DecryptionFailed.self) {
      try await EnvelopedDataReader.opened(object, with: DecryptionKeys(sharedKeys: [impostor]))
    }
    // With the right one beside them it opens.
    let both = DecryptionKeys(sharedKeys: [impostor, shared], passwords: [Password("wrong")])
    #expect(try await EnvelopedDataReader.opened(object, with: both).bytes == Self.mail)
    let unnamed = DecryptionKeys.SharedKey(identifier: [2], key: shared.key)
    let error = await #expect(throws: KeyMissing.self) {
      try await EnvelopedDataReader.opened(object, with: DecryptionKeys(sharedKeys: [unnamed]))
    }
    #expect(error?.recipients == ["shared key 01", "a password"])
    let short = DecryptionKeys.SharedKey(identifier: [1], key: SecureRandom.key(byteCount: 16))
    await #expect(throws: Unsupported.self) {
      try await EnvelopedDataReader.opened(object, with: DecryptionKeys(sharedKeys: [short]))
    }
  }

  /// A random key passes CBC's padding once in 255 times: it must not be taken for the right one.
  @Test func `no wrong password opens an object, and none stands before the right one`() async throws {
    let object = try await EnvelopedDataWriter.object(
      BufferSource([0x41]), for: [.password(Self.password, rounds: 1)], cipher: .aesCBC(keyBits: 128))
    for index in 0..<600 {
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader.opened(object, with: DecryptionKeys(passwords: [Password("wrong \(index)")]))
      }
    }
    for round in 0..<40 {
      let wrong = (0..<15).map { Password("wrong \(round) \($0)") }
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader.opened(object, with: DecryptionKeys(passwords: wrong))
      }
      let all = DecryptionKeys(passwords: wrong + [Self.password])
      #expect(try await EnvelopedDataReader.opened(object, with: all).bytes == [0x41])
    }
  }

  @Test(arguments: [DigestAlgorithm.sha3_256, .sha3_512]) func `a PRF that PBKDF2 lacks is refused in reading`(
    digest: DigestAlgorithm
  ) async throws {
    let object = try await EnvelopedDataWriter.object(for: [.password(Self.password, rounds: 1)])
    let last: UInt = digest == .sha3_256 ? 14 : 16
    let derivation = Self.pbkdf2 { der in
      der.sequence { der in
        der.octets([UInt8](repeating: 1, count: 8))
        der.int(1)
        der.raw(AlgorithmIdentifier([2, 16, 840, 1, 101, 3, 4, 2, last]).encoded)
      }
    }
    let changed = try Self.readdressed(object, [Self.passwordRecipient(derivation)])
    await #expect(throws: Unsupported("PBKDF2 with \(digest.name)")) {
      try await EnvelopedDataReader.opened(changed, with: Self.passwords)
    }
    #expect(throws: Unsupported.self) { try PBKDF2(salt: [1], rounds: 1, digest) }
  }

  @Test func `CVE-2026-28389: shared keys with missing or old wraps`() async throws {
    let object = try await EnvelopedDataWriter.object(for: [.password(Self.password, rounds: 1)])
    let keys = DecryptionKeys(sharedKeys: [.init(identifier: [1], key: SecureRandom.key(byteCount: 24))])
    func recipient(_ wrap: AlgorithmIdentifier) -> [UInt8] {
      RecipientInfo.keyEncryptionKey(KEKRecipientInfo([1], wrap, encryptedKey: [UInt8](repeating: 1, count: 40)))
        .encoded
    }
    let old = try Self.readdressed(object, [recipient(KeyWrap.tripleDES.identifier)])
    await #expect(throws: Unsupported("3DES key wrap")) { try await EnvelopedDataReader.opened(old, with: keys) }
    await #expect(throws: DecryptionFailed.self) {
      try await EnvelopedDataReader.opened(old, with: keys, policy: .legacy)
    }
    let unknown = try Self.readdressed(object, [recipient(AlgorithmIdentifier([1, 2, 3]))])
    await #expect(throws: Unsupported.self) { try await EnvelopedDataReader.opened(unknown, with: keys) }
    let odd = try Self.readdressed(
      object, [recipient(AlgorithmIdentifier(KeyWrap.aes192.identifier.algorithm, parameters: [4, 0]))])
    await #expect(throws: Malformed.self) { try await EnvelopedDataReader.opened(odd, with: keys) }
  }

  @Test func `KEM recipients whose sizes do not fit are refused before the key is used`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.encryptionIdentity("bob", key: .mlKEM768)
    let key = SecureRandom.key(byteCount: 32)
    guard case .kem(let info) = try Recipient.certificate(bob.certificate).recipientInfo(for: key) else { return }
    let counting = CountingKey(bob.decryptionKey)
    let identity = try Identity(
      certificate: bob.certificate, chain: [], signingKey: bob.signingKey, decryptionKey: counting)
    let object = try await EnvelopedDataWriter.object(for: [.certificate(bob.certificate)])
    func changed(_ place: Int, _ element: [UInt8]) throws -> [UInt8] {
      var outer = try ASN1Cursor(RecipientInfo.kem(info).encoded[...], as: "ori")
      var ori = try outer.enter(.context(4))
      let type = try ori.oid("oriType")
      var fields = try ori.sequence("oriValue")
      var elements: [[UInt8]] = []
      while !fields.isAtEnd { elements.append(Array(try fields.raw())) }
      elements[place] = element
      let recipient = DERWriter.encode { der in
        der.context(4) { der in
          der.oid(type)
          der.sequence { der in for element in elements { der.raw(element) } }
        }
      }
      return try Self.readdressed(object, [recipient])
    }
    let kemct = Array(info.ciphertext)
    let cases: [(Int, [UInt8])] = [
      (2, AlgorithmIdentifier([2, 16, 840, 1, 101, 3, 4, 4, 3]).encoded), (2, AlgorithmIdentifier([1, 2, 3]).encoded),
      (3, DERWriter.encode { $0.octets([]) }), (3, DERWriter.encode { $0.octets(kemct.dropLast()) }),
      (3, DERWriter.encode { $0.octets(kemct + [0]) }), (4, AlgorithmIdentifier([1, 2, 3]).encoded),
      (5, [2, 1, 16]), (5, [2, 1, 33]), (6, KeyWrap.aes128.identifier.encoded),
      (6, KeyWrap.tripleDES.identifier.encoded),
    ]
    for (place, element) in cases {
      let error = await #expect(throws: (any Error).self) {
        try await EnvelopedDataReader.opened(try changed(place, element), with: DecryptionKeys(identities: [identity]))
      }
      #expect(error is Malformed || error is Unsupported)
    }
    for element in [[2, 1, 0], [2, 1, 0xFF], [2, 3, 1, 0, 0]] as [[UInt8]] {
      let reader = try EnvelopedDataReader(BufferSource(try changed(5, element)))
      #expect(reader.recipients.flatMap(\.descriptions).first?.hasPrefix("malformed") == true)
    }
    #expect(counting.count == 0)
    // What is left to the key has its one answer.
    for (place, element) in [
      (3, DERWriter.encode { $0.octets(kemct.map { $0 ^ 1 }) }),
      (7, DERWriter.encode { $0.octets(info.encryptedKey.map { $0 ^ 1 }) }),
      (7, DERWriter.encode { $0.octets([1]) }),
    ] {
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader.opened(try changed(place, element), with: DecryptionKeys(identities: [identity]))
      }
    }
    #expect(counting.count == 3)
  }

  /// RFC 8418 §6, RFC 7748 §6.1: points of small order give a secret of zeros.
  @Test func `X25519 points of small order open nothing`() async throws {
    let bob = try await TestPKI().encryptionIdentity("bob", key: .x25519)
    let object = try await EnvelopedDataWriter.object(for: [.certificate(bob.certificate)])
    guard case .keyAgreement(let info)? = try EnvelopedDataReader(BufferSource(object)).recipients.first else { return }
    for point in [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)] {
      let changed = KeyAgreeRecipientInfo(
        ephemeral: point, of: AlgorithmIdentifier([1, 3, 101, 110]), info.keyEncryptionAlgorithm,
        info.recipientKeys[0])
      let forged = try Self.readdressed(object, [RecipientInfo.keyAgreement(changed).encoded])
      await #expect(throws: DecryptionFailed.self) {
        try await EnvelopedDataReader.opened(forged, with: DecryptionKeys(identities: [bob]))
      }
    }
  }
}

/// Content that counts how often it is read.
private final class CountedSource: ByteStream {
  private let bytes: [UInt8]
  private let counter = Mutex(0)

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { counter.withLock { $0 } }

  func makeReader() -> any ByteReader { Reader(self) }

  private final class Reader: ByteReader {
    private let source: CountedSource
    private let inner: any ByteReader

    init(_ source: CountedSource) {
      self.source = source
      inner = BufferSource(source.bytes).makeReader()
    }

    func read(into window: inout [UInt8]) throws -> Int {
      let count = try inner.read(into: &window)
      source.counter.withLock { $0 += count }
      return count
    }
  }
}

/// What became of one recipient's key shows neither in the private-key operations nor in how often the content is gone
/// through.
@Suite struct `CVE-2026-42768: equal work over the content` {
  @Test(arguments: [PrivateKey.Kind.rsa(bits: 2048), .ec(.p256), .mlKEM768])
  func `good and bad keys, several recipients`(kind: PrivateKey.Kind) async throws {
    let bob = try await TestPKI().encryptionIdentity("bob", key: kind)
    let mail = [UInt8](repeating: 0x41, count: 5_000)
    for recipients in 1...3 {
      let object = try await EnvelopedDataWriter.object(
        BufferSource(mail), for: Array(repeating: .certificate(bob.certificate), count: recipients))
      let keys = try EnvelopedDataReader(BufferSource(object)).recipients.map { recipient -> [UInt8] in
        switch recipient {
        case .keyTransport(let info): Array(info.encryptedKey)
        case .keyAgreement(let info): Array(try #require(info.recipientKeys.first).encryptedKey)
        case .kem(let info): Array(info.encryptedKey)
        default: []
        }
      }
      // All of one outcome cost the same, whichever keys were broken on the way to it.
      var work: [Bool: Set<Int>] = [:]
      for pattern in 0..<(1 << recipients) {
        var changed = object
        for (index, key) in keys.enumerated() where pattern & (1 << index) != 0 {
          let place = try #require(changed.indices.first { Array(changed[$0...].prefix(key.count)) == key })
          changed[place + key.count / 2] ^= 1
        }
        let counting = CountingKey(bob.decryptionKey)
        let identity = try Identity(
          certificate: bob.certificate, chain: [], signingKey: bob.signingKey, decryptionKey: counting)
        let source = CountedSource(changed)
        var opens = true
        do {
          let sink = BufferSink()
          _ = try await EnvelopedDataReader(source).decrypt(
            with: DecryptionKeys(identities: [identity]), to: sink)
          #expect(sink.bytes == mail)
        } catch {
          #expect(error is DecryptionFailed)
          opens = false
        }
        #expect(opens == (pattern != (1 << recipients) - 1))
        #expect(counting.count == recipients)
        work[opens, default: []].insert(source.count)
      }
      #expect(work[true]?.count == 1)
      #expect(work[false]?.count == 1)
    }
  }
}

/// What OpenSSL 3.0 wrote.
@Suite struct `OpenSSL's recipients` {
  @Test func `a password`() async throws {
    let object = try `RFC 8551 examples`.bytes(
      """
      MIHWBgkqhkiG9w0BBwOggcgwgcUCAQMxcqNwAgEAoBsGCSqGSIb3DQEFDDAOBAjSLmzN9heUJwICCAAwLAYLKoZIhvcNAQkQAwkwHQYJYIZIAWUD
      BAECBBAeHK2zIMShuQq59Xa8x3+fBCBD2r29oAEv8D0dpVRSu4Rlb534fz55b7xbWplAJjIfWzBMBgkqhkiG9w0BBwEwHQYJYIZIAWUDBAECBBAv
      9wucPlqGNaHLkdA/H2rbgCCZoRXtqdZmTy58sIDJvSkG02Xeicc/HMUX43Cfux/iGQ==
      """)
    let (bytes, content) = try await EnvelopedDataReader.opened(
      object, with: DecryptionKeys(passwords: [Password("other"), Password("secret")]))
    #expect(bytes == Array("For your eyes only.\n".utf8))
    #expect(content.defects == [])
  }

  @Test func `a shared key`() async throws {
    let object = try `RFC 8551 examples`.bytes(
      """
      MIGwBgsqhkiG9w0BCRABF6CBoDCBnQIBADFDokECAQQwBQQDwP7gMAsGCWCGSAFlAwQBBQQou4KuuuMlSdaAefn2wY5PdoA2xRl2x0EEf51hP0LD
      wfj47/KlXF3y5jBBBgkqhkiG9w0BBwEwHgYJYIZIAWUDBAEuMBEEDIjnDcY4E5UTcYzMyAIBEIAUs7u3fzCBFplNXEoXZUt0TD69j/IEECP0Ljdi
      1Gn+r/RfvOzKddg=
      """)
    let key = DecryptionKeys.SharedKey(
      identifier: [0xC0, 0xFE, 0xE0], key: SymmetricKey(octets: (0..<16).map { UInt8($0) }))
    let (bytes, content) = try await EnvelopedDataReader.opened(object, with: DecryptionKeys(sharedKeys: [key]))
    #expect(bytes == Array("For your eyes only.\n".utf8))
    #expect(content.defects == [] && content.isAuthenticated)
  }
}
