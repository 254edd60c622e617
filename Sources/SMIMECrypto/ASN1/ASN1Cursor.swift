package import SwiftASN1

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Where a cursor stands, for errors: `SignedData.signerInfos[0].sid`.
package indirect enum ASN1Path: Sendable {
  case root(StaticString)
  case field(ASN1Path, StaticString)
  case element(ASN1Path, Int)

  package var description: String {
    switch self {
    case .root(let name): "\(name)"
    case .field(let path, let name): "\(path.description).\(name)"
    case .element(let path, let index): "\(path.description)[\(index)]"
    }
  }
}

/// Which encoding rules a structure keeps: X.690 clause 10 (DER), or all of clause 8 (BER).
package enum EncodingRules: Sendable {
  case der, ber
}

/// Reads the elements of one constructed value in order. A type reads itself by taking its fields in the RFC's order
/// and then calls ``finish()``, so that trailing data is an error everywhere.
///
/// Fields are named for the error's sake. Everything that is read is a slice of the bytes that were given, so an index
/// of it is an offset in them.
package struct ASN1Cursor: Sendable {
  private var rest: ASN1NodeCollection.Iterator
  private var next: ASN1Node?
  private var offset: Int
  private var index = 0
  package let path: ASN1Path
  package let rules: EncodingRules
  /// The encoding of the whole value whose elements are read, tag and length included.
  package let encoded: ArraySlice<UInt8>

  // MARK: Opening

  /// Parses `bytes` as one value and stands before it: `var top = try ASN1Cursor(bytes, as: "Certificate")`.
  package init(_ bytes: ArraySlice<UInt8>, as name: StaticString, rules: EncodingRules = .der) throws(Malformed) {
    let node = try Self.parse(bytes, path: .root(name), rules: rules)
    self.init(top: node, path: .root(name), rules: rules)
  }

  /// Stands before `node`, which was parsed already.
  package init(_ node: ASN1Node, as name: StaticString, rules: EncodingRules = .der) {
    self.init(top: node, path: .root(name), rules: rules)
  }

  private init(top node: ASN1Node, path: ASN1Path, rules: EncodingRules) {
    rest = ASN1Cursor.noNodes
    next = node
    offset = node.encodedBytes.startIndex
    encoded = node.encodedBytes
    self.path = path
    self.rules = rules
  }

  private init(elementsOf node: ASN1Node, _ nodes: ASN1NodeCollection, path: ASN1Path, rules: EncodingRules) {
    rest = nodes.makeIterator()
    encoded = node.encodedBytes
    offset = node.encodedBytes.startIndex
    self.path = path
    self.rules = rules
    next = rest.next()
    if let next { offset = next.encodedBytes.startIndex }
  }

  /// An iterator over nothing, for a cursor that holds a single node.
  private static let noNodes: ASN1NodeCollection.Iterator = {
    guard let node = try? DER.parse([0x30, 0x00]), case .constructed(let nodes) = node.content else {
      preconditionFailure("swift-asn1 reads an empty SEQUENCE")
    }
    return nodes.makeIterator()
  }()

  private static func parse(
    _ bytes: ArraySlice<UInt8>, path: ASN1Path, rules: EncodingRules
  ) throws(Malformed) -> ASN1Node {
    do {
      switch rules {
      case .der: return try DER.parse(bytes)
      case .ber: return try BER.parse(bytes)
      }
    } catch {
      let fault = TLVHeader.firstFault(in: bytes, rules: rules)
      throw Malformed(fault.reason, path: path.description, offset: fault.offset)
    }
  }

  // MARK: Looking

  // Not inlined: swift 6.3.1's optimiser ends with an ownership error where these are inlined beside a `node(_:)`.

  /// The next element's tag, nil at the end.
  package var tag: ASN1Identifier? {
    @inline(never) get { next?.identifier }
  }

  package var isAtEnd: Bool {
    @inline(never) get { next == nil }
  }

  /// The end of the structure; anything that is left is an error.
  package func finish() throws(Malformed) {
    guard let next else { return }
    throw failure("there is more than the structure allows (\(next.identifier.name))")
  }

  /// An error at the next element.
  package func failure(_ reason: String, _ field: StaticString? = nil) -> Malformed {
    let place = field.map { ASN1Path.field(path, $0) } ?? path
    return Malformed(reason, path: place.description, offset: offset)
  }

  // MARK: Taking

  /// Takes the next element, whatever it is.
  package mutating func node(_ field: StaticString? = nil) throws(Malformed) -> ASN1Node {
    guard let node = next else { throw failure("is missing", field) }
    next = rest.next()
    index += 1
    if let next { offset = next.encodedBytes.startIndex } else { offset = node.encodedBytes.endIndex }
    return node
  }

  /// Takes the next element if it has `tag`.
  package mutating func node(_ tag: ASN1Identifier, _ field: StaticString? = nil) throws(Malformed) -> ASN1Node {
    guard let found = next else { throw failure("\(tag.name) is missing", field) }
    guard found.identifier == tag else { throw failure("expected \(tag.name), found \(found.identifier.name)", field) }
    return try node(field)
  }

  /// The whole encoding of the next element, tag and length included.
  package mutating func raw(_ field: StaticString? = nil) throws(Malformed) -> ArraySlice<UInt8> {
    try node(field).encodedBytes
  }

  /// The whole encoding of the next element if it has `tag`, else nil and nothing is taken.
  package mutating func raw(ifPresent tag: ASN1Identifier) throws(Malformed) -> ArraySlice<UInt8>? {
    self.tag == tag ? try raw() : nil
  }

  /// Enters the next element, which must be constructed and have `tag` (EXPLICIT tags and IMPLICIT SEQUENCEs alike).
  package mutating func constructed(_ tag: ASN1Identifier, _ field: StaticString) throws(Malformed) -> ASN1Cursor {
    let before = self
    let node = try node(tag, field)
    guard case .constructed(let nodes) = node.content else {
      throw before.failure("is primitive and must be constructed", field)
    }
    return ASN1Cursor(elementsOf: node, nodes, path: .field(path, field), rules: rules)
  }

  /// Enters the next element without a name of its own: for a value whose place the cursor's path names already.
  package mutating func enter(_ tag: ASN1Identifier = .sequence) throws(Malformed) -> ASN1Cursor {
    let before = self
    let node = try node(tag)
    guard case .constructed(let nodes) = node.content else {
      throw before.failure("is primitive and must be constructed")
    }
    return ASN1Cursor(elementsOf: node, nodes, path: path, rules: rules)
  }

  package mutating func sequence(_ field: StaticString) throws(Malformed) -> ASN1Cursor {
    try constructed(.sequence, field)
  }

  package mutating func set(_ field: StaticString) throws(Malformed) -> ASN1Cursor {
    try constructed(.set, field)
  }

  /// Enters the next element of a SEQUENCE OF or SET OF; the error's path has its index.
  package mutating func element(_ tag: ASN1Identifier = .sequence) throws(Malformed) -> ASN1Cursor {
    let before = self
    let at = index
    let node = try node(tag)
    guard case .constructed(let nodes) = node.content else {
      throw before.failure("is primitive and must be constructed")
    }
    return ASN1Cursor(elementsOf: node, nodes, path: .element(path, at), rules: rules)
  }

  /// Enters the next element if it has `tag`, else nil and nothing is taken.
  package mutating func constructed(
    ifPresent tag: ASN1Identifier, _ field: StaticString
  ) throws(Malformed) -> ASN1Cursor? {
    self.tag == tag ? try constructed(tag, field) : nil
  }

  /// Enters `[number] EXPLICIT` or an IMPLICIT constructed `[number]` if it is next.
  package mutating func context(ifPresent number: UInt, _ field: StaticString) throws(Malformed) -> ASN1Cursor? {
    try constructed(ifPresent: .context(number), field)
  }

  // MARK: Values

  package mutating func oid(_ field: StaticString) throws(Malformed) -> ASN1ObjectIdentifier {
    let before = self
    let node = try node(.objectIdentifier, field)
    guard let oid = try? ASN1ObjectIdentifier(derEncoded: node, withIdentifier: .objectIdentifier) else {
      throw before.failure("is not a valid OBJECT IDENTIFIER", field)
    }
    return oid
  }

  /// An INTEGER's content octets, big-endian two's complement, as they stand.
  package mutating func integer(
    _ field: StaticString, tag: ASN1Identifier = .integer
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let before = self
    let node = try node(tag, field)
    guard case .primitive(let bytes) = node.content, !bytes.isEmpty else {
      throw before.failure("is not a valid INTEGER", field)
    }
    return bytes
  }

  /// An INTEGER that fits an `Int`.
  package mutating func int(_ field: StaticString, tag: ASN1Identifier = .integer) throws(Malformed) -> Int {
    let before = self
    let bytes = try integer(field, tag: tag)
    guard bytes.count <= 8 else { throw before.failure("is too large a number", field) }
    return bytes.reduce(bytes.first.map { $0 & 0x80 != 0 ? -1 : 0 } ?? 0) { $0 << 8 | Int($1) }
  }

  package mutating func boolean(_ field: StaticString, tag: ASN1Identifier = .boolean) throws(Malformed) -> Bool {
    let before = self
    let node = try node(tag, field)
    guard case .primitive(let bytes) = node.content, let value = bytes.first, bytes.count == 1 else {
      throw before.failure("is not a valid BOOLEAN", field)
    }
    guard rules == .ber || value == 0 || value == 0xFF else {
      throw before.failure("is a BOOLEAN that DER does not allow", field)
    }
    return value != 0
  }

  /// An OCTET STRING's content, or that of an IMPLICIT `tag` over one. A constructed one (BER) is joined.
  package mutating func octets(
    _ field: StaticString, tag: ASN1Identifier = .octetString
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let before = self
    let node = try node(tag, field)
    if case .primitive(let bytes) = node.content { return bytes }
    guard rules == .ber, let joined = try? ASN1OctetString(berEncoded: node, withIdentifier: tag) else {
      throw before.failure("is not a valid OCTET STRING", field)
    }
    return joined.bytes
  }

  /// A BIT STRING's content; `paddingBits` of the last octet do not count.
  package mutating func bits(
    _ field: StaticString, tag: ASN1Identifier = .bitString
  ) throws(Malformed) -> ASN1BitString {
    let before = self
    let node = try node(tag, field)
    let bits: ASN1BitString?
    switch rules {
    case .der: bits = try? ASN1BitString(derEncoded: node, withIdentifier: tag)
    case .ber: bits = try? ASN1BitString(berEncoded: node, withIdentifier: tag)
    }
    guard let bits else { throw before.failure("is not a valid BIT STRING", field) }
    return bits
  }

  /// The content of a BIT STRING that holds octets, as signatures and keys do: no padding bits.
  package mutating func bitOctets(_ field: StaticString) throws(Malformed) -> ArraySlice<UInt8> {
    let before = self
    let bits = try bits(field)
    guard bits.paddingBits == 0 else { throw before.failure("is not a whole number of octets", field) }
    return bits.bytes
  }

  package mutating func null(_ field: StaticString) throws(Malformed) {
    let before = self
    let node = try node(.null, field)
    guard case .primitive(let bytes) = node.content, bytes.isEmpty else {
      throw before.failure("is not a valid NULL", field)
    }
  }

  /// A `Time` (RFC 5280 §4.1.2.5): UTCTime or GeneralizedTime.
  package mutating func time(_ field: StaticString) throws(Malformed) -> Date {
    let before = self
    let node = try node(field)
    guard case .primitive(let bytes) = node.content,
      node.identifier == .utcTime || node.identifier == .generalizedTime,
      let date = ASN1Time.date(bytes, generalized: node.identifier == .generalizedTime)
    else { throw before.failure("is not a valid time", field) }
    return date
  }
}

extension ASN1Identifier {
  /// The context-specific tag `[number]`.
  package static func context(_ number: UInt) -> ASN1Identifier {
    ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
  }

  /// The tag as ASN.1 writes it, for errors: `SEQUENCE`, `[0]`.
  package var name: String {
    switch self {
    case .boolean: "BOOLEAN"
    case .integer: "INTEGER"
    case .bitString: "BIT STRING"
    case .octetString: "OCTET STRING"
    case .null: "NULL"
    case .objectIdentifier: "OBJECT IDENTIFIER"
    case .enumerated: "ENUMERATED"
    case .sequence: "SEQUENCE"
    case .set: "SET"
    case .utcTime: "UTCTime"
    case .generalizedTime: "GeneralizedTime"
    default:
      switch tagClass {
      case .universal: "[UNIVERSAL \(tagNumber)]"
      case .application: "[APPLICATION \(tagNumber)]"
      case .contextSpecific: "[\(tagNumber)]"
      case .private: "[PRIVATE \(tagNumber)]"
      }
    }
  }
}
