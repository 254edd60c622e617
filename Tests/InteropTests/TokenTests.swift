import ByteIO
import CMS
import PKIX
import SMIMECrypto
import SMIMEPKCS11
import Synchronization
import Testing

@Suite(.enabled(if: SoftHSM.isAvailable, "softhsm2-util or pkcs11-tool is not installed"), .serialized)
struct `Keys on SoftHSM 2` {
  private static let content = Array("Content-Type: text/plain\r\n\r\non a token\r\n".utf8)

  @Test func `are listed without a PIN`() async throws {
    let softHSM = try await SoftHSM.shared.value
    let found = try await Tokens.certificates(softHSM.address("token=Work"))
    #expect(found.map(\.token.label) == ["Work"])
    let token = try #require(found.first)
    #expect(token.token.needsPIN)
    #expect(!token.token.isLocked)
    let cast = try await Cast.shared.value
    let certificates = Set(token.certificates.map(\.derBytes))
    for member in cast.members { #expect(certificates.contains(Array(member.identity.certificate.derBytes))) }
    // The address that is shown for one names it alone.
    for entry in token.certificates {
      let again = try await Tokens.certificates(TokenAddress("\(entry.address(on: token.token))"))
      #expect(again.flatMap(\.certificates) == [entry])
    }
  }

  @Test func `come with the chain that the token has`() async throws {
    let identity = try await SoftHSM.shared.value.identity(.p256)
    let member = try await Cast.shared.value.member(.p256)
    #expect(identity.certificate == member.identity.certificate)
    #expect(identity.chain.first?.subject == identity.certificate.issuer)
  }

  @Test(arguments: KeyChoice.allCases) func `sign`(_ choice: KeyChoice) async throws {
    let identity = try await SoftHSM.shared.value.identity(choice)
    let algorithms: [SignatureAlgorithm] =
      choice.isRSA
      ? [
        .rsaPKCS1(.sha256), .rsaPKCS1(.sha512), .rsaPKCS1(.sha1), .rsaPSS(PSSParameters(.sha256)),
        .rsaPSS(PSSParameters(.sha384)),
      ]
      : [.ecdsa(.sha256), .ecdsa(.sha384), .ecdsa(.sha512)]
    for algorithm in algorithms {
      let signature = try await identity.signingKey.signature(.message(Self.content[...]), algorithm)
      #expect(
        try identity.certificate.publicKey.isValid(signature[...], of: Self.content[...], algorithm), "\(algorithm)")
    }
    await #expect(throws: Unsupported.self) {
      try await identity.signingKey.signature(.message(Self.content[...]), .ed25519)
    }
  }

  /// Every form of SignedData, verified by OpenSSL.
  @Test(arguments: Signing.all) func `sign what OpenSSL verifies`(_ signing: Signing) async throws {
    let identity = try await SoftHSM.shared.value.identity(signing.key)
    let signer = SignedDataWriter.Signer(
      identity, algorithm: signing.isPSS ? .rsaPSS(PSSParameters(.sha256)) : nil)
    let object = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource(Self.content), signers: [signer], form: signing.isDetached ? .detached : .attached, to: object)
    try await OpenSSLPeer(Cast.shared.value).verify(object.bytes, content: Self.content, signing)
  }

  @Test(arguments: Encrypting.all) func `decrypt what OpenSSL encrypts`(_ encrypting: Encrypting) async throws {
    let cast = try await Cast.shared.value
    let identity = try await SoftHSM.shared.value.identity(encrypting.key)
    let object = try OpenSSLPeer(cast).encrypt(Self.content, for: cast.member(encrypting.key), encrypting)
    let found = BufferSink()
    _ = try await EnvelopedDataReader(BufferSource(object)).decrypt(with: [identity], to: found)
    #expect(found.bytes == Self.content)
  }

  /// SoftHSM has OAEP with SHA-1 only: the rest is the bare operation, and the padding taken off here.
  @Test(arguments: [
    OAEPParameters(.sha1), OAEPParameters(.sha256), OAEPParameters(.sha512),
    OAEPParameters(digest: .sha256, maskDigest: .sha1),
    OAEPParameters(digest: .sha256, maskDigest: .sha256, label: [7]),
  ]) func `open every OAEP`(_ parameters: OAEPParameters) async throws {
    let identity = try await SoftHSM.shared.value.identity(.rsa2048)
    let secret = SymmetricKey(octets: [UInt8](repeating: 5, count: 32))
    let sealed = try identity.certificate.publicKey.encrypt(secret, .rsaOAEP(parameters))
    let opened = try await identity.decryptionKey.decrypt(sealed[...], .rsaOAEP(parameters), keyByteCount: 32)
    #expect(opened == secret)
    var altered = sealed
    altered[100] ^= 1
    await #expect(throws: DecryptionFailed()) {
      try await identity.decryptionKey.decrypt(altered[...], .rsaOAEP(parameters), keyByteCount: 32)
    }
  }

  /// RFC 3218: a wrong padding, a wrong size, garbage and a number beyond the modulus all give a random key.
  @Test func `never tell of a wrong v1.5 padding`() async throws {
    let identity = try await SoftHSM.shared.value.identity(.rsa2048)
    let secret = SymmetricKey(octets: [UInt8](repeating: 5, count: 32))
    let publicKey = identity.certificate.publicKey
    let sealed = try publicKey.encrypt(secret, .rsaPKCS1)
    let key = identity.decryptionKey
    #expect(try await key.decrypt(sealed[...], .rsaPKCS1, keyByteCount: 32) == secret)
    let otherSize = try publicKey.encrypt(SymmetricKey(octets: [UInt8](repeating: 5, count: 16)), .rsaPKCS1)
    let garbage = [
      otherSize, [UInt8](repeating: 0, count: 256), [UInt8](repeating: 0xFF, count: 256), [1, 2, 3],
      [UInt8](repeating: 9, count: 300), Array(sealed.dropLast()) + [(sealed.last ?? 0) ^ 1],
    ]
    for encrypted in garbage {
      let first = try await key.decrypt(encrypted[...], .rsaPKCS1, keyByteCount: 32)
      let second = try await key.decrypt(encrypted[...], .rsaPKCS1, keyByteCount: 32)
      #expect(first.byteCount == 32)
      #expect(first != second, "a random key each time")
      #expect(first != secret)
    }
  }

  @Test func `share secrets with points on their curve only`() async throws {
    let identity = try await SoftHSM.shared.value.identity(.p256)
    let peer = try PrivateKey(generate: .ec(.p256))
    let member = try await Cast.shared.value.member(.p256).identity
    let expected = try await member.decryptionKey.sharedSecret(with: peer.publicKey)
    #expect(try await identity.decryptionKey.sharedSecret(with: peer.publicKey) == expected)
    var point = Array(peer.publicKey.keyBytes)
    point[40] ^= 1
    let beside = try PublicKey(curve: .p256, point: point[...])
    await #expect(throws: DecryptionFailed()) { try await identity.decryptionKey.sharedSecret(with: beside) }
    let other = try PrivateKey(generate: .ec(.p384)).publicKey
    await #expect(throws: DecryptionFailed()) { try await identity.decryptionKey.sharedSecret(with: other) }
  }

  /// Keys such as PIV's for signatures, which want the PIN for each operation.
  @Test func `that want their PIN each time get it`() async throws {
    let identity = try await SoftHSM.shared.value.identity(.rsa2048, on: "Guarded")
    for _ in 0..<2 {
      let signature = try await identity.signingKey.signature(.message(Self.content[...]), .rsaPKCS1(.sha256))
      #expect(
        try identity.certificate.publicKey.isValid(signature[...], of: Self.content[...], .rsaPKCS1(.sha256)))
    }
    let secret = SymmetricKey(octets: [UInt8](repeating: 5, count: 32))
    let sealed = try identity.certificate.publicKey.encrypt(secret, .rsaPKCS1)
    #expect(try await identity.decryptionKey.decrypt(sealed[...], .rsaPKCS1, keyByteCount: 32) == secret)
  }

  @Test func `ask for the PIN once, when a key is first used, and never again after a wrong one`() async throws {
    let softHSM = try await SoftHSM.shared.value
    let asked = Mutex(0)
    let identities = try await Tokens.identities(softHSM.address("token=Refused")) { token in
      #expect(token.label == "Refused")
      asked.withLock { $0 += 1 }
      return Password("wrong")
    }
    #expect(asked.withLock { $0 } == 0)
    for identity in identities {
      for _ in 0..<2 {
        await #expect(throws: TokenFailure.pinWrong(token: "Refused")) {
          try await identity.signingKey.signature(
            .message(Self.content[...]), identity.certificate.publicKey.defaultSignatureAlgorithm)
        }
      }
    }
    #expect(asked.withLock { $0 } == 1)
    let without = try await Tokens.identities(softHSM.address("token=Refused;object=p256")) { _ in nil }
    await #expect(throws: TokenFailure.pinMissing(token: "Refused")) {
      try await without.first?.signingKey.signature(.message([]), .ecdsa(.sha256))
    }
  }

  @Test func `are told by name when they are not there`() async throws {
    let softHSM = try await SoftHSM.shared.value
    await #expect(throws: TokenFailure.noToken) {
      try await Tokens.identities(softHSM.address("token=Nobody's")) { _ in nil }
    }
    await #expect(throws: TokenFailure.noIdentity(token: "Work")) {
      try await Tokens.identities(softHSM.address("token=Work;object=nothing")) { _ in Password(SoftHSM.pin) }
    }
    func sign(_ object: String) async throws {
      let found = try await Tokens.identities(softHSM.address("token=Half;object=\(object)")) { _ in
        Password(SoftHSM.pin)
      }
      let identity = try #require(found.first)
      _ = try await identity.signingKey.signature(
        .message(Self.content[...]), identity.certificate.publicKey.defaultSignatureAlgorithm)
    }
    await #expect(throws: TokenFailure.noIdentity(token: "Half")) { try await sign("half") }
    await #expect(throws: TokenFailure.keyMismatch(token: "Half")) { try await sign("06") }
    await #expect(throws: TokenFailure.keyMismatch(token: "Half")) { try await sign("08") }
  }
}
