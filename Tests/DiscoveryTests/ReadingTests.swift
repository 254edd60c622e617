import ByteIO
import CMS
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import Discovery
@testable import Fetching

/// Whom reading a mail asks, and about whom it asks nobody.
@Suite struct `Reading with the network` {
  /// A mail from `from` that Alice signed, opened; and how often her authority was asked.
  private func asks(from: String, _ algorithm: SignatureAlgorithm?) async throws -> (SignatureState, count: Int) {
    let server = try ScriptedServer { _ in .http(503) }
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com") {
      $0.extensions.append(.authorityInformationAccess(ocsp: [server.url()], caIssuers: [server.url("/ca")]))
    }
    let signer = SignedDataWriter.Signer(alice, algorithm: algorithm, certificates: .leaf)
    let signed = BufferSink()
    let mail = "From: \(from)\r\nSubject: Tea\r\n\r\nTea on Thursday.\r\n"
    try await SMIMEWriter.sign(BufferSource(mail.utf8), by: [signer], to: signed)
    let fetcher = Stage.fetcher()
    let reader = Reader(
      paths: PathValidator(
        anchors: TrustAnchors([pki.root.certificate]), issuers: [IssuerSource(fetcher)],
        revocation: .soft([OCSPSource(fetcher)])))
    let opened = try await reader.open(BufferSource(signed.bytes), at: TestPKI.now)
    return (opened.verdict.signature, server.requests.count)
  }

  @Test func `asks about the author shown, and about nobody else`() async throws {
    let author = try await asks(from: "alice@example.com", nil)
    #expect(author.0 == .untrusted && author.count == 1)
    let stranger = try await asks(from: "mallory@example.net", nil)
    #expect(stranger.0 == .untrusted && stranger.count == 0)
    let two = try await asks(from: "alice@example.com\r\nFrom: mallory@example.net", nil)
    #expect(two.count == 0)
  }

  @Test func `asks nobody about a signature by an outdated method`() async throws {
    let weak = try await asks(from: "alice@example.com", .ecdsa(.sha1))
    #expect(weak.0 == .weakAlgorithm && weak.count == 0)
  }
}
