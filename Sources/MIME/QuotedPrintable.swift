public import ByteIO

/// The bytes that quoted-printable text stands for (RFC 2045 §6.7), read leniently: an `=` that begins nothing stands for
/// itself.
public struct QuotedPrintableDecodingStream: ByteStream {
  private let base: any ByteStream

  public init(_ base: any ByteStream) { self.base = base }

  public func makeReader() -> any ByteReader { QuotedPrintableReader(base.makeReader()) }
}

private final class QuotedPrintableReader: ByteReader {
  private let base: any ByteReader
  private var window = [UInt8](repeating: 0, count: windowSize)
  private var at = 0
  private var count = 0
  private var isAtEnd = false
  /// Decoded bytes that wait for room, the next first.
  private var pending: ArraySlice<UInt8> = []
  /// White space that is dropped if the line ends after it (§6.7 rule 3). Bounded: a longer run is text.
  private var space: [UInt8] = []

  init(_ base: any ByteReader) { self.base = base }

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
      guard let byte = try nextByte() else {
        break
      }
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
/// `From ` or read `.` as an end (RFC 2045 §6.7, RFC 2049 §3).
final class QuotedPrintableSink: ByteSink {
  private let target: any ByteSink
  private var line: [UInt8] = []
  private var output: [UInt8] = []
  /// The last byte, held back since what follows decides how it is written.
  private var held: UInt8?
  /// True when a CR stands behind `held`; it is half a line end or a byte like others.
  private var hasReturn = false
  private static let digits = Array("0123456789ABCDEF".utf8)

  init(to target: any ByteSink) { self.target = target }

  func write(_ bytes: Span<UInt8>) throws {
    for index in bytes.indices {
      let byte = bytes[index]
      switch byte {
      case 0x0A:
        // CRLF, and the bare LF that local text has, are the line ends.
        if let held { put(held, isLast: true) }
        held = nil
        hasReturn = false
        endLine()
      case 0x0D:
        if hasReturn { release() }
        hasReturn = true
      default:
        release()
        held = byte
      }
      if output.count >= windowSize { try flush() }
    }
  }

  func finish() throws {
    if hasReturn {
      release()
    } else if let held {
      put(held, isLast: true)
    }
    held = nil
    output += line
    line = []
    try flush()
  }

  /// Writes what was held, which no line end follows.
  private func release() {
    if let held { put(held, isLast: false) }
    held = nil
    if hasReturn { put(0x0D, isLast: true) }
    hasReturn = false
  }

  private func flush() throws {
    var written: [UInt8] = []
    swap(&written, &output)
    try target.write(written.span)
  }

  private func put(_ byte: UInt8, isLast: Bool) {
    let isPlain =
      byte > 0x20 && byte < 0x7F && byte != 0x3D || (byte == 0x20 || byte == 0x09) && !isLast
    let isRisky = line.isEmpty && (byte == 0x2E || byte == 0x46 || byte == 0x2D)
    let size = isPlain && !isRisky ? 1 : 3
    if line.count + size > 75 {
      output += line + [0x3D, 0x0D, 0x0A]
      line.removeAll(keepingCapacity: true)
    }
    if size == 1 {
      line.append(byte)
    } else {
      line += [0x3D, Self.digits[Int(byte >> 4)], Self.digits[Int(byte & 15)]]
    }
  }

  private func endLine() {
    output += line + [0x0D, 0x0A]
    line.removeAll(keepingCapacity: true)
  }
}
