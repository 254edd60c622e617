public import PKIX
public import SMIMECrypto
import SwiftASN1

/// RFC 5035 §3 and RFC 2634 §5.4: the certificates by which a signature is to be verified. The first is the signer's;
/// nobody can put another in its place without the signature breaking.
///
///     SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2, policies SEQUENCE OF PolicyInformation OPTIONAL }
///     ESSCertIDv2 ::= SEQUENCE {
///         hashAlgorithm  AlgorithmIdentifier DEFAULT {algorithm id-sha256},
///         certHash       OCTET STRING,
///         issuerSerial   IssuerSerial OPTIONAL }
///     IssuerSerial ::= SEQUENCE { issuer GeneralNames, serialNumber CertificateSerialNumber }
///
/// The first generation has no hashAlgorithm; its hash is SHA-1.
public struct SigningCertificate: Hashable, Sendable {
  /// Which of the two attributes it is.
  public enum Generation: Hashable, Sendable { case v1, v2 }

  /// A certificate by its hash.
  public struct Reference: Hashable, Sendable {
    public let hashAlgorithm: AlgorithmIdentifier
    public let hash: ArraySlice<UInt8>
    /// Issuer and serial number, where they are said as well.
    public let issuer: [GeneralName]
    public let serialNumber: SerialNumber?
  }

  public let generation: Generation
  /// The signer's certificate, then those above it that count.
  public let references: [Reference]

  init(_ value: ArraySlice<UInt8>, _ generation: Generation) throws(Malformed) {
    self.generation = generation
    var top = try ASN1Cursor(value, as: generation == .v1 ? "signingCertificate" : "signingCertificateV2", rules: .ber)
    var fields = try top.enter()
    var list = try fields.sequence("certs")
    var references: [Reference] = []
    while !list.isAtEnd {
      guard references.count < Self.limit else { throw list.failure("names more than \(Self.limit) certificates") }
      references.append(try Reference(from: &list, generation))
    }
    guard !references.isEmpty else { throw list.failure("names no certificate") }
    self.references = references
    if !fields.isAtEnd { _ = try fields.sequence("policies") }
    try fields.finish()
  }

  /// How many certificates one attribute may name, and how many names the issuer of one may have.
  fileprivate static let limit = 64

  /// What is written for `certificate`.
  static func attribute(for certificate: Certificate) -> Attribute {
    let value = DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.sequence { der in
            der.octets(certificate.fingerprint)
            der.sequence { der in
              der.sequence { GeneralName.directoryName(certificate.issuer).write(to: &$0) }
              der.integer(certificate.serialNumber.bytes)
            }
          }
        }
      }
    }
    return Attribute(.signingCertificateV2Attribute, value)
  }

  /// Whether `certificate` is the one that the signer means.
  ///
  /// - Throws: ``Unsupported`` for a hash that is not offered.
  public func names(_ certificate: Certificate) throws -> Bool {
    guard let reference = references.first else { return false }
    return try reference.names(certificate)
  }
}

extension SigningCertificate.Reference {
  fileprivate init(from list: inout ASN1Cursor, _ generation: SigningCertificate.Generation) throws(Malformed) {
    var fields = try list.element()
    if generation == .v1 {
      hashAlgorithm = DigestAlgorithm.sha1.identifier
    } else if fields.tag == .sequence {
      hashAlgorithm = try AlgorithmIdentifier(from: &fields, "hashAlgorithm")
    } else {
      hashAlgorithm = DigestAlgorithm.sha256.identifier
    }
    hash = try fields.octets("certHash")
    guard !fields.isAtEnd else {
      issuer = []
      serialNumber = nil
      return
    }
    var place = try fields.sequence("issuerSerial")
    var names = try place.sequence("issuer")
    var issuer: [GeneralName] = []
    while !names.isAtEnd {
      guard issuer.count < SigningCertificate.limit else {
        throw names.failure("has more than \(SigningCertificate.limit) names")
      }
      issuer.append(try GeneralName(from: &names))
    }
    self.issuer = issuer
    serialNumber = SerialNumber(try place.integer("serialNumber"))
    // RFC 5755 §4.1: IssuerSerial may end with an issuerUniqueID.
    _ = try place.raw(ifPresent: .bitString)
    try place.finish()
    try fields.finish()
  }

  /// The hash decides; issuer and serial number must not speak against it.
  fileprivate func names(_ certificate: Certificate) throws -> Bool {
    let digest = try DigestAlgorithm(hashAlgorithm)
    guard try MessageDigest.hash(certificate.derBytes, digest).elementsEqual(hash) else { return false }
    if let serialNumber, serialNumber != certificate.serialNumber { return false }
    return issuer.isEmpty || issuer.contains(.directoryName(certificate.issuer))
  }
}
