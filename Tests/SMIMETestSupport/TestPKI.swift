import CMS
import Foundation
import Issuance
import PKIX
import SMIMECrypto

/// A small PKI built in code: a root, an issuing authority below it, and as many mailboxes as a test asks for.
///
/// ```swift
/// let pki = try await TestPKI(keys: .ec(.p256))
/// let alice = try await pki.mailbox("alice@example.com")
/// ```
public struct TestPKI: Sendable {
  /// The moment that all of it is made for: certificates are valid from a day before on.
  public static let now = Date(timeIntervalSince1970: 1_790_000_000)

  public let root: Identity
  public let issuing: Identity
  private let keys: PrivateKey.Kind

  /// - Parameter keys: the kind of key that everybody gets unless a call says otherwise.
  public init(keys: PrivateKey.Kind = .ec(.p256), name: String = "Test") async throws {
    self.keys = keys
    let validity = Validity(from: Self.now.addingTimeInterval(-86_400), days: 3_650)
    let rootKey = try PrivateKey(generate: keys)
    let rootTemplate = CertificateTemplate.root(
      subject: DistinguishedName(commonName: "\(name) Root"), publicKey: rootKey.publicKey, validity: validity)
    let rootCertificate = try await rootTemplate.prepared(
      issuer: nil, signatureAlgorithm: rootKey.publicKey.defaultSignatureAlgorithm
    ).signed(by: rootKey)
    root = try Identity(certificate: rootCertificate, chain: [], privateKey: rootKey)

    let issuingKey = try PrivateKey(generate: keys)
    let issuingTemplate = CertificateTemplate.issuingAuthority(
      subject: DistinguishedName(commonName: "\(name) Issuing"), publicKey: issuingKey.publicKey,
      validity: Validity(from: Self.now.addingTimeInterval(-86_400), days: 1_825))
    let issuingCertificate = try await issuingTemplate.prepared(
      issuer: rootCertificate, signatureAlgorithm: rootKey.publicKey.defaultSignatureAlgorithm
    ).signed(by: rootKey)
    issuing = try Identity(certificate: issuingCertificate, chain: [rootCertificate], privateKey: issuingKey)
  }

  /// A mailbox certificate with its key and the chain up to the root.
  ///
  /// - Parameter change: a last word on the template, for certificates that are wrong in one respect.
  public func mailbox(
    _ addresses: String..., key kind: PrivateKey.Kind? = nil, use: MailboxUse = .signingAndEncryption,
    validity: Validity = Validity(from: TestPKI.now.addingTimeInterval(-86_400), days: 365),
    change: (inout CertificateTemplate) -> Void = { _ in }
  ) async throws -> Identity {
    let key = try PrivateKey(generate: kind ?? keys)
    var template = CertificateTemplate.mailbox(
      addresses: addresses, publicKey: key.publicKey, use: use, validity: validity)
    change(&template)
    let certificate = try await template.prepared(
      issuer: issuing.certificate, signatureAlgorithm: issuing.certificate.publicKey.defaultSignatureAlgorithm
    ).signed(by: issuing.signingKey)
    return try Identity(
      certificate: certificate, chain: [issuing.certificate, root.certificate], privateKey: key)
  }

  /// A CRL of the issuing authority, valid from an hour before ``now`` for a week.
  public func revocationList(
    revoking identities: [Identity] = [], number: Int = 1, reason: RevocationReason = .keyCompromise
  ) async throws -> CertificateRevocationList {
    try await RevocationListTemplate(
      number: number, thisUpdate: Self.now.addingTimeInterval(-3_600),
      nextUpdate: Self.now.addingTimeInterval(7 * 86_400),
      entries: try identities.map {
        try RevokedEntry(
          serialNumber: $0.certificate.serialNumber, date: Self.now.addingTimeInterval(-7_200), reason: reason)
      }
    ).signed(by: issuing)
  }

  /// The root's CRL.
  public func rootRevocationList() async throws -> CertificateRevocationList {
    try await RevocationListTemplate(
      number: 1, thisUpdate: Self.now.addingTimeInterval(-3_600),
      nextUpdate: Self.now.addingTimeInterval(7 * 86_400), entries: []
    ).signed(by: root)
  }
}
