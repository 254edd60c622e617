public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// Reads EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083) of any size.
///
///     EnvelopedData ::= SEQUENCE {
///         version               CMSVersion,
///         originatorInfo        [0] IMPLICIT OriginatorInfo OPTIONAL,
///         recipientInfos        SET OF RecipientInfo,
///         encryptedContentInfo  EncryptedContentInfo,
///         unprotectedAttrs      [1] IMPLICIT UnprotectedAttributes OPTIONAL }
///     AuthEnvelopedData ::= SEQUENCE {
///         version, originatorInfo, recipientInfos,
///         authEncryptedContentInfo  EncryptedContentInfo,
///         authAttrs                 [1] IMPLICIT AuthAttributes OPTIONAL,
///         mac                       MessageAuthenticationCode,
///         unauthAttrs               [2] IMPLICIT UnauthAttributes OPTIONAL }
///     EncryptedContentInfo ::= SEQUENCE {
///         contentType                 ContentType,
///         contentEncryptionAlgorithm  ContentEncryptionAlgorithmIdentifier,
///         encryptedContent            [0] IMPLICIT OCTET STRING OPTIONAL }
///
/// Opening it reads everything before the content: whom it is for, and by what it is encrypted, is known before any
/// key is used. ``decrypt(with:to:policy:)`` then streams the content.
public struct EnvelopedDataReader: Sendable {
  /// ``ContentType/envelopedData`` or ``ContentType/authEnvelopedData``.
  public let type: ContentType
  public let version: Int
  public let recipients: [RecipientInfo]
  /// Certificates that the sender enclosed (originatorInfo), as far as they can be read.
  public let originatorCertificates: [Certificate]
  /// The type of what is inside.
  public let contentType: ContentType
  public let contentEncryptionAlgorithm: AlgorithmIdentifier

  let stream: any ByteStream
  let limits: CMSLimits

  /// Reads up to the content. Throws `Malformed` if there is no enveloped object to be had.
  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) throws {
    self.stream = stream
    self.limits = limits
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    type = try ContentInfo.open(reader, Self.types)
    version = try reader.int("version")
    originatorCertificates = try Self.originatorInfo(reader, limits)
    recipients = try Self.recipientInfos(reader, limits)
    try reader.enter(.sequence, "encryptedContentInfo")
    contentType = ContentType(try reader.oid("contentType"))
    let algorithm = try reader.element(.sequence, "contentEncryptionAlgorithm")
    do throws(Malformed) {
      var top = try algorithm.cursor()
      var fields = try top.enter()
      contentEncryptionAlgorithm = try AlgorithmIdentifier(fields: &fields)
    } catch { throw algorithm.place(error) }
  }

  private static let types: [ContentType: StaticString] = [
    .envelopedData: "EnvelopedData", .authEnvelopedData: "AuthEnvelopedData",
  ]

  /// True for AuthEnvelopedData: its content is whole when it opens.
  public var isAuthenticated: Bool { type == .authEnvelopedData }

  /// How the content is encrypted. Throws `Unsupported` for an algorithm that is not offered, and for one that the
  /// object's type must not carry: AEAD has no tag in EnvelopedData, and other ciphers prove nothing in AuthEnvelopedData.
  public func contentCipher() throws -> ContentCipherParameters {
    let parameters = try ContentCipherParameters(contentEncryptionAlgorithm)
    let cipher = parameters.encryption
    guard cipher.isAuthenticated == isAuthenticated else {
      throw Unsupported("\(cipher.name) inside \(type)")
    }
    return parameters
  }

  /// Those of `identities` that a recipient names, each once, in order.
  public func matching(_ identities: [Identity]) -> [Identity] {
    identities.filter { identity in recipients.contains { $0.names(identity.certificate) } }
  }

  /// OriginatorInfo ::= SEQUENCE { certs [0] IMPLICIT CertificateSet OPTIONAL, crls [1] IMPLICIT RevocationInfoChoices OPTIONAL }
  private static func originatorInfo(_ reader: TLVReader, _ limits: CMSLimits) throws -> [Certificate] {
    guard try reader.isNext(.context(0)) else { return [] }
    try reader.enter(.context(0), "originatorInfo")
    var certificates: [Certificate] = []
    if try reader.isNext(.context(0)) {
      try reader.enter(.context(0), "certs")
      var count = 0
      while try reader.next() != nil {
        count += 1
        guard count <= limits.certificates else { throw LimitExceeded(.elements, limit: limits.certificates) }
        let element = try reader.indexedElement()
        if let certificate = try? Certificate(der: element.bytes) { certificates.append(certificate) }
      }
      try reader.leave()
    }
    if try reader.isNext(.context(1)) { try reader.skip() }
    try reader.leave()
    return certificates
  }

  private static func recipientInfos(_ reader: TLVReader, _ limits: CMSLimits) throws -> [RecipientInfo] {
    try reader.enter(.set, "recipientInfos")
    var recipients: [RecipientInfo] = []
    var count = 0
    while try reader.next() != nil {
      let recipient = RecipientInfo(try reader.indexedElement())
      count += recipient.keyCount
      guard count <= limits.recipients else { throw LimitExceeded(.recipients, limit: limits.recipients) }
      recipients.append(recipient)
    }
    try reader.leave()
    return recipients
  }

  /// A reader of its own that stands before encryptedContent.
  func readerAtContent() throws -> TLVReader {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, Self.types)
    try reader.skip()
    if try reader.isNext(.context(0)) { try reader.skip() }
    try reader.skip()
    try reader.enter(.sequence, "encryptedContentInfo")
    try reader.skip()
    try reader.skip()
    return reader
  }
}
