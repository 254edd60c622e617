import ByteIO

/// Finds the parts of a message by its boundary lines (RFC 2046 §5.1.1), in one pass over the lines.
final class EntityReader {
  private let source: any ByteSource
  private let limits: MIMELimits
  private let lines: LineScanner
  /// The boundaries that may come next, the outermost first.
  private var boundaries: [[UInt8]] = []
  private var partCount = 0
  /// What is left of the budgets for all headers together.
  private var headerBytesLeft: Int
  private var fieldsLeft: Int
  private var sawBareLF = false

  init(_ source: any ByteSource, limits: MIMELimits) {
    self.source = source
    self.limits = limits
    lines = LineScanner(source)
    headerBytesLeft = limits.allHeaderBytes
    fieldsLeft = limits.headerFields
  }

  func read() throws -> Entity { try entity(depth: 0, default: .textPlain).entity }

  /// A boundary line, and which of ``boundaries`` it is.
  private struct Delimiter {
    let level: Int
    let isLast: Bool
    /// Where the line's own line end before it begins: the end of the part.
    let partEnd: Int
    let lineEnd: Int
  }

  /// Reads an entity from the current line on until a boundary of ``boundaries`` or the end.
  private func entity(depth: Int, default fallback: ContentType) throws -> (entity: Entity, end: Delimiter?) {
    partCount += 1
    var defects: [Defect] = []
    let start = lines.offset
    var (headerEnd, bodyStart, delimiter) = try skipHeader(from: start, &defects)
    let header = Header(
      try source.bytes(in: start..<headerEnd), at: start, fieldLimit: fieldsLeft, defects: &defects)
    headerBytesLeft -= headerEnd - start
    fieldsLeft -= header.fields.count
    let contentType = contentType(header, fallback, &defects)
    let encoding = transferEncoding(header, &defects)
    for name in ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"]
    where header.repeats(name) {
      defects.append(Defect(.duplicateField, name))
    }

    var parts: [Entity] = []
    var preamble: Range<Int>?
    var epilogue: Range<Int>?
    if delimiter == nil, mayDescend(contentType, encoding, depth, start, &defects) {
      if contentType.isMultipart {
        (parts, preamble, epilogue, delimiter) = try multipart(
          Self.boundary(of: contentType), contentType, bodyStart, depth, start, &defects)
      } else {
        let (inner, end) = try entity(depth: depth + 1, default: .textPlain)
        parts = [inner]
        delimiter = end
      }
    } else if delimiter == nil {
      delimiter = try skipToBoundary()
    }
    // A boundary right behind a header: the line end between them belongs to both, so that what is inside stays inside.
    let end = max(delimiter?.partEnd ?? source.count, start, parts.last?.range.upperBound ?? start)
    if depth == 0, sawBareLF { defects.append(Defect(.bareLineFeed, "byte 0")) }
    headerEnd = min(headerEnd, end)
    bodyStart = min(bodyStart, end)
    return (
      Entity(
        source: source, range: start..<end, headerRange: start..<headerEnd, bodyRange: bodyStart..<end, header: header,
        contentType: contentType, transferEncoding: encoding, parts: parts, preamble: preamble, epilogue: epilogue,
        defects: defects, isCanonical: !sawBareLF), delimiter
    )
  }

  // MARK: Header

  /// Goes behind the header: where it ends, where the body begins, and the boundary that cut it short, if one did.
  private func skipHeader(from start: Int, _ defects: inout [Defect]) throws -> (Int, Int, Delimiter?) {
    let limit = min(limits.headerBytes, headerBytesLeft)
    var isFirst = true
    while let line = try lines.next() {
      if line.hasBareLF { sawBareLF = true }
      if line.contentEnd == line.start { return (line.start, line.end, nil) }
      if let delimiter = delimiter(line) {
        if !isFirst { defects.append(Defect(.headerWithoutEnd, "byte \(start)")) }
        // A boundary right behind another: the line end between them belongs to both.
        let end = max(start, delimiter.partEnd)
        return (end, end, delimiter)
      }
      isFirst = false
      if line.end - start > limit {
        defects.append(Defect(.headerTooLarge, "byte \(start)"))
        return (line.start, line.start, nil)
      }
    }
    if !isFirst { defects.append(Defect(.headerWithoutEnd, "byte \(start)")) }
    return (source.count, source.count, nil)
  }

  private func contentType(_ header: Header, _ fallback: ContentType, _ defects: inout [Defect]) -> ContentType {
    guard let field = header["Content-Type"] else { return fallback }
    if let type = ContentType(field.value) { return type }
    defects.append(Defect(.contentTypeUnreadable, "Content-Type"))
    return .textPlain
  }

  private func transferEncoding(_ header: Header, _ defects: inout [Defect]) -> TransferEncoding {
    guard let field = header["Content-Transfer-Encoding"] else { return .sevenBit }
    var scanner = TokenScanner(field.value)
    if let token = scanner.token(), let encoding = TransferEncoding(rawValue: Text.lowercased(token)) {
      return encoding
    }
    defects.append(Defect(.transferEncodingUnknown, "Content-Transfer-Encoding"))
    return .unrecognised
  }

  private func mayDescend(
    _ type: ContentType, _ encoding: TransferEncoding, _ depth: Int, _ start: Int, _ defects: inout [Defect]
  ) -> Bool {
    guard type.isMultipart || type.isMessage else { return false }
    if type.isMultipart {
      guard 1..<LineScanner.prefixLimit - 8 ~= Self.boundary(of: type).count else {
        defects.append(Defect(.boundaryMissing, "byte \(start)"))
        return false
      }
      if type.parameters.duplicates.contains("boundary") {
        defects.append(Defect(.boundaryAmbiguous, "byte \(start)"))
      }
    }
    if !encoding.isIdentity {
      defects.append(Defect(.transferEncodingOnComposite, "byte \(start)"))
      // QUIRK: software labels a multipart as its parts are encoded, and writes its boundaries plainly all the same.
      guard type.isMultipart else { return false }
    }
    guard depth < limits.nesting else {
      defects.append(Defect(.nestedTooDeep, "byte \(start)"))
      return false
    }
    return true
  }

  /// RFC 2046 §5.1.1: it does not end in white space, which may follow it on its line.
  private static func boundary(of type: ContentType) -> [UInt8] {
    var boundary = Array((type.parameters["boundary"] ?? "").utf8)
    while let last = boundary.last, last == 0x20 || last == 0x09 { boundary.removeLast() }
    return boundary
  }

  // MARK: Body

  private func multipart(
    _ boundary: [UInt8], _ type: ContentType, _ bodyStart: Int, _ depth: Int, _ start: Int, _ defects: inout [Defect]
  ) throws -> ([Entity], Range<Int>?, Range<Int>?, Delimiter?) {
    let level = boundaries.count
    boundaries.append(boundary)
    var parts: [Entity] = []
    var found = try skipToBoundary()
    let preamble = bodyStart..<max(bodyStart, found?.partEnd ?? source.count)
    if found?.level != level { defects.append(Defect(.boundaryNotFound, "byte \(start)")) }
    while let delimiter = found, delimiter.level == level, !delimiter.isLast {
      if partCount >= limits.parts {
        defects.append(Defect(.tooManyParts, "byte \(start)"))
        repeat { found = try skipToBoundary() } while found.map { $0.level == level && !$0.isLast } ?? false
        break
      }
      let inner: ContentType = type.subtype == "digest" ? ContentType("message", "rfc822") : .textPlain
      let (part, end) = try entity(depth: depth + 1, default: inner)
      parts.append(part)
      found = end
    }
    boundaries.removeLast()
    guard let last = found, last.level == level else {
      if !parts.isEmpty { defects.append(Defect(.boundaryNotClosed, "byte \(start)")) }
      return (parts, preamble, nil, found)
    }
    let outer = try skipToBoundary()
    return (parts, preamble, last.lineEnd..<max(last.lineEnd, outer?.partEnd ?? source.count), outer)
  }

  /// Passes over lines until a boundary of ``boundaries``; nil at the end.
  private func skipToBoundary() throws -> Delimiter? {
    while let line = try lines.nextDashed(sawBareLF: &sawBareLF) {
      if line.hasBareLF { sawBareLF = true }
      if let delimiter = delimiter(line) { return delimiter }
    }
    return nil
  }

  private func delimiter(_ line: LineScanner.Line) -> Delimiter? {
    guard !line.dashed.isEmpty else { return nil }
    let rest = line.dashed.dropFirst(2)
    for level in boundaries.indices.reversed() {
      guard rest.starts(with: boundaries[level]) else { continue }
      var tail = rest.dropFirst(boundaries[level].count)
      let isLast = tail.starts(with: [0x2D, 0x2D])
      if isLast { tail = tail.dropFirst(2) }
      // RFC 2046 §5.1.1: nothing but white space may follow.
      guard tail.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { continue }
      return Delimiter(level: level, isLast: isLast, partEnd: endBefore(line.start), lineEnd: line.end)
    }
    return nil
  }

  /// The line end before `start` belongs to the boundary.
  private func endBefore(_ start: Int) -> Int {
    guard start > 0, let last = try? source.bytes(in: max(0, start - 2)..<start) else { return start }
    if last == [0x0D, 0x0A] { return start - 2 }
    return last.last == 0x0A ? start - 1 : start
  }
}
