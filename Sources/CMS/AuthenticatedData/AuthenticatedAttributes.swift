import SMIMECrypto
import SwiftASN1

/// The authAttrs of AuthenticatedData, held against the rest of the object (RFC 5652 §9.1, §9.3).
struct AuthenticatedAttributes {
  let messageDigest: ArraySlice<UInt8>
  /// What the code may cover: the attributes' DER, and then the bytes as they came.
  /// QUIRK: writers that authenticate attributes in another order than DER's; RFC 5652 §9.2 wants DER.
  let encodings: [[UInt8]]

  /// - Throws: `Malformed` for attributes that are missing, doubled, or say otherwise than the object, with the place in
  ///   the set.
  init(_ attributes: Attributes, of object: AuthenticatedDataReader, _ digest: DigestAlgorithm) throws(Malformed) {
    guard attributes.all(.contentTypeAttribute) == [.contentType(object.contentType)] else {
      throw Malformed("contentType is not that of the content")
    }
    let digests = attributes.all(.messageDigestAttribute)
    guard digests.count == 1, let values = digests.first?.values, let value = values.first, values.count == 1 else {
      throw Malformed("messageDigest is not there once")
    }
    var cursor = try ASN1Cursor(value, as: "messageDigest", rules: .ber)
    messageDigest = try cursor.octets("value")
    guard messageDigest.count == digest.byteCount else {
      throw Malformed("messageDigest has \(messageDigest.count) octets", offset: value.startIndex)
    }
    for protection in attributes.all(.algorithmProtectionAttribute) {
      guard protection.values == [Self.protection(object.digestAlgorithm, object.macAlgorithm)[...]] else {
        let words = "CMSAlgorithmProtection names other algorithms than the object (RFC 6211)"
        throw Malformed(words, offset: protection.values.first?.startIndex)
      }
    }
    let received = attributes.asSet
    if let canonical = CanonicalDER.encode(received), canonical != received {
      encodings = [canonical, received]
    } else {
      encodings = [received]
    }
  }

  /// RFC 6211 §2, for a code: the digest algorithm, and `[2]` macAlgorithm.
  static func protection(_ digest: AlgorithmIdentifier?, _ mac: AlgorithmIdentifier) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        digest?.write(to: &der)
        mac.write(to: &der, tag: .context(2))
      }
    }
  }

  /// The attributes that are written over content with this digest.
  static func written(
    _ attributes: [Attribute], type: ContentType, _ digest: DigestAlgorithm, value: [UInt8],
    _ mac: MessageAuthenticationCode
  ) -> AttributeSet {
    let own: [Attribute] = [
      .contentType(type),
      Attribute(.messageDigestAttribute, DERWriter.encode { $0.octets(value) }),
      Attribute(.algorithmProtectionAttribute, protection(digest.identifier, mac.identifier)),
    ]
    let types = own.map(\.type)
    return AttributeSet(own + attributes.filter { !types.contains($0.type) })
  }
}
