public import PKIX
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Where relying parties find an authority's CRL and certificate. All http (S/MIME BR 7.1.2.3 b, c).
public struct PublicationPoints: Hashable, Sendable {
  public var revocationList: String?
  public var issuerCertificate: String?
  public var ocsp: String?

  public init(revocationList: String? = nil, issuerCertificate: String? = nil, ocsp: String? = nil) {
    self.revocationList = revocationList
    self.issuerCertificate = issuerCertificate
    self.ocsp = ocsp
  }

  public static let none = PublicationPoints()

  var extensions: [Certificate.Extension] {
    var result: [Certificate.Extension] = []
    if let revocationList { result.append(.crlDistributionPoints(uris: [revocationList])) }
    if issuerCertificate != nil || ocsp != nil {
      result.append(
        .authorityInformationAccess(ocsp: ocsp.map { [$0] } ?? [], caIssuers: issuerCertificate.map { [$0] } ?? []))
    }
    return result
  }
}

extension CertificateTemplate {
  /// A root: signs itself and nothing but issuing authorities (S/MIME BR 7.1.2.1).
  public static func root(
    subject: DistinguishedName, publicKey: PublicKey, validity: Validity
  ) -> CertificateTemplate {
    CertificateTemplate(
      subject: subject, validity: validity, publicKey: publicKey,
      extensions: [
        .basicConstraints(.authority(pathLength: nil)),
        .keyUsage([.keyCertSign, .cRLSign]),
      ])
  }

  /// An issuing authority below a root, for mailbox certificates only (S/MIME BR 7.1.2.2).
  public static func issuingAuthority(
    subject: DistinguishedName, publicKey: PublicKey, validity: Validity, publication: PublicationPoints = .none
  ) -> CertificateTemplate {
    CertificateTemplate(
      subject: subject, validity: validity, publicKey: publicKey,
      extensions: [
        .basicConstraints(.authority(pathLength: 0)),
        .keyUsage([.keyCertSign, .cRLSign]),
        .extendedKeyUsage([.emailProtection]),
        .certificatePolicies([OID.anyPolicy]),
      ] + publication.extensions)
  }

  /// A key that answers OCSP requests for the authority that issues this (RFC 6960 §4.2.2.2). It cannot be revoked, so its
  /// validity is short.
  public static func ocspResponder(
    subject: DistinguishedName, publicKey: PublicKey, validity: Validity
  ) -> CertificateTemplate {
    CertificateTemplate(
      subject: subject, validity: validity, publicKey: publicKey,
      extensions: [.keyUsage([.digitalSignature]), .extendedKeyUsage([.ocspSigning]), .ocspNoCheck])
  }

  /// A person's or a function's mailbox: mailbox-validated, strict (S/MIME BR 7.1.2.3, 7.1.4.2.3).
  ///
  /// - Parameters:
  ///   - addresses: the mailboxes, each of which the holder has shown to control. They go into the subjectAltName;
  ///     one with characters beyond ASCII in its local part as SmtpUTF8Mailbox (RFC 9598 §3).
  ///   - name: the common name; the first address when nil.
  public static func mailbox(
    addresses: [String], name: String? = nil, publicKey: PublicKey, use: MailboxUse = .signingAndEncryption,
    validity: Validity, publication: PublicationPoints = .none
  ) -> CertificateTemplate {
    CertificateTemplate(
      subject: DistinguishedName(commonName: name ?? addresses.first ?? ""), validity: validity, publicKey: publicKey,
      extensions: [
        .keyUsage(use.keyUsage(for: publicKey)),
        .extendedKeyUsage([.emailProtection]),
        .certificatePolicies([OID.mailboxValidatedStrict]),
        .subjectAlternativeName(addresses.map { GeneralName(mailbox: $0) }),
      ] + publication.extensions)
  }
}

/// What a mailbox certificate's key is for.
public enum MailboxUse: Hashable, Sendable, CaseIterable {
  case signing, encryption, signingAndEncryption

  /// S/MIME BR 7.1.2.3 e: digitalSignature to sign; keyEncipherment (RSA, ML-KEM) or keyAgreement (curves) to encrypt. Most
  /// newer keys do one or the other (RFC 8410 §5, RFC 9881 §3, RFC 9935 §3); empty if this key does not do what is asked.
  func keyUsage(for key: PublicKey) -> KeyUsage {
    let possible: KeyUsage =
      switch key.kind {
      case .rsa: [.digitalSignature, .keyEncipherment]
      case .ec: [.digitalSignature, .keyAgreement]
      case .rsaPSS, .ed25519, .ed448, .mlDSA65, .mlDSA87, .dsa: .digitalSignature
      case .x25519, .x448: .keyAgreement
      case .mlKEM768, .mlKEM1024: .keyEncipherment
      case .other: []
      }
    switch self {
    case .signing: return possible.intersection(.digitalSignature)
    case .encryption: return possible.subtracting(.digitalSignature)
    case .signingAndEncryption: return possible
    }
  }
}

extension Validity {
  /// From `start` on for `days` days of 86 400 seconds, the last second excluded (S/MIME BR 6.3.2 counts it in).
  public init(from start: Date, days: Int) {
    let first = Date(timeIntervalSince1970: start.timeIntervalSince1970.rounded(.down))
    self.init(notBefore: first, notAfter: first.addingTimeInterval(Double(days) * 86_400 - 1))
  }
}
