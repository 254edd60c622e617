public import PKIX
public import SMIMECrypto
import SwiftASN1

/// Everything an authority decides about a certificate before it signs it.
///
/// A template is a value: the same template and the same issuer give the same TBSCertificate, byte for byte.
public struct CertificateTemplate: Hashable, Sendable {
  /// Positive, 128 random bits unless set (RFC 5280 §4.1.2.2 allows up to 20 octets).
  public var serialNumber: SerialNumber
  public var subject: DistinguishedName
  public var validity: Validity
  public var publicKey: PublicKey
  /// What the profile demands, in the order in which it is written. Authority and subject key identifiers are added
  /// when the certificate is prepared.
  public var extensions: [Certificate.Extension]

  public init(
    serialNumber: SerialNumber = .random(), subject: DistinguishedName, validity: Validity, publicKey: PublicKey,
    extensions: [Certificate.Extension]
  ) {
    self.serialNumber = serialNumber
    self.subject = subject
    self.validity = validity
    self.publicKey = publicKey
    self.extensions = extensions
  }

  /// The certificate as `issuer` will sign it, if nothing speaks against it.
  ///
  /// - Parameter issuer: the authority's own certificate; nil for a root, which signs itself.
  /// - Throws: ``IssuanceRefusal`` with the rule that forbids it.
  public func prepared(
    issuer: Certificate?, signatureAlgorithm: SignatureAlgorithm
  ) throws(IssuanceRefusal) -> PreparedCertificate {
    try CertificateRules.check(self, issuer: issuer)
    let issuerKey = issuer?.publicKey ?? publicKey
    guard signatureAlgorithm.isUsable(with: issuerKey) else {
      throw IssuanceRefusal(
        "signature", "RFC 5280 §4.1.1.2", "\(signatureAlgorithm.name) does not fit the issuer's key")
    }
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        der.context(0) { $0.int(2) }
        der.integer(serialNumber.bytes)
        signatureAlgorithm.identifier.write(to: &der)
        der.raw((issuer?.subject ?? subject).encoded)
        der.sequence { der in
          der.time(validity.notBefore)
          der.time(validity.notAfter)
        }
        der.raw(subject.encoded)
        der.raw(publicKey.spki)
        der.context(3) { der in
          der.sequence { der in
            for one in allExtensions(issuer: issuer) { one.write(to: &der) }
          }
        }
      }
    }
    return PreparedCertificate(serialNumber: serialNumber, tbsBytes: tbs, algorithm: signatureAlgorithm)
  }

  private func allExtensions(issuer: Certificate?) -> [Certificate.Extension] {
    let authorityKey = issuer.map {
      $0.extensions.subjectKeyIdentifierBytes ?? ArraySlice($0.publicKey.subjectKeyIdentifier)
    }
    return extensions + [
      .subjectKeyIdentifier(ArraySlice(publicKey.subjectKeyIdentifier)),
      .authorityKeyIdentifier(keyIdentifier: authorityKey ?? ArraySlice(publicKey.subjectKeyIdentifier)),
    ]
  }
}

/// A certificate that is decided and checked but not signed: its serial and TBSCertificate go to the authority's record
/// *before* the one call that signs it and uses it up.
public struct PreparedCertificate: ~Copyable, Sendable {
  public let serialNumber: SerialNumber
  /// The bytes that will be signed.
  public let tbsBytes: [UInt8]
  private let algorithm: SignatureAlgorithm

  fileprivate init(serialNumber: SerialNumber, tbsBytes: [UInt8], algorithm: SignatureAlgorithm) {
    self.serialNumber = serialNumber
    self.tbsBytes = tbsBytes
    self.algorithm = algorithm
  }

  /// Signs once. The result is read back and its signature verified before it is handed out.
  public consuming func signed(by key: any SigningKey) async throws -> Certificate {
    let signature = try await key.signature(.message(ArraySlice(tbsBytes)), algorithm)
    let encoded = SignedStructure.encode(tbsBytes, algorithm, signature)
    let certificate = try Certificate(der: ArraySlice(encoded))
    let holds = try key.publicKey.isValid(ArraySlice(signature), of: ArraySlice(tbsBytes), algorithm)
    guard holds, certificate.tbsBytes.elementsEqual(tbsBytes) else {
      throw IssuanceRefusal("signature", "RFC 5280 §4.1.1.3", "the signature just made does not verify")
    }
    return certificate
  }
}

/// The shape that certificates and CRLs share (RFC 5280 §4.1, §5.1):
/// SEQUENCE { tbs, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
package enum SignedStructure {
  package static func encode(_ tbs: [UInt8], _ algorithm: SignatureAlgorithm, _ signature: [UInt8]) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.raw(tbs)
        algorithm.identifier.write(to: &der)
        der.bits(signature)
      }
    }
  }
}
