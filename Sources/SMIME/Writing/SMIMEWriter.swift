public import ByteIO
public import CMS
public import MIME
public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Writes secured messages of any size: a message in, a message out. Composition is nesting: what one call wrote, the
/// next may read.
public enum SMIMEWriter {
  /// RFC 8551 §3.5: how a signature is wrapped.
  public enum SignatureForm: Hashable, Sendable {
    /// multipart/signed: everybody can read the text, and servers can spoil it.
    case multipart
    /// application/pkcs7-mime with smime-type signed-data: only S/MIME software reads it, and nobody spoils it.
    case opaque
  }

  /// What is written when nothing is asked of the recipients' software; ``EncryptionChoice`` chooses by what is known of it.
  public enum EncryptionForm: Hashable, Sendable {
    /// AES-256-CBC with RSA PKCS#1 v1.5 or ECDH: what current Thunderbird and Outlook read.
    case compatible
    /// AES-256-GCM, RSA keys with OAEP (RFC 8551 §2.3, §2.7).
    case modern
  }

  /// Signs the message in `source` for all of `signers`.
  ///
  /// The header fields that describe the body move inside, the others stay outside. The body is made safe for
  /// transport first, and what is safe already stays byte for byte as it is.
  public static func sign(
    _ source: any ByteSource, by signers: [SignedDataWriter.Signer], as form: SignatureForm = .multipart,
    boundary: String = SecurePart.boundary(), to sink: any ByteSink
  ) async throws {
    let entity = try Entity(source)
    let content = try signable(entity, as: form)
    switch form {
    case .multipart: try await writeMultipart(entity, content, signers, boundary, to: sink)
    case .opaque:
      try await writePart(entity, .signedData, to: sink) { base64 in
        try await SignedDataWriter.sign(content, signers: signers, form: .attached, to: base64)
      }
    }
  }

  /// What is wrapped reaches the reader as it is, so it need not be safe for transport (RFC 8551 §3.1.3), only better be.
  private static func signable(_ entity: Entity, as form: SignatureForm) throws -> any ByteStream {
    do { return try entity.signable() } catch let refusal as UnsafeForTransport {
      guard form == .opaque else { throw refusal }
      return entity.enclosable
    }
  }

  /// Signs as every one of `identities`, claiming the time `date`.
  public static func sign(
    _ source: any ByteSource, by identities: [Identity], as form: SignatureForm = .multipart, at date: Date? = Date(),
    to sink: any ByteSink
  ) async throws {
    let signers = identities.map {
      SignedDataWriter.Signer($0, signingTime: date, encryptionCertificate: $0.certificate)
    }
    try await sign(source, by: signers, as: form, to: sink)
  }

  /// Encrypts the message in `source` for the holders of `certificates`, and nobody else.
  public static func encrypt(
    _ source: any ByteSource, for certificates: [Certificate], as form: EncryptionForm = .compatible,
    to sink: any ByteSink
  ) async throws {
    try await encrypt(source, for: EncryptionChoice(for: certificates, as: form), to: sink)
  }

  /// Encrypts the message in `source` for the recipients of `choice`, and nobody else.
  public static func encrypt(
    _ source: any ByteSource, for choice: EncryptionChoice, to sink: any ByteSink
  ) async throws {
    let entity = try Entity(source)
    let kind: SecurePart.Kind = choice.cipher.isAuthenticated ? .authEnvelopedData : .envelopedData
    try await writePart(entity, kind, to: sink) { base64 in
      try await EnvelopedDataWriter.encrypt(
        entity.enclosable, for: choice.recipients, cipher: choice.cipher, to: base64)
    }
  }

  /// Compresses the message in `source` (RFC 8551 §3.6). Before encryption: what is encrypted no longer shrinks.
  public static func compress(_ source: any ByteSource, to sink: any ByteSink) async throws {
    let entity = try Entity(source)
    try await writePart(entity, .compressedData, to: sink) { base64 in
      try CompressedDataWriter.compress(entity.enclosable, to: base64)
    }
  }

  // MARK: -

  /// RFC 1847 §2.1, RFC 8551 §3.5.3
  private static func writeMultipart(
    _ entity: Entity, _ content: any ByteStream, _ signers: [SignedDataWriter.Signer], _ boundary: String,
    to sink: any ByteSink
  ) async throws {
    var micalgs: [String] = []
    for signer in signers where !micalgs.contains(signer.digestAlgorithm.micalg) {
      micalgs.append(signer.digestAlgorithm.micalg)
    }
    try sink.write(
      SecurePart.signedHeader(
        messageFields: entity.header.messageFields, micalg: micalgs.joined(separator: ","), boundary: boundary))
    let digests = SignedDataWriter.ContentDigests(for: signers, passingTo: sink)
    try content.copy(to: digests)
    let signature = try await SignedDataWriter.detachedSignature(over: digests, signers: signers)
    try sink.write(SecurePart.signatureHeader(boundary: boundary))
    let base64 = Base64EncodingSink(to: sink)
    try base64.write(signature)
    try base64.finish()
    try sink.write(SecurePart.end(boundary: boundary))
  }

  /// RFC 8551 §3.2: one application/pkcs7-mime part.
  private static func writePart(
    _ entity: Entity, _ kind: SecurePart.Kind, to sink: any ByteSink, _ write: (any ByteSink) async throws -> Void
  ) async throws {
    try sink.write(SecurePart.header(kind, messageFields: entity.header.messageFields))
    let base64 = Base64EncodingSink(to: sink)
    try await write(base64)
    try base64.finish()
  }
}
