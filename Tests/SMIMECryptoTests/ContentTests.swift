import SMIMECrypto
import SwiftASN1
import Testing

/// A cipher with a given nonce or IV, as a message would bring it.
func parameters(_ encryption: ContentEncryption, _ iv: [UInt8], tag: Int? = 16) throws -> ContentCipherParameters {
  let encoded = DERWriter.encode { der in
    switch encryption {
    case .aesGCM, .aesCCM:
      der.sequence { der in
        der.octets(iv)
        if let tag { der.int(tag) }
      }
    case .rc2CBC(let bits):
      der.sequence { der in
        der.int([40: 160, 64: 120, 128: 58][bits] ?? bits)
        der.octets(iv)
      }
    default: der.octets(iv)
    }
  }
  return try ContentCipherParameters(AlgorithmIdentifier(encryption.oid, parameters: encoded[...]))
}

/// All of `bytes`, in pieces of `piece`.
func encrypt(
  _ bytes: [UInt8], _ parameters: ContentCipherParameters, _ key: SymmetricKey, aad: [UInt8]? = nil, piece: Int = 7
) throws -> (content: [UInt8], tag: [UInt8]?) {
  let cipher = try ContentEncryptor(parameters, key: key, associatedData: aad)
  var result: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: piece) {
    try cipher.update(bytes[start..<min(start + piece, bytes.count)].span, into: &result)
  }
  let tag = try cipher.finish(into: &result)
  return (result, tag)
}

func decrypt(
  _ bytes: [UInt8], _ parameters: ContentCipherParameters, _ key: SymmetricKey, aad: [UInt8]? = nil,
  tag: [UInt8]? = nil, piece: Int = 7
) throws -> [UInt8] {
  let cipher = try ContentDecryptor(parameters, key: key, associatedData: aad)
  var result: [UInt8] = []
  for start in stride(from: 0, to: bytes.count, by: piece) {
    try cipher.update(bytes[start..<min(start + piece, bytes.count)].span, into: &result)
  }
  try cipher.finish(into: &result, tag: tag.map { $0[...] })
  return result
}

@Suite struct `Content ciphers` {
  static let offered: [ContentEncryption] =
    [128, 192, 256].flatMap { [.aesCBC(keyBits: $0), .aesGCM(keyBits: $0)] } + [.chaCha20Poly1305]

  @Test(arguments: offered, [0, 1, 15, 16, 17, 31, 32, 33, 1000, 70_000])
  func `go round`(_ encryption: ContentEncryption, _ count: Int) throws {
    let plain = SecureRandom.bytes(count)
    let key = SecureRandom.key(byteCount: encryption.keyByteCount)
    let fresh = ContentCipherParameters(fresh: encryption)
    #expect(try ContentCipherParameters(fresh.identifier) == fresh)
    for piece in [1, 16, 100, 65_536] where piece > 1 || count < 2_000 {
      let (content, tag) = try encrypt(plain, fresh, key, aad: nil, piece: piece)
      #expect(content.count == (encryption.isAuthenticated ? count : count / 16 * 16 + 16))
      #expect(tag?.count == (encryption.isAuthenticated ? 16 : nil))
      #expect(try decrypt(content, fresh, key, tag: tag, piece: piece == 16 ? 5 : piece) == plain)
    }
  }

  @Test func `append to what the buffer holds`() throws {
    let key = SecureRandom.key(byteCount: 16)
    let cipher = try ContentEncryptor(ContentCipherParameters(fresh: .aesCBC(keyBits: 128)), key: key)
    var buffer: [UInt8] = [1, 2, 3]
    try cipher.update([UInt8](repeating: 0, count: 40).span, into: &buffer)
    _ = try cipher.finish(into: &buffer)
    #expect(buffer.count == 3 + 48)
    #expect(buffer.starts(with: [1, 2, 3]))
  }

  /// NIST SP 800-38A F.2.1.
  @Test func `CBC`() throws {
    let key = SymmetricKey(octets: hex("2b7e151628aed2a6abf7158809cf4f3c"))
    let iv = hex("000102030405060708090a0b0c0d0e0f")
    let plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
    let (content, _) = try encrypt(plain, parameters(.aesCBC(keyBits: 128), iv), key)
    #expect(Array(content.prefix(32)) == hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"))
  }

  /// McGrew and Viega, test cases 3, 4 (AES-128), 10 (192) and 16 (256), as NIST published them.
  @Test(arguments: [
    (
      "feffe9928665731c6d6a8f9467308308", false,
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
      "4d5c2af327cd64a62cf35abd2ba6fab4"
    ),
    (
      "feffe9928665731c6d6a8f9467308308", true,
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
      "5bc94fbc3221a5db94fae95ae7121a47"
    ),
    (
      "feffe9928665731c6d6a8f9467308308feffe9928665731c", true,
      "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
      "2519498e80f1478f37ba55bd6d27618c"
    ),
    (
      "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", true,
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
      "76fc6ece0f4e1768cddf8853bb2d551b"
    ),
  ]) func `GCM`(_ key: String, _ hasAAD: Bool, _ content: String, _ tag: String) throws {
    let key = SymmetricKey(octets: hex(key))
    let plain = hex(
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657
      ba637b391aafd255
      """)
    let aad = hasAAD ? hex("feedfacedeadbeeffeedfacedeadbeefabaddad2") : nil
    let cipher = try parameters(.aesGCM(keyBits: key.byteCount * 8), hex("cafebabefacedbaddecaf888"))
    let message = Array(plain.prefix(hex(content).count))
    let (found, mac) = try encrypt(message, cipher, key, aad: aad)
    #expect(found == hex(content))
    #expect(mac == hex(tag))
    #expect(try decrypt(hex(content), cipher, key, aad: aad, tag: hex(tag)) == message)
    #expect(throws: DecryptionFailed.self) { try decrypt(hex(content), cipher, key, aad: [1], tag: hex(tag)) }
  }

  /// RFC 5084 §3.2: a mac of 12 to 16 octets, not shorter than aes-ICVlen (12 when it is left out), all of it verified.
  @Test(arguments: [nil, 12, 13, 14, 15, 16] as [Int?]) func `the mac's size`(_ least: Int?) throws {
    let key = SecureRandom.key(byteCount: 32)
    let cipher = try parameters(.aesGCM(keyBits: 256), SecureRandom.bytes(12), tag: least)
    let whole = try parameters(.aesGCM(keyBits: 256), cipher.initialValue)
    let plain = SecureRandom.bytes(100)
    let (content, tag) = try encrypt(plain, whole, key)
    let mac = try #require(tag)
    for count in 0...16 {
      let cut = Array(mac.prefix(count))
      if count >= least ?? 12 {
        #expect(cipher.objection(toTag: cut[...]) == nil)
        #if !OpenSSL
          guard count == 16 else {
            #expect(throws: (any Error).self) { try decrypt(content, cipher, key, tag: cut) }
            continue
          }
        #endif
        #expect(try decrypt(content, cipher, key, tag: cut) == plain)
        for index in cut.indices {
          var bad = cut
          bad[index] ^= 0x80
          #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, key, tag: bad) }
        }
      } else {
        #expect(cipher.objection(toTag: cut[...]) != nil)
        #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, key, tag: cut) }
      }
    }
    #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, key, tag: mac + [0]) }
    #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, key, tag: nil) }
    #expect(throws: DecryptionFailed.self) { try decrypt(content + [0], cipher, key, tag: mac) }
  }

  /// Truncated, lengthened and changed padding are one failure.
  @Test func `CBC padding`() throws {
    let key = SecureRandom.key(byteCount: 16)
    let cipher = ContentCipherParameters(fresh: .aesCBC(keyBits: 128))
    let (content, _) = try encrypt([UInt8](repeating: 0x70, count: 20), cipher, key)
    for end in content.indices {
      #expect(throws: DecryptionFailed.self) { try decrypt(Array(content[..<end]), cipher, key) }
    }
    var bad = content
    // The last octet of the padding becomes 0, or more than a block.
    for value in [12, 12 ^ 17, 12 ^ 255] as [UInt8] {
      bad[15] = content[15] ^ value
      #expect(throws: DecryptionFailed.self) { try decrypt(bad, cipher, key) }
    }
    #expect(throws: DecryptionFailed.self) { try decrypt(content, cipher, SecureRandom.key(byteCount: 32)) }
  }

  @Test(
    arguments: [
      (OID.aes128CBC, "040f 000102030405060708090a0b0c0d0e"), (OID.aes128CBC, "0400"), (OID.aes256CBC, "0500"),
      (OID.aes256CBC, "3000"), (OID.tripleDESCBC, "0407 00010203040506"), (OID.rc2CBC, "3006 020200a0 0400"),
      (OID.rc2CBC, "300e 0202 00a1 0408 0001020304050607"), (OID.aes256GCM, "3000"), (OID.aes256GCM, "3002 0400"),
      (OID.aes256GCM, "3011 040c 000102030405060708090a0b 02010b"),
      (OID.aes256GCM, "3011 040c 000102030405060708090a0b 020111"),
      (OID.aes256GCM, "3011 040c 000102030405060708090a0b 0201ff"), (OID.aes256GCM, "040c 000102030405060708090a0b"),
      ([1, 2, 3], "0500"),
    ] as [(ASN1ObjectIdentifier, String)])
  func `parameters that are refused`(_ oid: ASN1ObjectIdentifier, _ encoded: String) {
    #expect(throws: (any Error).self) {
      try ContentCipherParameters(AlgorithmIdentifier(oid, parameters: hex(encoded)[...]))
    }
    #expect(throws: (any Error).self) { try ContentCipherParameters(AlgorithmIdentifier(oid)) }
  }

  /// CVE-2025-15467: nonces far beyond what a cipher keeps.
  @Test(arguments: [17, 100, 1_000, 100_000]) func `nonces that are too long`(_ count: Int) {
    #expect(throws: Malformed.self) { try parameters(.aesGCM(keyBits: 256), [UInt8](repeating: 1, count: count)) }
  }

  @Test func `keys of other sizes`() throws {
    for cipher in Self.offered {
      for count in [0, 1, 8, 15, 64] {
        let key = SymmetricKey(octets: [UInt8](repeating: 1, count: count))
        #expect(throws: Unsupported.self) { try ContentEncryptor(ContentCipherParameters(fresh: cipher), key: key) }
        #expect(throws: DecryptionFailed.self) {
          try ContentDecryptor(ContentCipherParameters(fresh: cipher), key: key)
        }
      }
    }
  }

  #if OpenSSL
    static let old = Array("old content, two blocks".utf8)

    /// From OpenSSL's `enc`.
    @Test(arguments: [
      (
        ContentEncryption.rc2CBC(effectiveBits: 64), "0123456789abcdef",
        "13c0a6a6497928076a71ee451ac8e003c29349d8f953c547"
      ),
      (.rc2CBC(effectiveBits: 40), "0123456789", "da7d1d0c1d70ae06d0db118f447f408c9656c71a6cad64d6"),
      (
        .rc2CBC(effectiveBits: 128), "000102030405060708090a0b0c0d0e0f",
        "5bcc3710e13008276cea7da794787114195fa49d5e105f1a"
      ),
      (.desCBC, "0123456789abcdef", "0247ec6805cb19f555fe5fd812cf564a28533a8bdfa87b8c"),
      (
        .tripleDESCBC, "000102030405060708090a0b0c0d0e0f1011121314151617",
        "1d4a880f22dd2fb6fc7c7d1e7d7fe80daabe30da07c2dd1c"
      ),
    ]) func `old content is read and never written`(_ cipher: ContentEncryption, _ key: String, _ content: String)
      throws
    {
      let key = SymmetricKey(octets: hex(key))
      let given = try parameters(cipher, hex("0706050403020100"))
      #expect(try ContentCipherParameters(given.identifier) == given)
      #expect(try decrypt(hex(content), given, key) == Self.old)
      #expect(cipher.isWeak)
      #expect(throws: Unsupported.self) { try ContentEncryptor(given, key: key) }
      #expect(throws: DecryptionFailed.self) { try decrypt(hex(content).dropLast(1), given, key) }
    }
  #endif
}

@Suite struct `PEM` {
  @Test func `is read however it is written`() throws {
    let text = """
      Subject: somebody\r
      -----BEGIN CERTIFICATE-----\r
      AAEC\r
      -----END CERTIFICATE-----\r
      between
        -----BEGIN RSA PRIVATE KEY-----
      Proc-Type: 4,ENCRYPTED
      DEK-Info: AES-128-CBC,00

      A
      AE C  AwQ
      =
      -----END RSA PRIVATE KEY-----
      -----BEGIN X-----
      -----END X-----
      """
    let blocks = try PEMBlock.all(in: Array(text.utf8))
    #expect(blocks.map(\.label) == ["CERTIFICATE", "RSA PRIVATE KEY", "X"])
    #expect(blocks.map(\.bytes) == [[0, 1, 2], [0, 1, 2, 3, 4], []])
    #expect(blocks[1].headers.map(\.name) == ["Proc-Type", "DEK-Info"])
    #expect(throws: Unsupported.self) { try PrivateKey(pem: blocks[1], password: Password("x")) }
    #expect(throws: Unsupported.self) { try PrivateKey(pem: blocks[0]) }
  }

  @Test(arguments: [
    ("-----BEGIN A-----\nAAEC\n", "line 1: A does not end"),
    ("\n-----BEGIN A-----\nAAEC\n-----END B-----\n", "line 4: A ends as B"),
    ("\n\n-----BEGIN A-----\nA!EC\n-----END A-----\n", "line 3: A is not base64"),
    ("-----BEGIN A-----\nAAEC\n-----BEGIN B-----", "line 3: A of line 1 does not end"),
  ]) func `that is damaged says where`(_ text: String, _ message: String) throws {
    let error = #expect(throws: Malformed.self) { try PEMBlock.all(in: Array(text.utf8)) }
    #expect("\(try #require(error))" == message)
  }

  @Test func `that is none is nothing`() throws {
    #expect(try PEMBlock.all(in: []).isEmpty)
    #expect(try PEMBlock.all(in: Array("-----BEGIN A----\n-----END A-----".utf8)).isEmpty)
    #expect(try PEMBlock.all(in: [UInt8](repeating: 0x0A, count: 1_000_000)).isEmpty)
    #expect(try PEMBlock.all(in: [0xFF, 0xFE, 0x00, 0x0A, 0x80]).isEmpty)
  }

  @Test(arguments: [0, 1, 47, 48, 49, 96, 1000]) func `goes round in lines of 64`(_ count: Int) throws {
    let block = PEMBlock(label: "THING", bytes: SecureRandom.bytes(count))
    #expect(block.text.split(separator: "\n").allSatisfy { $0.count <= 64 })
    #expect(try PEMBlock.all(in: Array(block.text.utf8)) == [block])
    // Behind the mark that some editors put before text in UTF-8.
    #expect(try PEMBlock.all(in: [0xEF, 0xBB, 0xBF] + Array(block.text.utf8)) == [block])
    let crlf = block.text.replacing("\n", with: "\r\n")
    #expect(try PEMBlock.all(in: Array(crlf.utf8)) == [block])
  }
}

@Suite struct `Passwords` {
  @Test func `are spelled for PKCS #12`() {
    #expect(Password("Beavis").bmp == hex("0042 0065 0061 0076 0069 0073 0000"))
    #expect(Password("").spellings.map(\.bmp) == [[0, 0], []])
    #expect(Password("é").spellings.map(\.bmp) == [hex("00e9 0000"), hex("00c3 00a9 0000")])
    #expect(Password("a").spellings.count == 1)
    #expect(Password("😀").bmp == hex("d83d de00 0000"))
  }

  @Test func `encrypt and decrypt`() throws {
    var schemes = [try PasswordEncryption.pbes2(rounds: 1000)]
    #if OpenSSL
      schemes.append(PasswordEncryption.tripleDES(rounds: 1000))
    #endif
    for scheme in schemes {
      let encrypted = try scheme.encrypt([1, 2, 3], password: Password("x"))
      let read = try PasswordEncryption(scheme.identifier)
      #expect(read.rounds == 1000)
      #expect(try read.decrypt(encrypted[...], password: Password("x")) == [1, 2, 3])
      #expect(throws: WrongPassword.self) { try read.decrypt(encrypted[1...], password: Password("x")) }
    }
  }

  /// swift-crypto takes a memory limit for scrypt and does not keep it.
  @Test(arguments: [
    (1 << 21, 8, 1), (1 << 20, 8, 1), (1 << 30, 1, 1), (1 << 14, 1 << 30, 1), (1 << 14, 8, 1 << 30), (Int.max, 8, 1),
  ]) func `scrypt that asks for too much`(_ cost: Int, _ blockSize: Int, _ parallelism: Int) {
    #expect(throws: (any Error).self) { try PasswordEncryption(Self.scrypt(cost, blockSize, parallelism)) }
  }

  @Test(arguments: [(0, 8, 1), (1, 8, 1), (3, 8, 1), (-16, 8, 1), (16, 0, 1), (16, -1, 1), (16, 8, 0), (16, 8, -1)])
  func `scrypt that makes no sense`(_ cost: Int, _ blockSize: Int, _ parallelism: Int) {
    #expect(throws: Malformed.self) { try PasswordEncryption(Self.scrypt(cost, blockSize, parallelism)) }
  }

  static func scrypt(_ cost: Int, _ blockSize: Int, _ parallelism: Int) -> AlgorithmIdentifier {
    let cipher = ContentCipherParameters(fresh: .aesCBC(keyBits: 256)).identifier
    let encoded = DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.oid(OID.scrypt)
          der.sequence { der in
            der.octets([1, 2, 3])
            der.int(cost)
            der.int(blockSize)
            der.int(parallelism)
          }
        }
        cipher.write(to: &der)
      }
    }
    return AlgorithmIdentifier(OID.pbes2, parameters: encoded[...])
  }

  @Test func `PBES2 with a cipher that proves more than it is asked`() {
    let gcm = ContentCipherParameters(fresh: .aesGCM(keyBits: 256)).identifier
    let encoded = DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.oid(OID.pbkdf2)
          der.sequence { der in
            der.octets([1])
            der.int(1)
          }
        }
        gcm.write(to: &der)
      }
    }
    #expect(throws: Unsupported.self) {
      try PasswordEncryption(AlgorithmIdentifier(OID.pbes2, parameters: encoded[...]))
    }
  }
}
