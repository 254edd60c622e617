import Foundation
import Issuance
import PKIX
import SMIMECrypto

extension TestPKI {
  /// A key that the issuing authority lets answer OCSP requests.
  ///
  /// - Parameters:
  ///   - issuer: who issues its certificate; the issuing authority if nil.
  ///   - change: a last word on the template, for responders that are wrong in one respect.
  public func responder(
    issuer: Identity? = nil, validity: Validity = Validity(from: TestPKI.now.addingTimeInterval(-3_600), days: 7),
    change: (inout CertificateTemplate) -> Void = { _ in }
  ) async throws -> Identity {
    let issuer = issuer ?? issuing
    let key = try PrivateKey(generate: .ec(.p256))
    var template = CertificateTemplate.ocspResponder(
      subject: DistinguishedName(commonName: "Test OCSP"), publicKey: key.publicKey, validity: validity)
    change(&template)
    let certificate = try await template.prepared(
      issuer: issuer.certificate, signatureAlgorithm: issuer.certificate.publicKey.defaultSignatureAlgorithm
    ).signed(by: issuer.signingKey)
    return try Identity(certificate: certificate, chain: [issuer.certificate], privateKey: key)
  }

  /// What is said of `certificate`: good from ten minutes before ``now`` for a day, unless a test says otherwise.
  public func answer(
    on certificate: Certificate, _ status: CertificateStatus = .good, digest: DigestAlgorithm = .sha1,
    thisUpdate: Date = TestPKI.now.addingTimeInterval(-600),
    nextUpdate: Date? = TestPKI.now.addingTimeInterval(86_400)
  ) throws -> OCSPResponseTemplate.Answer {
    let issuer = certificate.issuer == issuing.certificate.subject ? issuing.certificate : root.certificate
    return OCSPResponseTemplate.Answer(
      try OCSPCertificateID(certificate.serialNumber, of: issuer, digest: digest), status, thisUpdate: thisUpdate,
      nextUpdate: nextUpdate)
  }
}

/// A source that has the same evidence on every certificate, as if it came from the network.
public struct FixedEvidence: RevocationSource {
  private let evidence: [RevocationEvidence.Content]

  public init(_ evidence: RevocationEvidence.Content...) { self.evidence = evidence }

  public var isLocal: Bool { false }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    evidence.map {
      RevocationEvidence($0, from: Provenance(.network, url: "http://responder.example", fetched: TestPKI.now))
    }
  }
}
