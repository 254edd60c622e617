import CertificateAuthority
import PKIX
import SMIMECrypto

/// An authority with a folder of its own.
public final class TestAuthority: Sendable {
  public let workshop: Workshop
  public let authority: Authority
  public let issuer: Identity
  public static let password = "test passphrase"

  public var folder: String { authority.folder }

  public init(settings: AuthorityPlan.Settings = .init(baseURL: "http://pki.example.org")) async throws {
    workshop = try Workshop()
    let password = Password(Self.password)
    authority = try await Authority.create(
      in: workshop.file("ca"), AuthorityPlan(name: "Test", key: .ec(.p256), settings: settings), password: password)
    issuer = try authority.identity(.issuing, password: password)
  }

  public func issue(_ address: String) async throws -> Certificate {
    try await authority.issue(
      MailboxOrder(addresses: [address], publicKey: try PrivateKey(generate: .ec(.p256)).publicKey), with: issuer)
  }

  /// As another process would: nothing is shared but the folder.
  public func revoke(_ certificate: Certificate) throws {
    try Authority(folder: folder).revoke(reason: .keyCompromise) { $0.serialNumber == certificate.serialNumber }
  }

  public func request(_ address: String, _ key: PrivateKey) async throws -> CertificateSigningRequest {
    try await CertificateSigningRequest.create(
      subject: DistinguishedName(commonName: "Somebody"), addresses: [address], key: key)
  }

  /// The DER of an OCSP request about `certificates`.
  public func ask(_ certificates: Certificate..., nonce: [UInt8]? = nil) throws -> [UInt8] {
    OCSPRequest(
      try certificates.map { try OCSPCertificateID($0.serialNumber, of: issuer.certificate) }, nonce: nonce
    ).encoded
  }
}
