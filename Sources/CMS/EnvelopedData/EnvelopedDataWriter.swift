public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// Writes EnvelopedData for CBC ciphers and AuthEnvelopedData for AEAD ones: DER wherever the size of the content is
/// known, else BER of indefinite length.
public enum EnvelopedDataWriter {
  /// A certificate to encrypt to, and how.
  public struct Recipient: Sendable {
    public let certificate: Certificate
    /// How an RSA key gets the content-encryption key.
    public let transport: KeyTransport

    public init(_ certificate: Certificate, transport: KeyTransport = .rsaPKCS1) {
      self.certificate = certificate
      self.transport = transport
    }
  }

  /// Encrypts `content`, the bytes as they are, for all of `recipients`, and writes the object to `sink`.
  public static func encrypt(
    _ content: any ByteStream, type: ContentType = .data, for recipients: [Recipient], cipher: ContentEncryption,
    to sink: any ByteSink
  ) async throws {
    guard !recipients.isEmpty else { throw Malformed("there is no recipient", path: "EnvelopedData.recipientInfos") }
    let parameters = ContentCipherParameters(fresh: cipher)
    let key = SecureRandom.key(byteCount: cipher.keyByteCount)
    var infos: [[UInt8]] = []
    var isVersion0 = true
    for recipient in recipients {
      let info = try recipientInfo(for: recipient, key, keyByteCount: cipher.keyByteCount)
      if case .keyAgreement = info { isVersion0 = false }
      infos.append(info.encoded)
    }

    // RFC 5083 §2.1: content that is not data has its type authenticated.
    let attributes =
      cipher.isAuthenticated && type != .data
      ? AttributeSet([Attribute(.contentTypeAttribute, DER.Serializer.encode { $0.oid(type.oid) })]) : nil
    let encryptor = try ContentEncryptor(parameters, key: key, associatedData: attributes?.encoded())
    let measured = try MeasuredContent(content)
    let outerType: ContentType = cipher.isAuthenticated ? .authEnvelopedData : .envelopedData
    let inner = measured.count.map { encryptedCount(of: $0, cipher) }

    // RFC 5652 §6.1: version 0 while every recipient has version 0, else 2. RFC 5083 §2.1: always 0.
    let before = DER.Serializer.encode { der in
      der.int(cipher.isAuthenticated || isVersion0 ? 0 : 2)
      der.setOf(infos)
    }
    let tagCount = cipher.isAuthenticated ? parameters.tagByteCount : nil
    func trailer(_ tag: [UInt8]) -> [UInt8] {
      guard cipher.isAuthenticated else { return [] }
      return (attributes?.encoded(tag: .context(1)) ?? []) + DER.Serializer.encode { $0.octets(tag) }
    }
    func frame(_ after: [UInt8]) -> ContentFrame {
      var frame = ContentFrame()
      frame.nest(BERFrame.sequence, before: DER.Serializer.encode { $0.oid(outerType.oid) })
      frame.nest(BERFrame.context(0))
      frame.nest(BERFrame.sequence, before: before, after: after)
      let encryptedContentInfo = DER.Serializer.encode { der in
        der.oid(type.oid)
        parameters.identifier.write(to: &der)
      }
      frame.nest(BERFrame.sequence, before: encryptedContentInfo)
      if inner == nil { frame.nest(BERFrame.context(0)) }
      return frame
    }

    let placeholder = trailer([UInt8](repeating: 0, count: tagCount ?? 0))
    if let inner {
      let octets = BERFrame.header(BERFrame.primitiveContext(0), inner)
      try sink.write(frame(placeholder).head(inner: octets.count + inner) + octets)
    } else {
      try sink.write(frame(placeholder).head(inner: nil))
    }
    let octets = OctetStringSink(sink, isSegmented: inner == nil)
    let encrypting = EncryptingSink(encryptor, passingTo: octets)
    try measured.stream.copy(to: encrypting)
    let tag = try encrypting.finish()
    guard inner == nil || inner == octets.count else { throw IOFailure(.truncated, "byte \(octets.count)") }
    try sink.write(frame(trailer(tag ?? [])).tail(isDefinite: inner != nil))
  }

  /// How many octets `count` of content become: GCM keeps their number, CBC always pads (RFC 5652 §6.3).
  private static func encryptedCount(of count: Int, _ cipher: ContentEncryption) -> Int {
    cipher.isAuthenticated ? count : (count / cipher.blockByteCount + 1) * cipher.blockByteCount
  }

  private static func recipientInfo(
    for recipient: Recipient, _ key: SymmetricKey, keyByteCount: Int
  ) throws -> RecipientInfo {
    let publicKey = recipient.certificate.publicKey
    let identifier = SignerIdentifier.issuerAndSerial(IssuerAndSerialNumber(of: recipient.certificate))
    switch publicKey.kind {
    case .rsa:
      let encrypted = try publicKey.encrypt(key, recipient.transport)
      return .keyTransport(
        KeyTransRecipientInfo(identifier, recipient.transport.identifier, encryptedKey: encrypted))
    case .ec(let curve):
      // RFC 8551 §2.3: the wrap key has the content key's size.
      let scheme = KeyAgreement(digest: .sha256, wrap: KeyWrap(keyByteCount: keyByteCount))
      let ephemeral = try PrivateKey(generate: .ec(curve))
      let wrappingKey = try scheme.keyEncryptionKey(
        from: try ephemeral.sharedSecret(with: publicKey), userKeyingMaterial: nil)
      let wrapped = try scheme.wrap.wrap(key, with: wrappingKey)
      return .keyAgreement(
        KeyAgreeRecipientInfo(
          ephemeral: Array(ephemeral.publicKey.keyBytes), scheme.identifier,
          KeyAgreeRecipientInfo.RecipientKey(identifier, encryptedKey: wrapped)))
    default: throw Unsupported("encryption to a key of type \(publicKey.summary)")
    }
  }
}

extension RecipientInfo {
  fileprivate var encoded: [UInt8] {
    DER.Serializer.encode { der in
      switch self {
      case .keyTransport(let info): info.write(to: &der)
      case .keyAgreement(let info): info.write(to: &der)
      case .other: break
      }
    }
  }
}

/// Encrypts what it takes.
private final class EncryptingSink: ByteSink {
  private let encryptor: ContentEncryptor
  private let next: any ByteSink
  private var buffer: [UInt8] = []

  init(_ encryptor: ContentEncryptor, passingTo next: any ByteSink) {
    self.encryptor = encryptor
    self.next = next
  }

  func write(_ bytes: Span<UInt8>) throws {
    try encryptor.update(bytes, into: &buffer)
    try flush()
  }

  /// The end of the content, and the tag if there is one.
  func finish() throws -> [UInt8]? {
    let tag = try encryptor.finish(into: &buffer)
    try flush()
    return tag
  }

  private func flush() throws {
    try next.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
