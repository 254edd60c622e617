import ByteIO
import CMS
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@Suite struct `Opening what was written` {
  private let date = TestPKI.now

  private func draft(_ text: String = "Grüße aus dem Café,\nAlice\n") -> Draft {
    Draft(
      from: Mailbox(displayName: "Alice", address: EmailAddress(localPart: "alice", domain: "example.com")),
      to: [Mailbox(address: EmailAddress(localPart: "bob", domain: "example.com"))], subject: "Käse", text: text,
      attachments: [Draft.Attachment(fileName: "a.bin", bytes: Array(0...255))], date: date)
  }

  private func reader(_ pki: TestPKI, _ identities: [Identity] = [], revocation: Revocation = .off) -> Reader {
    Reader(
      identities: identities,
      paths: PathValidator(anchors: TrustAnchors([pki.root.certificate]), revocation: revocation))
  }

  private func open(_ message: Message, _ reader: Reader) async throws -> OpenedMessage {
    try await reader.open(message.entity.source, at: date)
  }

  @Test(arguments: [PrivateKey.Kind.ec(.p256), .ec(.p384), .ec(.p521), .rsa(bits: 2048), .ed25519])
  func `a signature of any key is verified, in both forms`(_ kind: PrivateKey.Kind) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com", key: kind)
    for form in [SMIMEWriter.SignatureForm.multipart, .opaque] {
      let signed = try await draft().signed(by: alice, as: form, at: date)
      let opened = try await open(signed, reader(pki))
      #expect(opened.verdict.signature == .verified, "\(opened.signers.flatMap(\.failures))")
      #expect(opened.verdict.encryption == .none)
      #expect(opened.verdict.signer?.addresses == ["alice@example.com"])
      #expect(opened.verdict.signer?.claimedTime == date)
      #expect(signed.subject == "Käse")
    }
  }

  @Test(arguments: [
    (PrivateKey.Kind.ec(.p256), SMIMEWriter.EncryptionForm.compatible), (.ec(.p384), .modern),
    (.ec(.p521), .compatible), (.rsa(bits: 2048), .compatible), (.rsa(bits: 2048), .modern),
  ])
  func `sign then encrypt is two calls`(_ row: (kind: PrivateKey.Kind, form: SMIMEWriter.EncryptionForm)) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bob = try await pki.mailbox("bob@example.com", key: row.kind)
    let sealed = try await draft().signed(by: alice, at: date)
      .encrypted(for: [bob.certificate, alice.certificate], as: row.form)
    for identity in [alice, bob] {
      let opened = try await open(sealed, reader(pki, [identity]))
      #expect(opened.verdict.signature == .verified)
      #expect(opened.verdict.encryption == .decrypted)
      #expect(opened.layers.count == 2)
      let part = try #require(opened.content?.all.first { $0.contentType.name == "text/plain" })
      #expect(try part.text(limit: 10_000)?.contains("Grüße aus dem Café") ?? false)
    }
    let stranger = try await open(sealed, reader(pki, [pki.mailbox("eve@example.com")]))
    #expect(stranger.verdict.encryption == .keyMissing)
    #expect(stranger.verdict.signature == .unsigned)
    #expect(stranger.content == nil)
  }

  @Test func `what is compressed inside or outside a signature opens, and proves nothing by itself`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bob = try await pki.mailbox("bob@example.com")
    let plain = try draft().message()
    let alone = try await open(try await plain.compressed(), reader(pki))
    #expect(alone.verdict.signature == .unsigned && alone.layers.count == 1)
    #expect(try alone.content?.text(limit: 1 << 20) == nil)
    #expect(alone.content?.parts.count == plain.entity.parts.count)
    for message in [
      try await plain.compressed().signed(by: alice, as: .opaque, at: date),
      try await plain.signed(by: alice, at: date).compressed().encrypted(for: [bob.certificate]),
    ] {
      let opened = try await open(message, reader(pki, [bob]))
      #expect(opened.verdict.signature == .verified)
      #expect(opened.layers.contains { if case .compression(let layer) = $0 { layer.detail == nil } else { false } })
      #expect(opened.content?.parts.count == plain.entity.parts.count)
    }
    var bytes = try await plain.compressed().bytes()
    bytes.removeLast(200)
    let broken = try await reader(pki).open(BufferSource(bytes), at: date)
    // Nobody signed it, and nothing of it can be read.
    #expect(broken.verdict.signature == .unsigned && broken.signers.isEmpty && broken.content == nil)
    guard case .compression(let layer)? = broken.layers.first else {
      Issue.record("\(broken.layers)")
      return
    }
    #expect(layer.detail?.contains("ends early") == true)
    // One budget for all layers of a message.
    var limits = Reader.Limits()
    limits.cms.inflatedBytes = try plain.bytes().count * 3 / 2
    let bounded = Reader(paths: PathValidator(anchors: TrustAnchors([pki.root.certificate])), limits: limits)
    let once = try await bounded.open(BufferSource(try await plain.compressed().bytes()), at: date)
    #expect(once.content != nil)
    let twice = try await bounded.open(BufferSource(try await plain.compressed().compressed().bytes()), at: date)
    #expect(twice.content == nil)
  }

  /// A source that somebody writes to after it was opened.
  private final class TurningSource: ByteSource {
    private let before: [UInt8]
    private let after: [UInt8]
    private let hasTurned = Mutex(false)

    init(_ before: [UInt8], _ after: [UInt8]) {
      self.before = before
      self.after = after
    }

    var count: Int { before.count }

    func turn() { hasTurned.withLock { $0 = true } }

    func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
      try BufferSource(hasTurned.withLock { $0 } ? after : before).read(at: offset, into: &buffer)
    }
  }

  @Test func `what is written of a message is what was verified, or that it is not is told`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    for (form, isReadAgain) in [(SMIMEWriter.SignatureForm.multipart, true), (.opaque, false)] {
      let bytes = try await draft("The price is 10.\n").signed(by: alice, as: form, at: date).bytes()
      var altered = bytes
      if form == .multipart {
        let place = try #require(bytes.firstRange(of: Array("is 10.".utf8)))
        altered[place.lowerBound + 3] = UInt8(ascii: "9")
      } else {
        altered.reverse()
      }
      let source = TurningSource(bytes, altered)
      let opened = try await reader(pki).open(source, at: date)
      #expect(opened.verdict.signature == .verified)
      let content = BufferSink()
      try opened.writeContent(to: content)
      #expect(content.bytes == (try opened.content?.canonical.readAll(limit: 1 << 20)))
      source.turn()
      if isReadAgain {
        #expect(throws: ContentChanged.self) { try opened.writeContent(to: NullSink()) }
      } else {
        let again = BufferSink()
        try opened.writeContent(to: again)
        #expect(again.bytes == content.bytes)
      }
    }
  }

  @Test func `triple wrapping is one more call`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let wrapped = try await draft().signed(by: alice, at: date).encrypted(for: [alice.certificate])
      .signed(by: alice, at: date)
    let opened = try await open(wrapped, reader(pki, [alice]))
    #expect(opened.verdict.signature == .verified)
    #expect(opened.verdict.encryption == .decrypted)
    #expect(opened.layers.count == 3)
  }

  @Test func `CBC without a good signature inside is not proved whole`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com")
    let message = try draft().message()
    let old = try await open(message.encrypted(for: [bob.certificate]), reader(pki, [bob]))
    #expect(old.verdict.encryption == .decryptedUnauthenticated)
    let modern = try await open(message.encrypted(for: [bob.certificate], as: .modern), reader(pki, [bob]))
    #expect(modern.verdict.encryption == .decrypted)
  }

  @Test func `every changed byte of the signed part is noticed`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await draft("short").signed(by: alice, at: date).bytes()
    let text = String(decoding: bytes, as: UTF8.self)
    let start = try #require(text.range(of: "Content-Type: text/plain")).lowerBound.utf16Offset(in: text)
    for offset in stride(from: start, to: start + 200, by: 7) {
      var changed = bytes
      changed[offset] ^= 1
      let opened = try await reader(pki).open(BufferSource(changed), at: date)
      #expect(opened.verdict.signature != .verified, "byte \(offset)")
    }
  }

  @Test func `line ends that a relay changed do not matter`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await draft().signed(by: alice, at: date).bytes()
    let opened = try await reader(pki).open(BufferSource(bytes.filter { $0 != 0x0D }), at: date)
    #expect(opened.verdict.signature == .verified)
  }

  @Test func `an untrusted issuer, an expired and a future certificate each have their state`() async throws {
    let (pki, other) = try await (TestPKI(), TestPKI(name: "Other"))
    let alice = try await pki.mailbox("alice@example.com")
    let signed = try await draft().signed(by: alice, at: date)
    let stranger = try await open(signed, reader(other))
    #expect(stranger.verdict.signature == .untrusted)
    let source = signed.entity.source
    let late = try await reader(pki).open(source, at: date.addingTimeInterval(400 * 86_400))
    #expect(late.verdict.signature == .certificateExpired)
    let early = try await reader(pki).open(source, at: date.addingTimeInterval(-3 * 86_400))
    #expect(early.verdict.signature == .certificateNotYetValid)
  }

  @Test func `a revoked signer is refused, and an unknown one only when that is asked`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let signed = try await draft().signed(by: alice, at: date)
    let lists = try await [pki.revocationList(revoking: [alice]), pki.rootRevocationList()]
    let revoked = try await open(signed, reader(pki, revocation: .soft([RevocationFiles(lists)])))
    #expect(revoked.verdict.signature == .revoked)
    let unknown = try await open(signed, reader(pki, revocation: .hard([RevocationFiles([])])))
    #expect(unknown.verdict.signature == .revocationUnknown)
    let noted = try await open(signed, reader(pki, revocation: .soft([RevocationFiles([])])))
    #expect(noted.verdict.signature == .verified)
    #expect(noted.verdict.signer?.notes.count == 2)
  }

  @Test func `somebody else's signature is a mismatch`() async throws {
    let pki = try await TestPKI()
    let eve = try await pki.mailbox("eve@example.com")
    let opened = try await open(draft().signed(by: eve, at: date), reader(pki))
    #expect(opened.verdict.signature == .signerMismatch)
  }

  @Test(arguments: [
    ("alice@example.com", SignatureState.verified), ("\"ceo@bank.example\" <alice@example.com>", .signerMismatch),
    ("ceo@bank.example", .signerMismatch), ("ceo@bank.example garbage", .signerMismatch), ("", .signerMismatch),
    ("ceo@bank.example\r\nFrom: alice@example.com", .signerMismatch),
    ("ceo@bank.example\r\nSender: alice@example.com", .verifiedOnBehalf),
  ])
  func `a protected From is matched as the outer one is`(_ row: (from: String, state: SignatureState)) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let sink = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource("Content-Type: text/plain; hp=clear\r\nFrom: \(row.from)\r\n\r\nhello\r\n".utf8),
      signers: [SignedDataWriter.Signer(alice, signingTime: date)], form: .attached, to: sink)
    let mail =
      "From: alice@example.com\r\nContent-Type: application/pkcs7-mime\r\n"
      + "Content-Transfer-Encoding: base64\r\n\r\n" + Data(sink.bytes).base64EncodedString()
    let opened = try await reader(pki).open(BufferSource(mail.utf8), at: date)
    #expect(opened.verdict.signature == row.state)
  }

  @Test(arguments: [SMIMEWriter.SignatureForm.multipart, .opaque])
  func `a footer that was added on the way is covered by no signature`(
    _ form: SMIMEWriter.SignatureForm
  ) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await draft().signed(by: alice, as: form, at: date).bytes()
    for footer in ["", "\r\n", " \r\n\t\r\n"] {
      let opened = try await reader(pki).open(BufferSource(bytes + footer.utf8), at: date)
      #expect(opened.verdict.signature == .verified)
    }
    for footer in ["_______\r\nUnsubscribe here\r\n", "\r\n\r\nabcd\r\n", "\r\n="]
    where form == .multipart || footer != "\r\n=" {
      let opened = try await reader(pki).open(BufferSource(bytes + footer.utf8), at: date)
      #expect(opened.verdict.signature == .partial, "\(footer)")
      #expect(opened.verdict.partState == .verified)
      #expect(opened.headers.allSatisfy { $0.state == .unprotected })
    }
  }

  @Test func `what another method signed is unsupported, and named`() async throws {
    let pki = try await TestPKI()
    let mail = """
      From: alice@example.com\r
      Content-Type: multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256; boundary=b\r
      \r
      --b\r
      \r
      hello\r
      --b\r
      Content-Type: application/pgp-signature\r
      \r
      -----BEGIN PGP SIGNATURE-----\r
      --b--\r

      """
    let opened = try await reader(pki).open(BufferSource(mail.utf8), at: date)
    #expect(opened.verdict.signature == .unsupported)
    #expect(opened.verdict.signatureSentence.contains("application/pgp-signature"))
    #expect(try opened.content?.text(limit: 100) == "hello")
  }

  @Test(arguments: ["smime.p7m", "smime.p7s"])
  func `octet-stream with a telling name is opened`(_ name: String) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let text = String(decoding: try await draft().signed(by: alice, as: .opaque, at: date).bytes(), as: UTF8.self)
    let mail = text.replacingOccurrences(
      of: "application/pkcs7-mime; smime-type=signed-data", with: "application/octet-stream"
    )
    .replacingOccurrences(of: "smime.p7m", with: name)
    let opened = try await reader(pki).open(BufferSource(mail.utf8), at: date)
    #expect(opened.verdict.signature == .verified)
  }

  @Test func `a signed part inside something unsigned is partial`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let signed = try await draft().signed(by: alice, at: date)
    let inner =
      signed.entity.header.contentFields.flatMap(\.canonical) + [13, 10]
      + (try signed.entity.source.bytes(in: signed.entity.bodyRange))
    let mail =
      Array("From: alice@example.com\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n".utf8) + inner
      + Array("\r\n--x\r\nContent-Type: text/plain\r\n\r\nadded by somebody\r\n--x--\r\n".utf8)
    let opened = try await reader(pki).open(BufferSource(mail), at: date)
    #expect(opened.verdict.signature == .partial)
    #expect(opened.verdict.partState == .verified)
  }

  @Test func `two signers are both told and the worse one counts`() async throws {
    let pki = try await TestPKI()
    let (alice, eve) = try await (pki.mailbox("alice@example.com"), pki.mailbox("eve@example.com"))
    let sink = BufferSink()
    try await SMIMEWriter.sign(draft().message().entity.source, by: [alice, eve], at: date, to: sink)
    let opened = try await reader(pki).open(sink.source(), at: date)
    // SignerInfos are a SET OF: DER orders them by their octets, which are random.
    #expect(Set(opened.signers.map(\.state)) == [.verified, .signerMismatch])
    #expect(opened.verdict.signature == .signerMismatch)
  }

  @Test func `who is not the sender keeps what is said of countersignatures`() async throws {
    let pki = try await TestPKI()
    let (alice, bob) = (try await pki.mailbox("alice@example.com"), try await pki.mailbox("bob@example.com"))
    let (once, twice) = (BufferSink(), BufferSink())
    let inner = BufferSource(Array("Content-Type: text/plain\r\n\r\nHello.\r\n".utf8))
    try await SignedDataWriter.sign(inner, signers: [.init(alice)], form: .attached, to: once)
    try await SignedDataWriter.countersign(once.source(), by: [.init(bob)], writingTo: twice)
    for (sender, state) in [("alice", SignatureState.verified), ("mallory", .signerMismatch)] {
      let mail = SecurePart.header(
        .signedData,
        messageFields: try Message(BufferSource(Array("From: \(sender)@example.com\r\n\r\n".utf8))).entity
          .header.messageFields)
      let base64 = BufferSink()
      let encoder = Base64EncodingSink(to: base64)
      try encoder.write(twice.bytes)
      try encoder.finish()
      let opened = try await reader(pki).open(BufferSource(mail + base64.bytes), at: date)
      #expect(opened.verdict.signature == state)
      #expect(opened.signers.first?.countersigners.map(\.state) == [.verified])
    }
  }

  @Test func `of an object by itself every signature is told, and the worst decides`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let sink = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource([1, 2, 3]),
      signers: [.init(alice), .init(alice, algorithm: .ecdsa(.sha384))], form: .attached, to: sink)
    let good = try await reader(pki).verify(BufferSource(sink.bytes), at: date)
    #expect(good.verdict.signature == .verified && good.signers.count == 2)
    var bytes = sink.bytes
    bytes[bytes.count - 1] ^= 1
    let half = try await reader(pki).verify(BufferSource(bytes), at: date)
    #expect(half.signers.map(\.state).sorted() == [.contentAltered, .verified])
    #expect(half.verdict.signature == .contentAltered)
  }

  @Test func `certificates alone sign nothing`() async throws {
    let pki = try await TestPKI()
    let object = SignedDataWriter.certificatesOnly([pki.root.certificate])
    let mail =
      "From: alice@example.com\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data\r\n"
      + "Content-Transfer-Encoding: base64\r\n\r\n" + Data(object).base64EncodedString()
    let opened = try await reader(pki).open(BufferSource(mail.utf8), at: date)
    #expect(opened.verdict.signature == .unsigned)
    #expect(opened.layers == [.certificates([pki.root.certificate])])
  }

  @Test(arguments: [
    "application/x-pkcs7-mime; smime-type=signed-data", "application/pkcs7-mime", "APPLICATION/PKCS7-MIME",
    "application/pkcs7-mime; smime-type=enveloped-data", "application/octet-stream; name=smime.p7m",
  ])
  func `the CMS decides what a part is`(_ type: String) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let sink = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource("Content-Type: text/plain\r\n\r\nhello\r\n".utf8),
      signers: [SignedDataWriter.Signer(alice, signingTime: date)], form: .attached, to: sink)
    let mail =
      "From: alice@example.com\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      + Data(sink.bytes).base64EncodedString()
    let opened = try await reader(pki).open(BufferSource(mail.utf8), at: date)
    #expect(opened.verdict.signature == .verified)
  }

  @Test func `a broken object inside a readable mail is malformed, cut anywhere`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let bytes = try await draft("x").signed(by: alice, as: .opaque, at: date).bytes()
    // Without its last line end and padding it is whole all the same.
    for count in stride(from: 0, to: bytes.count - 6, by: 97) {
      let opened = try await reader(pki).open(BufferSource(bytes[..<count]), at: date)
      #expect(opened.verdict.signature != .verified, "cut at \(count)")
    }
  }

  @Test func `opened content that is too large for memory goes where the caller says, or nowhere`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com")
    let sealed = try await draft().message().encrypted(for: [bob.certificate], as: .modern)
    var limits = Reader.Limits()
    limits.memory = 16
    let reader = Reader(
      identities: [bob], paths: PathValidator(anchors: TrustAnchors([pki.root.certificate])), limits: limits)
    let dropped = try await reader.open(sealed.entity.source, at: date)
    #expect(dropped.verdict.encryption == .decrypted)
    #expect(dropped.content == nil)
    #expect(dropped.defects.map(\.code).contains("contentNotKept"))
    let kept = try await reader.open(sealed.entity.source, at: date, overflow: { BufferSink() })
    #expect(kept.content?.contentType.name == "multipart/mixed")
  }
}
