import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Key wrap under a password` {
  /// RFC 3211 §3, first vector: DES, which is only read.
  static let firstIdentifier = AlgorithmIdentifier(
    [1, 2, 840, 113549, 1, 9, 16, 3, 9], parameters: hex("301106052B0E0302070408EFE598EF21B33D6D")[...])

  #if OpenSSL
    @Test func `RFC 3211 §3, DES under PBKDF2 with 5 rounds`() throws {
      let derivation = try PBKDF2(salt: hex("1234567878563412"), rounds: 5, .sha1)
      let key = try derivation.derive(from: Array("password".utf8), byteCount: 8)
      #expect(key == SymmetricKey(octets: hex("D1DAA78615F287E6")))
      let wrap = try PasswordKeyWrap(Self.firstIdentifier)
      let opened = try wrap.unwrap(hex("B81B2565EE373CA6DEDCA26A178B0C10")[...], with: key)
      #expect(opened == SymmetricKey(octets: hex("8C627C897323A2F8")))
    }

    @Test func `RFC 3211 §3, 3DES under PBKDF2 with 500 rounds`() throws {
      let derivation = try PBKDF2(salt: hex("1234567878563412"), rounds: 500, .sha1)
      let text = "All n-entities must communicate with other n-entities via n-1 entiteeheehees"
      let key = try derivation.derive(from: Array(text.utf8), byteCount: 24)
      let identifier = AlgorithmIdentifier(
        [1, 2, 840, 113549, 1, 9, 16, 3, 9], parameters: hex("301406082A864886F70D03070408BAF1CA7931213C4E")[...])
      let wrap = try PasswordKeyWrap(identifier)
      #expect(wrap.encryption == .tripleDESCBC)
      let wrapped = hex("C03C514ABDB9E2C5AAC038572B5E24553876B377AAFB82ECA5A9D73F8AB143D9EC74E6CAD7DB260C")
      let opened = try wrap.unwrap(wrapped[...], with: key)
      #expect(opened == SymmetricKey(octets: hex("8C637D887223A2F965B566EB014B0FA5D52300A3F7EA40FFFC577203C71BAF3B")))
      #expect(throws: Unsupported.self) { try wrap.wrap(opened, with: key) }
    }

    /// RFC 3217 §3.4
    @Test func `3DES key wrap opens, and is not written`() throws {
      let kek = SymmetricKey(octets: hex("255E0D1C07B646DFB3134CC843BA8AA71F025B7C0838251F"))
      let wrapped = hex("690107618EF092B3B48CA1796B234AE9FA33EBB4159604037DB5D6A84EB3AAC2768C632775A467D4")
      let key = try KeyWrap.tripleDES.unwrap(wrapped[...], with: kek)
      #expect(key == SymmetricKey(octets: hex("2923BF85E06DD6AE529149F1F1BAE9EAB3A7DA3D860D3E98")))
      for index in wrapped.indices {
        var bad = wrapped
        bad[index] ^= 1
        #expect(throws: DecryptionFailed.self) { try KeyWrap.tripleDES.unwrap(bad[...], with: kek) }
      }
      for count in [0, 8, 32, 39, 48] {
        let bad = (wrapped + wrapped).prefix(count)
        #expect(throws: DecryptionFailed.self) { try KeyWrap.tripleDES.unwrap(bad, with: kek) }
      }
      #expect(throws: Unsupported.self) { try KeyWrap.tripleDES.wrap(key, with: kek) }
      #expect(KeyWrap.tripleDES.isWeak)
      #expect(try KeyWrap(KeyWrap.tripleDES.identifier) == .tripleDES)
    }
  #endif

  @Test(arguments: [3, 5, 8, 16, 24, 28, 32, 64, 255]) func `keys of every size go round`(count: Int) throws {
    for bits in [128, 192, 256] {
      let wrap = PasswordKeyWrap(freshKeyBits: bits)
      #expect(try PasswordKeyWrap(wrap.identifier) == wrap)
      let kek = SecureRandom.key(byteCount: wrap.keyByteCount)
      let key = SecureRandom.key(byteCount: count)
      let wrapped = try wrap.wrap(key, with: kek)
      #expect(wrapped.count >= 32 && wrapped.count % 16 == 0)
      #expect(try wrap.unwrap(wrapped[...], with: kek) == key)
      // Every bit of what is wrapped changes the whole of it: all but one in 2³² are noticed.
      for index in stride(from: 0, to: wrapped.count, by: 5) {
        var bad = wrapped
        bad[index] ^= 0x40
        #expect((try? wrap.unwrap(bad[...], with: kek)) != key)
      }
    }
  }

  @Test(arguments: [0, 1, 2, 256]) func `keys of other sizes are refused`(count: Int) {
    let wrap = PasswordKeyWrap(freshKeyBits: 256)
    #expect(throws: Unsupported.self) {
      try wrap.wrap(SymmetricKey(octets: [UInt8](repeating: 1, count: count)), with: SecureRandom.key(byteCount: 32))
    }
  }

  /// OpenSSL read and wrote behind a wrapped key that was too short for its size.
  @Test(arguments: [0, 1, 15, 16, 17, 31, 33, 47])
  func `CVE-2025-9230: wrapped keys of odd sizes`(count: Int) {
    let wrap = PasswordKeyWrap(freshKeyBits: 256)
    let kek = SecureRandom.key(byteCount: 32)
    for byte in [0, 0x80, 0xFF] as [UInt8] {
      let wrapped = [UInt8](repeating: byte, count: count)
      #expect(throws: DecryptionFailed.self) { try wrap.unwrap(wrapped[...], with: kek) }
    }
    #expect(throws: DecryptionFailed.self) {
      try wrap.unwrap([UInt8](repeating: 1, count: 32)[...], with: SecureRandom.key(byteCount: 16))
    }
  }

  @Test func `CVE-2026-9076, CVE-2026-42766: the cipher is missing, broken, or none that wraps`() {
    let oid: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 9]
    let gcm = ContentCipherParameters(fresh: .aesGCM(keyBits: 256)).identifier.encoded
    let odd: [[UInt8]?] = [
      nil, [0x05, 0x00], [0x30, 0x00], [0x04, 0x00], hex("300906052B0E0302070400"), hex("300706052B0E030207"),
      hex("300B0609608648016503040102"), hex("300F06096086480165030401020402AAAA"), gcm,
    ]
    for parameters in odd {
      #expect(throws: (any Error).self) { try PasswordKeyWrap(AlgorithmIdentifier(oid, parameters: parameters?[...])) }
    }
    #expect(throws: Unsupported.self) { try PasswordKeyWrap(KeyWrap.aes256.identifier) }
  }
}

@Suite struct `HMAC in pieces` {
  static let digests: [DigestAlgorithm] = [.sha1, .sha224, .sha256, .sha384, .sha512]

  @Test(arguments: digests) func `agrees with HMAC in one call`(_ digest: DigestAlgorithm) throws {
    guard isOffered(digest) else { return }
    let algorithm = try MessageAuthenticationCode(digest)
    #expect(try MessageAuthenticationCode(algorithm.identifier) == algorithm)
    let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    for count in [digest.byteCount, digest.byteCount + 3, 64] where algorithm.takesKey(ofByteCount: count) {
      let key = SecureRandom.bytes(count)
      var code = try MessageAuthenticator(algorithm, key: SymmetricKey(octets: key))
      for start in stride(from: 0, to: 1_000, by: 37) { code.update(message[start..<min(start + 37, 1_000)].span) }
      let expected = try HMACode.code(of: message[...], key: key, digest)
      #expect(code.finalize() == expected)
      #expect(code.matches(expected[...]))
      for cut in [0, 1, digest.byteCount - 1] { #expect(!code.matches(expected.prefix(cut))) }
      #expect(!code.matches((expected + [0])[...]))
      #expect(!code.matches([]))
    }
  }

  /// RFC 4231 §4.2 has a key of 20 octets, RFC 4231 §4.4 one of 20 as well: below the digest's size. §4.7 has 131.
  @Test(arguments: [0, 1, 16, 20, 31, 65, 131]) func `CVE-2026-34181: short and oversized HMAC keys`(count: Int) throws
  {
    let algorithm = try MessageAuthenticationCode(.sha256)
    #expect(throws: DecryptionFailed.self) {
      try MessageAuthenticator(algorithm, key: SymmetricKey(octets: [UInt8](repeating: 1, count: count)))
    }
  }

  @Test func `other codes and parameters are refused`() {
    #expect(throws: Unsupported.self) { try MessageAuthenticationCode(.md5) }
    #expect(throws: Unsupported.self) { try MessageAuthenticationCode(DigestAlgorithm.sha256.identifier) }
    #expect(throws: Malformed.self) {
      try MessageAuthenticationCode(AlgorithmIdentifier([1, 2, 840, 113549, 2, 9], parameters: [4, 0]))
    }
  }
}

@Suite struct `Keys bound to their cipher` {
  static let key = SymmetricKey(octets: hex("C702E7D0A9E064B09BA55245FB733CF3"))

  @Test(arguments: [
    ("301B0609608648016503040106300E040C5C79058BA2F43447639D29E2", "2124FFB29FAC4E0FBBC7D5D87492BFF3"),
    ("301D06096086480165030401020410651F722FFD512C52FE072E507D72B377", "9CD102C52F1E19ECE8729B35BFECEB50"),
  ]) func `RFC 9709 Appendix B`(cipher: String, derived: String) throws {
    var top = try ASN1Cursor(hex(cipher)[...], as: "AlgorithmIdentifier")
    let inner = try AlgorithmIdentifier(from: &top, "inner")
    #expect(
      ContentKeyDerivation.hkdfSHA256.contentKey(from: Self.key, cipher: inner) == SymmetricKey(octets: hex(derived)))
    #expect(ContentKeyDerivation.none.contentKey(from: Self.key, cipher: inner) == Self.key)
    let outer = ContentKeyDerivation.hkdfSHA256.identifier(around: inner)
    let read = try ContentKeyDerivation.read(outer)
    #expect(read.derivation == .hkdfSHA256)
    #expect(read.cipher == inner)
    #expect(try ContentKeyDerivation.read(inner).derivation == .none)
  }

  @Test func `a derivation without a cipher, and one inside another`() throws {
    #expect(throws: Malformed.self) { try ContentKeyDerivation.read(AlgorithmIdentifier(ContentKeyDerivation.oid)) }
    #expect(throws: Malformed.self) {
      try ContentKeyDerivation.read(AlgorithmIdentifier(ContentKeyDerivation.oid, parameters: [0x05, 0x00]))
    }
    let inner = ContentCipherParameters(fresh: .aesGCM(keyBits: 256)).identifier
    let twice = ContentKeyDerivation.hkdfSHA256.identifier(
      around: ContentKeyDerivation.hkdfSHA256.identifier(around: inner))
    #expect(throws: Unsupported.self) { try ContentKeyDerivation.read(twice) }
  }
}
