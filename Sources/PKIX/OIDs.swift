package import SMIMECrypto
package import SwiftASN1

/// The object identifiers of names, extensions and policies (RFC 5280 Appendix A).
extension OID {
  // Extensions
  package static let subjectKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 14]
  package static let keyUsage: ASN1ObjectIdentifier = [2, 5, 29, 15]
  package static let subjectAlternativeName: ASN1ObjectIdentifier = [2, 5, 29, 17]
  package static let issuerAlternativeName: ASN1ObjectIdentifier = [2, 5, 29, 18]
  package static let basicConstraints: ASN1ObjectIdentifier = [2, 5, 29, 19]
  package static let crlNumber: ASN1ObjectIdentifier = [2, 5, 29, 20]
  package static let reasonCode: ASN1ObjectIdentifier = [2, 5, 29, 21]
  package static let invalidityDate: ASN1ObjectIdentifier = [2, 5, 29, 24]
  package static let deltaCRLIndicator: ASN1ObjectIdentifier = [2, 5, 29, 27]
  package static let issuingDistributionPoint: ASN1ObjectIdentifier = [2, 5, 29, 28]
  package static let certificateIssuer: ASN1ObjectIdentifier = [2, 5, 29, 29]
  package static let nameConstraints: ASN1ObjectIdentifier = [2, 5, 29, 30]
  package static let crlDistributionPoints: ASN1ObjectIdentifier = [2, 5, 29, 31]
  package static let certificatePolicies: ASN1ObjectIdentifier = [2, 5, 29, 32]
  package static let anyPolicy: ASN1ObjectIdentifier = [2, 5, 29, 32, 0]
  package static let policyMappings: ASN1ObjectIdentifier = [2, 5, 29, 33]
  package static let authorityKeyIdentifier: ASN1ObjectIdentifier = [2, 5, 29, 35]
  package static let policyConstraints: ASN1ObjectIdentifier = [2, 5, 29, 36]
  package static let extendedKeyUsage: ASN1ObjectIdentifier = [2, 5, 29, 37]
  package static let freshestCRL: ASN1ObjectIdentifier = [2, 5, 29, 46]
  package static let inhibitAnyPolicy: ASN1ObjectIdentifier = [2, 5, 29, 54]
  package static let authorityInformationAccess: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 1, 1]
  package static let ocsp: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1]
  package static let caIssuers: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 2]
  /// otherName for addresses beyond ASCII (RFC 9598 §3)
  package static let smtpUTF8Mailbox: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 8, 9]
  /// S/MIME BR 7.1.6.1: mailbox-validated, strict
  package static let mailboxValidatedStrict: ASN1ObjectIdentifier = [2, 23, 140, 1, 5, 1, 3]
  /// RFC 6960 §4.2.1, §4.4.1, §4.2.2.2.1
  package static let ocspBasic: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 1]
  package static let ocspNonce: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 2]
  package static let ocspNoCheck: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 5]
  /// RFC 6960 §4.4.4
  package static let ocspArchiveCutoff: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 6]
  /// RFC 9608 §3: nobody will say whether the certificate is revoked.
  package static let noRevocationAvailable: ASN1ObjectIdentifier = [2, 5, 29, 56]
  /// RFC 2985 §5.4.2
  package static let extensionRequest: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 14]

  /// RFC 4262 §2
  package static let smimeCapabilities: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 15]

  // Attributes of names
  package static let commonName: ASN1ObjectIdentifier = [2, 5, 4, 3]
  package static let emailAddress: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 1]
  package static let domainComponent: ASN1ObjectIdentifier = [0, 9, 2342, 19200300, 100, 1, 25]
  package static let countryName: ASN1ObjectIdentifier = [2, 5, 4, 6]

  /// The short names of RFC 4514 §3, and those that everybody knows.
  package static let attributeNames: [(ASN1ObjectIdentifier, String)] = [
    (commonName, "CN"), (countryName, "C"), ([2, 5, 4, 7], "L"), ([2, 5, 4, 8], "ST"), ([2, 5, 4, 10], "O"),
    ([2, 5, 4, 11], "OU"), ([2, 5, 4, 9], "STREET"), (domainComponent, "DC"),
    ([0, 9, 2342, 19200300, 100, 1, 1], "UID"), (emailAddress, "emailAddress"), ([2, 5, 4, 5], "serialNumber"),
    ([2, 5, 4, 4], "SN"), ([2, 5, 4, 42], "GN"), ([2, 5, 4, 12], "title"), ([2, 5, 4, 65], "pseudonym"),
    ([2, 5, 4, 97], "organizationIdentifier"),
  ]
}
