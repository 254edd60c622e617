import ByteIO
import CMS
import Foundation
import Issuance
import PKIX
import SMIME
import SMIMECrypto
import SMIMETestSupport
import Testing

/// A signer named by a key identifier can have many certificates: how many are tried is bounded, since each costs a path.
@Suite struct `Candidates for a signer` {
  private static let mail = Array("From: alice@example.com\r\nSubject: Tea\r\n\r\nTea on Thursday.\r\n".utf8)

  /// `count` certificates of one key by an authority that nobody trusts, then the one that is good.
  private static func judged(untrusted count: Int) async throws -> SignatureState {
    let pki = try await TestPKI()
    let stranger = try await TestPKI(name: "Strange")
    let alice = try await pki.mailbox("alice@example.com")
    var candidates: [Certificate] = []
    for _ in 0..<count {
      let template = CertificateTemplate.mailbox(
        addresses: ["alice@example.com"], publicKey: alice.certificate.publicKey,
        validity: Validity(from: TestPKI.now.addingTimeInterval(-86_400), days: 365))
      candidates.append(
        try await template.prepared(
          issuer: stranger.issuing.certificate,
          signatureAlgorithm: stranger.issuing.certificate.publicKey.defaultSignatureAlgorithm
        ).signed(by: stranger.issuing.signingKey))
    }
    candidates.append(alice.certificate)
    let signed = BufferSink()
    let signer = SignedDataWriter.Signer(alice, certificates: .none, naming: .subjectKeyIdentifier)
    try await SMIMEWriter.sign(BufferSource(mail), by: [signer], to: signed)
    // The issuing authority is trusted itself: only what a message encloses leads further up.
    let reader = Reader(
      paths: PathValidator(anchors: TrustAnchors([pki.issuing.certificate])), certificates: candidates)
    return try await reader.open(BufferSource(signed.bytes), at: TestPKI.now).verdict.signature
  }

  @Test func `the eighth is tried`() async throws {
    #expect(try await Self.judged(untrusted: 7) == .verified)
  }

  @Test(arguments: [8, 40]) func `the ninth is not`(count: Int) async throws {
    #expect(try await Self.judged(untrusted: count) != .verified)
  }
}
