import ByteIO
import Foundation
import SMIMECrypto
import SwiftASN1
import Testing

@testable import CMS

@Suite struct `EncryptedData` {
  private static let mail = `EnvelopedData round trips`.mail
  private static let key = SymmetricKey(octets: (0..<32).map { UInt8($0) })

  private static func sealed(
    _ content: any ByteStream = BufferSource(mail), derivation: ContentKeyDerivation = .none,
    attributes: [Attribute] = []
  ) throws -> [UInt8] {
    let sink = BufferSink()
    try EncryptedDataWriter.encrypt(
      content, key: key, cipher: .aesCBC(keyBits: 256), keyDerivation: derivation, unprotectedAttributes: attributes,
      to: sink)
    return sink.bytes
  }

  private static func opened(
    _ object: [UInt8], key: SymmetricKey = key, policy: AlgorithmPolicy = .standard
  ) throws -> (bytes: [UInt8], content: DecryptedContent) {
    let sink = BufferSink()
    let content = try EncryptedDataReader(BufferSource(object)).decrypt(with: key, to: sink, policy: policy)
    return (sink.bytes, content)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 131_072, 1_100_000]) func `goes round, of known and unknown size`(count: Int)
    throws
  {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for derivation in [ContentKeyDerivation.none, .hkdfSHA256] {
      let known = try Self.sealed(BufferSource(content), derivation: derivation)
      #expect(try Self.opened(known).bytes == content)
      let streamed = try Self.sealed(DrippingStream(bytes: content, run: 50_021), derivation: derivation)
      #expect(try Self.opened(streamed).bytes == content)
      #expect((streamed[1] == 0x80) == (count > 1 << 20))
    }
  }

  @Test func `attributes go along, and make it version 2`() throws {
    #expect(try EncryptedDataReader(BufferSource(Self.sealed())).version == 0)
    let object = try Self.sealed(attributes: [Attribute([1, 2, 3], [0x05, 0x00])])
    _ = try ASN1Cursor(object[...], as: "ContentInfo", rules: .der)
    let reader = try EncryptedDataReader(BufferSource(object))
    #expect(reader.version == 2)
    let (bytes, content) = try Self.opened(object)
    #expect(bytes == Self.mail)
    #expect(content.unprotectedAttributes?.all.count == 1)
    #expect(!content.isAuthenticated)
    #expect(content.defects == [])
    var odd = object
    let place = try #require(odd.indices.first { Array(odd[$0...].prefix(3)) == [2, 1, 2] })
    odd[place + 2] = 0
    #expect(try Self.opened(odd).content.defects.map(\.path) == ["EncryptedData.version"])
  }

  @Test func `a wrong key has one answer, one of the wrong size another`() throws {
    let object = try Self.sealed()
    do {
      #expect(try Self.opened(object, key: SecureRandom.key(byteCount: 32)).bytes != Self.mail)
    } catch { #expect(error is DecryptionFailed) }
    for count in [0, 16, 31, 33] {
      #expect(throws: Unsupported.self) {
        try Self.opened(object, key: SymmetricKey(octets: [UInt8](repeating: 1, count: count)))
      }
    }
    #expect(throws: Unsupported.self) {
      try EncryptedDataWriter.encrypt(
        BufferSource(Self.mail), key: Self.key, cipher: .aesCBC(keyBits: 128), to: NullSink())
    }
  }

  @Test func `OpenSSL 28607: AEAD where nothing holds its tag`() throws {
    #expect(throws: Unsupported("AES-256-GCM inside encryptedData")) {
      try EncryptedDataWriter.encrypt(
        BufferSource(Self.mail), key: Self.key, cipher: .aesGCM(keyBits: 256), to: NullSink())
    }
    for cipher in [ContentEncryption.aesGCM(keyBits: 256), .chaCha20Poly1305] {
      for derivation in [ContentKeyDerivation.none, .hkdfSHA256] {
        let algorithm = ContentCipher(fresh: cipher, derivation).algorithm
        let object = Self.object(algorithm, content: [1, 2, 3])
        #expect(throws: Unsupported("\(cipher.name) inside encryptedData")) { try Self.opened(object) }
      }
    }
  }

  static func object(_ algorithm: AlgorithmIdentifier, content: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(ContentType.encryptedData.oid)
        der.context(0) { der in
          der.sequence { der in
            der.int(0)
            der.sequence { der in
              der.oid(ContentType.data.oid)
              algorithm.write(to: &der)
              der.octets(content, tag: .context(0))
            }
          }
        }
      }
    }
  }

  @Test func `old ciphers are for the legacy policy`() throws {
    let algorithm = AlgorithmIdentifier([1, 2, 840, 113549, 3, 7], parameters: [4, 8, 1, 2, 3, 4, 5, 6, 7, 8])
    let object = Self.object(algorithm, content: [UInt8](repeating: 1, count: 16))
    let key = SecureRandom.key(byteCount: 24)
    #expect(throws: Unsupported("3DES-CBC")) { try Self.opened(object, key: key) }
    #if OpenSSL
      do { _ = try Self.opened(object, key: key, policy: .legacy) } catch { #expect(error is DecryptionFailed) }
    #endif
  }

  @Test func `every truncation is an error with a place`() throws {
    let object = try Self.sealed()
    for count in 0..<object.count {
      #expect(throws: Malformed.self) { try Self.opened(Array(object.prefix(count))) }
    }
  }

  /// openssl cms -EncryptedData_encrypt -aes-256-cbc -secretkey 000102…1f
  @Test func `OpenSSL's opens`() throws {
    let object = try `RFC 8551 examples`.bytes(
      "MGAGCSqGSIb3DQEHBqBTMFECAQAwTAYJKoZIhvcNAQcBMB0GCWCGSAFlAwQBKgQQTejC6+R1IVNICZZBspVpFIAgfoRl1ilMUv38NB91kUS1UPHnvxGrcZaXcBGm8KBcd5s="
    )
    #expect(try Self.opened(object).bytes == Array("For your eyes only.\n".utf8))
  }
}
