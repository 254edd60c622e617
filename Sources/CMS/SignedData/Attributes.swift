import SMIMECrypto
public import SwiftASN1

/// RFC 5652 §5.3   Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF AttributeValue }
public struct Attribute: Hashable, Sendable {
  public let type: ASN1ObjectIdentifier
  /// The encodings of the values, tags and lengths included.
  public let values: [ArraySlice<UInt8>]

  public init(_ type: ASN1ObjectIdentifier, values: [ArraySlice<UInt8>]) {
    self.type = type
    self.values = values
  }

  init(_ type: ASN1ObjectIdentifier, _ value: [UInt8]) { self.init(type, values: [value[...]]) }

  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.oid(type)
        der.setOf(values.map(Array.init))
      }
    }
  }
}

/// RFC 5652 §5.3   SignedAttributes ::= SET SIZE (1..MAX) OF Attribute, and the other attribute sets of its family.
public struct Attributes: Hashable, Sendable {
  public let all: [Attribute]
  /// The whole set as it came, under the tag that it had there.
  public let encoded: ArraySlice<UInt8>

  /// Reads the attributes of a set that was entered.
  init(_ set: inout ASN1Cursor) throws(Malformed) {
    encoded = set.encoded
    var all: [Attribute] = []
    while !set.isAtEnd {
      let scope = try set.beginElement()
      let type = try set.oid("attrType")
      var values: [ArraySlice<UInt8>] = []
      let elements = try set.begin(.set, "attrValues")
      while !set.isAtEnd { values.append(try set.raw()) }
      try set.leave(elements)
      try set.leave(scope)
      all.append(Attribute(type, values: values))
    }
    self.all = all
  }

  /// The attributes of `type`; more than one is legal for some types only.
  public func all(_ type: ASN1ObjectIdentifier) -> [Attribute] { all.filter { $0.type == type } }

  /// The set's bytes under the universal tag SET: what is digested, signed and authenticated (RFC 5652 §5.4).
  var asSet: [UInt8] { [0x31] + encoded.dropFirst() }
}

/// A set of attributes as it is written: DER, in DER's order.
struct AttributeSet {
  private let elements: [[UInt8]]

  init(_ attributes: [Attribute]) { elements = attributes.map(\.encoded) }

  func encoded(tag: ASN1Identifier = .set) -> [UInt8] { DERWriter.encode { $0.setOf(elements, tag: tag) } }
}

extension ASN1ObjectIdentifier {
  /// RFC 5652 §11.1.
  package static let contentTypeAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 3]
  /// RFC 5652 §11.2.
  package static let messageDigestAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 4]
  /// RFC 5652 §11.3.
  package static let signingTimeAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 5]
  /// RFC 5652 §11.4.
  package static let countersignatureAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 6]
  /// RFC 8551 §2.5.2.
  package static let capabilitiesAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 15]
  /// RFC 8551 §2.5.3.
  package static let encryptionKeyPreferenceAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 11]
  /// RFC 2634 §5.4.
  package static let signingCertificateAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 12]
  /// RFC 5035 §3.
  package static let signingCertificateV2Attribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 47]
  /// RFC 3161 Appendix A.
  package static let timestampTokenAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 2, 14]
  /// RFC 6211 §2.
  package static let algorithmProtectionAttribute: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 52]
}
