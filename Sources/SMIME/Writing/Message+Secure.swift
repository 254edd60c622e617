public import MIME
public import PKIX
import ByteIO

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Messages that fit in memory, secured by composition: `draft.signed(by: alice).encrypted(for: [bob, alice.certificate])`.
/// For messages of any size use ``SMIMEWriter`` with a source and a sink.
extension Message {
  /// This message signed by `identity` (RFC 8551 §3.5).
  ///
  /// - Parameter date: the time that the signature claims; nil for none.
  public func signed(
    by identity: Identity, as form: SMIMEWriter.SignatureForm = .multipart, at date: Date? = Date()
  ) async throws -> Message {
    let sink = BufferSink()
    try await SMIMEWriter.sign(entity.source, by: [identity], as: form, at: date, to: sink)
    return try Message(sink.source())
  }

  /// This message encrypted for the holders of `certificates`. The sender's own belongs among them: nobody else opens it.
  public func encrypted(
    for certificates: [Certificate], as form: SMIMEWriter.EncryptionForm = .compatible
  ) async throws -> Message {
    let sink = BufferSink()
    try await SMIMEWriter.encrypt(entity.source, for: certificates, as: form, to: sink)
    return try Message(sink.source())
  }

  /// This message compressed (RFC 8551 §3.6).
  public func compressed() async throws -> Message {
    let sink = BufferSink()
    try await SMIMEWriter.compress(entity.source, to: sink)
    return try Message(sink.source())
  }

  /// The message as it is sent.
  public func bytes() throws -> [UInt8] { try entity.source.bytes(in: entity.range) }
}

extension Draft {
  /// The draft as a message.
  public func message() throws -> Message { try Message(BufferSource(bytes())) }

  /// The draft signed by `identity`.
  public func signed(
    by identity: Identity, as form: SMIMEWriter.SignatureForm = .multipart, at date: Date? = Date()
  ) async throws -> Message {
    try await message().signed(by: identity, as: form, at: date)
  }
}
