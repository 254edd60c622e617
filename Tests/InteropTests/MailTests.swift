import ByteIO
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto
import SMIMETestSupport
import Testing

/// Whole messages, where the objects of the other tests are packed in MIME.
@Suite(.enabled(if: isAvailable(OpenSSLPeer.program), "openssl is not installed"), .serialized)
struct `Mail between OpenSSL and us` {
  static let keys: [KeyChoice] = [.rsa2048, .p256]

  static func mail(_ member: Member) -> [UInt8] {
    let text = """
      From: Member <\(member.address)>
      To: someone@example.com
      Subject: lines that must survive
      Date: Mon, 23 Nov 2026 12:00:00 +0000
      Message-ID: <1@example.com>
      MIME-Version: 1.0
      Content-Type: text/plain; charset=utf-8
      Content-Transfer-Encoding: 8bit

      From the first line on: trailing blanks  \n.\ngrün\n
      """
    return Array(text.replacing("\n", with: "\r\n").utf8)
  }

  static func reader(_ cast: Cast) throws -> Reader {
    let anchors = TrustAnchors([try Certificate(der: cast.rootDER[...])])
    return Reader(identities: cast.members.map(\.identity), paths: PathValidator(anchors: anchors))
  }

  @Test(arguments: keys, [SMIMEWriter.SignatureForm.multipart, .opaque])
  func `signed here, verified there`(_ key: KeyChoice, _ form: SMIMEWriter.SignatureForm) async throws {
    let cast = try await Cast.shared.value
    let member = try cast.member(key)
    let signed = try await Message(BufferSource(Self.mail(member))).signed(by: member.identity, as: form)
    let content = try OpenSSLPeer(cast).mail(signed.bytes(), ["-verify", "-CAfile", "root.pem"])
    let body = try Message(BufferSource(content)).entity.decodedBody.readAll(limit: 1 << 20)
    #expect(Self.mail(member).suffix(body.count) == body[...])
    #expect(!body.isEmpty)
    let opened = try await Self.reader(cast).open(BufferSource(signed.bytes()))
    #expect(opened.verdict.signature == .verified)
  }

  @Test(arguments: keys, [[], ["-nodetach"]])
  func `signed there, verified here`(_ key: KeyChoice, _ form: [String]) async throws {
    let cast = try await Cast.shared.value
    let member = try cast.member(key)
    let signed = try OpenSSLPeer(cast).mail(
      Array("one\r\ntwo\r\n".utf8),
      ["-sign", "-text", "-md", "sha256", "-signer", "\(key).pem", "-inkey", "\(key).key", "-certfile", "issuing.pem"]
        + ["-from", member.address, "-to", "someone@example.com", "-subject", "there"] + form)
    let opened = try await Self.reader(cast).open(BufferSource(signed))
    #expect(opened.verdict.signature == .verified, "\(opened.verdict.signatureSentence)")
    #expect(opened.verdict.encryption == .none)
    #expect(opened.signers.first?.addresses == [member.address])

    // One octet of the text, and the verdict is another.
    if form.isEmpty {
      var spoilt = signed
      let place = try #require(Data(signed).range(of: Data("two".utf8)))
      spoilt[place.lowerBound] = UInt8(ascii: "T")
      #expect(try await Self.reader(cast).open(BufferSource(spoilt)).verdict.signature == .contentAltered)
    }
  }

  @Test(arguments: keys, [SMIMEWriter.EncryptionForm.compatible, .modern])
  func `encrypted here, opened there`(_ key: KeyChoice, _ form: SMIMEWriter.EncryptionForm) async throws {
    let cast = try await Cast.shared.value
    let member = try cast.member(key)
    let secured = try await Message(BufferSource(Self.mail(member))).signed(by: member.identity)
      .encrypted(for: [member.identity.certificate], as: form)
    let peer = try OpenSSLPeer(cast)
    let inner = try peer.mail(secured.bytes(), ["-decrypt", "-recip", "\(key).pem", "-inkey", "\(key).key"])
    _ = try peer.mail(inner, ["-verify", "-CAfile", "root.pem"])
  }

  @Test(arguments: keys, ["-aes-256-cbc", "-aes-256-gcm"])
  func `encrypted there, opened here`(_ key: KeyChoice, _ cipher: String) async throws {
    let cast = try await Cast.shared.value
    let member = try cast.member(key)
    let peer = try OpenSSLPeer(cast)
    let signed = try peer.mail(
      Array("secret\r\n".utf8),
      ["-sign", "-text", "-md", "sha256", "-signer", "\(key).pem", "-inkey", "\(key).key", "-certfile", "issuing.pem"])
    let secured = try peer.mail(
      signed,
      ["-encrypt", cipher, "-recip", "\(key).pem", "-from", member.address, "-to", member.address, "-subject", "x"])
    let opened = try await Self.reader(cast).open(BufferSource(secured))
    #expect(opened.verdict.signature == .verified, "\(opened.verdict.signatureSentence)")
    // The signature inside proves what CBC does not.
    #expect(opened.verdict.encryption == .decrypted)
    let content = try #require(opened.content)
    let bytes = try content.source.bytes(in: content.range)
    #expect(String(decoding: bytes, as: UTF8.self).contains("secret"))
  }
}
