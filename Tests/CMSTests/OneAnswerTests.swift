import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// RFC 3218: whatever is wrong with an encrypted key, its sender learns one thing, and each costs its reader the same.
@Suite struct `One answer to whatever is wrong with a key` {
  private static let mail = `EnvelopedData round trips`.mail
  private static let transports: [KeyTransport] = [.rsaPKCS1, .rsaOAEP(OAEPParameters(.sha1))]

  /// Bob, and how often his key was used.
  private struct Reader {
    let identity: Identity
    let key: CountingKey

    init() async throws {
      let bob = try await TestPKI().encryptionIdentity("bob", key: .rsa(bits: 2048))
      key = CountingKey(bob.decryptionKey)
      identity = try Identity(
        certificate: bob.certificate, chain: [], signingKey: bob.signingKey, decryptionKey: key)
    }

    var publicKey: PublicKey { identity.certificate.publicKey }

    /// What opens, or how it is refused.
    func answer(_ object: [UInt8]) async -> Result<[UInt8], DecryptionFailed> {
      do {
        return .success(
          try await EnvelopedDataReader.opened(object, with: DecryptionKeys(identities: [identity])).bytes)
      } catch let failure as DecryptionFailed {
        return .failure(failure)
      } catch {
        Issue.record("\(error)")
        return .failure(DecryptionFailed())
      }
    }
  }

  /// An object of AES-256-GCM whose recipients hold these encrypted keys, in this order.
  private static func object(
    _ key: SymmetricKey, for reader: Reader, _ transport: KeyTransport, _ encryptedKeys: [[UInt8]]
  ) throws -> [UInt8] {
    let name = SignerIdentifier.issuerAndSerial(IssuerAndSerialNumber(of: reader.identity.certificate))
    let before = DERWriter.encode { der in
      der.int(0)
      der.constructed(.set) { set in
        for encrypted in encryptedKeys {
          set.raw(
            RecipientInfo.keyTransport(
              KeyTransRecipientInfo(name, transport.identifier, encryptedKey: encrypted)
            ).encoded)
        }
      }
    }
    let object = EncryptedObject(
      type: .authEnvelopedData, before: before, contentType: .data,
      cipher: ContentCipher(fresh: .aesGCM(keyBits: 256), .none))
    let sink = BufferSink()
    try object.write(BufferSource(mail), key: key, associatedData: nil, to: sink) { tag in
      DERWriter.encode { $0.octets(tag ?? [UInt8](repeating: 0, count: 16)) }
    }
    return sink.bytes
  }

  /// pyca/cryptography told the size of the key that it found.
  @Test(arguments: transports) func `CVE-2026-69247: of a key of another size nothing is told`(
    transport: KeyTransport
  ) async throws {
    let reader = try await Reader()
    let key = SecureRandom.key(byteCount: 32)
    let right = try Self.object(key, for: reader, transport, [reader.publicKey.encrypt(key, transport)])
    #expect(await reader.answer(right) == .success(Self.mail))
    for (index, count) in [1, 8, 16, 24, 31, 33, 64].enumerated() {
      let other = try reader.publicKey.encrypt(SecureRandom.key(byteCount: count), transport)
      let object = try Self.object(key, for: reader, transport, [other])
      #expect(await reader.answer(object) == .failure(DecryptionFailed()), "\(count) octets")
      #expect(reader.key.count == index + 2)
    }
  }

  /// Bouncy Castle's C# told padding that was wrong from content that was.
  @Test(arguments: transports) func `CVE-2026-63573: wrong padding, wrong keys and wrong content are one`(
    transport: KeyTransport
  ) async throws {
    let reader = try await Reader()
    let stranger = try PrivateKey(generate: .rsa(bits: 2048)).publicKey
    let key = SecureRandom.key(byteCount: 32)
    let encrypted = try reader.publicKey.encrypt(key, transport)
    var changed = encrypted
    changed[100] ^= 1
    let wrong: [[UInt8]] = [
      changed, try stranger.encrypt(key, transport), [0] + SecureRandom.bytes(255),
      try reader.publicKey.encrypt(SecureRandom.key(byteCount: 32), transport), [UInt8](repeating: 0, count: 256),
      [UInt8](repeating: 0xFF, count: 256), Array(encrypted.dropLast()), encrypted + [0], [],
    ]
    for (index, one) in wrong.enumerated() {
      let object = try Self.object(key, for: reader, transport, [one])
      #expect(await reader.answer(object) == .failure(DecryptionFailed()), "\(index)")
      #expect(reader.key.count == index + 1)
    }
    var altered = try Self.object(key, for: reader, transport, [encrypted])
    altered[altered.count - 1] ^= 1
    #expect(await reader.answer(altered) == .failure(DecryptionFailed()))
    #expect(reader.key.count == wrong.count + 1)
  }

  /// OpenSSL stopped at the first recipient whose key it could decrypt, so that its sender could ask about any other.
  @Test(arguments: transports) func `CVE-2019-1563: keys that a stranger put beside the right one tell nothing`(
    transport: KeyTransport
  ) async throws {
    let reader = try await Reader()
    let key = SecureRandom.key(byteCount: 32)
    let encrypted = try reader.publicKey.encrypt(key, transport)
    var uses = 0
    for place in 0..<4 {
      var keys = (0..<3).map { _ in [0] + SecureRandom.bytes(255) }
      // One that decrypts, to another key.
      keys[0] = try reader.publicKey.encrypt(SecureRandom.key(byteCount: 32), transport)
      keys.insert(encrypted, at: place)
      #expect(await reader.answer(try Self.object(key, for: reader, transport, keys)) == .success(Self.mail))
      uses += 4
      #expect(reader.key.count == uses)
      keys.remove(at: place)
      #expect(
        await reader.answer(try Self.object(key, for: reader, transport, keys)) == .failure(DecryptionFailed()))
      uses += 3
      #expect(reader.key.count == uses)
    }
  }
}
