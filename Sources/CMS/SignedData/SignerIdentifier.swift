public import PKIX
import SMIMECrypto
import SwiftASN1

/// RFC 5652 §10.2.4   IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber CertificateSerialNumber }
public struct IssuerAndSerialNumber: Hashable, Sendable, CustomStringConvertible {
  public let issuer: DistinguishedName
  public let serialNumber: SerialNumber

  public init(of certificate: Certificate) {
    issuer = certificate.issuer
    serialNumber = certificate.serialNumber
  }

  /// Reads the fields of the SEQUENCE, or of an IMPLICIT tag over it, that was entered.
  init(fields: inout ASN1Cursor) throws(Malformed) {
    issuer = try DistinguishedName(from: &fields, "issuer")
    serialNumber = SerialNumber(try fields.integer("serialNumber"))
    try fields.finish()
  }

  func write(to der: inout DERWriter, tag: ASN1Identifier = .sequence) {
    der.constructed(tag) { der in
      der.raw(issuer.encoded)
      der.integer(serialNumber.bytes)
    }
  }

  func names(_ certificate: Certificate) -> Bool {
    serialNumber == certificate.serialNumber && issuer == certificate.issuer
  }

  public var description: String { "serial \(serialNumber) of \(issuer)" }
}

/// RFC 5652 §5.3
///
///     SignerIdentifier ::= CHOICE {
///         issuerAndSerialNumber  IssuerAndSerialNumber,
///         subjectKeyIdentifier   [0] SubjectKeyIdentifier }
///
/// RecipientIdentifier (§6.2.1) is the same choice.
public enum SignerIdentifier: Hashable, Sendable, CustomStringConvertible {
  case issuerAndSerial(IssuerAndSerialNumber)
  case subjectKeyIdentifier(ArraySlice<UInt8>)

  init(from cursor: inout ASN1Cursor, _ field: StaticString) throws(Malformed) {
    if cursor.tag == .context(0) {
      self = .subjectKeyIdentifier(try cursor.octets(field, tag: .context(0)))
    } else {
      var fields = try cursor.sequence(field)
      self = .issuerAndSerial(try IssuerAndSerialNumber(fields: &fields))
    }
  }

  func write(to der: inout DERWriter) {
    switch self {
    case .issuerAndSerial(let value): value.write(to: &der)
    case .subjectKeyIdentifier(let identifier): der.octets(identifier, tag: .context(0))
    }
  }

  /// Whether `certificate` is one that is meant. Several can be: every one with the same key identifier (RFC 8551 §2.3).
  public func names(_ certificate: Certificate) -> Bool {
    switch self {
    case .issuerAndSerial(let value): value.names(certificate)
    // QUIRK: Outlook makes up an identifier for certificates that have none; MS-OXOSMIME has no rule; candidates tried.
    case .subjectKeyIdentifier(let identifier): certificate.keyIdentifiers.contains { $0.elementsEqual(identifier) }
    }
  }

  public var description: String {
    switch self {
    case .issuerAndSerial(let value): value.description
    case .subjectKeyIdentifier(let identifier): "key identifier \(Hex.text(identifier))"
    }
  }
}
