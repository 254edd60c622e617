import ByteIO
import MIME

/// Which S/MIME form an entity has, if any (RFC 8551 §3.9).
enum SecureForm {
  case none
  /// multipart/signed with the signed part and the signature.
  case multipartSigned(Entity, signature: Entity)
  /// multipart/signed that is not two parts, the second of them a signature.
  case brokenMultipartSigned(String)
  /// multipart/signed by a method that is not S/MIME, such as OpenPGP: its protocol.
  case foreignMultipartSigned(Entity, protocolName: String)
  /// A part that holds CMS; which kind, the CMS says.
  case cms

  init(_ entity: Entity) {
    let type = entity.contentType
    if type.name == "multipart/signed" {
      self = Self.multipart(entity)
    } else if Self.mimeTypes.contains(type.name) {
      self = .cms
    } else if type.name == "application/octet-stream", let name = entity.fileName?.lowercased(),
      // QUIRK: Exchange and others send application/octet-stream with the file's name (RFC 8551 §3.2.1, §3.9).
      name.hasSuffix(".p7m") || name.hasSuffix(".p7s") || name.hasSuffix(".p7c") || name.hasSuffix(".p7z")
    {
      self = .cms
    } else {
      self = .none
    }
  }

  /// QUIRK: `x-` types are from before RFC 2311; Outlook Express and much old software write them.
  private static let mimeTypes: Set<String> = ["application/pkcs7-mime", "application/x-pkcs7-mime"]
  private static let signatureTypes: Set<String> = ["application/pkcs7-signature", "application/x-pkcs7-signature"]

  private static func multipart(_ entity: Entity) -> SecureForm {
    let protocolName = entity.contentType.parameters["protocol"]?.lowercased()
    let second = entity.parts.count > 1 ? entity.parts[1] : nil
    // QUIRK: the protocol may be missing or name the other spelling; the second part decides then.
    let holdsSignature =
      second.map { part in
        signatureTypes.contains(part.contentType.name)
          || part.contentType.name == "application/octet-stream"
            && (part.fileName?.lowercased().hasSuffix(".p7s") ?? false)
      } ?? false
    guard protocolName.map({ signatureTypes.contains($0) }) ?? false || holdsSignature else {
      guard let protocolName, let first = entity.parts.first else { return .none }
      return .foreignMultipartSigned(first, protocolName: protocolName)
    }
    guard entity.parts.count == 2, let second else {
      return .brokenMultipartSigned("multipart/signed has \(entity.parts.count) parts instead of two")
    }
    guard holdsSignature else {
      return .brokenMultipartSigned("the second part is \(second.contentType.name) and no signature")
    }
    return .multipartSigned(entity.parts[0], signature: second)
  }
}

/// Opened content on its way: in memory as long as it is small, then where the caller says, else nowhere.
final class KeptContent: ByteSink {
  private let limit: Int
  private let overflow: (() throws -> (any RereadableSink)?)?
  private var buffer = BufferSink()
  private var large: (any RereadableSink)?
  private var isDropped = false

  init(limit: Int, overflow: (() throws -> (any RereadableSink)?)?) {
    self.limit = limit
    self.overflow = overflow
  }

  func write(_ bytes: Span<UInt8>) throws {
    if let large { return try large.write(bytes) }
    if isDropped { return }
    if buffer.bytes.count + bytes.count <= limit { return try buffer.write(bytes) }
    guard let sink = try overflow?() else {
      isDropped = true
      buffer = BufferSink()
      return
    }
    try sink.write(buffer.bytes)
    try sink.write(bytes)
    buffer = BufferSink()
    large = sink
  }

  /// What was written; nil when it was not kept.
  func source() throws -> (any ByteSource)? {
    if isDropped { return nil }
    return try large?.source() ?? buffer.source()
  }
}
