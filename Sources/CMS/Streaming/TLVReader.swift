package import ByteIO
package import SMIMECrypto
package import SwiftASN1

/// Walks a BER or DER object of any size by its headers, in order, with one window in memory.
///
/// The caller goes down with ``enter(_:_:)``, looks with ``next()``, takes small elements whole with
/// ``element(_:)``, and hands an octet string's content on with ``copyOctets(_:tag:to:)``. Offsets are those of the
/// object, whatever its size.
package final class TLVReader {
  /// An element that was taken into memory.
  package struct Element: Sendable {
    /// The whole encoding, tag and length included.
    package let bytes: ArraySlice<UInt8>
    /// Where it begins in the object.
    package let offset: Int
    package let place: ASN1Path

    package var path: String { place.description }

    /// A cursor before the element.
    package func cursor() throws(Malformed) -> ASN1Cursor { try ASN1Cursor(bytes, as: "", rules: .ber) }

    /// `fault`, which a cursor of this element threw, with its place in the object.
    package func place(_ fault: Malformed) -> Malformed { faultPlace(nil).placed(fault) }

    /// `error`, which was met when this element was made use of, with its place in the object: the element's own where it
    /// has none.
    package func placed(_ error: any Error) -> any Error { faultPlace(offset).placed(error) }

    private func faultPlace(_ standard: Int?) -> FaultPlace {
      FaultPlace(path, offset: standard, shift: offset - bytes.startIndex)
    }
  }

  /// An AlgorithmIdentifier with its place in the object, for what is wrong with it and shows only when it is made use of.
  package struct Algorithm: Sendable {
    package let identifier: AlgorithmIdentifier
    private let element: Element

    fileprivate init(_ element: Element, tag: ASN1Identifier) throws(Malformed) {
      self.element = element
      do throws(Malformed) {
        var top = try element.cursor()
        var fields = try top.enter(tag)
        identifier = try AlgorithmIdentifier(fields: &fields)
      } catch { throw element.place(error) }
    }

    /// What `read` makes of it. What `read` throws gets its place.
    package func reading<Value>(_ read: (AlgorithmIdentifier) throws -> Value) throws -> Value {
      do { return try read(identifier) } catch { throw element.placed(error) }
    }
  }

  private struct Container {
    /// Where it ends, nil while its length is indefinite.
    let end: Int?
    /// Where the innermost value of definite length around its content ends.
    let bound: Int
    let path: ASN1Path
    var index = 0
  }

  private struct Pending {
    let header: TLVHeader
    let offset: Int
    let endsContents: Bool
  }

  private let input: WindowedInput
  let limits: CMSLimits
  private var open: [Container] = []
  private var pending: Pending?
  private var root: ASN1Path
  private var heldBytes = 0

  package init(_ stream: any ByteStream, as name: StaticString, limits: CMSLimits) {
    input = WindowedInput(stream)
    root = .root(name)
    self.limits = limits
  }

  /// Where the next element begins.
  package var offset: Int { pending?.offset ?? input.offset }

  private var path: ASN1Path { open.last?.path ?? root }

  /// From the next ``enter(_:_:)`` on, errors name places relative to a structure called `name`.
  package func beginStructure(_ name: StaticString) { root = .root(name) }

  /// An error at the next element.
  package func failure(_ reason: String, _ field: StaticString? = nil) -> Malformed {
    Malformed(reason, path: place(field).description, offset: offset)
  }

  /// What is not offered, at the next element.
  package func refusal(_ what: String, _ field: StaticString? = nil) -> Unsupported {
    Unsupported(what, path: place(field).description, offset: offset)
  }

  /// A budget that the next element would go beyond.
  package func exceeded(_ resource: LimitExceeded.Resource, _ limit: Int) -> LimitExceeded {
    LimitExceeded(resource, limit: limit, path: path.description, offset: offset)
  }

  /// Gives a fault of the bytes themselves the path that is known here.
  private func placed<Value>(_ field: StaticString? = nil, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let fault as Malformed where fault.path.isEmpty {
      throw Malformed(fault.reason, path: place(field).description, offset: fault.offset)
    }
  }

  private func place(_ field: StaticString?) -> ASN1Path { field.map { .field(path, $0) } ?? path }

  // MARK: Walking

  /// The next element's header; nil at the end of the value that was entered, or of the input.
  package func next() throws -> TLVHeader? {
    if let pending { return pending.endsContents ? nil : pending.header }
    if let end = open.last?.end, input.offset == end { return nil }
    let start = input.offset
    let found = try placed { try input.header() }
    guard let header = found else {
      if open.isEmpty { return nil }
      throw failure("ends early")
    }
    let bound = open.last?.bound ?? .max
    guard input.offset <= bound, header.length ?? 0 <= bound - input.offset else {
      throw Malformed("a value is longer than the one around it", path: path.description, offset: start)
    }
    var endsContents = false
    if header.tag == .endOfContents {
      guard let around = open.last, around.end == nil, !header.isConstructed, header.length == 0 else {
        throw Malformed("end-of-contents where none belongs", path: path.description, offset: start)
      }
      endsContents = true
    }
    pending = Pending(header: header, offset: start, endsContents: endsContents)
    return endsContents ? nil : header
  }

  /// Whether the next element has `tag`.
  package func isNext(_ tag: ASN1Identifier) throws -> Bool { try next()?.tag == tag }

  /// How many octets follow the value that was entered last, in the one around it; nil where a length is indefinite.
  package var followingCount: Int? {
    guard let end = open.last?.end, let around = open.dropLast().last?.end else { return nil }
    return around - end
  }

  /// True when nothing follows an object that was left.
  package func isAtEndOfInput() throws -> Bool {
    guard pending == nil else { return false }
    return try input.isAtEnd()
  }

  private func take(_ tag: ASN1Identifier? = nil, _ field: StaticString? = nil) throws -> Pending {
    guard let header = try next(), let taken = pending else {
      throw failure("\(tag?.name ?? "a value") is missing", field)
    }
    if let tag, header.tag != tag { throw failure("expected \(tag.name), found \(header.tag.name)", field) }
    return taken
  }

  /// Enters the next element, which must be constructed and have `tag`.
  package func enter(_ tag: ASN1Identifier, _ field: StaticString? = nil) throws {
    let header = try take(tag, field).header
    guard header.isConstructed else { throw failure("is primitive and must be constructed", field) }
    let here = path
    let isRoot = open.isEmpty || field == nil
    let inner: ASN1Path = isRoot ? root : .field(here, field ?? "")
    try push(header, inner)
  }

  /// Enters the next element of a SEQUENCE OF or SET OF; an error's path has its index.
  package func enterElement(_ tag: ASN1Identifier) throws {
    let header = try take(tag).header
    guard header.isConstructed else { throw failure("is primitive and must be constructed") }
    try push(header, .element(path, nextIndex()))
  }

  private func nextIndex() -> Int {
    guard let last = open.indices.last else { return 0 }
    defer { open[last].index += 1 }
    return open[last].index
  }

  private func push(_ header: TLVHeader, _ path: ASN1Path) throws {
    guard open.count < limits.nesting else { throw exceeded(.nesting, limits.nesting) }
    pending = nil
    let end = header.length.map { input.offset + $0 }
    open.append(Container(end: end, bound: end ?? open.last?.bound ?? .max, path: path))
  }

  /// Leaves the value that was entered last; anything left in it is an error.
  package func leave() throws {
    if let header = try next() { throw failure("there is more than the structure allows (\(header.tag.name))") }
    open.removeLast()
    pending = nil
  }

  // MARK: Taking

  /// Takes the next element, whole.
  package func element(_ tag: ASN1Identifier? = nil, _ field: StaticString? = nil) throws -> Element {
    let taken = try take(tag, field)
    return Element(bytes: try hold(taken), offset: taken.offset, place: place(field))
  }

  /// Takes the next element of a SEQUENCE OF or SET OF, whole.
  package func indexedElement() throws -> Element {
    let taken = try take()
    let place = ASN1Path.element(path, nextIndex())
    return Element(bytes: try hold(taken), offset: taken.offset, place: place)
  }

  private func hold(_ taken: Pending) throws -> ArraySlice<UInt8> {
    var bytes: [UInt8] = []
    input.appendLastHeader(to: &bytes, room: min(taken.header.length ?? 0, windowSize))
    pending = nil
    if let length = taken.header.length {
      try reserve(taken, length)
      try placed { try input.append(length, to: &bytes) }
      return bytes[...]
    }
    try reserve(taken, 0)
    try push(taken.header, path)
    let depth = open.count
    while open.count >= depth {
      guard try next() != nil, let inner = pending else {
        if pending != nil { input.appendLastHeader(to: &bytes) }
        try leave()
        continue
      }
      input.appendLastHeader(to: &bytes)
      if inner.header.length == nil {
        try reserve(inner, 0)
        try push(inner.header, path)
      } else {
        pending = nil
        try reserve(inner, inner.header.length ?? 0)
        try placed { try input.append(inner.header.length ?? 0, to: &bytes) }
      }
    }
    return bytes[...]
  }

  private func reserve(_ held: Pending, _ length: Int) throws {
    guard length <= limits.headerElementBytes - heldBytes - held.header.headerCount else {
      throw LimitExceeded(
        .size, limit: limits.headerElementBytes, path: path.description, offset: held.offset)
    }
    heldBytes += held.header.headerCount + length
  }

  /// Passes over the next element without holding it.
  package func skip() throws {
    let taken = try take()
    pending = nil
    if let length = taken.header.length { return try placed { try input.skip(length) } }
    try push(taken.header, path)
    let depth = open.count
    while open.count >= depth {
      guard try next() != nil, let inner = pending else {
        try leave()
        continue
      }
      if let length = inner.header.length {
        pending = nil
        try placed { try input.skip(length) }
      } else {
        try push(inner.header, path)
      }
    }
  }

  package func oid(_ field: StaticString) throws -> ASN1ObjectIdentifier {
    let element = try element(.objectIdentifier, field)
    do {
      var cursor = try element.cursor()
      return try cursor.oid("")
    } catch { throw element.place(Malformed(error.reason, path: "", offset: error.offset)) }
  }

  /// The next element as an AlgorithmIdentifier, under its own tag or an IMPLICIT one.
  package func algorithm(_ field: StaticString, tag: ASN1Identifier = .sequence) throws -> Algorithm {
    try Algorithm(try element(tag, field), tag: tag)
  }

  package func int(_ field: StaticString) throws -> Int {
    let element = try element(.integer, field)
    do {
      var cursor = try element.cursor()
      return try cursor.int("")
    } catch { throw element.place(Malformed(error.reason, path: "", offset: error.offset)) }
  }

  // MARK: Content

  /// Hands the content of an OCTET STRING with `tag` on: primitive, or of segments in segments (X.690 §8.7), of
  /// definite or indefinite length. Returns how many octets that were.
  package func copyOctets(
    _ field: StaticString, tag: ASN1Identifier = .octetString, to sink: any ByteSink
  ) throws -> Int {
    let header = try take(tag, field).header
    guard header.isConstructed else {
      pending = nil
      try placed(field) { try input.copy(header.length ?? 0, to: sink) }
      return header.length ?? 0
    }
    // QUIRK: Go's and forge's PKCS#7 write segments inside a definite [0]; X.690 §8.7.3 allows it.
    try push(header, .field(path, field))
    let depth = open.count
    var total = 0
    var segments = 0
    while open.count >= depth {
      guard let segment = try next() else {
        try leave()
        continue
      }
      guard segment.tag == .octetString else { throw failure("a segment is \(segment.tag.name), not OCTET STRING") }
      segments += 1
      guard segments <= limits.segments else { throw exceeded(.elements, limits.segments) }
      if segment.isConstructed {
        try push(segment, path)
      } else {
        let length = segment.length ?? 0
        pending = nil
        try placed { try input.copy(length, to: sink) }
        total += length
      }
    }
    return total
  }
}

extension ASN1Identifier {
  static let endOfContents = ASN1Identifier(tagWithNumber: 0, tagClass: .universal)
}
