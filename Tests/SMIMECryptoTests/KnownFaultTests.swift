import ByteIO
import SwiftASN1
import Testing

@testable import SMIMECrypto

/// Faults that crypto libraries were caught with, by their numbers.
@Suite struct `Known faults of crypto libraries` {
  #if OpenSSL
    /// A verifier of Bouncy Castle's left out the last two octets of the digest where NULL was left out before it.
    @Test(arguments: [true, false])
    func `CVE-2026-12860: every octet of the digest counts, with NULL and without`(withNull: Bool) throws {
      let key = try Verifying.rsa.get()
      guard case .rsa(let material) = key.material else {
        Issue.record("no RSA key")
        return
      }
      let digest = try MessageDigest.hash(Fixture.message[...], .sha256)
      let identifier = withNull ? DigestAlgorithm.sha256.identifierWithNull : DigestAlgorithm.sha256.identifier
      func isValid(_ digest: [UInt8]) throws -> Bool {
        let info = DERWriter.encode { der in
          der.sequence { der in
            identifier.write(to: &der)
            der.octets(digest)
          }
        }
        let block = [0, 1] + [UInt8](repeating: 0xFF, count: 256 - 3 - info.count) + [0] + info
        let signature = try #require(material.decryptRaw(block[...]))
        return try key.publicKey.isValid(signature[...], of: Fixture.message[...], .rsaPKCS1(.sha256))
      }
      #expect(try isValid(digest))
      for index in digest.indices {
        var other = digest
        other[index] ^= 1
        #expect(try !isValid(other), "octet \(index)")
      }
      for end in [[], [0], [0, 0], [5, 0], [0, 0, 0]] as [[UInt8]] {
        #expect(try !isValid(digest.dropLast(2) + end), "\(end)")
      }
    }
  #endif

  // MARK: Codes under a password

  private static func pbmac1(
    _ derivation: ASN1ObjectIdentifier = OID.pbkdf2, salt: [UInt8] = [4, 8, 1, 2, 3, 4, 5, 6, 7, 8], rounds: Int = 1,
    keyLength: Int? = 32, prf: ASN1ObjectIdentifier = OID.hmacSHA256, mac: ASN1ObjectIdentifier = OID.hmacSHA256
  ) -> AlgorithmIdentifier {
    let parameters = DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.oid(derivation)
          der.sequence { der in
            der.raw(salt)
            der.int(rounds)
            if let keyLength { der.int(keyLength) }
            AlgorithmIdentifier(prf, parameters: AlgorithmIdentifier.null).write(to: &der)
          }
        }
        AlgorithmIdentifier(mac, parameters: AlgorithmIdentifier.null).write(to: &der)
      }
    }
    return AlgorithmIdentifier(PBMAC1.oid, parameters: parameters[...])
  }

  /// OpenSSL wrote as many octets as the file said into a buffer of 64, and took what is no OCTET STRING for a salt.
  @Test func `CVE-2025-11187: PBMAC1 parameters are looked at before any work`() throws {
    for count in [20, 32, 64] {
      let code = try PBMAC1(Self.pbmac1(keyLength: count)).code(of: [1, 2, 3], password: Password("p"))
      #expect(code.count == 32)
    }
    let refused: [AlgorithmIdentifier] =
      [nil, -1, 0, 1, 19, 65, 1_024, 1_025, .max].map { Self.pbmac1(keyLength: $0) }
      + [[5, 0], [2, 1, 1], [0x30, 0], [0x04, 0x80]].map { Self.pbmac1(salt: $0) }
      + [-1, 0, 10_000_001, .max].map { Self.pbmac1(rounds: $0) }
      + [
        Self.pbmac1(OID.scrypt), Self.pbmac1([1, 2, 3]), Self.pbmac1(prf: [1, 2, 3]), Self.pbmac1(mac: [1, 2, 3]),
        AlgorithmIdentifier(PBMAC1.oid), AlgorithmIdentifier(PBMAC1.oid, parameters: AlgorithmIdentifier.null),
        AlgorithmIdentifier(PBMAC1.oid, parameters: [0x30, 0]),
      ]
    for identifier in refused {
      let error = #expect(throws: (any Error).self) { try PBMAC1(identifier) }
      #expect(error is Malformed || error is Unsupported || error is LimitExceeded, "\(identifier)")
    }
  }

  /// Bouncy Castle's readers did as many rounds as a file asked for.
  @Test(arguments: [10_000_001, Int.max])
  func `CVE-2026-59647: rounds of an encrypted key are counted before any is done`(rounds: Int) throws {
    let limit = LimitExceeded(.keyDerivationRounds, limit: 10_000_000)
    let cipher = ContentCipherParameters(fresh: .aesCBC(keyBits: 256)).identifier
    let pbes2 = DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.oid(OID.pbkdf2)
          der.sequence { der in
            der.octets([UInt8](repeating: 1, count: 8))
            der.int(rounds)
          }
        }
        cipher.write(to: &der)
      }
    }
    let pkcs12 = DERWriter.encode { der in
      der.sequence { der in
        der.octets([UInt8](repeating: 1, count: 8))
        der.int(rounds)
      }
    }
    for (oid, parameters) in [(OID.pbes2, pbes2), (OID.pbeSHA1TripleDES, pkcs12)] {
      let identifier = AlgorithmIdentifier(oid, parameters: parameters[...])
      #expect(throws: limit) { try PasswordEncryption(identifier) }
      let file = DERWriter.encode { der in
        der.sequence { der in
          identifier.write(to: &der)
          der.octets([UInt8](repeating: 2, count: 16))
        }
      }
      #expect(throws: limit) { try PrivateKey(encryptedPKCS8: file[...], password: Password("p")) }
    }
  }
}
