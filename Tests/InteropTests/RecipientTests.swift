import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// Recipients and content types of raw CMS, both ways between `openssl cms` and the library.
@Suite(.enabled(if: isAvailable("openssl"))) struct `OpenSSL's recipients both ways` {
  private static let content = Array("For your eyes only.\r\n".utf8)
  private static let password = "correct horse"
  private static let kek = (0..<32).map { UInt8($0) }
  private static let hexKEK = kek.map { String(format: "%02x", $0) }.joined()
  private static let ciphers: [(ContentEncryption, String)] = [
    (.aesCBC(keyBits: 128), "-aes-128-cbc"), (.aesCBC(keyBits: 256), "-aes-256-cbc"),
    (.aesGCM(keyBits: 256), "-aes-256-gcm"),
  ]

  private let workshop: Workshop

  init() throws {
    workshop = try Workshop()
    try workshop.write(Self.content, to: "body")
  }

  private func openssl(_ arguments: [String]) throws {
    let result = try run("openssl", arguments, in: workshop.path)
    guard result.status == 0 else { throw PeerFailure(result.errors) }
  }

  private func encrypted(_ arguments: [String]) throws -> [UInt8] {
    try openssl(["cms", "-binary", "-in", "body", "-outform", "DER", "-out", "object"] + arguments)
    return try workshop.read("object")
  }

  private func decrypted(_ object: [UInt8], _ arguments: [String]) throws -> [UInt8] {
    try workshop.write(object, to: "object")
    try openssl(["cms", "-binary", "-inform", "DER", "-in", "object", "-out", "content"] + arguments)
    return try workshop.read("content")
  }

  private func written(for recipients: [Recipient], _ cipher: ContentEncryption) async throws -> [UInt8] {
    let sink = BufferSink()
    try await EnvelopedDataWriter.encrypt(BufferSource(Self.content), for: recipients, cipher: cipher, to: sink)
    return sink.bytes
  }

  private func opened(_ object: [UInt8], with keys: DecryptionKeys) async throws -> [UInt8] {
    let sink = BufferSink()
    let content = try await EnvelopedDataReader(BufferSource(object)).decrypt(with: keys, to: sink)
    #expect(content.defects == [])
    return sink.bytes
  }

  @Test func `passwords`() async throws {
    for (cipher, option) in Self.ciphers {
      // OpenSSL wraps with the content's cipher, and refuses to do so with GCM.
      if !cipher.isAuthenticated {
        let theirs = try encrypted(["-encrypt", option, "-pwri_password", Self.password])
        let keys = DecryptionKeys(passwords: [Password(Self.password)])
        #expect(try await opened(theirs, with: keys) == Self.content)
      }
      let ours = try await written(for: [.password(Password(Self.password), rounds: 10_000)], cipher)
      #expect(try decrypted(ours, ["-decrypt", "-pwri_password", Self.password]) == Self.content)
    }
  }

  @Test func `shared keys of every size`() async throws {
    for (cipher, option) in Self.ciphers {
      for count in [16, 24, 32] {
        let secret = ["-secretkey", String(Self.hexKEK.prefix(2 * count)), "-secretkeyid", "c0fee0"]
        let key = SymmetricKey(octets: Self.kek.prefix(count))
        let theirs = try encrypted(["-encrypt", option] + secret)
        let shared = DecryptionKeys.SharedKey(identifier: [0xC0, 0xFE, 0xE0], key: key)
        #expect(try await opened(theirs, with: DecryptionKeys(sharedKeys: [shared])) == Self.content)
        let ours = try await written(for: [.keyEncryptionKey(identifier: shared.identifier, key: key)], cipher)
        #expect(try decrypted(ours, ["-decrypt"] + secret) == Self.content)
      }
    }
  }

  @Test func `EncryptedData`() throws {
    let secret = ["-secretkey", Self.hexKEK]
    let key = SymmetricKey(octets: Self.kek)
    let theirs = try encrypted(["-EncryptedData_encrypt", "-aes-256-cbc"] + secret)
    let sink = BufferSink()
    let content = try EncryptedDataReader(BufferSource(theirs)).decrypt(with: key, to: sink)
    #expect(sink.bytes == Self.content && content.defects == [])
    let object = BufferSink()
    try EncryptedDataWriter.encrypt(
      BufferSource(Self.content), key: key, cipher: .aesCBC(keyBits: 256), to: object)
    #expect(try decrypted(object.bytes, ["-EncryptedData_decrypt"] + secret) == Self.content)
  }

  @Test(arguments: ["P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"])
  func `key agreement on a curve, with every digest and wrap`(curve: String) async throws {
    try openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:\(curve)", "-nodes", "-keyout", "key.pem", "-out",
      "cert.pem", "-subj", "/CN=Bob", "-days", "30",
    ])
    let bob = try identity()
    let digests: [(String, KeyAgreement.KeyDerivation)] = [
      ("sha1", .x963(.sha1)), ("sha224", .x963(.sha224)), ("sha256", .x963(.sha256)), ("sha384", .x963(.sha384)),
      ("sha512", .x963(.sha512)),
    ]
    for (digest, derivation) in digests {
      for wrap in ["-aes128-wrap", "-aes192-wrap", "-aes256-wrap"] {
        let theirs = try encrypted([
          "-encrypt", "-aes-256-cbc", wrap, "-recip", "cert.pem", "-keyopt", "ecdh_kdf_md:\(digest)",
        ])
        #expect(try await opened(theirs, with: DecryptionKeys(identities: [bob])) == Self.content)
      }
      for (cipher, _) in Self.ciphers {
        let ours = try await written(
          for: [
            .certificate(bob.certificate, method: .agreement(derivation, userKeyingMaterial: [1, 2, 3])),
            .certificate(bob.certificate, method: .agreement(derivation)),
          ], cipher)
        #expect(try decrypted(ours, ["-decrypt", "-recip", "cert.pem", "-inkey", "key.pem"]) == Self.content)
      }
    }
  }

  @Test func `RSA by key identifier, v1.5 and OAEP`() async throws {
    try openssl([
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=Bob",
      "-days", "30",
    ])
    let bob = try identity()
    for oaep in [[], ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha512"]] {
      let theirs = try encrypted(["-encrypt", "-aes-256-gcm", "-keyid", "-recip", "cert.pem"] + oaep)
      #expect(try await opened(theirs, with: DecryptionKeys(identities: [bob])) == Self.content)
    }
    for transport in [KeyTransport.rsaPKCS1, .rsaOAEP(OAEPParameters(.sha512))] {
      let ours = try await written(
        for: [.certificate(bob.certificate, method: .transport(transport), naming: .subjectKeyIdentifier)],
        .aesGCM(keyBits: 128))
      #expect(try decrypted(ours, ["-decrypt", "-recip", "cert.pem", "-inkey", "key.pem"]) == Self.content)
    }
  }

  /// What an object with all of its recipients is called: OpenSSL prints it, and reads every kind but KEMs.
  @Test func `OpenSSL parses our AuthenticatedData`() async throws {
    let sink = BufferSink()
    try await AuthenticatedDataWriter.authenticate(
      BufferSource(Self.content), for: [.keyEncryptionKey(identifier: [1], key: SymmetricKey(octets: Self.kek))],
      to: sink)
    try workshop.write(sink.bytes, to: "object")
    let result = try run(
      "openssl", ["cms", "-cmsout", "-print", "-inform", "DER", "-in", "object", "-noout"], in: workshop.path)
    #expect(result.status == 0)
    #expect(result.text.contains("hmacWithSHA256") && result.text.contains("digestAlgorithm"))
  }

  private func identity() throws -> Identity {
    let certificate = try #require(try PEMBlock.all(in: try workshop.read("cert.pem")).first)
    let key = try #require(try PEMBlock.all(in: try workshop.read("key.pem")).first)
    return try Identity(
      certificate: Certificate(der: certificate.bytes[...]), privateKey: PrivateKey(pkcs8: key.bytes[...]))
  }
}
