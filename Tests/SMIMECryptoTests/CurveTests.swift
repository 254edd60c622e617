import SMIMECrypto
import SwiftASN1
import Testing

#if OpenSSL
  @Suite struct `Brainpool` {
    static let keys: [(EllipticCurve, [UInt8], [UInt8], [UInt8])] = [
      (
        .brainpoolP256r1, MoreFixture.brainpoolP256r1PKCS8, MoreFixture.brainpoolP256r1SEC1,
        MoreFixture.brainpoolP256r1Signature
      ),
      (
        .brainpoolP384r1, MoreFixture.brainpoolP384r1PKCS8, MoreFixture.brainpoolP384r1SEC1,
        MoreFixture.brainpoolP384r1Signature
      ),
      (
        .brainpoolP512r1, MoreFixture.brainpoolP512r1PKCS8, MoreFixture.brainpoolP512r1SEC1,
        MoreFixture.brainpoolP512r1Signature
      ),
    ]

    @Test(arguments: keys) func `keys and signatures of OpenSSL`(
      _ curve: EllipticCurve, _ pkcs8: [UInt8], _ sec1: [UInt8], _ signature: [UInt8]
    ) throws {
      let key = try PrivateKey(pkcs8: pkcs8[...])
      #expect(key.kind == .ec(curve))
      #expect(key.publicKey.summary == "EC \(curve.name)")
      #expect(key.pkcs8 == pkcs8)
      #expect(key.sec1 == sec1)
      #expect(try PrivateKey(sec1: sec1[...]).publicKey == key.publicKey)
      let algorithm = key.publicKey.defaultSignatureAlgorithm
      #expect(try key.publicKey.isValid(signature[...], of: Fixture.message[...], algorithm))
      for index in stride(from: 0, to: signature.count, by: 5) {
        var bad = signature
        bad[index] ^= 1
        #expect(try !key.publicKey.isValid(bad[...], of: Fixture.message[...], algorithm))
      }
      // X.690 is kept to: nothing behind the signature, no lengths that are longer than they need be.
      #expect(try !key.publicKey.isValid((signature + [0])[...], of: Fixture.message[...], algorithm))
      #expect(try !key.publicKey.isValid([], of: Fixture.message[...], algorithm))
    }

    @Test func `a signature with SHA-3 of OpenSSL`() throws {
      let key = try PrivateKey(pkcs8: MoreFixture.brainpoolP256r1PKCS8[...]).publicKey
      let signature = MoreFixture.brainpoolSHA3Signature[...]
      #expect(try key.isValid(signature, of: Fixture.message[...], .ecdsa(.sha3_256)))
      #expect(try !key.isValid(signature, of: Fixture.message[...], .ecdsa(.sha256)))
    }

    /// RFC 7027 A.1.
    @Test func `ECDH of RFC 7027`() throws {
      let one = try Self.key("81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D")
      let two = try Self.key("55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3")
      let expected = hex("89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B")
      #expect(try octets(one.sharedSecret(with: two.publicKey)) == expected)
      #expect(try octets(two.sharedSecret(with: one.publicKey)) == expected)
    }

    /// The order of brainpoolP256r1 and what lies above it, zero, and a number that is too long.
    @Test(arguments: [
      "A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7",
      "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "00",
      "01A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A6",
    ]) func `numbers that are no key`(_ secret: String) {
      #expect(throws: Malformed.self) { try Self.key(secret) }
    }

    static func key(_ secret: String) throws -> PrivateKey {
      let sec1 = DERWriter.encode { der in
        der.sequence { der in
          der.int(1)
          der.octets(hex(secret))
          der.context(0) { $0.oid(OID.brainpoolP256r1) }
        }
      }
      return try PrivateKey(sec1: sec1[...])
    }

    /// Compressed points are read; a point beside the curve is shown, and never used.
    @Test func `points`() throws {
      let key = try PrivateKey(pkcs8: MoreFixture.brainpoolP256r1PKCS8[...])
      let peer = try PrivateKey(generate: .ec(.brainpoolP256r1))
      let point = Array(key.publicKey.keyBytes)
      let compressed = try PublicKey(
        ofKindOf: key.publicKey, keyBytes: ([2 + point[64] % 2] + point[1...32])[...])
      #expect(try peer.sharedSecret(with: compressed) == key.sharedSecret(with: peer.publicKey))
      var beside = point
      beside[64] ^= 1
      let wrong = try PublicKey(ofKindOf: key.publicKey, keyBytes: beside[...])
      #expect(wrong.kind == .ec(.brainpoolP256r1))
      #expect(throws: DecryptionFailed.self) { try peer.sharedSecret(with: wrong) }
      #expect(throws: Unsupported.self) { try wrong.isValid([0x30, 0], of: [], .ecdsa(.sha256)) }
    }
  }

  @Suite struct `Curve448` {
    /// RFC 8032 §7.4, the blank message.
    @Test func `Ed448 of RFC 8032`() throws {
      let secret =
        "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b"
      let point =
        "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180"
      let expected = hex(
        """
        533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd39
        80ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e65
        2600
        """)
      let key = try PrivateKey(pkcs8: hex("3047020100300506032b6571043b0439" + secret)[...])
      #expect(key.publicKey.keyBytes == hex(point)[...])
      #expect(key.pkcs8 == hex("3047020100300506032b6571043b0439" + secret))
      #expect(try key.sign(.message([]), .ed448) == expected)
      #expect(try key.publicKey.isValid(expected[...], of: [], .ed448))
      #expect(try !key.publicKey.isValid(expected[...], of: [3], .ed448))
      #expect(try !key.publicKey.isValid(expected.dropLast(), of: [], .ed448))
      #expect(throws: Unsupported("Ed448 over a digest")) { try key.sign(.digest([1]), .ed448) }
      #expect(throws: Unsupported.self) { try key.sign(.message([]), .ed25519) }
      #expect(throws: Malformed.self) {
        try PrivateKey(pkcs8: hex("3046020100300506032b6571043a0438" + secret.dropLast(2))[...])
      }
    }

    /// RFC 7748 §6.2.
    @Test func `X448 of RFC 7748`() throws {
      let one = try Agreement.key(
        OID.x448,
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b"
      )
      let two = try Agreement.key(
        OID.x448,
        "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d"
      )
      let point = hex(
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0"
      )
      let expected = hex(
        "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d"
      )
      #expect(one.publicKey.keyBytes == point[...])
      #expect(try octets(one.sharedSecret(with: two.publicKey)) == expected)
      #expect(try octets(two.sharedSecret(with: one.publicKey)) == expected)
    }
  }
#endif

@Suite struct `Agreement` {
  static func key(_ oid: ASN1ObjectIdentifier, _ secret: String) throws -> PrivateKey {
    let pkcs8 = DERWriter.encode { der in
      der.sequence { der in
        der.int(0)
        AlgorithmIdentifier(oid).write(to: &der)
        der.octets(DERWriter.encode { $0.octets(hex(secret)) })
      }
    }
    return try PrivateKey(pkcs8: pkcs8[...])
  }

  /// RFC 7748 §6.1.
  @Test func `X25519 of RFC 7748`() throws {
    let key = try Self.key(OID.x25519, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    #expect(key.publicKey.keyBytes == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")[...])
    let peer = try PublicKey(
      ofKindOf: key.publicKey, keyBytes: hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")[...])
    #expect(
      try octets(key.sharedSecret(with: peer))
        == hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"))
  }

  /// RFC 7748 §6, RFC 8418 §2: points of low order give zeros, which are refused. 0, 1 and p - 1, by each curve.
  @Test(arguments: [
    (PrivateKey.Kind.x25519, "00" + String(repeating: "00", count: 31)),
    (.x25519, "01" + String(repeating: "00", count: 31)), (.x25519, "ec" + String(repeating: "ff", count: 30) + "7f"),
    (.x448, String(repeating: "00", count: 56)), (.x448, "01" + String(repeating: "00", count: 55)),
    (
      .x448, "fe" + String(repeating: "ff", count: 27) + "fe" + String(repeating: "ff", count: 27)
    ),
  ]) func `a shared secret of zeros is refused`(_ kind: PrivateKey.Kind, _ point: String) throws {
    guard let key = try? PrivateKey(generate: kind) else {
      #expect(kind == .x448)
      return
    }
    let peer = try PublicKey(ofKindOf: key.publicKey, keyBytes: hex(point)[...])
    #expect(peer.kind == key.publicKey.kind)
    #expect(throws: DecryptionFailed.self) { try key.sharedSecret(with: peer) }
  }

  @Test func `keys of different kinds share nothing`() throws {
    let kinds: [PrivateKey.Kind] = [
      .x25519, .x448, .ec(.p256), .ec(.brainpoolP256r1), .ec(.brainpoolP384r1), .ed448, .mlKEM768,
    ]
    let keys = kinds.compactMap { try? PrivateKey(generate: $0) }
    for (place, one) in keys.enumerated() {
      for (other, two) in keys.enumerated() where place != other {
        #expect(throws: DecryptionFailed.self) { try one.sharedSecret(with: two.publicKey) }
      }
    }
  }

  /// RFC 8418 §2.2 over a secret of 00 01 … 1f and AES-256 key wrap, computed in Python.
  @Test(arguments: [
    (
      DigestAlgorithm.sha256, "0b77efdf31da41d1d12bcfc4cd0ee68b9befbc8040acf21b5f4511e3745ffd0f",
      "ad876c55596d24628c2d82224f45e4c03e5879fc3a83ec4b0b500997fce37f66"
    ),
    (
      .sha384, "bf790a75e1b3aa588f003311e9446313d17448c43ab8cb675588395c939f41f5",
      "a22a7a55a2091131a0cb057b7e83096dc04640ff3e8b2bcc76a6d006950b6e2d"
    ),
    (
      .sha512, "2388b8e9d28cbc63554f2a65d6be17a15e640eb398fa7937c6bdddd2ca33378c",
      "318b49f2480c5ff00afd3f9ce5bf43c7d8776e881191b8fb1511beb52648ccbd"
    ),
  ]) func `HKDF of RFC 8418`(_ digest: DigestAlgorithm, _ withMaterial: String, _ without: String) throws {
    let scheme = try KeyAgreement(.hkdf(digest), wrap: .aes256)
    #expect(try KeyAgreement(scheme.identifier) == scheme)
    let secret = SymmetricKey(octets: [UInt8](0..<32))
    #expect(try octets(scheme.keyEncryptionKey(from: secret, userKeyingMaterial: [1, 2, 3])) == hex(withMaterial))
    #expect(try octets(scheme.keyEncryptionKey(from: secret, userKeyingMaterial: nil)) == hex(without))
  }

  @Test func `derivations that have no identifier`() {
    #expect(throws: Unsupported("ECDH with HKDF and SHA-224")) { try KeyAgreement(.hkdf(.sha224), wrap: .aes128) }
    #expect(throws: Unsupported("ECDH with SHA3-256")) { try KeyAgreement(.x963(.sha3_256), wrap: .aes128) }
  }
}
