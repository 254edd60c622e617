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
    let cipher = try cipher()
    if let refusal = policy.objection(to: cipher.encryption) { throw Unsupported(refusal) }
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

/// The passes over one object's content.
private struct ContentOpening {
  private let object: EnvelopedDataReader
  private let cipher: ContentCipher
  private let policy: AlgorithmPolicy

  init(_ object: EnvelopedDataReader, _ cipher: ContentCipher, _ policy: AlgorithmPolicy) {
    self.object = object
    self.cipher = cipher
    self.policy = policy
  }

  func decrypt(_ opened: [OpenedKey], to sink: any ByteSink) throws -> DecryptedContent {
    let keys = opened.map(\.key)
    if keys.count == 1 {
      let content = try decrypt(keys[0], to: sink)
      // One random key in 255 passes for right by CBC's padding.
      guard opened[0].standing != .substituted else { throw DecryptionFailed() }
      return content
    }
    // Which key is the right one shows only at the end, so it is found out before anything is written: by all of them
    // side by side, since a key that is left out would tell what became of the others.
    var isRight: [Bool] = []
    // A cipher that works in one piece holds all of the content, so there its keys go one by one.
    for start in stride(from: 0, to: keys.count, by: cipher.encryption.isOneShot ? 1 : keys.count) {
      isRight += try trial(Array(keys[start..<(cipher.encryption.isOneShot ? start + 1 : keys.count)]))
    }
    func first(_ standing: OpenedKey.Standing) -> Int? {
      opened.indices.first { isRight[$0] && opened[$0].standing == standing }
    }
    // A key that was checked is right before one that may be random and fit by chance.
    guard let index = first(.checked) ?? first(.unchecked) else { throw DecryptionFailed() }
    return try decrypt(keys[index], to: sink)
  }

  /// Which of `keys` the content opens with.
  private func trial(_ keys: [SymmetricKey]) throws -> [Bool] {
    let first = DecryptorRow(try keys.map { try decryptor($0, nil) })
    let trailer = try object.readContent(to: first, policy)
    let bare = first.finish(tag: trailer.tag)
    var isRight = trailer.associatedData.isEmpty || trailer.mayBeBare ? bare : bare.map { _ in false }
    for associated in trailer.associatedData {
      let row = DecryptorRow(try keys.map { try decryptor($0, associated) })
      let again = row.finish(tag: try object.readContent(to: row, policy).tag)
      isRight = zip(isRight, again).map { $0 || $1 }
    }
    return isRight
  }

  private func decryptor(_ key: SymmetricKey, _ associated: [UInt8]?) throws -> ContentDecryptor {
    try ContentDecryptor(cipher.parameters, key: key, associatedData: associated)
  }

  private func decrypt(_ key: SymmetricKey, to sink: any ByteSink) throws -> DecryptedContent {
    let first = DecryptingSink(try decryptor(key, nil), passingTo: sink)
    let trailer = try object.readContent(to: first, policy)
    if trailer.associatedData.isEmpty || trailer.mayBeBare {
      do {
        try first.finish(tag: trailer.tag)
        return content(trailer, coversAttributes: false)
      } catch let failure as DecryptionFailed {
        if trailer.associatedData.isEmpty { throw failure }
      }
    }
    // RFC 5083 §2.2: the attributes stand behind the content and are authenticated before it. The octets are the same
    // with and without them, only the tag is not: another pass makes sure, and writes what the first did not.
    var failure = DecryptionFailed()
    for associated in trailer.associatedData {
      let next = DecryptingSink(try decryptor(key, associated), passingTo: sink, skipping: first.count)
      let tag = try object.readContent(to: next, policy).tag
      do {
        try next.finish(tag: tag)
        return content(trailer, coversAttributes: true)
      } catch let error as DecryptionFailed { failure = error }
    }
    throw failure
  }

  private func content(_ trailer: EnvelopedDataReader.Trailer, coversAttributes: Bool) -> DecryptedContent {
    var defects = trailer.defects
    if trailer.authenticated != nil, !coversAttributes {
      defects.append(Malformed("are not covered by the tag", path: "AuthEnvelopedData.authAttrs"))
    }
    return DecryptedContent(
      contentType: object.contentType, isAuthenticated: object.isAuthenticated,
      authenticatedAttributes: coversAttributes ? trailer.authenticated : nil,
      unprotectedAttributes: trailer.unprotected, defects: defects)
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

    /// What the tag may cover beside the content: the DER of the attributes, and then the bytes as they came.
    /// QUIRK: writers that authenticate attributes in another order than DER's; RFC 5083 §2.2 wants DER.
    var associatedData: [[UInt8]] {
      guard let authenticated else { return [] }
      let received = authenticated.asSet
      guard let canonical = CanonicalDER.encode(received), canonical != received else { return [received] }
      return [canonical, received]
    }
  }

  /// Hands the encrypted content to `sink`, and reads to the end of the object: what is malformed there is so for
  /// everybody, and is told before the sink is asked what it makes of the content.
  fileprivate func readContent(to sink: any ByteSink, _ policy: AlgorithmPolicy) throws -> Trailer {
    let reader = try readerAtContent()
    try EncryptedContentInfo.copyContent(reader, to: sink)
    var trailer = Trailer()
    if isAuthenticated {
      trailer.authenticated = try reader.attributes(.context(1), "authAttrs")
      if trailer.authenticated == nil, policy == .legacy {
        // QUIRK: OpenSSL 3.0 to 4.0 has [2] and [3] here, AuthenticatedData's tags, and covers neither; RFC 5083 §2.1.
        trailer.authenticated = try reader.attributes(.context(2), "authAttrs")
        trailer.mayBeBare = trailer.authenticated != nil
      }
      if trailer.mayBeBare { trailer.defects.append(Self.wrongTag("authAttrs", "[2] where [1] belongs")) }
      try checkContentType(trailer.authenticated, &trailer.defects)
      trailer.tag = try reader.octets("mac")
      trailer.unprotected = try reader.attributes(.context(2), "unauthAttrs")
      if trailer.unprotected == nil, policy == .legacy {
        trailer.unprotected = try reader.attributes(.context(3), "unauthAttrs")
        if trailer.unprotected != nil {
          trailer.defects.append(Self.wrongTag("unauthAttrs", "[3] where [2] belongs"))
        }
      }
    } else {
      trailer.unprotected = try reader.attributes(.context(1), "unprotectedAttrs")
    }
    trailer.defects += versionDefects(hasUnprotectedAttributes: trailer.unprotected != nil)
    trailer.defects += try ContentInfo.close(reader)
    return trailer
  }

  private static func wrongTag(_ field: String, _ tags: String) -> Malformed {
    Malformed("has the tag \(tags), as OpenSSL before 2026 has it", path: "AuthEnvelopedData.\(field)")
  }

  /// RFC 5083 §2.1: content that is not data has authenticated attributes, and contentType among them; where it stands it
  /// is that of the content.
  private func checkContentType(_ attributes: Attributes?, _ defects: inout [Malformed]) throws(Malformed) {
    guard let attributes else {
      guard contentType != .data else { return }
      defects.append(Malformed("are missing over content that is not data", path: "AuthEnvelopedData.authAttrs"))
      return
    }
    let found = attributes.all(.contentTypeAttribute)
    if found.isEmpty, contentType == .data { return }
    guard found == [.contentType(contentType)] else {
      throw Malformed("contentType is not that of the content", path: "AuthEnvelopedData.authAttrs")
    }
  }
}

extension Attribute {
  static func contentType(_ type: ContentType) -> Attribute {
    Attribute(.contentTypeAttribute, DERWriter.encode { $0.oid(type.oid) })
  }
}
