public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// Writes AuthenticatedData (RFC 5652 §9): DER wherever the size of the content is known, else BER of indefinite length.
public enum AuthenticatedDataWriter {
  /// What the code is made over.
  public enum Coverage: Hashable, Sendable {
    /// The content itself: for content of the type data only (RFC 5652 §9.1).
    case content
    /// Attributes: contentType, messageDigest and CMSAlgorithmProtection, and those that are given.
    case attributes([Attribute] = [], digest: DigestAlgorithm = .sha256)
  }

  /// Authenticates `content`, the bytes as they are, for all of `recipients`, and writes the object to `sink`.
  public static func authenticate(
    _ content: any ByteStream, type: ContentType = .data, for recipients: [Recipient],
    digest: DigestAlgorithm = .sha256,
    covering coverage: Coverage = .attributes(), unauthenticatedAttributes: [Attribute] = [],
    originatorCertificates: [Certificate] = [], to sink: any ByteSink
  ) async throws {
    let mac = try MessageAuthenticationCode(digest)
    guard !recipients.isEmpty else {
      throw Malformed("there is no recipient", path: "AuthenticatedData.recipientInfos")
    }
    guard !mac.isWeak else { throw Unsupported("\(mac.name) for new content") }
    if coverage == .content, type != .data {
      throw Unsupported("authenticating content of type \(type) without attributes")
    }
    let key = SecureRandom.key(byteCount: mac.keyByteCount)
    let infos = try recipients.map { try $0.recipientInfo(for: key) }
    let contentDigest: DigestAlgorithm? = if case .attributes(_, let digest) = coverage { digest } else { nil }
    if let contentDigest, contentDigest.isWeak { throw Unsupported("\(contentDigest.name) for new content") }

    var before = KeyManagement.encoded(version: 0, infos, originatorCertificates)
    before += DERWriter.encode { der in
      mac.identifier.write(to: &der)
      contentDigest?.identifier.write(to: &der, tag: .context(1))
    }
    let measured = try MeasuredContent(content)
    let trailer = Trailer(type: type, mac: mac, coverage: coverage, unauthenticated: unauthenticatedAttributes)
    func frame(_ after: [UInt8]) -> ContentFrame {
      var frame = ContentFrame()
      frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(ContentType.authenticatedData.oid) })
      frame.nest(BERFrame.context(0))
      frame.nest(BERFrame.sequence, before: before, after: after)
      frame.nest(BERFrame.sequence, before: DERWriter.encode { $0.oid(type.oid) })
      frame.nest(BERFrame.context(0))
      if measured.count == nil { frame.nest(0x20 | BERFrame.octetString) }
      return frame
    }

    // Attributes and code have the same size whatever the content is.
    let sample = trailer.encoded(digest: [UInt8](repeating: 0, count: contentDigest?.byteCount ?? 0)) { _ in
      [UInt8](repeating: 0, count: mac.byteCount)
    }
    if let count = measured.count {
      let octets = BERFrame.header(BERFrame.octetString, count)
      try sink.write(frame(sample).head(inner: octets.count + count) + octets)
    } else {
      try sink.write(frame(sample).head(inner: nil))
    }
    let code = try MessageAuthenticator(mac, key: key)
    let observer = AuthenticatingSink(
      [code], digest: try contentDigest.map { try MessageDigest($0) },
      passingTo: OctetStringSink(sink, isSegmented: measured.count == nil))
    try measured.copy(to: observer)
    guard measured.count == nil || measured.count == observer.count else {
      throw IOFailure(.truncated, "byte \(observer.count)")
    }
    let after = trailer.encoded(digest: observer.contentDigest()) { attributes in
      guard let attributes else { return observer.code() }
      var code = code
      code.update(attributes.span)
      return code.finalize()
    }
    try sink.write(frame(after).tail(isDefinite: measured.count != nil))
  }

  /// What stands behind the content.
  private struct Trailer {
    let type: ContentType
    let mac: MessageAuthenticationCode
    let coverage: Coverage
    let unauthenticated: [Attribute]

    /// - Parameter code: makes the code, over the attributes' DER or, for nil, over the content.
    func encoded(digest: [UInt8], code: ([UInt8]?) -> [UInt8]) -> [UInt8] {
      var result: [UInt8] = []
      var covered: [UInt8]?
      if case .attributes(let attributes, let algorithm) = coverage {
        let set = AuthenticatedAttributes.written(attributes, type: type, algorithm, value: digest, mac)
        covered = set.encoded()
        result += set.encoded(tag: .context(2))
      }
      let value = code(covered)
      result += DERWriter.encode { $0.octets(value) }
      if !unauthenticated.isEmpty { result += AttributeSet(unauthenticated).encoded(tag: .context(3)) }
      return result
    }
  }
}
