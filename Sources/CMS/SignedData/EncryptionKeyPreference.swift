public import PKIX
import SMIMECrypto
import SwiftASN1

/// RFC 8551 §2.5.3
///
///     SMIMEEncryptionKeyPreference ::= CHOICE {
///         issuerAndSerialNumber    [0] IssuerAndSerialNumber,
///         receipentKeyId           [1] RecipientKeyIdentifier,
///         subjectAltKeyIdentifier  [2] SubjectKeyIdentifier }
public enum EncryptionKeyPreference: Hashable, Sendable {
  case issuerAndSerial(IssuerAndSerialNumber)
  case subjectKeyIdentifier(ArraySlice<UInt8>)

  init(_ value: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(value, as: "SMIMEEncryptionKeyPreference", rules: .ber)
    if var fields = try top.context(ifPresent: 0, "issuerAndSerialNumber") {
      self = .issuerAndSerial(try IssuerAndSerialNumber(fields: &fields))
    } else if var fields = try top.context(ifPresent: 1, "receipentKeyId") {
      self = .subjectKeyIdentifier(try fields.octets("subjectKeyIdentifier"))
    } else {
      self = .subjectKeyIdentifier(try top.octets("subjectAltKeyIdentifier", tag: .context(2)))
    }
  }

  var encoded: [UInt8] {
    DERWriter.encode { der in
      switch self {
      case .issuerAndSerial(let value): value.write(to: &der, tag: .context(0))
      case .subjectKeyIdentifier(let identifier): der.octets(identifier, tag: .context(2))
      }
    }
  }

  /// Whether `certificate` is the one that is preferred.
  public func names(_ certificate: Certificate) -> Bool {
    switch self {
    case .issuerAndSerial(let value): SignerIdentifier.issuerAndSerial(value).names(certificate)
    case .subjectKeyIdentifier(let identifier): SignerIdentifier.subjectKeyIdentifier(identifier).names(certificate)
    }
  }
}
