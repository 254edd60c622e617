import ByteIO
public import SMIMECrypto
public import SwiftASN1

/// RFC 5280 §4.1.2.4   Name ::= SEQUENCE OF RelativeDistinguishedName ::= SET OF AttributeTypeAndValue
///
/// Two names are equal when they match by RFC 5280 §7.1: strings by their text, without regard to case, to the string type
/// or to how much white space stands between words. The bytes stay as they came.
public struct DistinguishedName: Sendable {
  /// One `type=value`.
  public struct Attribute: Hashable, Sendable {
    public let type: ASN1ObjectIdentifier
    /// The value's whole encoding.
    public let encodedValue: ArraySlice<UInt8>
    /// The value as text; nil when it is no string.
    public var text: String? { DirectoryString.text(encodedValue) }

    /// What it is compared by: folded text, or the encoding. A label of a domain counts as the A-label that it should be
    /// (RFC 5280 §7.3).
    fileprivate var matched: String {
      guard let text else { return "#" + Hex.text(encodedValue) }
      return DirectoryString.folded(type == OID.domainComponent ? DomainName.canonical(text) : text)
    }
  }

  /// The whole name as DER, or as it came.
  public let encoded: ArraySlice<UInt8>
  /// How many relative names there are.
  private let count: Int

  public var isEmpty: Bool { count == 0 }

  /// How many relative names one name may have, and how many attributes; names in use have a dozen.
  public static let limit = 1_000

  /// Most names are only compared, as bytes: their form is checked here, and ``relativeNames`` are made when asked for.
  package init(from cursor: inout ASN1Cursor, _ field: StaticString) throws(Malformed) {
    let scope = try cursor.begin(.sequence, field)
    encoded = cursor.encoded
    var count = 0
    var attributes = 0
    while !cursor.isAtEnd {
      guard count < Self.limit else { throw cursor.failure("has more than \(Self.limit) relative names") }
      let set = try cursor.beginElement(.set)
      while !cursor.isAtEnd {
        guard attributes < Self.limit else { throw cursor.failure("has more than \(Self.limit) attributes") }
        _ = try Attribute(from: &cursor)
        attributes += 1
      }
      try cursor.leave(set)
      count += 1
    }
    try cursor.leave(scope)
    self.count = count
  }

  /// The relative names in the order in which they stand, the root's end first.
  public var relativeNames: [[Attribute]] {
    // It was read before, so nothing is thrown.
    do {
      var top = try ASN1Cursor(encoded, as: "Name", rules: .ber)
      var names = try top.enter()
      var result: [[Attribute]] = []
      result.reserveCapacity(count)
      while !names.isAtEnd {
        let set = try names.beginElement(.set)
        var attributes: [Attribute] = []
        while !names.isAtEnd { attributes.append(try Attribute(from: &names)) }
        try names.leave(set)
        result.append(attributes)
      }
      return result
    } catch { return [] }
  }

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(der, as: "Name", rules: .ber)
    try self.init(from: &top, "name")
  }

  /// A name to issue: attributes in the order given, one to a relative name, as UTF8String (country and DC as their own
  /// types, RFC 5280 §4.1.2.4; a label of a DC that is not ASCII as an A-label, §7.3).
  public init(attributes: [(type: ASN1ObjectIdentifier, text: String)]) {
    let bytes = DERWriter.encode { der in
      der.sequence { der in
        for (type, text) in attributes {
          let tag: ASN1Identifier =
            type == OID.countryName
            ? .printableString
            : type == OID.domainComponent || type == OID.emailAddress ? .ia5String : .utf8String
          der.setOf([
            DERWriter.encode { der in
              der.sequence { der in
                der.oid(type)
                der.string(type == OID.domainComponent ? DomainName.aLabels(text) : text, tag: tag)
              }
            }
          ])
        }
      }
    }
    // What was just written reads back; should it not, the name is empty, which no rule lets an authority issue.
    self = (try? DistinguishedName(der: ArraySlice(bytes))) ?? DistinguishedName.empty
  }

  /// A name of one common name.
  public init(commonName: String) { self.init(attributes: [(OID.commonName, commonName)]) }

  private init(encoded: ArraySlice<UInt8>, count: Int) {
    self.encoded = encoded
    self.count = count
  }

  public static let empty = DistinguishedName(encoded: [0x30, 0x00], count: 0)

  /// The texts of all attributes of that type.
  public func values(of type: ASN1ObjectIdentifier) -> [String] {
    relativeNames.flatMap { $0 }.filter { $0.type == type }.compactMap(\.text)
  }

  /// The last, most specific common name.
  public var commonName: String? { values(of: OID.commonName).last }
}

extension DistinguishedName: Hashable {
  public static func == (left: DistinguishedName, right: DistinguishedName) -> Bool {
    if Bytes.areEqual(left.encoded, right.encoded) { return true }
    guard left.count == right.count else { return false }
    return matchByBytes(left.encoded, right.encoded)
      ?? zip(left.relativeNames, right.relativeNames).allSatisfy { matches($0, $1) }
  }

  /// Whether two names match; nil when their bytes alone do not tell. Most names that differ do so in a text of ASCII, and
  /// paths compare many of them.
  private static func matchByBytes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool? {
    do throws(Malformed) {
      var (outerLeft, outerRight) = (TLVCursor(left, as: "name"), TLVCursor(right, as: "name"))
      var lefts = try outerLeft.enter(0x30, "rdnSequence")
      var rights = try outerRight.enter(0x30, "rdnSequence")
      while !lefts.isAtEnd && !rights.isAtEnd {
        var (leftSet, rightSet) = (try lefts.enter(0x31, "rdn"), try rights.enter(0x31, "rdn"))
        var (one, other) = (try leftSet.enter(0x30, "attribute"), try rightSet.enter(0x30, "attribute"))
        guard leftSet.isAtEnd && rightSet.isAtEnd else { return nil }
        let type = try one.content(0x06, "type")
        guard Bytes.areEqual(type, try other.content(0x06, "type")) else { return false }
        guard let leftTag = one.tag, let rightTag = other.tag else { return nil }
        let (value, otherValue) = (try one.content(leftTag, "value"), try other.content(rightTag, "value"))
        if leftTag == rightTag && Bytes.areEqual(value, otherValue) { continue }
        guard !Bytes.areEqual(type, domainComponent), DirectoryString.isASCII(value, tag: leftTag),
          DirectoryString.isASCII(otherValue, tag: rightTag)
        else { return nil }
        guard DirectoryString.match(value, otherValue) else { return false }
      }
      return lefts.isAtEnd && rights.isAtEnd
    } catch {
      // BER, or no name: whoever takes it apart will see.
      return nil
    }
  }

  /// The content of the identifier 0.9.2342.19200300.100.1.25.
  private static let domainComponent: ArraySlice<UInt8> = [
    0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19,
  ]

  /// Sets match when each attribute of one has its equal in the other.
  private static func matches(_ left: [Attribute], _ right: [Attribute]) -> Bool {
    guard left.count == right.count else { return false }
    if left.count == 1 { return left[0] == right[0] }
    return sorted(left) == sorted(right)
  }

  private static func sorted(_ attributes: [Attribute]) -> [String] {
    attributes.map { "\($0.type)=" + $0.matched }.sorted()
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for name in relativeNames {
      // The members of a set have no order; the same twice must not be nothing.
      var all = 0
      for attribute in name {
        var own = Hasher()
        own.combine(attribute.matched)
        all &+= own.finalize()
      }
      hasher.combine(all)
    }
  }

  /// True when this name begins with all of `base`: it lies in its subtree (RFC 5280 §4.2.1.10).
  package func isWithin(_ base: DistinguishedName) -> Bool {
    base.count <= count
      && zip(relativeNames, base.relativeNames).allSatisfy { Self.matches($0, $1) }
  }
}

extension DistinguishedName.Attribute {
  fileprivate init(from set: inout ASN1Cursor) throws(Malformed) {
    let scope = try set.beginElement()
    type = try set.oid("type")
    encodedValue = try set.raw("value")
    try set.leave(scope)
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.type == right.type
      && (Bytes.areEqual(left.encodedValue, right.encodedValue) || left.matched == right.matched)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(matched) }
}

extension DistinguishedName: CustomStringConvertible {
  /// RFC 4514 §2: the most specific name first, `CN=Alice,O=Example`.
  public var description: String {
    relativeNames.reversed().map { name in name.map { Self.text($0) }.joined(separator: "+") }.joined(separator: ",")
  }

  private static func text(_ attribute: Attribute) -> String {
    let short = OID.attributeNames.first { $0.0 == attribute.type }?.1
    guard let short, let text = attribute.text else {
      return (short ?? attribute.type.digits) + "=#" + Hex.text(attribute.encodedValue)
    }
    return "\(short)=\(escaped(text))"
  }

  /// RFC 4514 §2.4
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    let last = text.unicodeScalars.count - 1
    for (index, scalar) in text.unicodeScalars.enumerated() {
      let isEdge = scalar == " " && (index == 0 || index == last) || scalar == "#" && index == 0
      if isEdge || "\"+,;<>\\".unicodeScalars.contains(scalar) {
        result.append("\\")
        result.append(scalar)
      } else if scalar.value < 0x20 || scalar.value == 0x7F {
        result.append(contentsOf: ("\\" + Hex.text([UInt8(scalar.value)])).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

/// The string types that names are made of (X.520 DirectoryString and its kin).
enum DirectoryString {
  static func text(_ encoded: ArraySlice<UInt8>) -> String? {
    guard let header = (try? TLVHeader.read(encoded, rules: .ber)) ?? nil, !header.isConstructed else { return nil }
    let bytes = encoded.dropFirst(header.headerCount)
    switch header.tag {
    case .utf8String, .printableString, .ia5String, .numericString, .visibleString:
      return String(validating: bytes, as: UTF8.self) ?? latin1(bytes)
    case .teletexString: return latin1(bytes)
    case .bmpString:
      guard bytes.count % 2 == 0 else { return nil }
      let start = bytes.startIndex
      let units = stride(from: start, to: bytes.endIndex, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
      return String(decoding: units, as: UTF16.self)
    case .universalString:
      guard bytes.count % 4 == 0 else { return nil }
      var scalars = String.UnicodeScalarView()
      for index in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
        let value = bytes[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let scalar = Unicode.Scalar(value) else { return nil }
        scalars.append(scalar)
      }
      return String(scalars)
    default: return nil
    }
  }

  private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
    String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  /// RFC 5280 §7.1 with RFC 4518 §2: case is folded, what has no width is nothing, no white space at the ends, one space
  /// between words. That composed and decomposed letters are the same is how strings compare. Compatibility forms (a
  /// full-width letter) stay what they are, unlike by NFKC.
  static func folded(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var isBehindSpace = false
    for scalar in text.unicodeScalars {
      if isSpace(scalar) {
        isBehindSpace = !result.isEmpty
        continue
      }
      guard scalar.isASCII || !isNothing(scalar) else { continue }
      if isBehindSpace {
        result.append(" ")
        isBehindSpace = false
      }
      if let byte = UInt8(exactly: scalar.value), byte < 0x80 {
        result.append(Unicode.Scalar(lower(byte)))
      } else {
        result.append(contentsOf: caseFolded(scalar).unicodeScalars)
      }
    }
    return String(result)
  }

  private static func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII ? isSpace(UInt8(truncatingIfNeeded: scalar.value)) : scalar.properties.isWhitespace
  }

  /// RFC 4518 §2.2: characters that are mapped to nothing.
  private static func isNothing(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    return properties.isDefaultIgnorableCodePoint || properties.generalCategory == .control
      || properties.generalCategory == .format || scalar == "\u{FFFC}"
  }

  /// The letters that a letter is the same as in either case: `ß` is `ss`. The dotless `ı` is no `i`.
  private static func caseFolded(_ scalar: Unicode.Scalar) -> String {
    guard scalar != "\u{0131}" else { return String(scalar) }
    return scalar.properties.lowercaseMapping.unicodeScalars.map(\.properties.uppercaseMapping).joined()
      .unicodeScalars.map(\.properties.lowercaseMapping).joined()
  }

  /// True for a text of one of the types that have ASCII as it is, when it has nothing else.
  static func isASCII(_ content: ArraySlice<UInt8>, tag: UInt8) -> Bool {
    switch tag {
    case 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A: content.allSatisfy { $0 < 0x80 }
    default: false
    }
  }

  /// Whether two texts of ASCII are the same when folded.
  static func match(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    var (at, other) = (left.startIndex, right.startIndex)
    /// The next octet of the folded text; nil at its end.
    func next(_ bytes: ArraySlice<UInt8>, _ index: inout Int) -> UInt8? {
      let isWord = index > bytes.startIndex
      let from = index
      while index < bytes.endIndex, isSpace(bytes[index]) { index += 1 }
      guard index < bytes.endIndex else { return nil }
      if isWord, index > from {
        // The space counts as one, and what is behind it comes next.
        return 0x20
      }
      defer { index += 1 }
      return lower(bytes[index])
    }
    while true {
      let (one, two) = (next(left, &at), next(right, &other))
      guard one == two else { return false }
      if one == nil { return true }
    }
  }
}

/// Bytes as hexadecimal digits.
package enum Hex {
  package static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: digits(ArraySlice(Array(bytes))), as: UTF8.self)
  }

  /// The same as ASCII.
  package static func digits(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      result.append(digit(byte >> 4))
      result.append(digit(byte & 15))
    }
    return result
  }

  private static func digit(_ half: UInt8) -> UInt8 {
    half < 10 ? UInt8(ascii: "0") + half : UInt8(ascii: "a") - 10 + half
  }

  /// The bytes that `text` spells; nil if it is no hexadecimal text. An odd count of digits means a leading zero.
  package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count / 2 + 1)
    var isHigh = text.utf8.count % 2 == 0
    if !isHigh { result.append(0) }
    for digit in text.utf8 {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
      default: return nil
      }
      if isHigh { result.append(value << 4) } else { result[result.count - 1] |= value }
      isHigh.toggle()
    }
    return result
  }
}
