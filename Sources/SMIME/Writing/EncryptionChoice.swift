public import CMS
public import PKIX
public import SMIMECrypto

/// By what a message is encrypted for its recipients, and why (RFC 8551 §2.7.1).
///
///     let choice = EncryptionChoice(for: [.init(bob, capabilities: known), .init(alice)])
///     try await SMIMEWriter.encrypt(source, for: choice, to: sink)
public struct EncryptionChoice: Sendable {
  /// Whom a message is for, and what that one's software reads.
  public struct Reader: Hashable, Sendable {
    public let certificate: Certificate
    /// What a verified message or the certificate said of it; nil when nothing is known.
    public let capabilities: Capabilities?

    public init(_ certificate: Certificate, capabilities: Capabilities? = nil) {
      self.certificate = certificate
      self.capabilities = capabilities
    }

    /// What is written that this reader can be expected to read.
    fileprivate var ciphers: [ContentEncryption] { saysCiphers ? said : EncryptionChoice.presumed }
    fileprivate var saysCiphers: Bool { !(capabilities?.contentCiphers ?? []).isEmpty }
    private var said: [ContentEncryption] { EncryptionChoice.written.filter { capabilities?.contains($0) ?? false } }
  }

  /// Why that cipher.
  public enum Reason: Hashable, Sendable {
    /// It was asked for.
    case asked
    /// The strongest that every recipient is known to read.
    case known
    /// The strongest that the known ones read and that can be expected of the others.
    case presumed
    /// What can be expected of everybody, since there is none that all are known to read.
    case nothingInCommon
  }

  public let cipher: ContentEncryption
  public let reason: Reason
  /// How each gets the content's key, in the order in which they were given.
  public let recipients: [Recipient]

  /// What is written, the strongest first: what shows changes stands before what does not.
  private static let written: [ContentEncryption] = [
    .aesGCM(keyBits: 256), .chaCha20Poly1305, .aesGCM(keyBits: 192), .aesGCM(keyBits: 128), .aesCBC(keyBits: 256),
    .aesCBC(keyBits: 192), .aesCBC(keyBits: 128),
  ]

  /// What software reads of which nothing is known, the strongest first.
  private static let presumed: [ContentEncryption] = [.aesCBC(keyBits: 256), .aesCBC(keyBits: 128)]

  /// Chooses the strongest cipher that all of `readers` can be expected to read. A weak one is never chosen (§2.7.2): who
  /// reads nothing better gets what is expected of everybody.
  ///
  /// RSA keys get the content's key by OAEP where the reader says so, and else by PKCS #1 v1.5.
  public init(for readers: [Reader]) {
    let common = Self.written.first { cipher in readers.allSatisfy { $0.ciphers.contains(cipher) } }
    cipher = common ?? Self.presumed[0]
    reason = common == nil ? .nothingInCommon : readers.allSatisfy(\.saysCiphers) ? .known : .presumed
    recipients = readers.map { Recipient($0.certificate, transport: $0.capabilities?.keyTransport ?? .rsaPKCS1) }
  }

  /// What was asked for, whatever is known.
  public init(for certificates: [Certificate], as form: SMIMEWriter.EncryptionForm) {
    reason = .asked
    cipher =
      switch form {
      case .compatible: .aesCBC(keyBits: 256)
      case .modern: .aesGCM(keyBits: 256)
      }
    let transport: KeyTransport =
      switch form {
      case .compatible: .rsaPKCS1
      case .modern: .rsaOAEP(OAEPParameters(.sha256))
      }
    recipients = certificates.map { Recipient($0, transport: transport) }
  }
}
