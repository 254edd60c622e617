public import PKIX
public import SMIMECrypto

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
