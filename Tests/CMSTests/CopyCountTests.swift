import ByteIO
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import CMS

// Without the trait GCM and CCM are taken in one piece, or not at all.
#if OpenSSL
  /// How often content is read for several keys, of which only the end of the content shows the right one.
  @Suite struct `Passes over encrypted content` {
    /// Counts what is read of it.
    private final class CountingSource: ByteSource {
      private let source: BufferSource
      private let read = Mutex(0)

      init(_ bytes: [UInt8]) { source = BufferSource(bytes) }

      var count: Int { source.count }
      var readCount: Int { read.withLock { $0 } }

      func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
        let count = try source.read(at: offset, into: &buffer)
        read.withLock { $0 += count }
        return count
      }
    }

    private static let size = 3 << 20

    /// How many times over the content is read when `keyCount` recipients' keys do not open it, rounded down.
    private static func passes(_ cipher: String, keyCount: Int) async throws -> Int {
      let bob = try await TestPKI().mailbox("bob@example.com", key: .rsa(bits: 2048))
      var object = try await `EnvelopedData round trips`.sealed(
        BufferSource([UInt8](repeating: 0x61, count: size)), for: [Identity](repeating: bob, count: keyCount),
        cipher: .aesGCM(keyBits: 256), transport: .rsaOAEP(OAEPParameters(.sha256)))
      // id-aes256-GCM and id-aes256-CCM differ in the last octet, and so small parameters are right for both.
      let oid: [UInt8] = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2E]
      let at = try #require(object.firstRange(of: oid))
      if cipher == "CCM" { object[at.upperBound - 1] = 0x2F }
      object[object.count - 1] ^= 1
      let source = CountingSource(object)
      let reader = try EnvelopedDataReader(source)
      #expect(try reader.contentCipher().encryption.name == "AES-256-\(cipher)")
      await #expect(throws: DecryptionFailed.self) { try await reader.decrypt(with: [bob], to: NullSink()) }
      return source.readCount / size
    }

    /// CCM takes its content in one piece: with its keys side by side there would be a copy of the content for each.
    @Test(arguments: [1, 2, 5]) func `each key that CCM is tried with goes by itself`(keyCount: Int) async throws {
      #expect(try await Self.passes("CCM", keyCount: keyCount) == keyCount)
    }

    @Test(arguments: [1, 2, 5]) func `all keys that GCM is tried with go side by side`(keyCount: Int) async throws {
      #expect(try await Self.passes("GCM", keyCount: keyCount) == 1)
    }
  }
#endif
