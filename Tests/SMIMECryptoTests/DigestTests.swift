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
    #expect(throws: Unsupported("the digest algorithm SHA3-256")) {
      try DigestAlgorithm(AlgorithmIdentifier([2, 16, 840, 1, 101, 3, 4, 2, 8]))
    }
    #expect(throws: Unsupported("the digest algorithm 1.2.3")) { try DigestAlgorithm(AlgorithmIdentifier([1, 2, 3])) }
  }

  /// RFC 4231 §4.3, and RFC 2202 for the old ones.
  @Test(arguments: [
    (DigestAlgorithm.md5, "750c783e6ab0b503eaa86e310a5db738"),
    (.sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    (.sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
    (.sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (.sha384, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
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
      DigestAlgorithm.allCases.map(\.micalg) == ["md5", "sha-1", "sha-224", "sha-256", "sha-384", "sha-512"])
    #expect(DigestAlgorithm.allCases.filter(\.isWeak) == [.md5, .sha1])
  }
}

/// SHA-224 comes with the OpenSSL trait.
func isOffered(_ algorithm: DigestAlgorithm) -> Bool { (try? MessageDigest(algorithm)) != nil }
