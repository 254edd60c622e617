import Testing

@testable import SMIMECrypto

@Suite struct `OAEP by hand` {
  private static let parameters: [OAEPParameters] = [
    OAEPParameters(.sha1), OAEPParameters(.sha256), OAEPParameters(.sha512),
    OAEPParameters(digest: .sha256, maskDigest: .sha1),
    OAEPParameters(digest: .sha384, maskDigest: .sha384, label: [1]),
  ]

  private static let key = Result { try PrivateKey(generate: .rsa(bits: 2048)) }

  private func block(_ encrypted: [UInt8]) throws -> [UInt8] {
    guard case .rsa(let material) = try Self.key.get().material else { return [] }
    return try #require(material.decryptRaw(encrypted[...]))
  }

  #if OpenSSL
    @Test(arguments: parameters, [0, 1, 16, 32, 62]) func `opens what libcrypto seals`(
      parameters: OAEPParameters, count: Int
    ) throws {
      let secret = SecureRandom.bytes(count)
      let encrypted = try Self.key.get().publicKey.encrypt(SymmetricKey(octets: secret), .rsaOAEP(parameters))
      #expect(try OAEPUnpadding.message(in: block(encrypted), parameters) == secret)
    }
  #else
    @Test(arguments: [OAEPParameters(.sha1), OAEPParameters(.sha256)])
    func `opens what swift-crypto seals`(parameters: OAEPParameters) throws {
      let secret = SecureRandom.bytes(32)
      let encrypted = try Self.key.get().publicKey.encrypt(SymmetricKey(octets: secret), .rsaOAEP(parameters))
      #expect(try OAEPUnpadding.message(in: block(encrypted), parameters) == secret)
    }
  #endif

  @Test func `a block that is altered anywhere opens nothing`() throws {
    let parameters = OAEPParameters(.sha256)
    let encrypted = try Self.key.get().publicKey.encrypt(
      SymmetricKey(octets: SecureRandom.bytes(32)), .rsaOAEP(parameters))
    let block = try block(encrypted)
    for index in block.indices {
      var altered = block
      altered[index] ^= 0x01
      #expect(try OAEPUnpadding.message(in: altered, parameters) == nil, "octet \(index)")
    }
    let labelled = OAEPParameters(digest: .sha256, maskDigest: .sha256, label: [1])
    #expect(try OAEPUnpadding.message(in: block, labelled) == nil)
    #expect(try OAEPUnpadding.message(in: block, OAEPParameters(.sha1)) == nil)
    #expect(try OAEPUnpadding.message(in: Array(block.prefix(65)), parameters) == nil)
    #expect(try OAEPUnpadding.message(in: [], parameters) == nil)
  }

  /// Padding without the one that ends it.
  @Test func `a block that never ends is refused`() throws {
    // With a mask that is known, the block can be made: the data block is the label's digest and zeros.
    let parameters = OAEPParameters(.sha256)
    for tail in [[UInt8](repeating: 0, count: 40), [0, 0, 2] + [UInt8](repeating: 9, count: 37)] {
      let data = MessageDigest.sha256([][...]) + tail
      #expect(try OAEPUnpadding.message(in: Self.sealed(data, parameters), parameters) == nil)
    }
    let good = MessageDigest.sha256([][...]) + [0, 0, 1, 7, 8]
    #expect(try OAEPUnpadding.message(in: Self.sealed(good, parameters), parameters) == [7, 8])
  }

  private static func sealed(_ data: [UInt8], _ parameters: OAEPParameters) throws -> [UInt8] {
    let size = parameters.digest.byteCount
    let seed = SecureRandom.bytes(size)
    let masked = try zip(data, mask(seed, data.count)).map { $0 ^ $1 }
    return try [0] + zip(seed, mask(masked, size)).map { $0 ^ $1 } + masked
  }

  private static func mask(_ seed: [UInt8], _ count: Int) throws -> [UInt8] {
    var mask: [UInt8] = []
    for counter in 0..<UInt8(8) { mask += MessageDigest.sha256((seed + [0, 0, 0, counter])[...]) }
    return Array(mask.prefix(count))
  }
}
