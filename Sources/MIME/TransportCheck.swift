import ByteIO
import CVector

/// Whether a body passes mail relays unchanged (RFC 8551 §3.1.3, RFC 2049 §3): ASCII without NUL, lines of at most 998
/// characters that do not begin with `From ` or end in white space, and no CR but in a line end.
struct TransportCheck {
  private(set) var isSafe = true
  /// How much of the current line was seen, the CR of its end included.
  private var lineLength = 0
  private var last: UInt8 = 0x0A
  private var beforeLast: UInt8 = 0
  /// The first bytes of the current line, as many as `From ` has.
  private var lineStart: UInt64 = 0

  /// `From ` as ``lineStart`` holds it.
  private static let from: UInt64 = "From ".utf8.reduce(0) { $0 << 8 | UInt64($1) }
  private static let longestLine = 998

  /// Who looks at whole lines that are safe. Both find the same.
  enum Engine {
    case fastest, scalar
  }

  private let engine: Engine

  init(engine: Engine = .fastest) { self.engine = engine }

  /// Looks at the next bytes; line ends may be LF or CRLF.
  mutating func update(_ bytes: Span<UInt8>) {
    guard isSafe, !bytes.isEmpty else { return }
    unsafe bytes.withUnsafeBufferPointer { bytes in
      var at = 0
      while at < bytes.count, isSafe {
        if engine == .fastest, lineLength == 0, let start = bytes.baseAddress {
          let passed = unsafe smime_pass_safe(start + at, bytes.count - at, Self.longestLine)
          if passed > 0 { last = 0x0A }
          at += passed
        }
        let lineFeed = unsafe Bytes.firstLineFeed(in: bytes, from: at, to: bytes.count)
        unsafe line(bytes, from: at, to: lineFeed)
        if lineFeed < bytes.count { endLine() }
        at = lineFeed + 1
      }
    }
  }

  /// More of the current line.
  private mutating func line(_ bytes: UnsafeBufferPointer<UInt8>, from: Int, to: Int) {
    guard from < to else { return }
    if unsafe !Bytes.isASCIIWithoutNUL(.init(rebasing: bytes[from..<to])) { isSafe = false }
    // A CR that no LF follows is no line end, and relays make one of it.
    if last == 0x0D { isSafe = false }
    if unsafe Bytes.first(0x0D, in: bytes, from: from, to: to) < to - 1 { isSafe = false }
    if lineLength < 5 {
      for index in from..<min(to, from + 5 - lineLength) { lineStart = unsafe lineStart << 8 | UInt64(bytes[index]) }
    }
    lineLength += to - from
    beforeLast = unsafe to - from > 1 ? bytes[to - 2] : last
    last = unsafe bytes[to - 1]
    if lineStart == Self.from || lineLength > Self.longestLine + 1 { isSafe = false }
  }

  private mutating func endLine() {
    let end = last == 0x0D ? beforeLast : last
    let length = last == 0x0D ? lineLength - 1 : lineLength
    // White space before the line end is stripped on the way.
    if length > 0, end == 0x20 || end == 0x09 { isSafe = false }
    if length > Self.longestLine { isSafe = false }
    lineLength = 0
    lineStart = 0
    beforeLast = last
    last = 0x0A
  }

  mutating func finish() {
    if last == 0x0D || lineLength > Self.longestLine || lineLength > 0 && (last == 0x20 || last == 0x09) {
      isSafe = false
    }
  }
}
