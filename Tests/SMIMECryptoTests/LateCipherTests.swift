#if OpenSSL
  import Testing

  @testable import SMIMECrypto

  /// What waits to see how much content there is gives what libcrypto gives, whichever of the two engines it ends in.
  @Suite struct LateCipherTests {
    static let sizes = [0, 1, 15, 16, 17, 4_096, 16_383, 16_384, 16_385, 16_400, 40_000]

    @Test(
      arguments: sizes,
      [
        ContentEncryption.aesCBC(keyBits: 128), .aesCBC(keyBits: 256), .aesGCM(keyBits: 128), .aesGCM(keyBits: 256),
        .chaCha20Poly1305,
      ])
    func agrees(size: Int, encryption: ContentEncryption) throws {
      let key = SecureRandom.key(byteCount: encryption.keyByteCount)
      let parameters = ContentCipherParameters(fresh: encryption)
      let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let attributes: [UInt8] = encryption.isAuthenticated ? [1, 2, 3] : []
      var expected: [UInt8] = []
      let engine = try EVPCipher(parameters, key: key, direction: .encrypt, associatedData: attributes)
      try engine.update(content.span, into: &expected)
      let tag = try engine.finishEncrypting(into: &expected)

      for piece in [1_000, 20_000] {
        let encryptor = try #require(Self.late(parameters, key, .encrypt, attributes))
        var encrypted: [UInt8] = []
        try Self.feed(content, to: encryptor, by: piece, into: &encrypted)
        #expect(try encryptor.finishEncrypting(into: &encrypted) == tag)
        #expect(encrypted == expected)

        let decryptor = try #require(Self.late(parameters, key, .decrypt, attributes))
        var decrypted: [UInt8] = []
        try Self.feed(expected, to: decryptor, by: piece, into: &decrypted)
        try decryptor.finishDecrypting(into: &decrypted, tag: tag?[...] ?? [])
        #expect(decrypted == content)
      }
    }

    @Test(arguments: [ContentEncryption.aesGCM(keyBits: 256), .chaCha20Poly1305])
    func aChangedTagReleasesNothing(encryption: ContentEncryption) throws {
      let key = SecureRandom.key(byteCount: encryption.keyByteCount)
      let parameters = ContentCipherParameters(fresh: encryption)
      let encryptor = try #require(Self.late(parameters, key, .encrypt, []))
      var encrypted: [UInt8] = []
      try encryptor.update([1, 2, 3].span, into: &encrypted)
      var tag = try #require(try encryptor.finishEncrypting(into: &encrypted))
      tag[0] ^= 1
      let decryptor = try #require(Self.late(parameters, key, .decrypt, []))
      var decrypted: [UInt8] = []
      try decryptor.update(encrypted.span, into: &decrypted)
      #expect(throws: (any Error).self) { try decryptor.finishDecrypting(into: &decrypted, tag: tag[...]) }
      #expect(decrypted.isEmpty)
    }

    private static func late(
      _ parameters: ContentCipherParameters, _ key: SymmetricKey, _ direction: CipherDirection, _ attributes: [UInt8]
    ) -> LateCipher? {
      LateCipher(parameters, key: key, direction: direction, associatedData: attributes)
    }

    private static func feed(
      _ bytes: [UInt8], to engine: LateCipher, by piece: Int, into output: inout [UInt8]
    ) throws {
      var at = 0
      while at < bytes.count {
        let end = min(at + piece, bytes.count)
        try engine.update(Array(bytes[at..<end]).span, into: &output)
        at = end
      }
    }
  }
#endif
