public import ByteIO
public import PKIX
public import SMIMECrypto
import SwiftASN1

/// What is known of encrypted content once it was decrypted; its octets went to a sink.
public struct DecryptedContent: Sendable {
  public let contentType: ContentType
  /// True when nothing of the content can have been changed since it was encrypted (AEAD).
  public let isAuthenticated: Bool
  /// The attributes that the tag covers, of AuthEnvelopedData.
  public let authenticatedAttributes: Attributes?
  /// unprotectedAttrs of EnvelopedData and EncryptedData, unauthAttrs of AuthEnvelopedData: anybody's word.
  public let unprotectedAttributes: Attributes?
  public let defects: [Malformed]
}

extension EnvelopedDataReader {
  /// Decrypts the content to `sink` with those of `identities` that are asked for.
  public func decrypt(
    with identities: [Identity], to sink: any ByteSink, policy: AlgorithmPolicy = .standard
  ) async throws -> DecryptedContent {
    try await decrypt(with: DecryptionKeys(identities: identities), to: sink, policy: policy)
  }

  /// Decrypts the content to `sink` with those of `keys` that are asked for.
  ///
  /// The sink gets octets before they are authenticated: its owner lets none of them out before this returns.
  ///
  /// Throws what is wrong with the object in full, ``KeyMissing`` among it, as long as it is public; of all that
  /// depends on a key there is only `DecryptionFailed`. Every matching recipient gets its key operation and its pass over
  /// the content, whatever the others gave, and a key that cannot be decrypted becomes a random one (RFC 3218), so that
  /// failure shows at the end of the content and nowhere else.
  public func decrypt(
    with keys: DecryptionKeys, to sink: any ByteSink, policy: AlgorithmPolicy = .standard
  ) async throws -> DecryptedContent {
    let cipher = try cipher(policy)
    try checkTypeIsAuthenticated(policy)
    let sealed = try management.sealedKeys(for: keys, policy: policy, limits: limits)
    let keyByteCount = cipher.encryption.keyByteCount
    let opened = await OpenedKeys(sealed, byteCount: keyByteCount) { $0 == keyByteCount }
    let contentKeys = opened.keys.map { OpenedKey(key: cipher.contentKey(from: $0.key), standing: $0.standing) }
    do {
      return try ContentOpening(self, cipher, policy).decrypt(contentKeys, to: sink)
    } catch let failure as DecryptionFailed { throw opened.failure ?? failure }
  }

  /// Reads all of the content with the keys, and throws what ``decrypt(with:to:policy:)`` would, without giving it out.
  public func authenticate(
    with keys: DecryptionKeys, policy: AlgorithmPolicy = .standard
  ) async throws -> DecryptedContent {
    try await decrypt(with: keys, to: NullSink(), policy: policy)
  }

  /// The same for identities alone.
  public func authenticate(
    with identities: [Identity], policy: AlgorithmPolicy = .standard
  ) async throws -> DecryptedContent {
    try await decrypt(with: identities, to: NullSink(), policy: policy)
  }
}

/// The passes over one object's content. The one that writes is the one that is checked, so that whatever becomes of the
/// bytes between two of them, nothing else gets out.
private struct ContentOpening {
  private let object: EnvelopedDataReader
  private let cipher: ContentCipher
  private let policy: AlgorithmPolicy

  /// A key, and what its tag may cover beside the content.
  private struct Attempt {
    let key: OpenedKey
    let associated: [UInt8]?
  }

  init(_ object: EnvelopedDataReader, _ cipher: ContentCipher, _ policy: AlgorithmPolicy) {
    self.object = object
    self.cipher = cipher
    self.policy = policy
  }

  func decrypt(_ keys: [OpenedKey], to sink: any ByteSink) throws -> DecryptedContent {
    // RFC 5083 §2.2: the attributes stand behind the content and are authenticated before it.
    let ahead = object.mayHaveAttributes ? try object.readTrailer(policy) : EnvelopedDataReader.Trailer()
    let attempts = keys.flatMap { key in ahead.coverings.map { Attempt(key: key, associated: $0) } }
    let attempt = attempts.count == 1 ? attempts[0] : try rightOne(of: attempts)
    let decrypting = DecryptingSink(try decryptor(attempt), passingTo: sink)
    var trailer = try object.readContent(to: decrypting, policy)
    try decrypting.finish(tag: trailer.tag)
    // One random key in 255 passes for right by CBC's padding.
    guard attempt.key.standing != .substituted else { throw DecryptionFailed() }
    if trailer.authenticated != nil, attempt.associated == nil {
      guard trailer.mayBeBare else { throw DecryptionFailed() }
      trailer.defects.append(Malformed("are not covered by the tag", path: "AuthEnvelopedData.authAttrs"))
    }
    return DecryptedContent(
      contentType: object.contentType, isAuthenticated: object.isAuthenticated,
      authenticatedAttributes: attempt.associated == nil ? nil : ahead.authenticated,
      unprotectedAttributes: trailer.unprotected, defects: trailer.defects)
  }

  /// The attempt that the content opens with. Which it is shows only at the end of the content: all are made side by side,
  /// since one that is left out would tell what became of the others.
  private func rightOne(of attempts: [Attempt]) throws -> Attempt {
    var isRight: [Bool] = []
    // A cipher that works in one piece holds all of the content, so there they go one by one.
    let width = cipher.encryption.isOneShot ? 1 : attempts.count
    for start in stride(from: 0, to: attempts.count, by: width) {
      let row = DecryptorRow(try attempts[start..<start + width].map(decryptor))
      let tag = try object.readContent(to: row, policy).tag
      isRight += row.finish(tag: tag)
    }
    func first(_ standing: OpenedKey.Standing) -> Attempt? {
      attempts.indices.first { isRight[$0] && attempts[$0].key.standing == standing }.map { attempts[$0] }
    }
    // A key that was checked is right before one that may be random and fit by chance.
    guard let attempt = first(.checked) ?? first(.unchecked) else { throw DecryptionFailed() }
    return attempt
  }

  private func decryptor(_ attempt: Attempt) throws -> ContentDecryptor {
    try ContentDecryptor(cipher.parameters, key: attempt.key.key, associatedData: attempt.associated)
  }
}

extension ContentEncryption {
  /// True for ciphers that take their content in one piece.
  fileprivate var isOneShot: Bool {
    #if OpenSSL
      if case .aesCCM = self { true } else { false }
    #else
      isAuthenticated
    #endif
  }
}

extension EnvelopedDataReader {
  /// What stands behind the content.
  fileprivate struct Trailer {
    var authenticated: Attributes?
    var tag: ArraySlice<UInt8>?
    var unprotected: Attributes?
    var defects: [Malformed] = []
    /// The attributes stand where OpenSSL looked for them before it knew that they are authenticated.
    var mayBeBare = false

    /// What the tag may cover beside the content: nothing, or the DER of the attributes, or their bytes as they came.
    /// QUIRK: writers that authenticate attributes in another order than DER's; RFC 5083 §2.2 wants DER.
    var coverings: [[UInt8]?] {
      guard let authenticated else { return [nil] }
      var coverings: [[UInt8]?] = mayBeBare ? [nil] : []
      let received = authenticated.asSet
      if let canonical = CanonicalDER.encode(received), canonical != received { coverings.append(canonical) }
      return coverings + [received]
    }
  }

  /// What stands behind the content, which is passed over.
  fileprivate func readTrailer(_ policy: AlgorithmPolicy) throws -> Trailer {
    let reader = try readerAtContent()
    try EncryptedContentInfo.skipContent(reader)
    return try trailer(reader, policy)
  }

  /// Hands the encrypted content to `sink`, and reads to the end of the object: what is malformed there is so for
  /// everybody, and is told before the sink is asked what it makes of the content.
  fileprivate func readContent(to sink: any ByteSink, _ policy: AlgorithmPolicy) throws -> Trailer {
    let reader = try readerAtContent()
    try EncryptedContentInfo.copyContent(reader, to: sink)
    return try trailer(reader, policy)
  }

  private func trailer(_ reader: TLVReader, _ policy: AlgorithmPolicy) throws -> Trailer {
    var trailer = Trailer()
    if isAuthenticated {
      let attributesAt = reader.offset
      trailer.authenticated = try reader.attributes(.context(1), "authAttrs")
      if trailer.authenticated == nil, try reader.isNext(.context(2)) {
        guard policy == .legacy else { throw Self.outdatedTag("authAttrs", "[2] in the place of [1]", attributesAt) }
        // QUIRK: OpenSSL 3.0 to 4.0 has [2] and [3] here, AuthenticatedData's tags, and covers neither; RFC 5083 §2.1.
        trailer.authenticated = try reader.attributes(.context(2), "authAttrs")
        trailer.mayBeBare = trailer.authenticated != nil
      }
      if trailer.mayBeBare { trailer.defects.append(Self.wrongTag("authAttrs", "[2] where [1] belongs")) }
      trailer.defects += try contentTypeDefects(trailer.authenticated, at: attributesAt, policy)
      let macAt = reader.offset
      let tag = try reader.octets("mac")
      if let objection = try contentCipher().objection(toTag: tag) {
        throw Malformed(objection, path: "AuthEnvelopedData.mac", offset: macAt)
      }
      trailer.tag = tag
      trailer.unprotected = try reader.attributes(.context(2), "unauthAttrs")
      if trailer.unprotected == nil, try reader.isNext(.context(3)) {
        guard policy == .legacy else { throw Self.outdatedTag("unauthAttrs", "[3] in the place of [2]", reader.offset) }
        trailer.unprotected = try reader.attributes(.context(3), "unauthAttrs")
        trailer.defects.append(Self.wrongTag("unauthAttrs", "[3] where [2] belongs"))
      }
    } else {
      trailer.unprotected = try reader.attributes(.context(1), "unprotectedAttrs")
    }
    trailer.defects += versionDefects(hasUnprotectedAttributes: trailer.unprotected != nil)
    trailer.defects += try ContentInfo.close(reader)
    return trailer
  }

  private static func outdatedTag(_ field: String, _ tags: String, _ offset: Int) -> Unsupported {
    .outdated("the tag \(tags), as OpenSSL before 2026 has it,", path: "AuthEnvelopedData.\(field)", offset: offset)
  }

  private static func wrongTag(_ field: String, _ tags: String) -> Malformed {
    Malformed("has the tag \(tags), as OpenSSL before 2026 has it", path: "AuthEnvelopedData.\(field)")
  }

  /// Makes sure that a type which is not data is authenticated. That takes a pass over the content, and is told before any
  /// key is used.
  private func checkTypeIsAuthenticated(_ policy: AlgorithmPolicy) throws {
    guard isAuthenticated, contentType != .data, policy != .legacy else { return }
    let reader = try readerAtContent()
    try EncryptedContentInfo.skipContent(reader)
    let offset = reader.offset
    if try reader.isNext(.context(2)) { throw Self.outdatedTag("authAttrs", "[2] in the place of [1]", offset) }
    _ = try contentTypeDefects(try reader.attributes(.context(1), "authAttrs"), at: offset, policy)
  }

  /// RFC 5083 §2.1: content that is not data has authenticated attributes, and contentType among them; where it stands it
  /// is that of the content. Where none are, anybody may have put another type before the content: such an object opens
  /// under the legacy policy only, and that is told.
  ///
  /// - Parameter offset: where the attributes stand, or would.
  private func contentTypeDefects(
    _ attributes: Attributes?, at offset: Int, _ policy: AlgorithmPolicy
  ) throws(Malformed) -> [Malformed] {
    guard let attributes else {
      guard contentType != .data else { return [] }
      let missing = Malformed(
        "are missing over content that is not data", path: "AuthEnvelopedData.authAttrs", offset: offset)
      guard policy == .legacy else { throw missing }
      return [missing]
    }
    let found = attributes.all(.contentTypeAttribute)
    if found.isEmpty, contentType == .data { return [] }
    guard found == [.contentType(contentType)] else {
      throw Malformed("contentType is not that of the content", path: "AuthEnvelopedData.authAttrs", offset: offset)
    }
    return []
  }
}

extension Attribute {
  static func contentType(_ type: ContentType) -> Attribute {
    Attribute(.contentTypeAttribute, DERWriter.encode { $0.oid(type.oid) })
  }
}
