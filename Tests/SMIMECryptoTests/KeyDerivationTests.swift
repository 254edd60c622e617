import ByteIO
import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Key derivation` {
  /// RFC 6070.
  @Test(arguments: [
    (1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"), (2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
    (4096, "4b007901b765489abead49d926f721d065a429c1"),
  ]) func `PBKDF2 of RFC 6070`(_ rounds: Int, _ expected: String) throws {
    let derivation = try PBKDF2(salt: Array("salt".utf8), rounds: rounds, .sha1)
    #expect(octets(try derivation.derive(from: Array("password".utf8), byteCount: 20)) == hex(expected))
  }

  /// RFC 6070's fifth, and two of other PRFs from Python's hashlib.
  @Test func `PBKDF2 of other sizes and digests`() throws {
    let long = try PBKDF2(salt: Array("saltSALTsaltSALTsaltSALTsaltSALTsalt".utf8), rounds: 4096, .sha1)
    let password = Array("passwordPASSWORDpassword".utf8)
    #expect(
      octets(try long.derive(from: password, byteCount: 25))
        == hex("3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"))
    let salt = Array("salt".utf8)
    #expect(
      octets(try PBKDF2(salt: salt, rounds: 4096, .sha224).derive(from: Array("password".utf8), byteCount: 32))
        == hex("218c453bf90635bd0a21a75d172703ff6108ef603f65bb821aedade1d6961683"))
    #expect(
      octets(try PBKDF2(salt: salt, rounds: 4096, .sha384).derive(from: Array("password".utf8), byteCount: 32))
        == hex("559726be38db125bc85ed7895f6e3cf574c7a01c080c3447db1e8a76764deb3c"))
  }

  /// swift-crypto forces the pointers of both.
  @Test func `PBKDF2 of nothing`() throws {
    let derivation = try PBKDF2(parameters: hex("3005 0400 020101")[...])
    #expect(octets(try derivation.derive(from: [], byteCount: 20)) == hex("1e437a1c79d75be61e91141dae20affc4892cc99"))
    #expect(try PKCS12KDF.derive(.key, password: [], salt: [], rounds: 1, byteCount: 20, .sha1).count == 20)
  }

  @Test(arguments: [
    ("3009 0404 73616c74 020100", "a key derivation of 0 rounds"),
    ("3009 0404 73616c74 0201ff", "a key derivation of -1 rounds"),
    ("3010 0404 73616c74 0208 7fffffffffffffff", "more than 10 000 000 rounds of key derivation"),
    ("300c 0404 73616c74 0204 00989681", "more than 10 000 000 rounds of key derivation"),
    ("300c 0404 73616c74 020101 020100", "parameters.keyLength: is out of range at byte 11"),
    ("3006 3001 05 020101", "parameters"),
  ]) func `PBKDF2 parameters that are refused`(_ parameters: String, _ reason: String) throws {
    let error = #expect(throws: (any Error).self) { try PBKDF2(parameters: hex(parameters)[...]) }
    #expect("\(try #require(error))".hasPrefix(reason))
  }

  /// NIST CAVS 12.0, ANS X9.63; the others from OpenSSL.
  @Test(arguments: [
    (DigestAlgorithm.sha256, "", "443024c3dae66b95e6f5670601558f71"),
    (.sha1, "0102", "87f3a75b60e9c92465a87455cb2b6d93f11f7ff89dca8ef80bb8a5d655961673840d41fce1811288"),
    (.sha224, "0102", "34a98522fdaa035b3ed72a837f8a56fe9d53b57a4a1e266a411307c6ee44a21f8eca6c9ce9241913"),
  ]) func `X9.63`(_ algorithm: DigestAlgorithm, _ sharedInfo: String, _ expected: String) throws {
    guard isOffered(algorithm) else { return }
    let secret = SymmetricKey(octets: hex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08"))
    let expected = hex(expected)
    let key = try X963KDF.derive(
      from: secret, sharedInfo: hex(sharedInfo), byteCount: expected.count, algorithm)
    #expect(octets(key) == expected)
  }

  /// The vectors that implementations of PKCS#12 share, for the passwords `smeg` and `queeg`.
  @Test(arguments: [
    (PKCS12KDF.Purpose.key, "smeg", "0A58CF64530D823F", 1, "8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3"),
    (.iv, "smeg", "0A58CF64530D823F", 1, "79993DFE048D3B76"),
    (.key, "smeg", "642B99AB44FB4B1F", 1, "F3A95FEC48D7711E985CFE67908C5AB79FA3D7C5CAA5D966"),
    (.mac, "smeg", "3D83C0E4546AC140", 1, "8D967D88F6CAA9D714800AB3D48051D63F73A312"),
    (.key, "queeg", "05DEC959ACFF72F7", 1000, "ED2034E36328830FF09DF1E1A07DD357185DAC0D4F9EB3D4"),
    (.iv, "queeg", "05DEC959ACFF72F7", 1000, "11DEDAD7758D4860"),
    (.mac, "queeg", "263216FCC2FAB31C", 1000, "5EC4C7A80DF652294C3925B6489A7AB857C83476"),
  ]) func `PKCS #12`(
    _ purpose: PKCS12KDF.Purpose, _ password: String, _ salt: String, _ rounds: Int, _ expected: String
  ) throws {
    let derived = try PKCS12KDF.derive(
      purpose, password: Password(password).bmp, salt: hex(salt)[...], rounds: rounds, byteCount: hex(expected).count,
      .sha1)
    #expect(derived == hex(expected))
  }

  /// More than one digest, and a block of 128 octets.
  @Test func `PKCS #12 with SHA-512`() throws {
    let expected = hex(
      """
      E4D848116 5E486FAC09AC4DCFE826521B4182DFC27037EFCE52E4D3AD1FD5DC937DA82BF9D9E90E4196A9E66FF9ECB6A6799AE36041313
      68ACF50D7D14F53A6EEE7FA3056E6E63C3DEB6DD05546F005E5329010B0098CD05ECCCDA04CF53BA5A52FD8847
      """)
    let derived = try PKCS12KDF.derive(
      .iv, password: Password("queeg").bmp, salt: hex("263216FCC2FAB31C")[...], rounds: 5, byteCount: 100, .sha512)
    #expect(derived == expected)
  }

  @Test(arguments: [0, -1, 10_000_001]) func `PKCS #12 rounds are counted`(_ rounds: Int) {
    #expect(throws: LimitExceeded(.keyDerivationRounds, limit: 10_000_000)) {
      try PKCS12KDF.derive(.key, password: [], salt: [], rounds: rounds, byteCount: 1, .sha1)
    }
  }
}

/// A key's octets.
func octets(_ key: SymmetricKey) -> [UInt8] { key.octets }
