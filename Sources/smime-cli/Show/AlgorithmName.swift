import SMIMECrypto
import SwiftASN1

/// Names for what `show` prints; an object identifier where there is none.
enum AlgorithmName {
  static func digest(_ identifier: AlgorithmIdentifier) -> String {
    let digest = (try? DigestAlgorithm(identifier)) ?? DigestAlgorithm(oid: identifier.algorithm)
    return digest?.name ?? OID.name(identifier.algorithm)
  }

  /// - Parameter digest: the digest of a SignerInfo, whose signature algorithm may not name one.
  static func signature(_ identifier: AlgorithmIdentifier, _ digest: AlgorithmIdentifier?) -> String {
    let digest = digest.flatMap { DigestAlgorithm(oid: $0.algorithm) }
    return (try? SignatureAlgorithm(identifier, digest: digest).name) ?? OID.name(identifier.algorithm)
  }

  static func attribute(_ oid: ASN1ObjectIdentifier) -> String { attributes["\(oid)"] ?? OID.name(oid) }

  static func certificateExtension(_ oid: ASN1ObjectIdentifier) -> String { extensions["\(oid)"] ?? OID.name(oid) }

  private static let attributes = [
    "1.2.840.113549.1.9.3": "contentType", "1.2.840.113549.1.9.4": "messageDigest",
    "1.2.840.113549.1.9.5": "signingTime",
    "1.2.840.113549.1.9.6": "counterSignature", "1.2.840.113549.1.9.15": "sMIMECapabilities",
    "1.2.840.113549.1.9.52": "algorithmProtection", "1.2.840.113549.1.9.16.2.11": "encryptionKeyPreference",
    "1.2.840.113549.1.9.16.2.12": "signingCertificate", "1.2.840.113549.1.9.16.2.47": "signingCertificateV2",
    "1.2.840.113549.1.9.16.2.1": "receiptRequest", "1.2.840.113549.1.9.16.2.2": "securityLabel",
    "1.2.840.113549.1.9.16.2.14": "timeStampToken", "1.3.6.1.4.1.311.16.4": "microsoftEncryptionKeyPreference",
  ]

  private static let extensions = [
    "2.5.29.9": "subjectDirectoryAttributes", "2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage",
    "2.5.29.16": "privateKeyUsagePeriod", "2.5.29.17": "subjectAltName", "2.5.29.18": "issuerAltName",
    "2.5.29.19": "basicConstraints", "2.5.29.20": "cRLNumber", "2.5.29.27": "deltaCRLIndicator",
    "2.5.29.28": "issuingDistributionPoint", "2.5.29.30": "nameConstraints", "2.5.29.31": "cRLDistributionPoints",
    "2.5.29.32": "certificatePolicies", "2.5.29.33": "policyMappings", "2.5.29.35": "authorityKeyIdentifier",
    "2.5.29.36": "policyConstraints", "2.5.29.37": "extKeyUsage", "2.5.29.46": "freshestCRL",
    "2.5.29.54": "inhibitAnyPolicy", "1.3.6.1.5.5.7.1.1": "authorityInfoAccess", "1.3.6.1.5.5.7.1.3": "qcStatements",
    "1.2.840.113549.1.9.15": "sMIMECapabilities",
  ]
}
