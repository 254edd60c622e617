import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Signature algorithms` {
  static let all: [SignatureAlgorithm] =
    [.sha1, .sha224, .sha256, .sha384, .sha512].flatMap { [.rsaPKCS1($0), .ecdsa($0), .rsaPSS(PSSParameters($0))] }
    + [.sha3_224, .sha3_256, .sha3_384, .sha3_512].flatMap { [.rsaPKCS1($0), .ecdsa($0), .rsaPSS(PSSParameters($0))] }
    + [.shake128, .shake256].flatMap { [.ecdsa($0), .rsaPSS(PSSParameters($0))] }
    + [.sha1, .sha224, .sha256, .sha384, .sha512].map { .dsa($0) }
    + [.rsaPKCS1(.md5), .ed25519, .rsaPSS(PSSParameters(digest: .sha512, maskDigest: .sha1, saltByteCount: 0))]
    + [.ed448, .mlDSA65, .mlDSA87]

  @Test(arguments: all) func `go round`(_ algorithm: SignatureAlgorithm) throws {
    #expect(try SignatureAlgorithm(algorithm.identifier) == algorithm)
    #expect(try SignatureAlgorithm(algorithm.identifier, digest: .sha256) == algorithm)
  }

  /// S/MIME BR 7.1.3.2, octet for octet.
  @Test(arguments: [
    (SignatureAlgorithm.rsaPKCS1(.sha256), "300d06092a864886f70d01010b0500"),
    (.rsaPKCS1(.sha384), "300d06092a864886f70d01010c0500"), (.rsaPKCS1(.sha512), "300d06092a864886f70d01010d0500"),
    (
      .rsaPSS(PSSParameters(.sha256)),
      """
      304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d060960864801
      65030402010500a203020120
      """
    ),
    (
      .rsaPSS(PSSParameters(.sha512)),
      """
      304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d060960864801
      65030402030500a203020140
      """
    ),
    (.ecdsa(.sha256), "300a06082a8648ce3d040302"), (.ecdsa(.sha384), "300a06082a8648ce3d040303"),
    (.ecdsa(.sha512), "300a06082a8648ce3d040304"), (.ed25519, "300506032b6570"),
  ]) func `are written as the baseline requirements spell them`(_ algorithm: SignatureAlgorithm, _ encoding: String) {
    #expect(algorithm.identifier.encoded == hex(encoding))
  }

  /// RFC 8702 §2, RFC 9688 §3, RFC 8419 §2.4, RFC 9882 §2.
  @Test(arguments: [
    (SignatureAlgorithm.rsaPSS(PSSParameters(.shake128)), "300a06082b0601050507061e"),
    (.rsaPSS(PSSParameters(.shake256)), "300a06082b0601050507061f"),
    (.ecdsa(.shake128), "300a06082b06010505070620"), (.ecdsa(.shake256), "300a06082b06010505070621"),
    (.ecdsa(.sha3_256), "300b060960864801650304030a"), (.rsaPKCS1(.sha3_256), "300d060960864801650304030e0500"),
    (.ed448, "300506032b6571"), (.mlDSA65, "300b0609608648016503040312"), (.mlDSA87, "300b0609608648016503040313"),
  ]) func `of this decade are written as their RFCs spell them`(_ algorithm: SignatureAlgorithm, _ encoding: String)
    throws
  {
    #expect(algorithm.identifier.encoded == hex(encoding))
    guard case .rsaPKCS1 = algorithm else {
      guard algorithm != .ecdsa(.sha3_256) else { return }
      let withNull = AlgorithmIdentifier(algorithm.identifier.algorithm, parameters: AlgorithmIdentifier.null)
      #expect(throws: Malformed("\(algorithm.name) has parameters")) { try SignatureAlgorithm(withNull) }
      return
    }
  }

  /// RFC 8419 §2.3, RFC 9882 §4.
  @Test func `name the digest of the content beside them`() {
    #expect(SignatureAlgorithm.ed25519.contentDigest == .sha512)
    #expect(SignatureAlgorithm.ed448.contentDigest == .shake256)
    #expect(SignatureAlgorithm.ed448.contentDigestIdentifier.encoded == hex("300f 0609608648016503040212 02020200"))
    #expect(SignatureAlgorithm.mlDSA65.contentDigest == .sha512)
    #expect(SignatureAlgorithm.ecdsa(.sha3_384).contentDigestIdentifier == DigestAlgorithm.sha3_384.identifier)
  }

  /// RFC 8702 has no identifier for SHAKE in RSA v1.5, OAEP or MGF1.
  @Test func `SHAKE goes with PSS and ECDSA only`() throws {
    let rsa = AlgorithmIdentifier(OID.rsaEncryption, parameters: AlgorithmIdentifier.null)
    #expect(throws: Unsupported.self) { try SignatureAlgorithm(rsa, digest: .shake256) }
    let shake = DigestAlgorithm.shake128.identifier
    let parameters = DERWriter.encode { der in der.sequence { der in der.context(0) { shake.write(to: &$0) } } }
    #expect(throws: Unsupported("SHAKE128 in parameters of PSS or OAEP")) {
      try SignatureAlgorithm(AlgorithmIdentifier(OID.rsaPSS, parameters: parameters[...]))
    }
    #expect(throws: Unsupported("SHAKE128 in parameters of PSS or OAEP")) {
      try KeyTransport(AlgorithmIdentifier(OID.rsaOAEP, parameters: parameters[...]))
    }
    let key = try Verifying.rsa.get().publicKey
    for odd in [
      SignatureAlgorithm.rsaPKCS1(.shake128),
      .rsaPSS(PSSParameters(digest: .sha256, maskDigest: .shake128, saltByteCount: 32)),
      .rsaPSS(PSSParameters(digest: .shake128, maskDigest: .sha256, saltByteCount: 32)),
      .rsaPSS(PSSParameters(digest: .shake128, maskDigest: .shake128, saltByteCount: 20)),
    ] { #expect(throws: Unsupported.self) { try key.isValid([], of: [], odd) } }
  }

  @Test func `a SignerInfo may name the key's algorithm`() throws {
    let rsa = AlgorithmIdentifier(OID.rsaEncryption, parameters: [5, 0])
    #expect(try SignatureAlgorithm(rsa, digest: .sha512) == .rsaPKCS1(.sha512))
    #expect(throws: Unsupported.self) { try SignatureAlgorithm(rsa) }
    #expect(try SignatureAlgorithm(AlgorithmIdentifier(OID.ecPublicKey), digest: .sha256) == .ecdsa(.sha256))
    #expect(throws: Unsupported.self) { try SignatureAlgorithm(AlgorithmIdentifier(OID.ecPublicKey)) }
    #expect(try SignatureAlgorithm(AlgorithmIdentifier(OID.dsa), digest: .sha1) == .dsa(.sha1))
    #expect(throws: Unsupported.self) { try SignatureAlgorithm(AlgorithmIdentifier(OID.dsa)) }
  }

  /// RFC 4055 §3.1: absent parameters belong to keys only; empty ones are SHA-1's defaults.
  @Test func `PSS parameters`() throws {
    #expect(throws: Malformed.self) { try SignatureAlgorithm(AlgorithmIdentifier(OID.rsaPSS)) }
    #expect(throws: Malformed.self) { try SignatureAlgorithm(AlgorithmIdentifier(OID.rsaPSS, parameters: [5, 0])) }
    let empty = AlgorithmIdentifier(OID.rsaPSS, parameters: [0x30, 0])
    #expect(try SignatureAlgorithm(empty) == .rsaPSS(PSSParameters(.sha1)))
    #expect(SignatureAlgorithm.rsaPSS(PSSParameters(.sha1)).identifier == empty)
  }

  @Test(arguments: [
    "3005 a203 0201ff", "3007 a205 0203 100000", "3005 a303 020102", "3002 a000", "3006 a004 3002 0500",
    "300f a10d 300b 06092a864886f70d010108", "3005 a003 020101 ", "3003 020101", "0500",
  ]) func `PSS parameters that are refused`(_ parameters: String) {
    #expect(throws: (any Error).self) {
      try SignatureAlgorithm(AlgorithmIdentifier(OID.rsaPSS, parameters: hex(parameters)[...]))
    }
  }

  @Test func `parameters where none belong`() {
    for oid in [OID.sha256WithRSA, OID.ecdsaWithSHA256, OID.ed25519] {
      #expect(throws: Malformed.self) { try SignatureAlgorithm(AlgorithmIdentifier(oid, parameters: [4, 0])) }
    }
  }

  @Test func `the policy names what it refuses`() throws {
    let key = try PublicKey(spki: Fixture.p256SPKI[...])
    #expect(AlgorithmPolicy.standard.objection(to: .rsaPKCS1(.sha1), with: key) == "SHA-1")
    #expect(AlgorithmPolicy.standard.objection(to: .ecdsa(.md5), with: key) == "MD5")
    #expect(AlgorithmPolicy.legacy.objection(to: .rsaPKCS1(.md5), with: key) == nil)
    #expect(AlgorithmPolicy.standard.objection(to: .ecdsa(.sha224), with: key) == nil)
    #expect(AlgorithmPolicy.standard.objection(to: ContentEncryption.tripleDESCBC) == "3DES-CBC")
    #expect(AlgorithmPolicy.legacy.objection(to: ContentEncryption.desCBC) == nil)
    #expect(AlgorithmPolicy.standard.objection(to: ContentEncryption.aesCBC(keyBits: 128)) == nil)
  }
}

@Suite struct `Verifying` {
  static let rsa = Result { try PrivateKey(pkcs1: Fixture.rsaPKCS1[...]) }

  static func isValid(
    _ signature: [UInt8], _ algorithm: SignatureAlgorithm, message: [UInt8] = Fixture.message
  ) throws -> Bool {
    let key = try rsa.get().publicKey
    let whole = try key.isValid(signature[...], of: message[...], algorithm)
    let digest = try MessageDigest.hash(message[...], try #require(algorithm.digest))
    #expect(try key.isValid(signature[...], ofDigest: digest, algorithm) == whole)
    return whole
  }

  @Test func `RSA of OpenSSL`() throws {
    #expect(try Self.isValid(Fixture.signatureSHA256, .rsaPKCS1(.sha256)))
    #expect(try !Self.isValid(Fixture.signatureSHA256, .rsaPKCS1(.sha512)))
    #expect(try !Self.isValid(Fixture.signatureSHA256, .rsaPSS(PSSParameters(.sha256))))
    #expect(try !Self.isValid(Fixture.signatureSHA256, .rsaPKCS1(.sha256), message: [1]))
  }

  #if OpenSSL
    /// swift-crypto ends the process when it is handed a digest beyond its four.
    @Test func `digests that swift-crypto traps on`() throws {
      #expect(try Self.isValid(Fixture.signatureSHA224, .rsaPKCS1(.sha224)))
      #expect(try Self.isValid(Fixture.signatureMD5, .rsaPKCS1(.md5)))
      #expect(try !Self.isValid(Fixture.signatureMD5, .rsaPKCS1(.sha224)))
      #expect(try !Self.isValid(Fixture.signatureMD5, .rsaPSS(PSSParameters(.md5))))
    }

    @Test func `PSS with its own mask digest and salt`() throws {
      let odd = PSSParameters(digest: .sha256, maskDigest: .sha1, saltByteCount: 10)
      #expect(try Self.isValid(Fixture.signaturePSS, .rsaPSS(odd)))
      let others = [
        PSSParameters(digest: .sha256, maskDigest: .sha256, saltByteCount: 10),
        PSSParameters(digest: .sha256, maskDigest: .sha1, saltByteCount: 11), PSSParameters(.sha256),
        PSSParameters(digest: .sha256, maskDigest: .sha1, saltByteCount: 1024),
        PSSParameters(digest: .sha1, maskDigest: .sha1, saltByteCount: 10),
      ]
      for other in others { #expect(try !Self.isValid(Fixture.signaturePSS, .rsaPSS(other))) }
    }

    /// RFC 8017 §9.2 note 2.
    @Test func `DigestInfo without NULL`() throws {
      #expect(try Self.isValid(Fixture.signatureWithoutNull, .rsaPKCS1(.sha256)))
      #expect(try !Self.isValid(Fixture.signatureWithoutNull, .rsaPKCS1(.sha256), message: [1]))
    }
  #endif

  @Test func `DigestInfo is compared and not parsed`() throws {
    #expect(try !Self.isValid(Fixture.signatureWithGarbage, .rsaPKCS1(.sha256)))
  }

  /// Whatever stands where a signature should be gives false.
  @Test(arguments: [0, 1, 255, 257, 4096]) func `signatures of other sizes`(_ count: Int) throws {
    for byte in [0, 0xFF] as [UInt8] {
      let signature = [UInt8](repeating: byte, count: count)
      for algorithm in Self.sizes where algorithm.digest.map(isOffered) ?? false {
        #expect(try !Self.isValid(signature, algorithm))
      }
      let ec = try PublicKey(spki: Fixture.p256SPKI[...])
      #expect(try !ec.isValid(signature[...], of: [], .ecdsa(.sha256)))
      let ed = try PrivateKey(pkcs8: Fixture.ed25519PKCS8[...]).publicKey
      #expect(try !ed.isValid(signature[...], of: [], .ed25519))
    }
  }

  static let sizes: [SignatureAlgorithm] = [.rsaPKCS1(.sha1), .rsaPKCS1(.sha256), .rsaPSS(.init(.sha384))]

  @Test func `a digest of another size is not that message's`() throws {
    let key = try Self.rsa.get().publicKey
    #expect(try !key.isValid(Fixture.signatureSHA256[...], ofDigest: [], .rsaPKCS1(.sha256)))
    #expect(try !key.isValid(Fixture.signatureSHA256[...], ofDigest: [1, 2, 3], .rsaPKCS1(.sha256)))
  }

  @Test func `an algorithm that does not fit the key is unsupported`() throws {
    let rsa = try Self.rsa.get().publicKey
    let ec = try PublicKey(spki: Fixture.p256SPKI[...])
    #expect(throws: Unsupported("ECDSA with SHA-256 with RSA 2048")) { try rsa.isValid([], of: [], .ecdsa(.sha256)) }
    #expect(throws: Unsupported("RSA with SHA-256 with EC P-256")) { try ec.isValid([], of: [], .rsaPKCS1(.sha256)) }
    #expect(throws: Unsupported("Ed25519 with EC P-256")) { try ec.isValid([], of: [], .ed25519) }
    #expect(throws: Unsupported.self) { try ec.isValid([], ofDigest: [], .ed25519) }
  }

  /// RFC 6979 A.2.5.
  @Test func `ECDSA`() throws {
    let x = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    let y = "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
    let key = try PublicKey(curve: .p256, point: hex("04" + x + y)[...])
    let r = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    let s = "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
    let message = Array("sample".utf8)[...]
    let good = hex("3046 022100" + r + "022100" + s)
    #expect(try key.isValid(good[...], of: message, .ecdsa(.sha256)))
    #expect(try !key.isValid(good[...], of: message, .ecdsa(.sha384)))
    // Negative numbers, a leading zero too many, trailing octets, BER: each is another encoding of it.
    for bad in [
      "3044 0220" + r + "0220" + s, "3048 02220000" + r + "02220000" + s, "3046 022100" + r + "022100" + s + "00",
      "308146 022100" + r + "022100" + s, "3048 022100" + r + "022100" + s + "0500", "3006 020100 020100", "3000",
      "3006 020101 020100",
    ] { #expect(try !key.isValid(hex(bad)[...], of: message, .ecdsa(.sha256)), "\(bad)") }
  }

  /// RFC 8032 §7.1, tests 1 and 2.
  @Test(arguments: [
    (
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ),
    (
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    ),
  ]) func `Ed25519`(_ secret: String, _ point: String, _ message: String, _ signature: String) throws {
    let key = try PrivateKey(pkcs8: hex("302e020100300506032b657004220420" + secret)[...])
    #expect(key.publicKey.keyBytes == hex(point)[...])
    #expect(try key.sign(.message(hex(message)[...]), .ed25519) == hex(signature))
    #expect(try key.publicKey.isValid(hex(signature)[...], of: hex(message)[...], .ed25519))
    #expect(try !key.publicKey.isValid(hex(signature)[...], of: [9], .ed25519))
    #expect(throws: Unsupported.self) { try key.sign(.digest([1]), .ed25519) }
  }
}

@Suite struct `Signing` {
  @Test(arguments: SignatureCases.all)
  func `what is signed verifies`(_ kind: PrivateKey.Kind, _ algorithm: SignatureAlgorithm) throws {
    guard let key = try SignatureCases.key(kind, algorithm) else { return }
    let signature = try key.sign(.message(Fixture.message[...]), algorithm)
    #expect(try key.publicKey.isValid(signature[...], of: Fixture.message[...], algorithm))
    #expect(try !key.publicKey.isValid(signature[...], of: Fixture.message[1...], algorithm))
    if let name = algorithm.digest {
      let digest = try MessageDigest.hash(Fixture.message[...], name)
      let other = try key.sign(.digest(digest), algorithm)
      #expect(try key.publicKey.isValid(other[...], of: Fixture.message[...], algorithm))
      #expect(throws: Unsupported.self) { try key.sign(.digest([1, 2, 3]), algorithm) }
    }
    for index in stride(from: 0, to: signature.count, by: 7) {
      var bad = signature
      bad[index] ^= 0x10
      #expect(try !key.publicKey.isValid(bad[...], of: Fixture.message[...], algorithm))
    }
  }

  /// PKCS #1 v1.5 is deterministic, so that OpenSSL's signature is ours.
  @Test func `RSA as OpenSSL signs`() throws {
    let key = try Verifying.rsa.get()
    #expect(try key.sign(.message(Fixture.message[...]), .rsaPKCS1(.sha256)) == Fixture.signatureSHA256)
  }

  @Test func `MD5 is never signed`() throws {
    let key = try Verifying.rsa.get()
    #expect(throws: Unsupported("a new signature with MD5")) { try key.sign(.message([]), .rsaPKCS1(.md5)) }
  }

  @Test func `a PSS key signs as it is restricted to`() throws {
    let key = try PrivateKey(pkcs8: Fixture.pssPKCS8[...])
    #expect(key.publicKey.kind == .rsaPSS(bits: 2048, PSSParameters(.sha256)))
    #expect(key.publicKey.summary == "RSA-PSS 2048")
    let algorithm = key.publicKey.defaultSignatureAlgorithm
    #expect(algorithm == .rsaPSS(PSSParameters(.sha256)))
    let signature = try key.sign(.message(Fixture.message[...]), algorithm)
    #expect(try key.publicKey.isValid(signature[...], of: Fixture.message[...], algorithm))
    for other in [
      SignatureAlgorithm.rsaPKCS1(.sha256), .rsaPSS(PSSParameters(.sha512)),
      .rsaPSS(PSSParameters(digest: .sha256, maskDigest: .sha256, saltByteCount: 31)),
    ] {
      #expect(throws: Unsupported.self) { try key.sign(.message([]), other) }
      #expect(throws: Unsupported.self) { try key.publicKey.isValid(signature[...], of: [], other) }
    }
    #expect(try PrivateKey(pkcs8: key.pkcs8[...]).publicKey == key.publicKey)
    #expect(throws: DecryptionFailed.self) { try key.decrypt([], .rsaPKCS1, keyByteCount: 16) }
    #expect(throws: Unsupported.self) { try key.publicKey.encrypt(SecureRandom.key(byteCount: 16), .rsaPKCS1) }
  }
}

enum SignatureCases {
  static let all: [(PrivateKey.Kind, SignatureAlgorithm)] =
    [.sha1, .sha224, .sha256, .sha384, .sha512, .sha3_224, .sha3_256, .sha3_384, .sha3_512].flatMap {
      (digest: DigestAlgorithm) in
      [
        (.rsa(bits: 2048), .rsaPKCS1(digest)), (.rsa(bits: 2048), .rsaPSS(PSSParameters(digest))),
        (.ec(.p256), .ecdsa(digest)), (.ec(.p384), .ecdsa(digest)), (.ec(.p521), .ecdsa(digest)),
      ]
    }
    + [.shake128, .shake256].flatMap { (digest: DigestAlgorithm) in
      [(.rsa(bits: 2048), .rsaPSS(PSSParameters(digest))), (.ec(.p256), .ecdsa(digest)), (.ec(.p521), .ecdsa(digest))]
    }
    + [EllipticCurve.brainpoolP256r1, .brainpoolP384r1, .brainpoolP512r1].flatMap { curve in
      [.sha256, .sha512, .sha3_384, .shake256].map { (.ec(curve), .ecdsa($0)) }
    }
    + [(.ed25519, .ed25519), (.ed448, .ed448), (.mlDSA65, .mlDSA65), (.mlDSA87, .mlDSA87)]

  /// A key for `algorithm`; nil for what is not offered without the OpenSSL trait.
  static func key(_ kind: PrivateKey.Kind, _ algorithm: SignatureAlgorithm) throws -> PrivateKey? {
    #if !OpenSSL
      if let digest = algorithm.digest, !isOffered(digest) { return nil }
      switch (kind, algorithm) {
      case (.ed448, _), (.ec(.brainpoolP256r1), _), (.ec(.brainpoolP384r1), _), (.ec(.brainpoolP512r1), _): return nil
      case (.rsa, _) where ![.sha1, .sha256, .sha384, .sha512].contains(algorithm.digest): return nil
      default: break
      }
    #endif
    if case .rsa = kind { return try Verifying.rsa.get() }
    return try PrivateKey(generate: kind)
  }
}
