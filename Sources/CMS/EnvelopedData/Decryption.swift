public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// None of the keys at hand is asked for. Known before any key is used, so it may be told in full.
public struct KeyMissing: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whom the message is encrypted for, one line for each key.
  public let recipients: [String]

  public init(recipients: [String]) { self.recipients = recipients }

  public var description: String {
    recipients.isEmpty
      ? "encrypted for nobody" : "encrypted for other keys: " + recipients.joined(separator: "; ")
  }
}

/// What is known of encrypted content once it was decrypted; its octets went to a sink.
public struct DecryptedContent: Sendable {
  public let contentType: ContentType
  /// True when nothing of the content can have been changed since it was encrypted (AEAD).
  public let isAuthenticated: Bool
  /// The attributes that the tag covers, of AuthEnvelopedData.
  public let authenticatedAttributes: Attributes?
  /// unprotectedAttrs of EnvelopedData, unauthAttrs of AuthEnvelopedData: anybody's word.
  public let unprotectedAttributes: Attributes?
  public let defects: [Malformed]
}

extension EnvelopedDataReader {
  /// Decrypts the content to `sink` with those of `identities` that are asked for.
  ///
  /// The sink gets octets before they are authenticated: its owner lets none of them out before this returns.
  ///
  /// Throws what is wrong with the object in full, ``KeyMissing`` among it, as long as it is public; of all that
  /// depends on a private key there is only `DecryptionFailed`. Every matching recipient gets its key operation, whatever
  /// the others gave, and a key that cannot be decrypted becomes a random one (RFC 3218), so that failure shows at the
  /// end of the content and nowhere else.
  public func decrypt(
    with identities: [Identity], to sink: any ByteSink, policy: AlgorithmPolicy = .standard
  ) async throws -> DecryptedContent {
    let cipher = try contentCipher()
    if let refusal = policy.objection(to: cipher.encryption) { throw Unsupported(refusal) }
    let sealed = try sealedKeys(for: identities)
    var keys: [SymmetricKey] = []
    var tokenFailure: (any Error)?
    for candidate in sealed {
      let key: SymmetricKey
      do {
        key = try await candidate.open(byteCount: cipher.encryption.keyByteCount)
      } catch {
        // A key that is out of reach (a token, an agent) says nothing about the message.
        if !(error is DecryptionFailed) { tokenFailure = error }
        key = SecureRandom.key(byteCount: cipher.encryption.keyByteCount)
      }
      if !keys.contains(key) { keys.append(key) }
    }
    do {
      return try decrypt(cipher, keys, to: sink)
    } catch let failure as DecryptionFailed { throw tokenFailure ?? failure }
  }

  /// Reads all of the content with the keys, and throws what ``decrypt(with:to:policy:)`` would, without giving it out.
  public func authenticate(
    with identities: [Identity], policy: AlgorithmPolicy = .standard
  ) async throws -> DecryptedContent {
    try await decrypt(with: identities, to: NullSink(), policy: policy)
  }

  private func decrypt(
    _ cipher: ContentCipherParameters, _ keys: [SymmetricKey], to sink: any ByteSink
  ) throws -> DecryptedContent {
    guard keys.count > 1 else {
      guard let key = keys.first else { throw DecryptionFailed() }
      return try decrypt(cipher, key, to: sink)
    }
    // Which key is the right one shows only at the end, so it is found out before anything is written.
    for key in keys {
      do {
        _ = try decrypt(cipher, key, to: NullSink())
      } catch is DecryptionFailed { continue }
      return try decrypt(cipher, key, to: sink)
    }
    throw DecryptionFailed()
  }

  private func decrypt(
    _ cipher: ContentCipherParameters, _ key: SymmetricKey, to sink: any ByteSink
  ) throws -> DecryptedContent {
    let first = DecryptingSink(try ContentDecryptor(cipher, key: key, associatedData: nil), passingTo: sink)
    let trailer = try readContent(to: first)
    guard let attributes = trailer.authenticated else {
      try first.finish(tag: trailer.tag)
      return content(trailer)
    }
    // RFC 5083 §2.2: the attributes stand behind the content and are authenticated before it. The octets are the same
    // with and without them, only the tag is not: a second pass makes sure, and writes what the first did not.
    let second = DecryptingSink(
      try ContentDecryptor(cipher, key: key, associatedData: attributes.asSet), passingTo: sink, skipping: first.count)
    try second.finish(tag: try readContent(to: second).tag)
    return content(trailer)
  }

  private func content(_ trailer: Trailer) -> DecryptedContent {
    DecryptedContent(
      contentType: contentType, isAuthenticated: isAuthenticated, authenticatedAttributes: trailer.authenticated,
      unprotectedAttributes: trailer.unprotected, defects: trailer.defects)
  }

  /// What stands behind the content.
  private struct Trailer {
    var authenticated: Attributes?
    var tag: ArraySlice<UInt8>?
    var unprotected: Attributes?
    var defects: [Malformed] = []
  }

  /// Hands the encrypted content to `sink`, and reads to the end of the object: what is malformed there is so for
  /// everybody, and is told before the sink is asked what it makes of the content.
  private func readContent(to sink: any ByteSink) throws -> Trailer {
    let reader = try readerAtContent()
    guard try reader.isNext(.context(0)) else { throw Unsupported("encrypted content that is kept elsewhere") }
    _ = try reader.copyOctets("encryptedContent", tag: .context(0), to: sink)
    try reader.leave()
    var trailer = Trailer()
    if isAuthenticated {
      trailer.authenticated = try attributes(reader, .context(1), "authAttrs")
      if let attributes = trailer.authenticated { try checkContentType(attributes) }
      let mac = try reader.element(.octetString, "mac")
      do throws(Malformed) {
        var cursor = try mac.cursor()
        trailer.tag = try cursor.octets("")
      } catch { throw mac.place(error) }
      trailer.unprotected = try attributes(reader, .context(2), "unauthAttrs")
    } else {
      trailer.unprotected = try attributes(reader, .context(1), "unprotectedAttrs")
    }
    trailer.defects = try ContentInfo.close(reader)
    return trailer
  }

  private func attributes(_ reader: TLVReader, _ tag: ASN1Identifier, _ field: StaticString) throws -> Attributes? {
    guard try reader.isNext(tag) else { return nil }
    let element = try reader.element(tag, field)
    do throws(Malformed) {
      var top = try element.cursor()
      var set = try top.enter(tag)
      return try Attributes(&set)
    } catch { throw element.place(error) }
  }

  /// RFC 5083 §2.1: authenticated attributes hold contentType, and it is that of the content.
  private func checkContentType(_ attributes: Attributes) throws(Malformed) {
    let found = attributes.all(.contentTypeAttribute)
    let expected = Attribute(.contentTypeAttribute, DER.Serializer.encode { $0.oid(contentType.oid) })
    guard found == [expected] else {
      throw Malformed("contentType is not that of the content", path: "AuthEnvelopedData.authAttrs")
    }
  }
}

/// Decrypts what it takes.
private final class DecryptingSink: ByteSink {
  private let decryptor: ContentDecryptor
  private let next: any ByteSink
  private var buffer: [UInt8] = []
  private var skip: Int
  /// How many octets were passed on.
  private(set) var count = 0

  /// - Parameter skip: how many octets at the start are not passed on, since they were before.
  init(_ decryptor: ContentDecryptor, passingTo next: any ByteSink, skipping skip: Int = 0) {
    self.decryptor = decryptor
    self.next = next
    self.skip = skip
  }

  func write(_ bytes: Span<UInt8>) throws {
    try decryptor.update(bytes, into: &buffer)
    try flush()
  }

  /// The end of the content: padding and tag are looked at here, and only here.
  func finish(tag: ArraySlice<UInt8>?) throws {
    try decryptor.finish(into: &buffer, tag: tag)
    try flush()
  }

  private func flush() throws {
    defer { buffer.removeAll(keepingCapacity: true) }
    let skipped = min(skip, buffer.count)
    skip -= skipped
    guard skipped < buffer.count else { return }
    try next.write(buffer[skipped...])
    count += buffer.count - skipped
  }
}
