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
///
///     let reader = try EnvelopedDataReader(stream)
///     let keys = DecryptionKeys(identities: [bob], passwords: [Password("…")])
///     let content = try await reader.decrypt(with: keys, to: sink)
public struct EnvelopedDataReader: Sendable {
  /// ``ContentType/envelopedData`` or ``ContentType/authEnvelopedData``.
  public let type: ContentType

  let management: KeyManagement
  let content: EncryptedContentInfo
  let stream: any ByteStream
  let limits: CMSLimits
  /// False where what stands behind the content is so short that it is a tag and no more, or where nothing is authenticated.
  let mayHaveAttributes: Bool

  /// Reads up to the content. Throws `Malformed` if there is no enveloped object to be had.
  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) throws {
    self.stream = stream
    self.limits = limits
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    type = try ContentInfo.open(reader, Self.types)
    management = try KeyManagement(reader, limits)
    content = try EncryptedContentInfo(reader)
    // The longest tag takes 18 octets with its header; attributes leave no room in them for a tag that is long enough.
    mayHaveAttributes = type == .authEnvelopedData && (reader.followingCount ?? .max) > 18
  }

  private static let types: [ContentType: StaticString] = [
    .envelopedData: "EnvelopedData", .authEnvelopedData: "AuthEnvelopedData",
  ]

  public var version: Int { management.version }
  public var recipients: [RecipientInfo] { management.recipients }
  /// Certificates that the sender enclosed (originatorInfo), as far as they can be read.
  public var originatorCertificates: [Certificate] { management.originator?.certificates ?? [] }
  /// The type of what is inside.
  public var contentType: ContentType { content.contentType }
  public var contentEncryptionAlgorithm: AlgorithmIdentifier { content.algorithm.identifier }

  /// True for AuthEnvelopedData: its content is whole when it opens.
  public var isAuthenticated: Bool { type == .authEnvelopedData }

  /// How the content is encrypted. Throws `Unsupported` for an algorithm that is not offered, and for one that the
  /// object's type must not carry: AEAD has no tag in EnvelopedData, and other ciphers prove nothing in AuthEnvelopedData.
  public func contentCipher() throws -> ContentCipherParameters { try cipher().parameters }

  /// Whether the content's key is bound to its cipher (RFC 9709).
  public func contentKeyDerivation() throws -> ContentKeyDerivation { try cipher().derivation }

  /// - Parameter policy: refuses weak ciphers; nil to ask what the cipher is.
  func cipher(_ policy: AlgorithmPolicy? = nil) throws -> ContentCipher {
    try content.algorithm.reading { algorithm in
      let cipher = try ContentCipher(algorithm)
      guard cipher.encryption.isAuthenticated == isAuthenticated else {
        throw Unsupported("\(cipher.encryption.name) inside \(type)")
      }
      if let refusal = policy?.objection(to: cipher.encryption) { throw Unsupported.outdated(refusal) }
      return cipher
    }
  }

  /// Those of `identities` that a recipient names, each once, in order.
  public func matching(_ identities: [Identity]) -> [Identity] {
    identities.filter { identity in recipients.contains { $0.names(identity.certificate) } }
  }

  /// Whether a recipient asks for a password.
  public var asksForPassword: Bool {
    recipients.contains { if case .password = $0 { true } else { false } }
  }

  /// RFC 5652 §6.1, RFC 5083 §2.1: versions that are not what they must be.
  func versionDefects(hasUnprotectedAttributes: Bool) -> [Malformed] {
    guard !isAuthenticated else { return management.defects(in: "AuthEnvelopedData", required: 0) }
    let required = KeyManagement.envelopedVersion(
      recipients, management.originator, hasUnprotectedAttributes: hasUnprotectedAttributes)
    return management.defects(in: "EnvelopedData", required: required)
  }

  /// A reader of its own that stands before encryptedContent.
  func readerAtContent() throws -> TLVReader {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, Self.types)
    try KeyManagement.skip(reader)
    try EncryptedContentInfo.skip(reader)
    return reader
  }
}
