public import PKIX
public import SMIMECrypto
import SwiftASN1

/// RFC 7292: private keys with their certificates, under a password.
///
///     PFX ::= SEQUENCE {
///         version   INTEGER {v3(3)},
///         authSafe  ContentInfo,
///         macData   MacData OPTIONAL }
public struct PKCS12: Sendable {
  /// A private key, and the attributes that pair it with a certificate.
  public struct Key: Sendable {
    public let privateKey: PrivateKey
    public let friendlyName: String?
    public let localKeyID: [UInt8]?
  }

  /// A private key that is not offered, with its attributes: for handing it on.
  public struct KeptKey: Sendable {
    public let privateKey: OpaquePrivateKey
    public let friendlyName: String?
    public let localKeyID: [UInt8]?
  }

  /// A certificate and its attributes.
  public struct CertificateEntry: Hashable, Sendable {
    public let certificate: Certificate
    public let friendlyName: String?
    public let localKeyID: [UInt8]?
  }

  public let keys: [Key]
  /// Keys that are not offered, as they came; each is a defect as well.
  public let keptKeys: [KeptKey]
  public let certificates: [CertificateEntry]
  public let crls: [CertificateRevocationList]
  /// Bags that could not be read, each with the reason: keys of unknown kinds, broken certificates.
  public let defects: [Malformed]

  /// Each key that a certificate fits, with that certificate and its chain as far as the file has it.
  ///
  /// A key is paired by localKeyID if that certificate is really its own, else by its public key.
  public func identities() -> [Identity] {
    let pool = certificates.map(\.certificate)
    return keys.compactMap { key in
      let own = certificates.filter { $0.certificate.publicKey == key.privateKey.publicKey }
      let paired = own.first { $0.localKeyID != nil && $0.localKeyID == key.localKeyID } ?? own.first
      guard let certificate = paired?.certificate else { return nil }
      return try? Identity(
        certificate: certificate, chain: Self.chain(of: certificate, in: pool), privateKey: key.privateKey)
    }
  }

  /// The certificate that `key` stands beside, and its chain as far as the file has it: by localKeyID alone, since what is
  /// not offered cannot be held against a certificate; nil when none says that it is the key's.
  public func certificates(for key: KeptKey) -> (certificate: Certificate, chain: [Certificate])? {
    guard let localKeyID = key.localKeyID,
      let own = certificates.first(where: { $0.localKeyID == localKeyID })?.certificate
    else { return nil }
    return (own, Self.chain(of: own, in: certificates.map(\.certificate)))
  }

  /// The certificates above `leaf`, by name and signature order as they are found; each is used once, so this ends.
  private static func chain(of leaf: Certificate, in pool: [Certificate]) -> [Certificate] {
    var chain: [Certificate] = []
    var last = leaf
    while !last.isSelfIssued,
      let issuer = pool.first(where: { $0.subject == last.issuer && $0 != leaf && !chain.contains($0) })
    {
      chain.append(issuer)
      last = issuer
    }
    return chain
  }
}

extension ASN1ObjectIdentifier {
  static let keyBag: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 10, 1, 1]
  static let shroudedKeyBag: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 10, 1, 2]
  static let certificateBag: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 10, 1, 3]
  static let crlBag: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 10, 1, 4]
  static let secretBag: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 10, 1, 5]
  static let safeContentsBag: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 10, 1, 6]
  static let x509Certificate: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 22, 1]
  static let x509CRL: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 23, 1]
  static let friendlyName: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 20]
  static let localKeyID: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 21]
}
