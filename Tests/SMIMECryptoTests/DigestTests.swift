import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Digests` {
  @Test(arguments: [
    (DigestAlgorithm.md5, "900150983cd24fb0d6963f7d28e17f72"),
    (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (.sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      .sha384,
      "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
    ),
    (
      .sha512,
      """
      ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
      2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
      """
    ),
    (.sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
    (.sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    (
      .sha3_384,
      "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25"
    ),
    (
      .sha3_512,
      """
      b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e
      10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0
      """
    ),
    (.shake128, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8"),
    (
      .shake256,
      """
      483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739
      d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4
      """
    ),
  ]) func `of abc`(_ algorithm: DigestAlgorithm, _ expected: String) throws {
    guard isOffered(algorithm) else { return }
    let digest = try MessageDigest.hash(Array("abc".utf8)[...], algorithm)
    #expect(digest == hex(expected))
    #expect(digest.count == algorithm.byteCount)
  }

  /// SHA-224 is libcrypto's; the other copies are values by themselves.
  @Test(arguments: DigestAlgorithm.allCases) func `a copy goes on for itself`(_ algorithm: DigestAlgorithm) throws {
    guard isOffered(algorithm) else { return }
    var one = try MessageDigest(algorithm)
    one.update(Array("ab".utf8))
    var other = one
    other.update(Array("x".utf8))
    #expect(one.finalize() != other.finalize())
    one.update(Array("c".utf8))
    #expect(try one.finalize() == MessageDigest.hash(Array("abc".utf8)[...], algorithm))
    #expect(one.finalize() == one.finalize())
    one.update([])
    one.update([UInt8]()[...])
    #expect(try one.finalize() == MessageDigest.hash(Array("abc".utf8)[...], algorithm))
  }

  @Test(arguments: DigestAlgorithm.allCases)
  func `identifiers are read with NULL and without`(_ algorithm: DigestAlgorithm) throws {
    #expect(algorithm.identifier.parameters == nil)
    #expect(try DigestAlgorithm(algorithm.identifier) == algorithm)
    #expect(try DigestAlgorithm(AlgorithmIdentifier(algorithm.oid, parameters: [5, 0])) == algorithm)
    #expect(throws: Malformed.self) { try DigestAlgorithm(AlgorithmIdentifier(algorithm.oid, parameters: [4, 0])) }
  }

  @Test func `an unknown digest is named`() {
    #expect(throws: Unsupported("the digest algorithm MD2")) {
      try DigestAlgorithm(AlgorithmIdentifier([1, 2, 840, 113549, 2, 2]))
    }
    #expect(throws: Unsupported("the digest algorithm 1.2.3")) { try DigestAlgorithm(AlgorithmIdentifier([1, 2, 3])) }
  }

  /// RFC 8419 §2.3: SHAKE256 may say its length, which must be 512 bits.
  @Test func `SHAKE256 that says its length`() throws {
    #expect(try DigestAlgorithm(DigestAlgorithm.ed448Identifier) == .shake256)
    let oid = DigestAlgorithm.ed448Identifier.algorithm
    for parameters in [nil, "0500", "02020100", "0201 20", "0203 000200", "3004 02020200"] as [String?] {
      #expect(throws: Unsupported("the digest algorithm SHAKE256 of another length")) {
        try DigestAlgorithm(AlgorithmIdentifier(oid, parameters: parameters.map { hex($0)[...] }))
      }
    }
  }

  /// RFC 4231 §4.3, RFC 2202 for the old ones, Python's hmac for SHA-3.
  @Test(arguments: [
    (DigestAlgorithm.md5, "750c783e6ab0b503eaa86e310a5db738"),
    (.sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    (.sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
    (.sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (.sha384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
    (.sha3_224, "7fdb8dd88bd2f60d1b798634ad386811c2cfc85bfaf5d52bbace5e66"),
    (.sha3_256, "c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5"),
    (.sha3_384, "f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e9df4c20a"),
    (
      .sha3_512,
      """
      5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b
      287baec921fd7ca0ee7a0c31d022a95e1fc92ba9d77df883960275beb4e62024
      """
    ),
  ]) func `HMAC of a short key`(_ algorithm: DigestAlgorithm, _ expected: String) throws {
    guard isOffered(algorithm) else { return }
    let message = Array("what do ya want for nothing?".utf8)
    #expect(try HMACode.code(of: message[...], key: Array("Jefe".utf8), algorithm) == hex(expected))
  }

  /// RFC 4231 §4.7: a key longer than a block.
  @Test func `HMAC with a long key`() throws {
    guard isOffered(.sha224) else { return }
    let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
    let key = [UInt8](repeating: 0xAA, count: 131)
    let expected = hex("95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e")
    #expect(try HMACode.code(of: message[...], key: key, .sha224) == expected)
  }

  @Test func `names for micalg`() {
    #expect(
      DigestAlgorithm.allCases.map(\.micalg) == [
        "md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512", "sha3-224", "sha3-256", "sha3-384", "sha3-512",
        "shake128", "shake256",
      ])
    #expect(DigestAlgorithm.allCases.filter(\.isWeak) == [.md5, .sha1])
  }
}

/// SHA-224, SHA3-224 and SHAKE come with the OpenSSL trait.
func isOffered(_ algorithm: DigestAlgorithm) -> Bool { (try? MessageDigest(algorithm)) != nil }

/// Brainpool's curves come with the OpenSSL trait.
func isOffered(_ curve: EllipticCurve) -> Bool { (try? PrivateKey(generate: .ec(curve))) != nil }
