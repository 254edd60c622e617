import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Private keys` {
  static let kinds: [PrivateKey.Kind] = {
    let everywhere: [PrivateKey.Kind] = [
      .rsa(bits: 2048), .ec(.p256), .ec(.p384), .ec(.p521), .ed25519, .x25519, .mlDSA65, .mlDSA87, .mlKEM768,
      .mlKEM1024,
    ]
    #if OpenSSL
      return everywhere + [.ec(.brainpoolP256r1), .ec(.brainpoolP384r1), .ec(.brainpoolP512r1), .ed448, .x448]
    #else
      return everywhere
    #endif
  }()

  @Test(arguments: kinds) func `go round in every form`(_ kind: PrivateKey.Kind) throws {
    let key = try PrivateKey(generate: kind)
    #expect(key.kind == kind)
    var copies = [try PrivateKey(pkcs8: key.pkcs8[...])]
    if let pkcs1 = key.pkcs1 { copies.append(try PrivateKey(pkcs1: pkcs1[...])) }
    if let sec1 = key.sec1 { copies.append(try PrivateKey(sec1: sec1[...])) }
    let blocks = try PEMBlock.all(in: Array(PEMBlock(label: "PRIVATE KEY", bytes: key.pkcs8).text.utf8))
    copies.append(try PrivateKey(pem: try #require(blocks.first)))
    for copy in copies {
      #expect(copy.kind == kind)
      #expect(copy.publicKey == key.publicKey)
      #expect(copy.pkcs8 == key.pkcs8)
    }
    #expect(try PublicKey(spki: key.publicKey.spki).kind == key.publicKey.kind)
  }

  @Test func `encrypted PKCS#8 goes round`() throws {
    let key = try PrivateKey(generate: .ec(.p256))
    let encrypted = try key.encryptedPKCS8(password: Password("päss"))
    #expect(try PrivateKey(encryptedPKCS8: encrypted[...], password: Password("päss")).pkcs8 == key.pkcs8)
    #expect(throws: WrongPassword.self) {
      try PrivateKey(encryptedPKCS8: encrypted[...], password: Password("pass"))
    }
    let pem = PEMBlock(label: "ENCRYPTED PRIVATE KEY", bytes: encrypted)
    #expect(throws: WrongPassword.self) { try PrivateKey(pem: pem) }
    #expect(try PrivateKey(pem: pem, password: Password("päss")).publicKey == key.publicKey)
  }

  @Test(arguments: [
    Fixture.Encrypted.pbes2AES, Fixture.Encrypted.pbes2SHA1, Fixture.Encrypted.scrypt,
  ]) func `of OpenSSL under a password`(_ encrypted: [UInt8]) throws {
    try Self.opens(encrypted)
  }

  #if OpenSSL
    @Test(arguments: [
      Fixture.Encrypted.pbes2TripleDES, Fixture.Encrypted.pbes2RC2, Fixture.Encrypted.pbeTripleDES,
      Fixture.Encrypted.pbeRC2128, Fixture.Encrypted.pbeRC240,
    ]) func `of old software under a password`(_ encrypted: [UInt8]) throws {
      try Self.opens(encrypted)
    }
  #endif

  static func opens(_ encrypted: [UInt8]) throws {
    let key = try PrivateKey(encryptedPKCS8: encrypted[...], password: Password("sesame"))
    #expect(key.kind == .ec(.p256))
    #expect(key.pkcs8 == Fixture.p256PKCS8)
    for wrong in ["", "Sesame", "sesame ", "\u{0}"] {
      #expect(throws: WrongPassword.self) {
        try PrivateKey(encryptedPKCS8: encrypted[...], password: Password(wrong))
      }
    }
  }

  @Test func `of OpenSSL`() throws {
    let key = try PrivateKey(sec1: Fixture.p256SEC1[...])
    #expect(key.pkcs8 == Fixture.p256PKCS8)
    #expect(key.sec1 == Fixture.p256SEC1)
    #expect(key.publicKey.spki == Fixture.p256SPKI[...])
    #expect(try PrivateKey(pkcs1: Fixture.rsaPKCS1[...]).pkcs1 == Fixture.rsaPKCS1)
    #expect(try PrivateKey(pkcs8: Fixture.ed25519PKCS8[...]).pkcs8 == Fixture.ed25519PKCS8)
  }

  /// swift-crypto's P256.Signing.PrivateKey(derRepresentation:) takes all of these for keys on P-256.
  @Test(arguments: [
    (Fixture.secp256k1PKCS8, "secp256k1"),
    (Fixture.explicitPKCS8, "explicit"),
  ]) func `on other curves are unsupported by name`(_ pkcs8: [UInt8], _ name: String) throws {
    let error = #expect(throws: Unsupported.self) { try PrivateKey(pkcs8: pkcs8[...]) }
    #expect(try #require(error).what.contains(name))
  }

  @Test(arguments: [512, 1024, 2047, 2049, 4104, 8192, 0, -8]) func `of RSA are made from 2048 to 4096 bits`(
    _ bits: Int
  ) {
    #expect(throws: Unsupported.self) { try PrivateKey(generate: .rsa(bits: bits)) }
  }

  /// RFC 5958 §2: version 1 has the public key.
  @Test func `with the public key beside them`() throws {
    let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    let point = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    let v2 = hex("3051 020101 300506032b6570 04220420" + secret + "812100" + point)
    let key = try PrivateKey(pkcs8: v2[...])
    #expect(key.publicKey.keyBytes == hex(point)[...])
    var other = v2
    other[other.count - 1] ^= 1
    #expect(throws: Malformed.self) { try PrivateKey(pkcs8: other[...]) }
  }

  /// A secret of zero, one beyond the order, one too long.
  @Test(arguments: [
    "00", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ]) func `whose number is none`(_ secret: String) {
    let number = hex(secret)
    let sec1 = DERWriter.encode { der in
      der.sequence { der in
        der.int(1)
        der.octets(number)
        der.context(0) { $0.oid(OID.p256) }
      }
    }
    #expect(throws: Malformed.self) { try PrivateKey(sec1: sec1[...]) }
  }

  /// Numbers that do not belong together, are negative, zero, even or too long.
  @Test(arguments: 0..<9, [0, 1, 2, 3] as [Int]) func `of RSA whose numbers are wrong`(_ field: Int, _ change: Int)
    throws
  {
    var numbers = try Self.rsaNumbers()
    switch change {
    case 0: numbers[field] = field == 0 ? [2] : [0]
    case 1: numbers[field][numbers[field].count - 1] ^= field == 0 ? 2 : 1
    case 2: numbers[field][0] |= 0x80
    default: numbers[field] = [1] + [UInt8](repeating: 0, count: 2048) + numbers[field]
    }
    #expect(throws: (any Error).self, "number \(field)") { try PrivateKey(pkcs1: Self.pkcs1(numbers)[...]) }
  }

  @Test func `of RSA with three primes`() throws {
    var numbers = try Self.rsaNumbers()
    numbers[0] = [1]
    #expect(throws: Unsupported("RSA with more than two primes")) {
      try PrivateKey(pkcs1: Self.pkcs1(numbers)[...])
    }
  }

  static func rsaNumbers() throws -> [[UInt8]] {
    var top = try ASN1Cursor(Fixture.rsaPKCS1[...], as: "RSAPrivateKey")
    var fields = try top.enter()
    return try (0..<9).map { _ in Array(try fields.integer("number")) }
  }

  static func pkcs1(_ numbers: [[UInt8]]) -> [UInt8] {
    DERWriter.encode { der in der.sequence { der in for number in numbers { der.integer(number) } } }
  }

  /// Each octet changed, and each end: an error or a key, never a crash.
  @Test func `in damage`() {
    for whole in [Fixture.p256SEC1, Fixture.ed25519PKCS8, Fixture.p256PKCS8] {
      for index in whole.indices {
        #expect(throws: (any Error).self) { try PrivateKey(pkcs8: whole[..<index]) }
        var bytes = whole
        bytes[index] ^= 0xFF
        _ = try? PrivateKey(pkcs8: bytes[...])
        _ = try? PrivateKey(sec1: bytes[...])
        _ = try? PrivateKey(pkcs1: bytes[...])
        _ = try? PublicKey(spki: bytes[...])
      }
    }
  }

  @Test func `never show themselves`() throws {
    var text = ""
    dump(Password("sesame"), to: &text)
    #expect(!text.contains("sesame"))
    text = ""
    let key = try PrivateKey(sec1: Fixture.p256SEC1[...])
    dump(key, to: &text)
    #expect(text == "- private key, EC P-256\n")
    #expect("\([key])" == "[private key, EC P-256]")
    #expect("\(Password("sesame"))" == "password")
    #expect(String(reflecting: [Password("sesame")]) == "[password]")
  }
}

@Suite struct `Public keys` {
  @Test func `are compared and named`() throws {
    let key = try PublicKey(spki: Fixture.p256SPKI[...])
    #expect(key.kind == .ec(.p256))
    #expect(key.summary == "EC P-256")
    #expect(key.subjectKeyIdentifier.count == 20)
    #expect(!key.isWeak)
    #expect(key.defaultSignatureAlgorithm == .ecdsa(.sha256))
  }

  @Test func `whose point is compressed`() throws {
    let key = try PublicKey(spki: Fixture.p256CompressedSPKI[...])
    #expect(key.kind == .ec(.p256))
    let secret = try PrivateKey(sec1: Fixture.p256SEC1[...])
    let signature = try secret.sign(.message(Fixture.message[...]), .ecdsa(.sha256))
    #expect(try key.isValid(signature[...], of: Fixture.message[...], .ecdsa(.sha256)))
    let peer = try PrivateKey(generate: .ec(.p256))
    #expect(try octets(peer.sharedSecret(with: key)) == octets(secret.sharedSecret(with: peer.publicKey)))
  }

  /// Any key is kept and shown; using it is unsupported, by name, and never a crash.
  @Test(arguments: [
    ("RSA 504", 63, 1, 3), ("RSA 8200", 1025, 1, 3), ("RSA 16384", 2048, 1, 3),
    ("RSA 2048", 256, 0, 3), ("RSA 2048", 256, 1, 1), ("RSA 2048", 256, 1, 4), ("RSA 2048", 256, 1, 0),
  ]) func `of RSA that cannot be used`(_ summary: String, _ count: Int, _ low: UInt8, _ exponent: Int) throws {
    let modulus = [0x80] + [UInt8](repeating: 0x55, count: count - 2) + [low]
    let key = try Self.rsa(modulus, exponent: exponent)
    #expect(key.summary == summary)
    let signature = [UInt8](repeating: 1, count: count)
    #expect(throws: Unsupported.self) { try key.isValid(signature[...], of: [], .rsaPKCS1(.sha256)) }
    #expect(throws: Unsupported.self) { try key.isValid(signature[...], of: [], .rsaPSS(PSSParameters(.sha256))) }
    #expect(throws: Unsupported.self) { try key.encrypt(SecureRandom.key(byteCount: 16), .rsaPKCS1) }
  }

  /// 1024 bits are read, and so are sizes that are not whole octets. Nothing is encrypted to what is below 2048.
  @Test(arguments: [1024, 1025, 1536, 2047, 2049, 8192]) func `of RSA of odd sizes`(_ bits: Int) throws {
    var modulus = [UInt8](repeating: 0x55, count: (bits + 7) / 8)
    modulus[0] = UInt8(1 << ((bits - 1) % 8))
    modulus[modulus.count - 1] = 1
    let key = try Self.rsa(modulus, exponent: 65_537)
    #expect(key.kind == .rsa(bits: bits))
    #expect(key.isWeak == (bits < 2048))
    let signature = [UInt8](repeating: 0, count: modulus.count)
    #expect(try !key.isValid(signature[...], of: [], .rsaPKCS1(.sha256)))
    #if OpenSSL
      for transport in [KeyTransport.rsaPKCS1, .rsaOAEP(.init(.sha256))] {
        let secret = SecureRandom.key(byteCount: 16)
        guard bits < 2048 else {
          #expect(try key.encrypt(secret, transport).count == modulus.count)
          continue
        }
        #expect(throws: Unsupported("encryption to RSA \(bits), below 2048 bits,")) {
          try key.encrypt(secret, transport)
        }
      }
    #endif
  }

  static func rsa(_ modulus: [UInt8], exponent: Int) throws -> PublicKey {
    let key = DERWriter.encode { der in
      der.sequence { der in
        der.unsigned(modulus)
        der.int(exponent)
      }
    }
    let spki = DERWriter.encode { der in
      der.sequence { der in
        AlgorithmIdentifier(OID.rsaEncryption, parameters: AlgorithmIdentifier.null).write(to: &der)
        der.bits(key)
      }
    }
    return try PublicKey(spki: spki[...])
  }

  @Test(arguments: [
    ("3000", "algorithm"), ("3005 3003 0601 2a", "subjectPublicKey"), ("0500", ""), ("", ""),
  ]) func `that are none`(_ spki: String, _ field: String) {
    let error = #expect(throws: Malformed.self) { try PublicKey(spki: hex(spki)[...]) }
    #expect(field.isEmpty || error?.path.hasSuffix(field) == true)
  }

  @Test func `of other kinds are named`() throws {
    let unknown = try PublicKey(spki: hex("300a 3005 0603 2a0304 0301 00")[...])
    #expect(unknown.kind == .other("1.2.3.4"))
    #expect(throws: Unsupported("1.2.3.4")) { try unknown.isValid([], of: [], .ed25519) }
    let x25519 = try PublicKey(spki: hex("300a 3005 0603 2b656e 0301 00")[...])
    #expect(x25519.kind == .other("X25519 key of the wrong size"))
    let withNull = try PublicKey(
      spki: hex("302c 3007 0603 2b656e 0500 0321 00 09" + String(repeating: "00", count: 31))[...])
    #expect(withNull.kind == .other("X25519 key with parameters"))
    let broken = try PublicKey(spki: hex("3012 300d 06092a864886f70d010101 0500 030100")[...])
    #expect(broken.kind == .other("RSA key that cannot be read"))
  }

  /// A point that is not on its curve: the key is shown, and cannot be used.
  @Test func `that are no point`() throws {
    var spki = Fixture.p256SPKI
    spki[spki.count - 1] ^= 1
    let key = try PublicKey(spki: spki[...])
    #expect(key.kind == .ec(.p256))
    let signature = hex("3006 020101 020101")
    #expect(throws: Unsupported.self) { try key.isValid(signature[...], of: [], .ecdsa(.sha256)) }
    let own = try PrivateKey(generate: .ec(.p256))
    #expect(throws: DecryptionFailed.self) { try own.sharedSecret(with: key) }
  }
}
