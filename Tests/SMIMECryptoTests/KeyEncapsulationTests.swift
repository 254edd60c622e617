import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Key encapsulation` {
  @Test(arguments: [
    (PrivateKey.Kind.mlKEM768, KeyEncapsulation.mlKEM768), (.mlKEM1024, .mlKEM1024),
    (.rsa(bits: 2048), .rsaKEM(.standard)), (.rsa(bits: 2048), .rsaKEM(RSAKEMParameters(.sha512, keyByteCount: 16))),
  ]) func `goes round`(_ kind: PrivateKey.Kind, _ kem: KeyEncapsulation) throws {
    #expect(try KeyEncapsulation(kem.identifier) == kem)
    let key: PrivateKey = if case .rsa = kind { try Verifying.rsa.get() } else { try PrivateKey(generate: kind) }
    let secret: SymmetricKey
    var ciphertext: [UInt8]
    do {
      (secret, ciphertext) = try key.publicKey.encapsulate(kem)
    } catch is Unsupported {
      // RSA-KEM comes with the OpenSSL trait.
      #expect(!isOffered(.sha224) && key.publicKey.kind == .rsa(bits: 2048))
      return
    }
    #expect(kem.ciphertextByteCount(for: key.publicKey) == ciphertext.count)
    #expect(try key.decapsulate(ciphertext[...], kem) == secret)
    #expect(try key.publicKey.encapsulate(kem).secret != secret)
    // What is altered gives another secret or none, and what has the wrong size gives none.
    ciphertext[ciphertext.count - 1] ^= 1
    if let found = try? key.decapsulate(ciphertext[...], kem) { #expect(found != secret) }
    for wrong in [[], [0], ciphertext.dropLast(), (ciphertext + [0])[...]] as [ArraySlice<UInt8>] {
      #expect(throws: DecryptionFailed.self) { try key.decapsulate(wrong, kem) }
    }
  }

  /// FIPS 203 §6.3: an altered ciphertext gives a secret that only the key's owner could know, always the same.
  @Test func `ML-KEM rejects without saying so`() throws {
    let key = try PrivateKey(generate: .mlKEM768)
    var (secret, ciphertext) = try key.publicKey.encapsulate(.mlKEM768)
    ciphertext[0] ^= 1
    let found = try key.decapsulate(ciphertext[...], .mlKEM768)
    #expect(found != secret)
    #expect(try key.decapsulate(ciphertext[...], .mlKEM768) == found)
    (secret, ciphertext) = try key.publicKey.encapsulate(.mlKEM768)
    #expect(try key.decapsulate(ciphertext[...], .mlKEM768) == secret)
  }

  /// FIPS 203 §7.2: a public key whose coefficients are not below q is refused when it is used.
  @Test func `an ML-KEM key out of range`() throws {
    let key = try PrivateKey(generate: .mlKEM768).publicKey
    let wrong = try PublicKey(ofKindOf: key, keyBytes: [UInt8](repeating: 0xFF, count: 1184)[...])
    #expect(wrong.kind == .mlKEM768)
    #expect(throws: Unsupported.self) { try wrong.encapsulate(.mlKEM768) }
  }

  /// The number 0x11…11 through KDF3 with SHA-256, computed in Python.
  @Test func `RSA-KEM of a known number`() throws {
    let key = try Verifying.rsa.get()
    let expected = hex(
      "5b4d2794cb2938b64d46df212bf16c33eb9cde1fd54defa19a954fd8bf1239a2a284fc7f74fd1112b60d0d22d61314d7")
    for count in [16, 32, 48] {
      let kem = KeyEncapsulation.rsaKEM(RSAKEMParameters(.sha256, keyByteCount: count))
      #expect(try octets(key.decapsulate(MoreFixture.rsaKEMCiphertext[...], kem)) == Array(expected.prefix(count)))
    }
    // A number that is not below the modulus.
    let beyond = [UInt8](repeating: 0xFF, count: 256)
    #expect(throws: DecryptionFailed.self) { try key.decapsulate(beyond[...], .rsaKEM(.standard)) }
  }

  /// RFC 9690 §2.3, octet for octet; no key derivation, one that is not offered, a secret of no size.
  @Test func `RSA-KEM's parameters`() throws {
    let kem = KeyEncapsulation.rsaKEM(RSAKEMParameters(.sha256, keyByteCount: 16))
    #expect(
      kem.identifier.encoded
        == hex("3029 060728818c71020204 301e 3019 060a2b8105108648092c0102 300b 0609608648016503040201 020110"))
    for parameters in [
      nil, "0500", "3000", "301e 3019 060a2b8105108648092c0101 300b 0609608648016503040201 020110",
      "301a 3015 060a2b8105108648092c0102 3007 06052b0e03021a 020110", "3011 300c 060a2b8105108648092c0102 020110",
      "301e 3019 060a2b8105108648092c0102 300b 0609608648016503040201 020100",
      "301e 3019 060a2b8105108648092c0102 300b 0609608648016503040201 020141",
      "301e 3019 060a2b8105108648092c0102 300b 0609608648016503040201 0201ff",
    ] as [String?] {
      #expect(throws: (any Error).self) {
        try KeyEncapsulation(AlgorithmIdentifier(OID.rsaKEM, parameters: parameters.map { hex($0)[...] }))
      }
    }
  }

  @Test func `what does not fit`() throws {
    let lattice = try PrivateKey(generate: .mlKEM768)
    let curve = try PrivateKey(generate: .ec(.p256))
    #expect(throws: Unsupported("ML-KEM-1024 with ML-KEM-768")) { try lattice.publicKey.encapsulate(.mlKEM1024) }
    #expect(throws: Unsupported("RSA-KEM with EC P-256")) { try curve.publicKey.encapsulate(.rsaKEM(.standard)) }
    #expect(throws: DecryptionFailed.self) { try curve.decapsulate([], .mlKEM768) }
    #expect(KeyEncapsulation(for: curve.publicKey.kind) == nil)
    #expect(KeyEncapsulation(for: lattice.publicKey.kind) == .mlKEM768)
    #expect(throws: Malformed("ML-KEM-768 has parameters")) {
      try KeyEncapsulation(AlgorithmIdentifier(OID.mlKEM768, parameters: [5, 0]))
    }
    #expect(throws: Unsupported("the key encapsulation ML-KEM-512")) {
      try KeyEncapsulation(AlgorithmIdentifier([2, 16, 840, 1, 101, 3, 4, 4, 1]))
    }
  }

  /// RFC 5869 A.1 to A.3.
  @Test(arguments: [
    (
      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    ),
    (
      "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    ),
  ]) func `HKDF of RFC 5869`(_ secret: String, _ salt: String, _ info: String, _ expected: String) throws {
    let found = try HKDF.derive(
      from: SymmetricKey(octets: hex(secret)), salt: hex(salt)[...], info: hex(info), byteCount: 42, .sha256)
    #expect(octets(found) == hex(expected))
    #expect(throws: Unsupported.self) {
      try HKDF.derive(from: found, salt: [], info: [], byteCount: 255 * 32 + 1, .sha256)
    }
    #expect(try HKDF.derive(from: found, salt: [], info: [], byteCount: 255 * 32, .sha256).byteCount == 255 * 32)
  }

  @Test(arguments: [
    KEMKeyDerivation.hkdf(.sha256), .hkdf(.sha384), .hkdf(.sha512), .kdf3(.sha256), .kdf3(.sha384), .kdf3(.sha3_256),
  ]) func `derivations go round`(_ derivation: KEMKeyDerivation) throws {
    #expect(try KEMKeyDerivation(derivation.identifier) == derivation)
    let secret = SymmetricKey(octets: [UInt8](0..<32))
    guard isOffered(.sha224) || derivation != .kdf3(.sha3_256) else { return }
    let long = try derivation.derive(from: secret, info: Array("info".utf8), byteCount: 64)
    let short = try derivation.derive(from: secret, info: Array("info".utf8), byteCount: 16)
    #expect(octets(short) == Array(octets(long).prefix(16)))
    #expect(try derivation.derive(from: secret, info: [], byteCount: 64) != long)
    if derivation == .kdf3(.sha384) {
      #expect(
        octets(long)
          == hex(
            """
            d8211f9843fd5e4c2cc925221ac806fd1c5a634a2c53f5d10874c606b2ef8ed285143da9139dd151f08d194799377bfcf41590451ca85b2b
            e5ce73202a69612d
            """))
    }
  }

  @Test func `derivations that are refused`() {
    for identifier in [
      AlgorithmIdentifier(OID.hkdfSHA256, parameters: [5, 0]), AlgorithmIdentifier(OID.kdf3),
      AlgorithmIdentifier(OID.kdf3, parameters: [5, 0]),
      AlgorithmIdentifier(OID.kdf3, parameters: DigestAlgorithm.sha1.identifier.encoded[...]),
      AlgorithmIdentifier([1, 3, 133, 16, 840, 9, 44, 1, 1]),
    ] { #expect(throws: (any Error).self) { try KEMKeyDerivation(identifier) } }
    #expect(throws: Unsupported("HKDF with SHA3-256")) {
      try KEMKeyDerivation.hkdf(.sha3_256).derive(from: SecureRandom.key(byteCount: 32), info: [], byteCount: 32)
    }
  }
}
