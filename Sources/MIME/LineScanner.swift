import ByteIO
import CVector

/// Walks the lines of a source with one window of it in memory, however long they are.
final class LineScanner {
  /// One line: where it begins, where its content ends, where the next begins.
  struct Line {
    let start: Int
    let contentEnd: Int
    let end: Int
    /// The content of a line that may be a boundary: it begins with `--` and is no longer than ``prefixLimit``.
    let dashed: ArraySlice<UInt8>
    /// True when it ends in a bare LF.
    let hasBareLF: Bool
  }

  /// A boundary has at most 70 characters (RFC 2046 §5.1.1); some software writes longer ones.
  static let prefixLimit = 1_024

  private let source: any ByteSource
  private var window: [UInt8]
  /// The window holds the bytes from `windowStart` to `windowEnd` of the source.
  private var windowStart = 0
  private var windowEnd = 0
  /// Where the next line begins.
  private(set) var offset = 0

  init(_ source: any ByteSource) {
    self.source = source
    window = source.makeWindow()
  }

  /// The next line; nil at the end.
  func next() throws -> Line? {
    guard offset < source.count else { return nil }
    try fill(keeping: Self.prefixLimit)
    guard offset < windowEnd else { return nil }
    let start = offset
    let at = start - windowStart
    let isDashed = windowEnd - start > 2 && window[at] == 0x2D && window[at + 1] == 0x2D
    // Kept, since finding the line's end may move the window.
    let kept = isDashed ? window[at..<min(at + Self.prefixLimit, windowEnd - windowStart)] : []
    let (lineFeed, isCRLF) = try findLineFeed(from: start)
    let contentEnd = lineFeed.map { isCRLF ? $0 - 1 : $0 } ?? source.count
    offset = lineFeed.map { $0 + 1 } ?? source.count
    return Line(
      start: start, contentEnd: contentEnd, end: offset,
      dashed: contentEnd - start <= kept.count ? kept.prefix(contentEnd - start) : [],
      hasBareLF: lineFeed != nil && !isCRLF)
  }

  /// Passes over lines until one begins with `--`, and returns that one; nil at the end.
  func nextDashed(sawBareLF: inout Bool) throws -> Line? {
    while offset < source.count {
      try fill(keeping: 2)
      guard offset < windowEnd else { return nil }
      if windowEnd - offset >= 2, window[offset - windowStart] == 0x2D, window[offset - windowStart + 1] == 0x2D {
        return try next()
      }
      try skipPlainLines(&sawBareLF)
    }
    return nil
  }

  /// Within the window, goes to the next line that begins with `--`, or as far as the window reaches.
  private func skipPlainLines(_ sawBareLF: inout Bool) throws {
    let count = windowEnd - windowStart
    var at = offset - windowStart
    var bare = false
    unsafe window.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress {
        let lines = unsafe smime_pass_plain(start + at, count - at)
        bare = lines.saw_bare != 0
        at += lines.passed
        // Where it stopped at a dash the scalar code would pass over it.
        if lines.passed > 0, unsafe Self.mayBeDashed(bytes, at, count) { return }
      }
      while at < count {
        // To the line's end.
        let lineFeed = unsafe Bytes.firstLineFeed(in: bytes, from: at, to: count)
        guard lineFeed < count else {
          // The line goes on beyond the window.
          at = count
          break
        }
        if unsafe lineFeed == at || bytes[lineFeed - 1] != 0x0D { bare = true }
        at = lineFeed + 1
        if unsafe Self.mayBeDashed(bytes, at, count) { break }
      }
    }
    if bare { sawBareLF = true }
    offset = windowStart + at
    // Inside a line that goes on beyond the window: on to its end.
    if at == count, window[count - 1] != 0x0A {
      let (lineFeed, isCRLF) = try findLineFeed(from: offset, lastWasCR: window[count - 1] == 0x0D)
      offset = lineFeed.map { $0 + 1 } ?? source.count
      if lineFeed != nil && !isCRLF { sawBareLF = true }
    }
  }

  /// True when two dashes stand at `at`, or not both octets are here.
  private static func mayBeDashed(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, _ count: Int) -> Bool {
    unsafe at + 1 >= count || bytes[at] == 0x2D && bytes[at + 1] == 0x2D
  }

  /// The offset of the first LF from `start` on, and whether a CR stands before it.
  private func findLineFeed(from start: Int, lastWasCR: Bool = false) throws -> (offset: Int?, isCRLF: Bool) {
    var at = start
    var lastWasCR = lastWasCR
    while at < source.count {
      if at >= windowEnd || at < windowStart { try load(at) }
      guard at < windowEnd else { break }
      let from = at - windowStart
      let count = windowEnd - windowStart
      let found = unsafe window.withUnsafeBufferPointer { unsafe Bytes.firstLineFeed(in: $0, from: from, to: count) }
      if found < count {
        let isCRLF = found > from ? window[found - 1] == 0x0D : lastWasCR
        return (windowStart + found, isCRLF)
      }
      lastWasCR = window[count - 1] == 0x0D
      at = windowEnd
    }
    return (nil, false)
  }

  /// Makes sure that the window holds `count` bytes from `offset` on, or all that are left.
  private func fill(keeping count: Int) throws {
    guard offset < windowStart || windowEnd - offset < min(count, source.count - offset) else { return }
    try load(offset)
  }

  private func load(_ start: Int) throws {
    windowStart = start
    windowEnd = start + (try source.read(at: start, into: &window))
    // A source may give less than was asked for.
    let wanted = min(start + window.count, source.count)
    var rest: [UInt8] = []
    while windowEnd < wanted {
      if rest.isEmpty { rest = [UInt8](repeating: 0, count: window.count) }
      let count = min(try source.read(at: windowEnd, into: &rest), wanted - windowEnd)
      if count == 0 { return }
      let at = windowEnd - start
      window.replaceSubrange(at..<at + count, with: rest[..<count])
      windowEnd += count
    }
  }
}
