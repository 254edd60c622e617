import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Key transport` {
  static let transports: [KeyTransport] =
    [.rsaPKCS1]
    + [DigestAlgorithm.sha1, .sha224, .sha256, .sha384, .sha512].flatMap { digest in
      [DigestAlgorithm.sha1, .sha256, digest].map {
        .rsaOAEP(OAEPParameters(digest: digest, maskDigest: $0, label: digest == .sha384 ? [1, 2, 3] : []))
      }
    }

  @Test(arguments: transports) func `goes round`(_ transport: KeyTransport) throws {
    #expect(try KeyTransport(transport.identifier) == transport)
    let key = try Verifying.rsa.get()
    let secret = SecureRandom.key(byteCount: 32)
    let encrypted: [UInt8]
    do {
      encrypted = try key.publicKey.encrypt(secret, transport)
    } catch is Unsupported {
      // Without the OpenSSL trait OAEP is offered with SHA-1 and SHA-256.
      #expect(!isOffered(.sha224))
      return
    }
    #expect(encrypted.count == 256)
    #expect(try key.decrypt(encrypted[...], transport, keyByteCount: 32) == secret)
    guard transport != .rsaPKCS1 else { return }
    // The caller judges the size.
    #expect(try key.decrypt(encrypted[...], transport, keyByteCount: 16) == secret)
    #expect(throws: DecryptionFailed.self) { try key.decrypt(encrypted.dropLast(), transport, keyByteCount: 32) }
    for index in [0, 100, 255] {
      var bad = encrypted
      bad[index] ^= 1
      #expect(throws: DecryptionFailed.self) { try key.decrypt(bad[...], transport, keyByteCount: 32) }
    }
    for other in Self.transports where other != transport {
      if let found = try? key.decrypt(encrypted[...], other, keyByteCount: 32) { #expect(found != secret) }
    }
  }

  /// RFC 3218 §2.3.2: no failure, whatever comes.
  @Test(arguments: [0, 1, 128, 255, 256, 257, 4096]) func `v1.5 never fails`(_ count: Int) throws {
    let key = try Verifying.rsa.get()
    for byte in [0, 1, 0x55, 0xFF] as [UInt8] {
      let encrypted = [UInt8](repeating: byte, count: count)
      let one = try key.decrypt(encrypted[...], .rsaPKCS1, keyByteCount: 32)
      let two = try key.decrypt(encrypted[...], .rsaPKCS1, keyByteCount: 32)
      #expect(octets(one).count == 32)
      #expect(one != two)
    }
  }

  @Test func `v1.5 with a key of another size gives a random one`() throws {
    let key = try Verifying.rsa.get()
    let secret = SecureRandom.key(byteCount: 16)
    let encrypted = try key.publicKey.encrypt(secret, .rsaPKCS1)
    #expect(try key.decrypt(encrypted[...], .rsaPKCS1, keyByteCount: 16) == secret)
    for count in [8, 15, 17, 24, 32, 245, 246, 300] {
      let found = try key.decrypt(encrypted[...], .rsaPKCS1, keyByteCount: count)
      #expect(octets(found).count == count)
      #expect(!octets(found).starts(with: octets(secret)))
    }
  }

  @Test func `keys that cannot`() throws {
    let ec = try PrivateKey(generate: .ec(.p256))
    #expect(throws: DecryptionFailed.self) { try ec.decrypt([], .rsaPKCS1, keyByteCount: 16) }
    #expect(throws: Unsupported.self) { try ec.publicKey.encrypt(SecureRandom.key(byteCount: 16), .rsaPKCS1) }
    let rsa = try Verifying.rsa.get().publicKey
    #expect(throws: Unsupported.self) { try rsa.encrypt(SecureRandom.key(byteCount: 300), .rsaPKCS1) }
  }

  /// What no OAEP parameters are never becomes v1.5 (OpenSSL #32567; CVE-2026-28390: no label in pSpecified).
  @Test(arguments: [
    "0500", "0400", "3002 a000", "3003 020101", "3011 a20f 300d 06092a864886f70d010109 0500 ",
    "300f a20d 300b 06092a864886f70d010109",
    "300b a109 3007 0605 2b0e03021a", "3000 00", "30",
  ]) func `OAEP parameters that are refused`(_ parameters: String) {
    #expect(throws: (any Error).self) {
      try KeyTransport(AlgorithmIdentifier(OID.rsaOAEP, parameters: hex(parameters)[...]))
    }
  }

  @Test func `OAEP parameters that are left out are SHA-1's`() throws {
    let expected = KeyTransport.rsaOAEP(OAEPParameters(.sha1))
    #expect(try KeyTransport(AlgorithmIdentifier(OID.rsaOAEP)) == expected)
    #expect(try KeyTransport(AlgorithmIdentifier(OID.rsaOAEP, parameters: [0x30, 0])) == expected)
    #expect(expected.identifier.parameters == [0x30, 0])
    #expect(throws: Malformed.self) { try KeyTransport(AlgorithmIdentifier(OID.rsaEncryption, parameters: [4, 0])) }
    #expect(throws: Unsupported.self) { try KeyTransport(AlgorithmIdentifier([1, 2, 3])) }
  }
}

@Suite struct `RFC 3218` {
  /// Blocks as they come out of the private-key operation, 2048 bits.
  static func block(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
    var block = [0, 2] + [UInt8](repeating: 0x77, count: 256 - 19) + [0] + [UInt8](0..<16)
    change(&block)
    return block
  }

  static let key = [UInt8](0..<16)
  static let substitute = [UInt8](repeating: 0xEE, count: 16)

  @Test func `a good block gives its key`() {
    var work = 0
    let found = KeyUnpadding.select(Self.block { _ in }, keyByteCount: 16, else: Self.substitute, work: &work)
    #expect(octets(found) == Self.key)
  }

  /// Every way of being wrong gives the substitute, and each looks at as many octets as a good block.
  @Test func `a bad block gives the substitute at the same cost`() {
    var good = 0
    _ = KeyUnpadding.select(Self.block { _ in }, keyByteCount: 16, else: Self.substitute, work: &good)
    #expect(good == 256 + 16)
    var bad = [
      Self.block { $0[0] = 1 }, Self.block { $0[1] = 1 }, Self.block { $0[1] = 3 }, Self.block { $0[239] = 1 },
      Self.block { $0 = [UInt8](repeating: 0, count: 256) }, Self.block { $0 = [UInt8](repeating: 0xFF, count: 256) },
      // A separator too early, and none.
      Self.block { $0[238] = 0 }, Self.block { $0[239] = 9 },
    ]
    for index in 2..<239 { bad.append(Self.block { $0[index] = 0 }) }
    for block in bad {
      var work = 0
      let found = KeyUnpadding.select(block, keyByteCount: 16, else: Self.substitute, work: &work)
      #expect(octets(found) == Self.substitute)
      #expect(work == good)
    }
  }

  @Test func `padding of less than eight octets`() {
    let short = [0, 2] + [UInt8](repeating: 1, count: 7) + [0] + Self.key
    var work = 0
    #expect(octets(KeyUnpadding.select(short, keyByteCount: 16, else: Self.substitute, work: &work)) == Self.substitute)
    let least = [0, 2] + [UInt8](repeating: 1, count: 8) + [0] + Self.key
    #expect(octets(KeyUnpadding.select(least, keyByteCount: 16, else: Self.substitute, work: &work)) == Self.key)
  }
}

@Suite struct `Key wrap` {
  /// RFC 3394 §4.1 to §4.6.
  @Test(arguments: [
    (16, "00112233445566778899AABBCCDDEEFF", "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5"),
    (24, "00112233445566778899AABBCCDDEEFF", "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D"),
    (32, "00112233445566778899AABBCCDDEEFF", "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"),
    (
      24, "00112233445566778899AABBCCDDEEFF0001020304050607",
      "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2"
    ),
    (
      32, "00112233445566778899AABBCCDDEEFF0001020304050607",
      "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"
    ),
    (
      32, "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
      "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    ),
  ]) func `known answers`(_ size: Int, _ plain: String, _ wrapped: String) throws {
    let wrap = KeyWrap(keyByteCount: size)
    let kek = SymmetricKey(octets: (0..<size).map { UInt8($0) })
    let key = SymmetricKey(octets: hex(plain))
    #expect(try wrap.wrap(key, with: kek) == hex(wrapped))
    #expect(try wrap.unwrap(hex(wrapped)[...], with: kek) == key)
    var bad = hex(wrapped)
    bad[bad.count - 1] ^= 1
    #expect(throws: DecryptionFailed.self) { try wrap.unwrap(bad[...], with: kek) }
    #expect(throws: DecryptionFailed.self) { try wrap.unwrap(bad[8...], with: kek) }
    #expect(throws: DecryptionFailed.self) { try wrap.unwrap(hex(wrapped)[1...], with: kek) }
    #expect(throws: DecryptionFailed.self) { try wrap.unwrap([], with: kek) }
    let short = SymmetricKey(octets: [UInt8](repeating: 0, count: 8))
    #expect(throws: DecryptionFailed.self) { try wrap.unwrap(hex(wrapped)[...], with: short) }
    #expect(throws: Unsupported.self) { try wrap.wrap(key, with: short) }
  }

  /// swift-crypto takes multiples of 8 octets from 16 on.
  @Test(arguments: [0, 5, 8, 15, 17, 20]) func `sizes that cannot be wrapped`(_ count: Int) {
    let key = SymmetricKey(octets: [UInt8](repeating: 1, count: count))
    #expect(throws: Unsupported.self) { try KeyWrap.aes128.wrap(key, with: SecureRandom.key(byteCount: 16)) }
  }

  @Test(arguments: KeyWrap.allCases) func `identifiers`(_ wrap: KeyWrap) throws {
    #expect(wrap.identifier.parameters == nil)
    #expect(try KeyWrap(wrap.identifier) == wrap)
    #expect(try KeyWrap(AlgorithmIdentifier(wrap.identifier.algorithm, parameters: [5, 0])) == wrap)
    #expect(throws: Malformed.self) { try KeyWrap(AlgorithmIdentifier(wrap.identifier.algorithm, parameters: [4, 0])) }
  }
}

@Suite struct `Key agreement` {
  @Test(arguments: EllipticCurve.allCases, [DigestAlgorithm.sha1, .sha224, .sha256, .sha384, .sha512])
  func `both sides get one key`(_ curve: EllipticCurve, _ digest: DigestAlgorithm) throws {
    guard isOffered(digest), isOffered(curve) else { return }
    let one = try PrivateKey(generate: .ec(curve))
    let two = try PrivateKey(generate: .ec(curve))
    let point = try PublicKey(curve: curve, point: one.publicKey.keyBytes)
    #expect(point == one.publicKey)
    let scheme = try KeyAgreement(.x963(digest), wrap: .aes256)
    #expect(try KeyAgreement(scheme.identifier) == scheme)
    let mine = try scheme.keyEncryptionKey(
      from: one.sharedSecret(with: two.publicKey), userKeyingMaterial: [1, 2, 3])
    let theirs = try scheme.keyEncryptionKey(from: two.sharedSecret(with: point), userKeyingMaterial: [1, 2, 3])
    #expect(mine == theirs)
    let other = try scheme.keyEncryptionKey(from: two.sharedSecret(with: point), userKeyingMaterial: nil)
    #expect(other != mine)
    let empty = try scheme.keyEncryptionKey(from: two.sharedSecret(with: point), userKeyingMaterial: [])
    #expect(empty != other)
  }

  @Test func `keys of different curves share nothing`() throws {
    let one = try PrivateKey(generate: .ec(.p256))
    let two = try PrivateKey(generate: .ec(.p384))
    #expect(throws: DecryptionFailed.self) { try one.sharedSecret(with: two.publicKey) }
    let ed = try PrivateKey(generate: .ed25519)
    #expect(throws: DecryptionFailed.self) { try ed.sharedSecret(with: ed.publicKey) }
  }

  /// Zeros are refused of X25519 and X448 alone; on P-256 there is a point whose x-coordinate is zero.
  @Test func `a shared point whose x-coordinate is zero is one like any other`() throws {
    let one = DERWriter.encode { der in
      der.sequence { der in
        der.int(1)
        der.octets([UInt8](repeating: 0, count: 31) + [1])
        der.context(0) { $0.oid(OID.p256) }
      }
    }
    let peer = try PublicKey(curve: .p256, point: ([2] + [UInt8](repeating: 0, count: 32))[...])
    let secret = try PrivateKey(sec1: one[...]).sharedSecret(with: peer)
    #expect(secret == SymmetricKey(octets: [UInt8](repeating: 0, count: 32)))
  }

  /// ECC-CMS-SharedInfo repeats the key wrap's identifier as it came, NULL included.
  @Test func `NULL beside the key wrap changes the key`() throws {
    let plain = try KeyAgreement(.x963(.sha256), wrap: .aes128)
    let wrap = AlgorithmIdentifier(KeyWrap.aes128.identifier.algorithm, parameters: [5, 0])
    let withNull = try KeyAgreement(AlgorithmIdentifier(OID.ecdhSHA256, parameters: wrap.encoded[...]))
    #expect(withNull.identifier.parameters == wrap.encoded[...])
    let secret = SecureRandom.key(byteCount: 32)
    let one = try plain.keyEncryptionKey(from: secret, userKeyingMaterial: nil)
    #expect(try withNull.keyEncryptionKey(from: secret, userKeyingMaterial: nil) != one)
  }

  /// CVE-2026-28389: no parameters.
  @Test(arguments: [nil, "0500", "3000", "300b 0609 608648016503040102", "30", "0400"] as [String?])
  func `parameters that are refused`(_ parameters: String?) {
    #expect(throws: (any Error).self) {
      try KeyAgreement(AlgorithmIdentifier(OID.ecdhSHA256, parameters: parameters.map { hex($0)[...] }))
    }
  }
}
