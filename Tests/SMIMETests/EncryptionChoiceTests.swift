import ByteIO
import CMS
import MIME
import PKIX
import SMIME
import SMIMECrypto
import SMIMETestSupport
import Testing

/// RFC 8551 §2.7.1: what is known of the recipients chooses the cipher.
@Suite struct `The choice of a cipher` {
  /// What one recipient said, nil for nothing, and what is chosen for all of them.
  struct Row: CustomTestStringConvertible, Sendable {
    let said: [[ContentEncryption]?]
    let cipher: ContentEncryption
    let reason: EncryptionChoice.Reason

    var testDescription: String { "\(said.map { $0?.map(\.name) ?? ["?"] }): \(cipher.name)" }
  }

  static let rows = [
    Row(said: [nil], cipher: .aesCBC(keyBits: 256), reason: .presumed),
    Row(said: [[.aesCBC(keyBits: 128), .aesGCM(keyBits: 256)]], cipher: .aesGCM(keyBits: 256), reason: .known),
    Row(said: [[.aesCBC(keyBits: 128)]], cipher: .aesCBC(keyBits: 128), reason: .known),
    Row(said: [[.aesCBC(keyBits: 256), .aesGCM(keyBits: 128)]], cipher: .aesGCM(keyBits: 128), reason: .known),
    Row(said: [[.chaCha20Poly1305, .aesGCM(keyBits: 128)]], cipher: .chaCha20Poly1305, reason: .known),
    Row(
      said: [[.aesGCM(keyBits: 256), .aesCBC(keyBits: 192)], [.aesCBC(keyBits: 192)]], cipher: .aesCBC(keyBits: 192),
      reason: .known),
    // Nothing is known of one: GCM, which the other reads, cannot be expected of it.
    Row(
      said: [[.aesGCM(keyBits: 256), .aesCBC(keyBits: 128)], nil], cipher: .aesCBC(keyBits: 128), reason: .presumed),
    Row(said: [[.aesGCM(keyBits: 256)], nil], cipher: .aesCBC(keyBits: 256), reason: .nothingInCommon),
    Row(
      said: [[.aesGCM(keyBits: 256)], [.aesCBC(keyBits: 256)]], cipher: .aesCBC(keyBits: 256), reason: .nothingInCommon),
    // Weak ciphers, and those that are only read, are never chosen.
    Row(said: [[.tripleDESCBC]], cipher: .aesCBC(keyBits: 256), reason: .nothingInCommon),
    Row(said: [[.tripleDESCBC, .aesCBC(keyBits: 128)]], cipher: .aesCBC(keyBits: 128), reason: .known),
    Row(said: [[.aesCCM(keyBits: 256)]], cipher: .aesCBC(keyBits: 256), reason: .nothingInCommon),
    // A list without a content cipher says nothing about them.
    Row(said: [[]], cipher: .aesCBC(keyBits: 256), reason: .presumed),
  ]

  @Test(arguments: rows) func `The strongest that all can be expected to read`(row: Row) async throws {
    let pki = try await TestPKI()
    var readers: [EncryptionChoice.Reader] = []
    for said in row.said {
      let capabilities = said.map { Capabilities($0.map { ContentCipherParameters(fresh: $0).identifier }) }
      readers.append(.init(try await pki.mailbox("bob@example.com").certificate, capabilities: capabilities))
    }
    let choice = EncryptionChoice(for: readers)
    #expect(choice.cipher == row.cipher && choice.reason == row.reason)
    #expect(choice.recipients.count == readers.count)
  }

  @Test func `OAEP is for those who read it, and everybody opens what was chosen`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com", key: .rsa(bits: 2048))
    let bob = try await pki.mailbox("bob@example.com", key: .rsa(bits: 2048))
    let carol = try await pki.mailbox("carol@example.com")
    let cbc = Capabilities([ContentCipherParameters(fresh: .aesCBC(keyBits: 256)).identifier])
    for (other, cipher) in [
      (Capabilities.default, ContentEncryption.aesGCM(keyBits: 256)), (cbc, .aesCBC(keyBits: 256)),
    ] {
      let choice = EncryptionChoice(for: [
        .init(alice.certificate, capabilities: .default), .init(bob.certificate, capabilities: other),
        .init(carol.certificate, capabilities: .default),
      ])
      #expect(choice.cipher == cipher && choice.reason == .known)
      let sealed = BufferSink()
      let mail = Array("From: alice@example.com\r\nSubject: Tea\r\n\r\nTea on Thursday.\r\n".utf8)
      try await SMIMEWriter.encrypt(BufferSource(mail), for: choice, to: sealed)
      for identity in [alice, bob, carol] {
        let reader = Reader(
          identities: [identity], paths: PathValidator(anchors: TrustAnchors([pki.root.certificate]), revocation: .off))
        let opened = try await reader.open(BufferSource(sealed.bytes), at: TestPKI.now)
        #expect(opened.verdict.encryption == (cipher.isAuthenticated ? .decrypted : .decryptedUnauthenticated))
      }
      let methods = choice.recipients.map { recipient -> KeyMethod? in
        if case .certificate(_, let method, _) = recipient { method } else { nil }
      }
      let oaep = KeyMethod.transport(.rsaOAEP(OAEPParameters(.sha256)))
      #expect(methods == [oaep, other == .default ? oaep : .transport(.rsaPKCS1), .automatic])
    }
  }
}
