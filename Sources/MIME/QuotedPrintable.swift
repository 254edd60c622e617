public import ByteIO

/// The bytes that quoted-printable text stands for (RFC 2045 §6.7), read leniently: an `=` that begins nothing stands for
/// itself.
public struct QuotedPrintableDecodingStream: ByteStream {
  private let base: any ByteStream

  public init(_ base: any ByteStream) { self.base = base }

  public func makeReader() -> any ByteReader { QuotedPrintableReader(base) }

  public var countLimit: Int { base.countLimit }
}

private final class QuotedPrintableReader: ByteReader {
  private let base: any ByteReader
  private var window: [UInt8]
  private var at = 0
  private var count = 0
  private var isAtEnd = false
  /// Decoded bytes that wait for room, the next first.
  private var pending: ArraySlice<UInt8> = []
  /// White space that is dropped if the line ends after it (§6.7 rule 3). Bounded: a longer run is text.
  private var space: [UInt8] = []

  init(_ stream: any ByteStream) {
    base = stream.makeReader()
    window = stream.makeWindow()
  }

  private func nextByte() throws -> UInt8? {
    if at == count {
      guard !isAtEnd else { return nil }
      count = try base.read(into: &window)
      at = 0
      isAtEnd = count == 0
      if isAtEnd { return nil }
    }
    at += 1
    return window[at - 1]
  }

  func read(into buffer: inout [UInt8]) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      if let byte = pending.popFirst() {
        buffer[filled] = byte
        filled += 1
        continue
      }
      if space.isEmpty, filled + 2 <= buffer.count, decodePlain(into: &buffer, &filled) { continue }
      guard let byte = try nextByte() else { break }
      switch byte {
      case 0x20, 0x09:
        space.append(byte)
        if space.count > 1_024 { release([]) }
      case 0x0A:
        space.removeAll(keepingCapacity: true)
        pending = [0x0A]
      case 0x0D:
        let next = try nextByte()
        if next == 0x0A {
          space.removeAll(keepingCapacity: true)
          pending = [0x0D, 0x0A]
        } else {
          release([0x0D] + (next.map { [$0] } ?? []))
        }
      case 0x3D: release(try escape())
      default:
        if space.isEmpty {
          buffer[filled] = byte
          filled += 1
        } else {
          release([byte])
        }
      }
    }
    return filled
  }

  /// What needs no more than the window to be understood: text, CRLF, escapes, white space within a line. Returns false
  /// where it gets no further.
  private func decodePlain(into buffer: inout [UInt8], _ filled: inout Int) -> Bool {
    let start = at
    unsafe window.withUnsafeBufferPointer { window in
      unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        var from = at
        var to = filled
        while from + 2 < count, to + 2 <= buffer.count {
          let byte = unsafe window[from]
          if byte == 0x3D {
            let (high, low) = unsafe (Text.hexDigit(window[from + 1]), Text.hexDigit(window[from + 2]))
            guard let high, let low else { break }
            unsafe buffer[to] = high << 4 | low
            from += 3
            to += 1
          } else if byte == 0x0D {
            guard unsafe window[from + 1] == 0x0A else { break }
            unsafe buffer[to] = 0x0D
            unsafe buffer[to + 1] = 0x0A
            from += 2
            to += 2
          } else if byte == 0x20 || byte == 0x09 {
            guard unsafe window[from + 1] > 0x20 else { break }
            unsafe buffer[to] = byte
            from += 1
            to += 1
          } else {
            unsafe buffer[to] = byte
            from += 1
            to += 1
          }
        }
        at = from
        filled = to
      }
    }
    return at > start
  }

  private func release(_ bytes: [UInt8]) {
    pending = ArraySlice(space + bytes)
    space.removeAll(keepingCapacity: true)
  }

  /// What stands behind an `=`: two hexadecimal digits, or a line end that joins two lines.
  private func escape() throws -> [UInt8] {
    guard let first = try nextByte() else { return [] }
    if first == 0x0A { return [] }
    if first == 0x0D {
      let next = try nextByte()
      return next == 0x0A ? [] : [0x3D, 0x0D] + (next.map { [$0] } ?? [])
    }
    if first == 0x20 || first == 0x09 {
      // White space between the `=` and the line end was added on the way.
      var seen = [0x3D, first]
      while let byte = try nextByte() {
        if byte == 0x0A { return [] }
        seen.append(byte)
        if byte != 0x20 && byte != 0x09 && byte != 0x0D || seen.count > 1_024 { break }
      }
      return seen
    }
    guard let second = try nextByte() else { return [0x3D, first] }
    guard let high = Text.hexDigit(first), let low = Text.hexDigit(second) else { return [0x3D, first, second] }
    return [high << 4 | low]
  }
}

/// Writes text as quoted-printable: lines of at most 76 characters, safe against relays that strip trailing space, quote
/// `From ` or read `.` as an end (RFC 2045 §6.7, RFC 2049 §3). CRLF, and the bare LF that local text has, are line ends.
final class QuotedPrintableSink: ByteSink {
  private let target: any ByteSink
  private var output: [UInt8] = []
  private var used = 0
  /// How many characters the current line has.
  private var lineLength = 0
  /// White space and CR, held back since what follows decides how they are written.
  private var heldSpace: UInt8?
  private var holdsCR = false

  /// What needs to be escaped wherever it stands.
  private static let isEscaped: [Bool] = (0..<256).map { $0 < 0x20 && $0 != 0x09 || $0 >= 0x7F || $0 == 0x3D }
  private static let digits = Array("0123456789ABCDEF".utf8)
  private static let pieceSize = 16 * 1024

  init(to target: any ByteSink) { self.target = target }

  func write(_ bytes: Span<UInt8>) throws {
    var at = 0
    while at < bytes.count {
      let end = min(at + Self.pieceSize, bytes.count)
      // Three characters for each byte, and three for the end of a line at most every 70.
      reserve((end - at) * 4 + 16)
      while at < end {
        let run = putPlain(bytes.extracting(at..<end))
        at += run
        if at < end {
          put(bytes[at])
          at += 1
        }
      }
      if used >= windowSize { try flush() }
    }
  }

  /// Copies the characters that begin `bytes` and are written as they are, and returns how many. Blanks at the end are
  /// not among them, nor is the first of a line.
  private func putPlain(_ bytes: Span<UInt8>) -> Int {
    guard heldSpace == nil, !holdsCR, lineLength > 0 else { return 0 }
    let room = min(bytes.count, 75 - lineLength)
    let start = used
    let run = unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe Self.isEscaped.withUnsafeBufferPointer { isEscaped in
          var at = 0
          while at < room, unsafe !isEscaped[Int(bytes[at])] {
            unsafe output[start + at] = bytes[at]
            at += 1
          }
          while at > 0, unsafe bytes[at - 1] <= 0x20 { at -= 1 }
          return at
        }
      }
    }
    used += run
    lineLength += run
    return run
  }

  func finish() throws {
    reserve(16)
    if let heldSpace { escape(heldSpace) }
    if holdsCR { escape(0x0D) }
    heldSpace = nil
    holdsCR = false
    try flush()
  }

  private func reserve(_ count: Int) {
    guard output.count - used < count else { return }
    output.append(contentsOf: repeatElement(0, count: max(count, windowSize + count)))
  }

  private func flush() throws {
    guard used > 0 else { return }
    // Taken out while the target has it, and put back with its memory.
    var written: [UInt8] = []
    swap(&written, &output)
    try target.write(written.span.extracting(0..<used))
    used = 0
    swap(&written, &output)
  }

  private func put(_ byte: UInt8) {
    if byte == 0x0A {
      if let heldSpace { escape(heldSpace) }
      heldSpace = nil
      holdsCR = false
      append(0x0D)
      append(0x0A)
      lineLength = 0
      return
    }
    if byte == 0x0D && !holdsCR {
      holdsCR = true
      return
    }
    if let space = heldSpace {
      plain(space)
      heldSpace = nil
    }
    if holdsCR { escape(0x0D) }
    holdsCR = byte == 0x0D
    if holdsCR { return }
    if byte == 0x20 || byte == 0x09 {
      heldSpace = byte
    } else if Self.isEscaped[Int(byte)] || lineLength == 0 && (byte == 0x2E || byte == 0x46 || byte == 0x2D) {
      escape(byte)
    } else {
      plain(byte)
    }
  }

  private func plain(_ byte: UInt8) {
    makeRoom(1)
    append(byte)
    lineLength += 1
  }

  private func escape(_ byte: UInt8) {
    makeRoom(3)
    append(0x3D)
    append(Self.digits[Int(byte >> 4)])
    append(Self.digits[Int(byte & 15)])
    lineLength += 3
  }

  /// Goes to a new line when `count` more characters, and the `=` behind them, would not fit.
  private func makeRoom(_ count: Int) {
    guard lineLength + count > 75 else { return }
    append(0x3D)
    append(0x0D)
    append(0x0A)
    lineLength = 0
  }

  private func append(_ byte: UInt8) {
    output[used] = byte
    used += 1
  }
}
