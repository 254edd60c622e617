public import PKIX
import SMIMECrypto

/// Holds certificates of whoever issued them against the rules by which certificates are issued here, and against what
/// RFC 5280 demands of every certificate.
public enum CertificateLint {
  /// Every rule that is not kept: where it is written, and what breaks it. Signatures, times and trust are not looked at.
  ///
  /// The rules marked `BR` are those of the CA/Browser Forum for publicly trusted S/MIME certificates; who issues for
  /// people of their own may have reasons to break them.
  ///
  /// - Parameter issuer: the certificate that issued it; nil when that is not at hand, which leaves out what compares both.
  public static func faults(in certificate: Certificate, issuer: Certificate?) -> [IssuanceRefusal] {
    let template = CertificateTemplate(
      serialNumber: certificate.serialNumber, subject: certificate.subject, validity: certificate.validity,
      publicKey: certificate.publicKey, extensions: certificate.extensions.all)
    var faults = certificate.profileFaults(issuedBy: issuer).map {
      IssuanceRefusal($0.part, "RFC 5280 §\($0.section)", $0.detail)
    }
    // What both sets of rules find is told once, by the more general one.
    let sections = Set(faults.map(\.citation))
    faults += CertificateRules.faults(in: template, issuer: issuer).filter { !sections.contains($0.citation) }
    return faults
  }
}
