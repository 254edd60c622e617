public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// Writes EnvelopedData for CBC ciphers and AuthEnvelopedData for AEAD ones: DER wherever the size of the content is
/// known, else BER of indefinite length.
public enum EnvelopedDataWriter {
  /// What goes along with the content.
  public struct Extras: Sendable {
    /// Whether the content's key is bound to its cipher (RFC 9709). Readers that do not know it cannot open the object.
    public var keyDerivation: ContentKeyDerivation
    /// What the tag covers beside the content (RFC 5083 §2.2): for AEAD ciphers only. contentType need not be among them.
    public var authenticatedAttributes: [Attribute]
    /// What nothing covers: unprotectedAttrs, or unauthAttrs.
    public var unprotectedAttributes: [Attribute]
    /// The sender's certificates (originatorInfo).
    public var originatorCertificates: [Certificate]

    public init(
      keyDerivation: ContentKeyDerivation = .none, authenticatedAttributes: [Attribute] = [],
      unprotectedAttributes: [Attribute] = [], originatorCertificates: [Certificate] = []
    ) {
      self.keyDerivation = keyDerivation
      self.authenticatedAttributes = authenticatedAttributes
      self.unprotectedAttributes = unprotectedAttributes
      self.originatorCertificates = originatorCertificates
    }
  }

  /// Encrypts `content`, the bytes as they are, for all of `recipients`, and writes the object to `sink`.
  public static func encrypt(
    _ content: any ByteStream, type: ContentType = .data, for recipients: [Recipient], cipher: ContentEncryption,
    extras: Extras = Extras(), to sink: any ByteSink
  ) async throws {
    guard !recipients.isEmpty else { throw Malformed("there is no recipient", path: "EnvelopedData.recipientInfos") }
    guard cipher.isAuthenticated || extras.authenticatedAttributes.isEmpty else {
      throw Unsupported("authenticated attributes with \(cipher.name)")
    }
    let contentCipher = ContentCipher(fresh: cipher, extras.keyDerivation)
    let key = SecureRandom.key(byteCount: cipher.keyByteCount)
    let infos = try recipients.map { try $0.recipientInfo(for: key) }

    // RFC 5083 §2.1: content that is not data has its type authenticated.
    let needsAttributes = cipher.isAuthenticated && (type != .data || !extras.authenticatedAttributes.isEmpty)
    let hasType = extras.authenticatedAttributes.contains { $0.type == .contentTypeAttribute }
    let attributes =
      needsAttributes
      ? AttributeSet((hasType ? [] : [.contentType(type)]) + extras.authenticatedAttributes) : nil
    let unprotected = extras.unprotectedAttributes.isEmpty ? nil : AttributeSet(extras.unprotectedAttributes)
    let outerType: ContentType = cipher.isAuthenticated ? .authEnvelopedData : .envelopedData
    // RFC 5083 §2.1: always 0.
    let version =
      cipher.isAuthenticated
      ? 0
      : KeyManagement.envelopedVersion(
        infos, extras.originatorCertificates.isEmpty ? nil : .init(), hasUnprotectedAttributes: unprotected != nil)

    let object = EncryptedObject(
      type: outerType, before: KeyManagement.encoded(version: version, infos, extras.originatorCertificates),
      contentType: type, cipher: contentCipher)
    let tagCount = contentCipher.parameters.tagByteCount
    try object.write(content, key: key, associatedData: attributes?.encoded(), to: sink) { tag in
      guard cipher.isAuthenticated else { return unprotected?.encoded(tag: .context(1)) ?? [] }
      let mac = tag ?? [UInt8](repeating: 0, count: tagCount)
      return (attributes?.encoded(tag: .context(1)) ?? []) + DERWriter.encode { $0.octets(mac) }
        + (unprotected?.encoded(tag: .context(2)) ?? [])
    }
  }
}

/// An object around encrypted content, as it is written.
struct EncryptedObject {
  let type: ContentType
  /// Everything between the object's SEQUENCE and encryptedContentInfo.
  let before: [UInt8]
  let contentType: ContentType
  let cipher: ContentCipher

  /// - Parameters:
  ///   - key: the key that recipients hold.
  ///   - trailer: what follows encryptedContentInfo, by the tag; nil stands for a tag that is not known yet.
  func write(
    _ content: any ByteStream, key: SymmetricKey, associatedData: [UInt8]?, to sink: any ByteSink,
    trailer: ([UInt8]?) -> [UInt8]
  ) throws {
    let encryptor = try ContentEncryptor(
      cipher.parameters, key: cipher.contentKey(from: key), associatedData: associatedData)
    let measured = try MeasuredContent(content)
    let inner = measured.count.map(cipher.encryptedCount)
    let frame = frame(isDefinite: inner != nil)
    let head = frame(trailer(nil))
    if let inner {
      let octets = BERFrame.header(BERFrame.primitiveContext(0), inner)
      try sink.write(head.head(inner: octets.count + inner) + octets)
    } else {
      try sink.write(head.head(inner: nil))
    }
    let octets = OctetStringSink(sink, isSegmented: inner == nil)
    let encrypting = EncryptingSink(encryptor, passingTo: octets)
    try measured.copy(to: encrypting)
    let tag = try encrypting.finish()
    guard inner == nil || inner == octets.count else { throw IOFailure(.truncated, "byte \(octets.count)") }
    try sink.write(frame(trailer(tag)).tail(isDefinite: inner != nil))
  }

  /// What stands around the content, for whatever follows encryptedContentInfo.
  private func frame(isDefinite: Bool) -> ([UInt8]) -> ContentFrame {
    let outer = DERWriter.encode { $0.oid(type.oid) }
    let inner = EncryptedContentInfo.encoded(contentType, cipher)
    return { after in
      var frame = ContentFrame()
      frame.nest(BERFrame.sequence, before: outer)
      frame.nest(BERFrame.context(0))
      frame.nest(BERFrame.sequence, before: before, after: after)
      frame.nest(BERFrame.sequence, before: inner)
      if !isDefinite { frame.nest(BERFrame.context(0)) }
      return frame
    }
  }
}
