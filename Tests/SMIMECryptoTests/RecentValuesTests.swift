import SMIMECrypto
import Testing

@Suite struct `Recent values` {
  @Test func `are bounded in number, and the latest half stays`() {
    var values = RecentValues<Int, String>(count: 8)
    for key in 0..<1_000 {
      values.keep("\(key)", key)
      #expect(values.count <= 8)
    }
    for key in 996..<1_000 { #expect(values.value(key) == "\(key)") }
    #expect(values.value(5) == nil)
  }

  @Test func `what is asked for often stays among many that are not`() {
    var values = RecentValues<Int, String>(count: 8)
    values.keep("issuer", -1)
    for key in 0..<1_000 {
      values.keep("\(key)", key)
      #expect(values.value(-1) == "issuer")
    }
  }

  @Test func `a value is replaced where it stands`() {
    var values = RecentValues<Int, String>(count: 2)
    values.keep("one", 1)
    values.keep("other", 1)
    #expect(values.value(1) == "other")
    #expect(values.count == 1)
  }
}

@Suite struct `RSA keys that are known` {
  /// The key is kept by its octets: another one of the same size must never answer for it.
  @Test func `many keys of one size verify their own signatures only`() throws {
    let keys = try (0..<3).map { _ in try PrivateKey(generate: .rsa(bits: 2048)) }
    let message = Array("a message".utf8)[...]
    let signatures = try keys.map { try $0.sign(.message(message), .rsaPKCS1(.sha256))[...] }
    for _ in 0..<2 {
      for (owner, key) in keys.enumerated() {
        for (signer, signature) in signatures.enumerated() {
          #expect(
            try key.publicKey.isValid(signature, of: message, .rsaPKCS1(.sha256)) == (owner == signer))
        }
      }
    }
  }

  @Test func `one key is used by many tasks at once, from its first use on`() async throws {
    let key = try PrivateKey(generate: .rsa(bits: 2048))
    let message = Array("a message".utf8)[...]
    let signature = try key.sign(.message(message), .rsaPKCS1(.sha384))[...]
    let secret = SecureRandom.key(byteCount: 32)
    let valid = try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<64 {
        group.addTask {
          let encrypted = try key.publicKey.encrypt(secret, .rsaOAEP(OAEPParameters(.sha256)))
          let opened = try key.decrypt(encrypted[...], .rsaOAEP(OAEPParameters(.sha256)), keyByteCount: 32)
          return try opened == secret && key.publicKey.isValid(signature, of: message, .rsaPKCS1(.sha384))
        }
      }
      return try await group.reduce(true) { $0 && $1 }
    }
    #expect(valid)
  }

  /// EMSA-PKCS1-v1_5 is compared octet by octet: a signature over any other block does not hold.
  @Test func `the signature of another digest, or of one octet changed, does not hold`() throws {
    let key = try PrivateKey(generate: .rsa(bits: 2048))
    let message = Array("a message".utf8)[...]
    let signature = try key.sign(.message(message), .rsaPKCS1(.sha256))
    #expect(try key.publicKey.isValid(signature[...], of: message, .rsaPKCS1(.sha256)))
    #expect(try !key.publicKey.isValid(signature[...], of: message, .rsaPKCS1(.sha512)))
    #expect(try !key.publicKey.isValid(signature[...], of: message, .rsaPKCS1(.sha1)))
    #expect(try !key.publicKey.isValid(signature.dropFirst(), of: message, .rsaPKCS1(.sha256)))
    #expect(try !key.publicKey.isValid(([0] + signature)[...], of: message, .rsaPKCS1(.sha256)))
    for index in [0, 100, 255] {
      var changed = signature
      changed[index] ^= 1
      #expect(try !key.publicKey.isValid(changed[...], of: message, .rsaPKCS1(.sha256)))
    }
    // A number that is not below the modulus.
    #expect(try !key.publicKey.isValid([UInt8](repeating: 0xFF, count: 256)[...], of: message, .rsaPKCS1(.sha256)))
  }
}
