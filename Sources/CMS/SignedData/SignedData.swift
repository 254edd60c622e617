public import PKIX
public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §5.1, as it was read: everything but the content, and the content's digests.
///
///     SignedData ::= SEQUENCE {
///         version           CMSVersion,
///         digestAlgorithms  SET OF DigestAlgorithmIdentifier,
///         encapContentInfo  SEQUENCE { eContentType ContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL },
///         certificates      [0] IMPLICIT CertificateSet OPTIONAL,
///         crls              [1] IMPLICIT RevocationInfoChoices OPTIONAL,
///         signerInfos       SET OF SignerInfo }
public struct SignedData: Sendable {
  /// Where the content that was digested came from.
  public enum ContentPlace: Hashable, Sendable {
    /// The object holds none and none was given with it.
    case nowhere
    case attached
    case detached
    /// The object holds content and content was given beside it: no signature can be good, nobody could tell for what.
    case both
  }

  public let version: Int
  public let digestAlgorithms: [AlgorithmIdentifier]
  public let contentType: ContentType
  public let contentPlace: ContentPlace
  /// How many octets the content has.
  public let contentCount: Int
  public let certificates: [Certificate]
  /// Members of the certificate set that are no readable X.509 certificate, as they came.
  public let otherCertificates: [ArraySlice<UInt8>]
  public let crls: [CertificateRevocationList]
  /// Members of the revocation information set that are no readable CRL, as they came.
  public let otherRevocationInfo: [ArraySlice<UInt8>]
  /// Each signer, or why it cannot be read. There may be none: then nothing is signed.
  public let signerInfos: [Result<SignerInfo, Malformed>]
  /// The digests of the content that the signers need, as far as their algorithms are known.
  public let digests: [DigestAlgorithm: [UInt8]]
  /// What is wrong without touching any signer: a certificate that cannot be read, data behind the object.
  public let defects: [Malformed]
  /// True when data stands behind the object, where nothing is signed.
  public let isFollowedByData: Bool

  /// The content where a signature is over all of it at once (Ed25519 without signed attributes).
  let wholeContent: [UInt8]?
  /// True when the content could itself be taken for signed attributes (see ``ContentObserver``).
  let contentLooksLikeAttributes: Bool

  /// True when the object itself holds content.
  public var hasContent: Bool { contentPlace == .attached || contentPlace == .both }
  /// True when the object holds no content.
  public var isDetached: Bool { !hasContent }
}

/// RFC 5652 §10.2.1, RFC 5940
///
///     RevocationInfoChoice ::= CHOICE { crl CertificateList, other [1] IMPLICIT OtherRevocationInfoFormat }
///     OtherRevocationInfoFormat ::= SEQUENCE { otherRevInfoFormat OBJECT IDENTIFIER, otherRevInfo ANY DEFINED BY … }
extension SignedData {
  /// The OCSP responses that came along (RFC 5940 §2.1), for whoever validates. One that cannot be read is left out.
  public var ocspResponses: [OCSPResponse] {
    other(OtherRevocationInfo.ocspResponse).compactMap { try? OCSPResponse(der: $0) }
  }

  /// The SCVP requests and responses that came along (RFC 5940 §2.2), as they came.
  public var scvpResponses: [ArraySlice<UInt8>] { other(OtherRevocationInfo.scvp) }

  private func other(_ format: ASN1ObjectIdentifier) -> [ArraySlice<UInt8>] {
    otherRevocationInfo.compactMap { OtherRevocationInfo.value($0, of: format) }
  }
}

enum OtherRevocationInfo {
  /// id-ri-ocsp-response
  static let ocspResponse: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 16, 2]
  /// id-ri-scvp
  static let scvp: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 16, 4]

  /// The value in `encoded` if it is of `format`.
  static func value(_ encoded: ArraySlice<UInt8>, of format: ASN1ObjectIdentifier) -> ArraySlice<UInt8>? {
    guard var top = try? ASN1Cursor(encoded, as: "OtherRevocationInfoFormat", rules: .ber),
      var fields = try? top.enter(.context(1)), (try? fields.oid("otherRevInfoFormat")) == format,
      let value = try? fields.raw("otherRevInfo"), fields.isAtEnd
    else { return nil }
    return value
  }

  static func encoded(_ response: OCSPResponse) -> [UInt8] {
    DERWriter.encode { der in
      der.context(1) { der in
        der.oid(ocspResponse)
        der.raw(response.derBytes)
      }
    }
  }
}
