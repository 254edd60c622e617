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
  /// What is put behind a path as text.
  case text(ASN1Path, String)

  package var description: String {
    switch self {
    case .text(let path, let text): path.description + text
    case .root(let name): "\(name)"
    case .field(let path, let name): "\(path.description).\(name)"
    case .element(let path, let index): "\(path.description)[\(index)]"
    }
  }
}

/// The steps from the top of a structure to where a cursor stands. The first ones lie in the cursor itself, so that to go
/// down allocates nothing; a path is made of them when there is an error to tell.
private struct ASN1Trail: Sendable {
  /// A field or an element as one number, since cursors are copied.
  struct Step: Sendable {
    /// An element's index, complemented; or where the field's name lies, whose text is static and ends in NUL.
    private let word: Int

    static func field(_ name: StaticString) -> Step {
      Step(word: name.hasPointerRepresentation ? unsafe Int(bitPattern: name.utf8Start) : 0)
    }

    static func element(_ index: Int) -> Step { Step(word: ~index) }

    func path(below around: ASN1Path?) -> ASN1Path {
      guard word >= 0 else { return .element(around ?? .root(""), ~word) }
      let name = unsafe UnsafePointer<CChar>(bitPattern: word).map { unsafe String(cString: $0) } ?? ""
      return around.map { .text($0, "." + name) } ?? .text(.root(""), name)
    }
  }

  private static let nearCount = 6
  private var near: InlineArray<6, Step>
  private var count = 1
  /// The whole path, once it has more steps than lie near.
  private var far: ASN1Path?

  init(_ root: StaticString) { near = InlineArray(repeating: .field(root)) }

  mutating func append(_ step: Step) {
    if count < Self.nearCount {
      near[count] = step
    } else {
      far = step.path(below: path)
    }
    count += 1
  }

  var path: ASN1Path {
    if let far { return far }
    var path = near[0].path(below: nil)
    for index in 1..<min(count, Self.nearCount) { path = near[index].path(below: path) }
    return path
  }

  /// What ``goBack(to:)`` goes back to.
  struct Mark {
    fileprivate let count: Int
    fileprivate let far: ASN1Path?
  }

  var mark: Mark { Mark(count: count, far: far) }

  /// Forgets the steps since `mark`.
  mutating func goBack(to mark: Mark) {
    count = mark.count
    if far != nil { far = mark.far }
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
/// of it is an offset in them. The encoding is walked once when it is opened; from then on a cursor is a pair of offsets,
/// and costs no memory.
package struct ASN1Cursor: Sendable {
  private let bytes: ArraySlice<UInt8>
  package let rules: EncodingRules
  private var start: Int
  private var end: Int
  private var trail: ASN1Trail
  private var index = 0

  // The next element.
  private var offset: Int
  private var header: TLVHeader?
  private var nextEnd: Int
  /// Where the elements end.
  private var contentEnd: Int

  // MARK: Opening

  /// Parses `bytes` as one value and stands before it: `var top = try ASN1Cursor(bytes, as: "Certificate")`.
  package init(_ bytes: ArraySlice<UInt8>, as name: StaticString, rules: EncodingRules = .der) throws(Malformed) {
    self.bytes = bytes
    self.rules = rules
    trail = ASN1Trail(name)
    start = bytes.startIndex
    end = bytes.endIndex
    offset = start
    nextEnd = end
    contentEnd = end
    do throws(Malformed) {
      let count = try TLVHeader.end(
        ofValueAt: 0, in: bytes.span, before: bytes.count, rules: rules, base: bytes.startIndex)
      guard count == bytes.count else { throw Malformed("data follows the value", offset: start + count) }
      header = try TLVHeader.read(bytes.span, at: 0, rules: rules, base: start)
    } catch { throw Malformed(error.reason, path: "\(name)", offset: error.offset) }
  }

  /// Parses `bytes` as one value that is constructed and has `tag`, and stands before its first element.
  package init(
    inside bytes: ArraySlice<UInt8>, as name: StaticString, _ tag: ASN1Identifier = .sequence,
    rules: EncodingRules = .der
  ) throws(Malformed) {
    try self.init(bytes, as: name, rules: rules)
    let header = try expect(tag, nil)
    guard header.isConstructed else { throw failure("is primitive and must be constructed") }
    contentEnd = header.length == nil ? end - 2 : end
    offset += header.headerCount
    try look()
  }

  /// Enters the element that `parent` stands before.
  private init(elementOf parent: ASN1Cursor, _ header: TLVHeader, _ step: ASN1Trail.Step?) throws(Malformed) {
    bytes = parent.bytes
    rules = parent.rules
    start = parent.offset
    end = parent.nextEnd
    trail = parent.trail
    if let step { trail.append(step) }
    offset = start + header.headerCount
    nextEnd = offset
    // Two octets close an indefinite length.
    contentEnd = header.length == nil ? end - 2 : end
    try look()
  }

  /// Reads the header of the element at ``offset``.
  private mutating func look() throws(Malformed) {
    guard offset < contentEnd else {
      header = nil
      nextEnd = offset
      return
    }
    let base = bytes.startIndex
    do throws(Malformed) {
      guard let found = try TLVHeader.read(bytes.span, at: offset - base, rules: rules, base: base) else {
        throw Malformed("ends inside a header", offset: contentEnd)
      }
      header = found
      if let length = found.length {
        nextEnd = offset + found.headerCount + length
        guard nextEnd <= contentEnd else { throw Malformed("ends early", offset: contentEnd) }
      } else {
        nextEnd =
          base
          + (try TLVHeader.end(
            ofValueAt: offset - base, in: bytes.span, before: contentEnd - base, rules: rules, base: base))
      }
    } catch { throw Malformed(error.reason, path: path.description, offset: error.offset) }
  }

  package var path: ASN1Path { trail.path }

  /// The encoding of the whole value whose elements are read, tag and length included.
  package var encoded: ArraySlice<UInt8> { bytes[start..<end] }

  // MARK: Looking

  /// The next element's tag, nil at the end.
  package var tag: ASN1Identifier? { header?.tag }

  package var isAtEnd: Bool { header == nil }

  /// The end of the structure; anything that is left is an error.
  package func finish() throws(Malformed) {
    guard let header else { return }
    throw failure("there is more than the structure allows (\(header.tag.name))")
  }

  /// An error at the next element.
  package func failure(_ reason: String, _ field: StaticString? = nil) -> Malformed {
    failure(reason, field, at: offset)
  }

  private func failure(_ reason: String, _ field: StaticString?, at offset: Int) -> Malformed {
    let place = field.map { ASN1Path.field(path, $0) } ?? path
    return Malformed(reason, path: place.description, offset: offset)
  }

  // MARK: Taking

  /// Goes on to the element behind the next one, whose whole encoding this is.
  private mutating func advance() throws(Malformed) -> Range<Int> {
    let taken = offset..<nextEnd
    offset = nextEnd
    index += 1
    try look()
    return taken
  }

  /// The header of the next element, which must have `tag`.
  private func expect(_ tag: ASN1Identifier, _ field: StaticString?) throws(Malformed) -> TLVHeader {
    guard let header else { throw failure("\(tag.name) is missing", field) }
    guard header.tag == tag else { throw failure("expected \(tag.name), found \(header.tag.name)", field) }
    return header
  }

  /// The whole encoding of the next element, tag and length included.
  package mutating func raw(_ field: StaticString? = nil) throws(Malformed) -> ArraySlice<UInt8> {
    guard header != nil else { throw failure("is missing", field) }
    return bytes[try advance()]
  }

  /// The whole encoding of the next element if it has `tag`, else nil and nothing is taken.
  package mutating func raw(ifPresent tag: ASN1Identifier) throws(Malformed) -> ArraySlice<UInt8>? {
    self.tag == tag ? try raw() : nil
  }

  private mutating func descend(
    _ tag: ASN1Identifier, _ field: StaticString?, _ step: ASN1Trail.Step?
  ) throws(Malformed) -> ASN1Cursor {
    let header = try expect(tag, field)
    guard header.isConstructed else { throw failure("is primitive and must be constructed", field) }
    let child = try ASN1Cursor(elementOf: self, header, step)
    _ = try advance()
    return child
  }

  // MARK: In place

  /// What a cursor goes back to when it leaves an element that it entered in place.
  package struct Scope {
    fileprivate let start: Int
    fileprivate let end: Int
    fileprivate let contentEnd: Int
    fileprivate let index: Int
    fileprivate let mark: ASN1Trail.Mark
  }

  /// Enters the next element without a cursor of its own, until ``leave(_:)``: for what certificates and messages have many
  /// of. Nothing is copied.
  package mutating func begin(_ tag: ASN1Identifier, _ field: StaticString) throws(Malformed) -> Scope {
    try begin(tag, field, .field(field))
  }

  /// The same for the next element of a SEQUENCE OF or SET OF.
  package mutating func beginElement(_ tag: ASN1Identifier = .sequence) throws(Malformed) -> Scope {
    try begin(tag, nil, .element(index))
  }

  private mutating func begin(
    _ tag: ASN1Identifier, _ field: StaticString?, _ step: ASN1Trail.Step
  ) throws(Malformed) -> Scope {
    let header = try expect(tag, field)
    guard header.isConstructed else { throw failure("is primitive and must be constructed", field) }
    let scope = Scope(start: start, end: end, contentEnd: contentEnd, index: index, mark: trail.mark)
    trail.append(step)
    start = offset
    end = nextEnd
    contentEnd = header.length == nil ? nextEnd - 2 : nextEnd
    offset += header.headerCount
    index = 0
    try look()
    return scope
  }

  /// The end of what ``begin(_:_:)`` entered: anything that is left in it is an error. Goes on behind it.
  package mutating func leave(_ scope: Scope) throws(Malformed) {
    try finish()
    try abandon(scope)
  }

  /// Goes on behind what ``begin(_:_:)`` entered, whatever is left in it.
  package mutating func abandon(_ scope: Scope) throws(Malformed) {
    offset = end
    start = scope.start
    end = scope.end
    contentEnd = scope.contentEnd
    index = scope.index + 1
    trail.goBack(to: scope.mark)
    try look()
  }

  // MARK: By cursors of their own

  /// Enters the next element, which must be constructed and have `tag` (EXPLICIT tags and IMPLICIT SEQUENCEs alike).
  package mutating func constructed(_ tag: ASN1Identifier, _ field: StaticString) throws(Malformed) -> ASN1Cursor {
    try descend(tag, field, .field(field))
  }

  /// Enters the next element without a name of its own: for a value whose place the cursor's path names already.
  package mutating func enter(_ tag: ASN1Identifier = .sequence) throws(Malformed) -> ASN1Cursor {
    try descend(tag, nil, nil)
  }

  package mutating func sequence(_ field: StaticString) throws(Malformed) -> ASN1Cursor {
    try constructed(.sequence, field)
  }

  package mutating func set(_ field: StaticString) throws(Malformed) -> ASN1Cursor {
    try constructed(.set, field)
  }

  /// Enters the next element of a SEQUENCE OF or SET OF; the error's path has its index.
  package mutating func element(_ tag: ASN1Identifier = .sequence) throws(Malformed) -> ASN1Cursor {
    try descend(tag, nil, .element(index))
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

  /// The content of the next element, which must be primitive and have `tag`; nil, and nothing is taken, when it is
  /// constructed.
  private mutating func primitive(
    _ tag: ASN1Identifier, _ field: StaticString
  ) throws(Malformed) -> ArraySlice<UInt8>? {
    let header = try expect(tag, field)
    guard !header.isConstructed else { return nil }
    let content = offset + header.headerCount
    return bytes[content..<(try advance().upperBound)]
  }

  package mutating func oid(_ field: StaticString) throws(Malformed) -> ASN1ObjectIdentifier {
    let at = offset
    let encoded = offset..<nextEnd
    guard let content = try primitive(.objectIdentifier, field),
      let oid = KnownOIDs[content] ?? (try? ASN1ObjectIdentifier(derEncoded: bytes[encoded]))
    else { throw failure("is not a valid OBJECT IDENTIFIER", field, at: at) }
    return oid
  }

  /// An INTEGER's content octets, big-endian two's complement, as they stand.
  package mutating func integer(
    _ field: StaticString, tag: ASN1Identifier = .integer
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let at = offset
    guard let bytes = try primitive(tag, field), !bytes.isEmpty else {
      throw failure("is not a valid INTEGER", field, at: at)
    }
    return bytes
  }

  /// An INTEGER that fits an `Int`.
  package mutating func int(_ field: StaticString, tag: ASN1Identifier = .integer) throws(Malformed) -> Int {
    let at = offset
    let bytes = try integer(field, tag: tag)
    guard bytes.count <= 8 else { throw failure("is too large a number", field, at: at) }
    return bytes.reduce(bytes.first.map { $0 & 0x80 != 0 ? -1 : 0 } ?? 0) { $0 << 8 | Int($1) }
  }

  /// The magnitude of an INTEGER that is not negative, big-endian, without leading zeros.
  package mutating func magnitude(_ field: StaticString) throws(Malformed) -> ArraySlice<UInt8> {
    let at = offset
    let octets = try integer(field)
    guard octets.first.map({ $0 < 0x80 }) ?? false else { throw failure("is negative", field, at: at) }
    return octets.drop { $0 == 0 }
  }

  package mutating func boolean(_ field: StaticString, tag: ASN1Identifier = .boolean) throws(Malformed) -> Bool {
    let at = offset
    guard let bytes = try primitive(tag, field), let value = bytes.first, bytes.count == 1 else {
      throw failure("is not a valid BOOLEAN", field, at: at)
    }
    guard rules == .ber || value == 0 || value == 0xFF else {
      throw failure("is a BOOLEAN that DER does not allow", field, at: at)
    }
    return value != 0
  }

  /// An OCTET STRING's content, or that of an IMPLICIT `tag` over one. A constructed one (BER) is joined.
  package mutating func octets(
    _ field: StaticString, tag: ASN1Identifier = .octetString
  ) throws(Malformed) -> ArraySlice<UInt8> {
    let at = offset
    if let content = try primitive(tag, field) { return content }
    guard rules == .ber else { throw failure("is not a valid OCTET STRING", field, at: at) }
    var joined: [UInt8] = []
    var segments = try descend(tag, field, .field(field))
    try segments.joinSegments(into: &joined)
    return joined[...]
  }

  /// X.690 §8.7.3: segments, which may be segmented again. The nesting is bounded where the bytes are opened.
  private mutating func joinSegments(into joined: inout [UInt8]) throws(Malformed) {
    while !isAtEnd {
      if let content = try primitive(.octetString, "segment") {
        joined += content
      } else {
        var inner = try enter(.octetString)
        try inner.joinSegments(into: &joined)
      }
    }
  }

  /// A BIT STRING's content; `paddingBits` of the last octet do not count, and are zero.
  package mutating func bits(
    _ field: StaticString, tag: ASN1Identifier = .bitString
  ) throws(Malformed) -> ASN1BitString {
    let at = offset
    guard let content = try primitive(tag, field), let padding = content.first, padding < 8,
      content.count == 1 ? padding == 0 : (content.last ?? 0) & ~(UInt8.max << padding) == 0
    else { throw failure("is not a valid BIT STRING", field, at: at) }
    return ASN1BitString(bytes: content.dropFirst(), paddingBits: Int(padding))
  }

  /// The content of a BIT STRING that holds octets, as signatures and keys do: no padding bits.
  package mutating func bitOctets(_ field: StaticString) throws(Malformed) -> ArraySlice<UInt8> {
    let at = offset
    let bits = try bits(field)
    guard bits.paddingBits == 0 else { throw failure("is not a whole number of octets", field, at: at) }
    return bits.bytes
  }

  package mutating func null(_ field: StaticString) throws(Malformed) {
    let at = offset
    guard let bytes = try primitive(.null, field), bytes.isEmpty else {
      throw failure("is not a valid NULL", field, at: at)
    }
  }

  /// A `Time` (RFC 5280 §4.1.2.5): UTCTime or GeneralizedTime.
  package mutating func time(_ field: StaticString) throws(Malformed) -> Date {
    let at = offset
    let isGeneralized = tag == .generalizedTime
    guard isGeneralized || tag == .utcTime else {
      guard header != nil else { throw failure("is missing", field) }
      throw failure("is not a valid time", field)
    }
    guard let content = try primitive(isGeneralized ? .generalizedTime : .utcTime, field),
      let date = ASN1Time.date(content, generalized: isGeneralized)
    else { throw failure("is not a valid time", field, at: at) }
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
