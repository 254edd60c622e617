public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// Reads AuthenticatedData (RFC 5652 §9) of any size: content whose recipients can tell that it is whole, and nobody else
/// can make. They cannot tell which of them it is from.
///
///     AuthenticatedData ::= SEQUENCE {
///         version           CMSVersion,
///         originatorInfo    [0] IMPLICIT OriginatorInfo OPTIONAL,
///         recipientInfos    SET OF RecipientInfo,
///         macAlgorithm      MessageAuthenticationCodeAlgorithm,
///         digestAlgorithm   [1] DigestAlgorithmIdentifier OPTIONAL,
///         encapContentInfo  SEQUENCE { eContentType ContentType, eContent [0] EXPLICIT OCTET STRING OPTIONAL },
///         authAttrs         [2] IMPLICIT AuthAttributes OPTIONAL,
///         mac               OCTET STRING,
///         unauthAttrs       [3] IMPLICIT UnauthAttributes OPTIONAL }
public struct AuthenticatedDataReader: Sendable {
  public var macAlgorithm: AlgorithmIdentifier { macMethod.identifier }
  /// There when attributes are authenticated, and the content by its digest among them.
  public var digestAlgorithm: AlgorithmIdentifier? { digestMethod?.identifier }
  /// The type of what is inside.
  public let contentType: ContentType

  private let macMethod: TLVReader.Algorithm
  private let digestMethod: TLVReader.Algorithm?
  private let management: KeyManagement
  private let stream: any ByteStream
  private let limits: CMSLimits

  /// Reads up to the content. Throws `Malformed` if there is no such object to be had.
  public init(_ stream: any ByteStream, limits: CMSLimits = .standard) throws {
    self.stream = stream
    self.limits = limits
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, Self.types)
    management = try KeyManagement(reader, limits)
    macMethod = try reader.algorithm("macAlgorithm")
    digestMethod =
      try reader.isNext(.context(1)) ? try reader.algorithm("digestAlgorithm", tag: .context(1)) : nil
    try reader.enter(.sequence, "encapContentInfo")
    contentType = ContentType(try reader.oid("eContentType"))
  }

  private static let types: [ContentType: StaticString] = [.authenticatedData: "AuthenticatedData"]

  public var version: Int { management.version }
  public var recipients: [RecipientInfo] { management.recipients }
  /// Certificates that the sender enclosed (originatorInfo), as far as they can be read.
  public var originatorCertificates: [Certificate] { management.originator?.certificates ?? [] }

  /// Those of `identities` that a recipient names, each once, in order.
  public func matching(_ identities: [Identity]) -> [Identity] {
    identities.filter { identity in recipients.contains { $0.names(identity.certificate) } }
  }

  /// Authenticates the content with those of `keys` that are asked for.
  ///
  /// The content goes to `sink` before its code was looked at: its owner lets nothing out before this returns.
  ///
  /// Throws what is wrong with the object in full, ``KeyMissing`` among it, as long as it is public; of all that depends
  /// on a key there is only `DecryptionFailed`. Every matching recipient gets its key operation and its code, whatever
  /// the others gave.
  ///
  /// - Parameter detached: the content, where it came beside the object.
  public func authenticate(
    with keys: DecryptionKeys, detached: (any ByteStream)? = nil, to sink: any ByteSink = NullSink(),
    policy: AlgorithmPolicy = .standard
  ) async throws -> AuthenticatedContent {
    let mac = try macMethod.reading { identifier in
      let mac = try MessageAuthenticationCode(identifier)
      if let refusal = policy.objection(to: mac.digest) { throw Unsupported.outdated("HMAC with \(refusal)") }
      return mac
    }
    let digest = try digestMethod?.reading { identifier in
      let digest = try DigestAlgorithm(identifier)
      if let refusal = policy.objection(to: digest) { throw Unsupported.outdated(refusal) }
      return digest
    }
    // RFC 5652 §9.1: content that is not data has authenticated attributes, and those need the digest.
    guard digestMethod != nil || contentType == .data else {
      throw Malformed("are missing over content that is not data", path: "AuthenticatedData.authAttrs")
    }
    let sealed = try management.sealedKeys(for: keys, policy: policy, limits: limits)
    let opened = await OpenedKeys(sealed, byteCount: mac.keyByteCount, taking: mac.takesKey)
    let codes = try opened.keys.map { try MessageAuthenticator(mac, key: $0.key) }
    let observer = ContentObserver([DigestAlgorithm](), passingTo: sink)
    let content = AuthenticatingSink(codes, digest: try digest.map { try MessageDigest($0) }, passingTo: observer)
    let trailer = try readContent(to: content, detached)
    guard let digest else {
      // A code over attributes is also one over content that consists of their encoding.
      guard !observer.looksLikeAttributes else {
        throw Malformed(
          "the content is authenticated attributes, and none are given (ForgedAttributes)",
          path: "AuthenticatedData.authAttrs")
      }
      return try result(trailer, content.matches(trailer.mac), opened)
    }

    // CVE-2026-59642: the code covers the attributes, and the content only by its digest among them.
    guard let attributes = trailer.authenticated else {
      throw Malformed("are missing where a digest algorithm is given", path: "AuthenticatedData.authAttrs")
    }
    let checked: AuthenticatedAttributes
    do throws(Malformed) {
      checked = try AuthenticatedAttributes(attributes, of: self, digest)
    } catch {
      let at = trailer.authenticatedAt
      throw FaultPlace("AuthenticatedData.authAttrs", offset: at, shift: at - attributes.encoded.startIndex)
        .placed(error)
    }
    var holds = false
    for covered in checked.encodings {
      for key in codes {
        var code = key
        code.update(covered.span)
        holds = code.matches(trailer.mac) || holds
      }
    }
    let isWhole = equalInConstantTime(content.contentDigest(), checked.messageDigest)
    return try result(trailer, holds && isWhole, opened)
  }

  private func result(_ trailer: Trailer, _ holds: Bool, _ opened: OpenedKeys) throws -> AuthenticatedContent {
    guard holds else { throw opened.failure ?? DecryptionFailed() }
    return AuthenticatedContent(
      contentType: contentType, authenticatedAttributes: trailer.authenticated,
      unauthenticatedAttributes: trailer.unauthenticated, defects: trailer.defects)
  }

  private struct Trailer {
    var authenticated: Attributes?
    /// Where they begin in the object.
    var authenticatedAt = 0
    var mac: ArraySlice<UInt8> = []
    var unauthenticated: Attributes?
    var defects: [Malformed] = []
  }

  private func readContent(to sink: any ByteSink, _ detached: (any ByteStream)?) throws -> Trailer {
    let reader = TLVReader(stream, as: "ContentInfo", limits: limits)
    _ = try ContentInfo.open(reader, Self.types)
    try KeyManagement.skip(reader)
    try reader.skip()
    if try reader.isNext(.context(1)) { try reader.skip() }
    try reader.enter(.sequence, "encapContentInfo")
    try reader.skip()
    if try reader.isNext(.context(0)) {
      guard detached == nil else {
        throw reader.failure("the object holds content of its own beside the content it came with", "eContent")
      }
      try reader.enter(.context(0), "eContent")
      _ = try reader.copyOctets("content", to: sink)
      try reader.leave()
    } else {
      guard let detached else { throw reader.failure("is missing", "eContent") }
      try detached.copy(to: sink)
    }
    try reader.leave()
    var trailer = Trailer()
    if digestAlgorithm == nil, try reader.isNext(.context(2)) {
      throw reader.failure("are there and no digest algorithm is given", "authAttrs")
    }
    trailer.authenticatedAt = reader.offset
    trailer.authenticated = try reader.attributes(.context(2), "authAttrs")
    trailer.mac = try reader.octets("mac")
    trailer.unauthenticated = try reader.attributes(.context(3), "unauthAttrs")
    trailer.defects = management.defects(
      in: "AuthenticatedData", required: KeyManagement.authenticatedVersion(management.originator))
    trailer.defects += try ContentInfo.close(reader)
    return trailer
  }
}

/// What is known of content once its code was found right; its octets went to a sink.
public struct AuthenticatedContent: Sendable {
  public let contentType: ContentType
  /// The attributes that the code covers.
  public let authenticatedAttributes: Attributes?
  /// unauthAttrs: anybody's word.
  public let unauthenticatedAttributes: Attributes?
  public let defects: [Malformed]
}
