import SMIMECrypto
import SwiftASN1
import Testing

#if OpenSSL
  @Suite struct `DSA` {
    @Test(arguments: [
      (MoreFixture.dsa1024SPKI, MoreFixture.dsa1024Signature, 1024, DigestAlgorithm.sha1),
      (MoreFixture.dsa2048SPKI, MoreFixture.dsa2048Signature, 2048, .sha256),
    ]) func `of OpenSSL is verified`(_ spki: [UInt8], _ signature: [UInt8], _ bits: Int, _ digest: DigestAlgorithm)
      throws
    {
      let key = try PublicKey(spki: spki[...])
      #expect(key.kind == .dsa(bits: bits))
      #expect(key.summary == "DSA \(bits)")
      #expect(key.isWeak)
      #expect(try key.isValid(signature[...], of: Fixture.message[...], .dsa(digest)))
      #expect(try !key.isValid(signature[...], of: Fixture.message[1...], .dsa(digest)))
      for index in signature.indices {
        var bad = signature
        bad[index] ^= 1
        #expect(try !key.isValid(bad[...], of: Fixture.message[...], .dsa(digest)))
      }
      #expect(try !key.isValid((signature + [0])[...], of: Fixture.message[...], .dsa(digest)))
      #expect(try !key.isValid([], of: Fixture.message[...], .dsa(digest)))
      #expect(throws: Unsupported.self) { try key.isValid(signature[...], of: [], .rsaPKCS1(.sha1)) }
    }

    @Test func `is believed by the legacy policy only`() throws {
      let key = try PublicKey(spki: MoreFixture.dsa2048SPKI[...])
      #expect(AlgorithmPolicy.standard.objection(to: .dsa(.sha256), with: key) == "DSA 2048")
      #expect(AlgorithmPolicy.standard.objection(to: key) == "DSA 2048")
      #expect(AlgorithmPolicy.legacy.objection(to: .dsa(.sha1), with: key) == nil)
    }

    /// Parameters that are absent, numbers that are even, too small or too large: shown, never handed to the library.
    @Test func `with other numbers is not used`() throws {
      let key = try PublicKey(spki: MoreFixture.dsa1024SPKI[...])
      let inherited = DERWriter.encode { der in
        der.sequence { der in
          AlgorithmIdentifier(OID.dsa).write(to: &der)
          der.bits(key.keyBytes)
        }
      }
      #expect(try PublicKey(spki: inherited[...]).kind == .other("DSA key that cannot be read"))
      let numbers = try Self.numbers(key)
      let signature = MoreFixture.dsa1024Signature
      #expect(try Self.key(numbers).isValid(signature[...], of: Fixture.message[...], .dsa(.sha1)))
      var wrong: [[[UInt8]]] = []
      for place in 0..<4 {
        for value in [[0], [1], [UInt8](repeating: 0xFF, count: 600)] as [[UInt8]] {
          var changed = numbers
          changed[place] = value
          wrong.append(changed)
        }
      }
      for place in 0..<2 {
        var even = numbers
        even[place][even[place].count - 1] &= 0xFE
        wrong.append(even)
      }
      for numbers in wrong {
        let key = try Self.key(numbers)
        #expect(throws: Unsupported.self) { try key.isValid(signature[...], of: Fixture.message[...], .dsa(.sha1)) }
      }
    }

    /// p, q, g, y
    static func numbers(_ key: PublicKey) throws -> [[UInt8]] {
      var top = try ASN1Cursor(try #require(key.algorithm.parameters), as: "Dss-Parms")
      var fields = try top.enter()
      var numbers = try (0..<3).map { _ in Array(try fields.integer("number")) }
      var y = try ASN1Cursor(key.keyBytes, as: "DSAPublicKey")
      numbers.append(Array(try y.integer("y")))
      return numbers
    }

    static func key(_ numbers: [[UInt8]]) throws -> PublicKey {
      let parameters = DERWriter.encode { der in
        der.sequence { der in for number in numbers.prefix(3) { der.unsigned(number) } }
      }
      let spki = DERWriter.encode { der in
        der.sequence { der in
          AlgorithmIdentifier(OID.dsa, parameters: parameters[...]).write(to: &der)
          der.bits(DERWriter.encode { $0.unsigned(numbers[3]) })
        }
      }
      return try PublicKey(spki: spki[...])
    }
  }

  @Suite struct `RSA below 1024 bits` {
    @Test func `is read`() throws {
      let key = try PrivateKey(pkcs1: MoreFixture.rsa512PKCS1[...])
      #expect(key.kind == .rsa(bits: 512))
      #expect(key.publicKey.isWeak)
      for (digest, signature) in [
        (DigestAlgorithm.md5, MoreFixture.rsa512SignatureMD5), (.sha256, MoreFixture.rsa512SignatureSHA256),
      ] {
        #expect(try key.publicKey.isValid(signature[...], of: Fixture.message[...], .rsaPKCS1(digest)))
        #expect(try !key.publicKey.isValid(signature[...], of: [], .rsaPKCS1(digest)))
        #expect(AlgorithmPolicy.standard.objection(to: .rsaPKCS1(digest), with: key.publicKey) != nil)
        #expect(AlgorithmPolicy.legacy.objection(to: .rsaPKCS1(digest), with: key.publicKey) == nil)
      }
      let found = try key.decrypt(MoreFixture.rsa512Encrypted[...], .rsaPKCS1, keyByteCount: 16)
      #expect(octets(found) == Array("0123456789abcdef".utf8))
    }

    @Test func `is never written`() throws {
      let key = try PrivateKey(pkcs1: MoreFixture.rsa512PKCS1[...])
      #expect(throws: Unsupported.self) { try key.sign(.message([]), .rsaPKCS1(.sha256)) }
      #expect(throws: Unsupported("encryption to RSA 512, below 2048 bits,")) {
        try key.publicKey.encrypt(SecureRandom.key(byteCount: 16), .rsaPKCS1)
      }
      #expect(throws: Unsupported.self) { try key.publicKey.encapsulate(.rsaKEM(.standard)) }
      #expect(throws: Unsupported.self) { try PrivateKey(generate: .rsa(bits: 512)) }
    }

    /// swift-crypto proves that larger keys' numbers belong together; here libcrypto must.
    @Test(arguments: 1..<9) func `whose numbers do not belong together`(_ place: Int) throws {
      var top = try ASN1Cursor(MoreFixture.rsa512PKCS1[...], as: "RSAPrivateKey")
      var fields = try top.enter()
      var numbers = try (0..<9).map { _ in Array(try fields.integer("number")) }
      numbers[place][numbers[place].count / 2] ^= 4
      #expect(throws: (any Error).self) { try PrivateKey(pkcs1: `Private keys`.pkcs1(numbers)[...]) }
    }
  }

  @Suite struct `SHA-3 and SHAKE with RSA` {
    @Test func `of OpenSSL`() throws {
      let key = try Verifying.rsa.get().publicKey
      let message = Fixture.message[...]
      #expect(try key.isValid(MoreFixture.rsaSHA3Signature[...], of: message, .rsaPKCS1(.sha3_512)))
      #expect(try !key.isValid(MoreFixture.rsaSHA3Signature[...], of: message, .rsaPKCS1(.sha512)))
      #expect(try key.isValid(MoreFixture.rsaPSSSHA3Signature[...], of: message, .rsaPSS(PSSParameters(.sha3_384))))
      #expect(try !key.isValid(MoreFixture.rsaPSSSHA3Signature[...], of: message, .rsaPSS(PSSParameters(.sha384))))
    }

    /// RFC 8702 §3.2.1: SHAKE is the mask by itself.
    @Test(arguments: [
      (DigestAlgorithm.shake128, MoreFixture.rsaPSSSHAKE128Signature), (.shake256, MoreFixture.rsaPSSSHAKE256Signature),
    ]) func `PSS by RFC 8702`(_ digest: DigestAlgorithm, _ signature: [UInt8]) throws {
      let key = try Verifying.rsa.get().publicKey
      let algorithm = SignatureAlgorithm.rsaPSS(PSSParameters(digest))
      #expect(try key.isValid(signature[...], of: Fixture.message[...], algorithm))
      #expect(try !key.isValid(signature[...], of: Fixture.message[1...], algorithm))
      for other in [DigestAlgorithm.sha256, .sha512, digest == .shake128 ? .shake256 : .shake128] {
        #expect(try !key.isValid(signature[...], of: Fixture.message[...], .rsaPSS(PSSParameters(other))))
      }
      for wrong in [
        [], signature.dropLast(), [UInt8](repeating: 0xFF, count: 256)[...], [UInt8](repeating: 0, count: 256)[...],
      ] as [ArraySlice<UInt8>] {
        #expect(try !key.isValid(wrong, of: Fixture.message[...], algorithm))
      }
    }
  }
#endif
