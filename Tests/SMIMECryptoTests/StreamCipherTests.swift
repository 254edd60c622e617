import ByteIO
import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `ChaCha20-Poly1305` {
  /// RFC 8439 §2.8.2.
  @Test func `known answer`() throws {
    let cipher = try parameters(.chaCha20Poly1305, hex("070000004041424344454647"))
    let key = SymmetricKey(octets: [UInt8](0x80..<0xA0))
    let plain = Array(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
        .utf8)
    let expected = hex(
      """
      d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b29
      05d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b
      6116
      """)
    let mac = hex("1ae10b594f09e26a7e902ecbd0600691")
    let aad = hex("50515253c0c1c2c3c4c5c6c7")
    let (content, tag) = try encrypt(plain, cipher, key, aad: aad)
    #expect(content == expected)
    #expect(tag == mac)
    #expect(try decrypt(expected, cipher, key, aad: aad, tag: mac) == plain)
    for index in 0..<16 {
      var bad = mac
      bad[index] ^= 1
      #expect(throws: DecryptionFailed.self) { try decrypt(expected, cipher, key, aad: aad, tag: bad) }
    }
    #expect(throws: DecryptionFailed.self) { try decrypt(expected, cipher, key, tag: mac) }
    #expect(throws: DecryptionFailed.self) { try decrypt(Array(expected.dropLast()), cipher, key, aad: aad, tag: mac) }
  }

  /// RFC 8103 §2, §3: a nonce of 12 octets, a mac of 16.
  @Test func `sizes that are refused`() throws {
    for count in [0, 1, 8, 11, 13, 16, 24] {
      #expect(throws: Malformed("ChaCha20-Poly1305 has a nonce of \(count) octets")) {
        try parameters(.chaCha20Poly1305, [UInt8](repeating: 0, count: count))
      }
    }
    #expect(throws: Malformed("ChaCha20-Poly1305 has no nonce")) {
      try ContentCipherParameters(AlgorithmIdentifier(OID.chaCha20Poly1305))
    }
    let cipher = ContentCipherParameters(fresh: .chaCha20Poly1305)
    let key = SecureRandom.key(byteCount: 32)
    let (content, tag) = try encrypt([1, 2, 3], cipher, key)
    let mac = try #require(tag)
    for count in Array(0...15) + [17, 32] {
      let wrong = Array((mac + mac).prefix(count))
      #expect(cipher.objection(toTag: wrong[...]) == "the mac has \(count) octets instead of 16")
      #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, key, tag: wrong) }
    }
    #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, SecureRandom.key(byteCount: 16), tag: mac) }
  }
}

#if OpenSSL
  @Suite struct `AES-CCM` {
    /// RFC 3610 §8 #1, then Python's cryptography: keys 00 01 …, nonces 00 01 …, the content 00 … 27 with `aad`.
    @Test(arguments: [
      (
        "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf", "00000003020100a0a1a2a3a4a5", "0001020304050607", 8,
        "588c979a61c663d2f066d0c2c0f989806d5f6b61dac384", "17e8d12cfdf926e0"
      ),
      (
        "000102030405060708090a0b0c0d0e0f1011121314151617", "00010203040506", "616164", 12,
        "9568aba9f7d899f495ee8ec0e4c15754d030d98affc1f7f139ba8599efe1a5e666b7a9ef5ab15161", "d6c932168c938b654110af12"
      ),
      (
        "000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c", "616164", 14,
        "1635b68b570cfc85529e39ac913910d7f3111631623867f134e6e441904fd504f5746d6bf189815f",
        "7e0d5588eb01274e51eb4f0be972"
      ),
      (
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "000102030405060708090a0b0c", "616164", 16,
        "1c06a96508ad7c8fc9d9dc3b16d71be7afee062a86f27ba4f663fa74bd01b74f4f9d4257c93092fc",
        "123e5ddea3ff9ea68f88dfd2f26065d2"
      ),
      ("000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b", "616164", 12, "", "b0b48b64a6f93790eb91f0aa"),
    ]) func `known answers`(
      _ key: String, _ nonce: String, _ aad: String, _ size: Int, _ content: String, _ mac: String
    ) throws {
      let key = SymmetricKey(octets: hex(key))
      let cipher = try parameters(.aesCCM(keyBits: key.byteCount * 8), hex(nonce), tag: size)
      let plain = size == 8 ? [UInt8](8..<0x1F) : [UInt8]((0..<40).prefix(hex(content).count))
      #expect(try decrypt(hex(content), cipher, key, aad: hex(aad), tag: hex(mac)) == plain)
      #expect(throws: DecryptionFailed.self) { try decrypt(hex(content), cipher, key, tag: hex(mac)) }
      for index in hex(mac).indices {
        var bad = hex(mac)
        bad[index] ^= 0x80
        let decryptor = try ContentDecryptor(cipher, key: key, associatedData: hex(aad))
        var output: [UInt8] = []
        try decryptor.update(hex(content).span, into: &output)
        #expect(throws: DecryptionFailed.self) { try decryptor.finish(into: &output, tag: bad[...]) }
        #expect(output.isEmpty)
      }
      for count in 0...17 where count != size {
        let wrong = Array((hex(mac) + hex(mac) + [0, 0]).prefix(count))
        #expect(throws: DecryptionFailed.self) { try decrypt(hex(content), cipher, key, aad: hex(aad), tag: wrong) }
      }
    }

    /// Bouncy Castle wrote the content into its caller's buffer, and looked at the mac afterwards.
    @Test(arguments: [0, 1, 16, 100_000])
    func `CVE-2026-58061: no plaintext comes out before the mac holds`(count: Int) throws {
      let cipher = try parameters(.aesCCM(keyBits: 256), [UInt8](repeating: 1, count: 12), tag: 16)
      let decryptor = try ContentDecryptor(cipher, key: SecureRandom.key(byteCount: 32))
      let content = [UInt8](repeating: 7, count: count)
      var output: [UInt8] = []
      for start in stride(from: 0, to: count, by: 4_096) {
        try decryptor.update(content[start..<min(start + 4_096, count)].span, into: &output)
        #expect(output.isEmpty)
      }
      #expect(throws: DecryptionFailed.self) {
        try decryptor.finish(into: &output, tag: [UInt8](repeating: 0, count: 16)[...])
      }
      #expect(output.isEmpty)
    }

    @Test func `is not written`() {
      #expect(ContentEncryption.aesCCM(keyBits: 128).isReadOnly && !ContentEncryption.aesCCM(keyBits: 128).isWeak)
      #expect(throws: Unsupported("AES-128-CCM for new content")) {
        try ContentEncryptor(
          parameters(.aesCCM(keyBits: 128), [UInt8](repeating: 0, count: 12)), key: SecureRandom.key(byteCount: 16))
      }
    }

    @Test func `beyond 32 MiB is refused`() throws {
      let cipher = try parameters(.aesCCM(keyBits: 128), [UInt8](repeating: 0, count: 12))
      let decryptor = try ContentDecryptor(cipher, key: SecureRandom.key(byteCount: 16))
      let piece = [UInt8](repeating: 0, count: 1 << 20)
      var output: [UInt8] = []
      for _ in 0..<32 { try decryptor.update(piece.span, into: &output) }
      #expect(throws: LimitExceeded(.size, limit: 32 << 20)) { try decryptor.update([0].span, into: &output) }
    }
  }
#endif

@Suite struct `AES-CCM parameters` {
  /// RFC 5084 §3.1: a nonce of 7 to 13 octets, an even mac; 4 and 6 octets prove too little.
  @Test func `sizes that are refused`() throws {
    for count in [0, 6, 14, 16] {
      #expect(throws: Malformed("AES-CCM has a nonce of \(count) octets")) {
        try parameters(.aesCCM(keyBits: 256), [UInt8](repeating: 0, count: count))
      }
    }
    for size in [-1, 0, 2, 9, 15, 17, 18] {
      #expect(throws: Malformed("aes-ICVlen is \(size)")) {
        try parameters(.aesCCM(keyBits: 256), [UInt8](repeating: 0, count: 12), tag: size)
      }
    }
    for size in [4, 6] {
      #expect(throws: Unsupported("AES-CCM with a mac of \(size) octets")) {
        try parameters(.aesCCM(keyBits: 256), [UInt8](repeating: 0, count: 12), tag: size)
      }
    }
    let standard = try parameters(.aesCCM(keyBits: 192), [UInt8](repeating: 0, count: 7), tag: nil)
    #expect(standard.tagByteCount == 12)
    #expect(try ContentCipherParameters(standard.identifier) == standard)
    #expect(throws: Malformed("AES-CCM has no parameters")) {
      try ContentCipherParameters(AlgorithmIdentifier(OID.aes128CCM))
    }
  }
}
