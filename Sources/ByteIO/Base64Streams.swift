/// Writes what it takes as base64 in lines of 76 characters that end in CRLF (RFC 2045 §6.8).
public final class Base64EncodingSink: ByteSink {
  private static let lineBytes = 57
  private let target: any ByteSink
  private var held: [UInt8] = []
  private var output: [UInt8] = []

  public init(to target: any ByteSink) {
    self.target = target
    held.reserveCapacity(Self.lineBytes)
  }

  public func write(_ bytes: Span<UInt8>) throws {
    var at = 0
    if !held.isEmpty {
      let missing = min(Self.lineBytes - held.count, bytes.count)
      for index in 0..<missing { held.append(bytes[index]) }
      at = missing
      guard held.count == Self.lineBytes else { return }
      let line = held
      emit(line.span, lines: 1)
      held.removeAll(keepingCapacity: true)
    }
    while bytes.count - at >= Self.lineBytes {
      // As many whole lines as fit a window, coded in one run.
      let lines = min((bytes.count - at) / Self.lineBytes, 1_024)
      emit(bytes.extracting(at..<at + lines * Self.lineBytes), lines: lines)
      at += lines * Self.lineBytes
      try flush()
    }
    while at < bytes.count {
      held.append(bytes[at])
      at += 1
    }
    if output.count >= windowSize { try flush() }
  }

  /// Writes the last line. Nothing may be written afterwards.
  public func finish() throws {
    if !held.isEmpty { output += Base64.encode(held) + [0x0D, 0x0A] }
    held.removeAll()
    try flush()
  }

  private func flush() throws {
    guard !output.isEmpty else { return }
    // Taken out while the target has it, and put back with its memory.
    var written: [UInt8] = []
    swap(&written, &output)
    try target.write(written.span)
    written.removeAll(keepingCapacity: true)
    swap(&written, &output)
  }

  private func emit(_ bytes: Span<UInt8>, lines: Int) {
    let start = output.count
    output.append(contentsOf: repeatElement(0, count: lines * 78))
    unsafe output.withUnsafeMutableBufferPointer { output in
      unsafe bytes.withUnsafeBufferPointer { bytes in
        var from = 0
        var to = start
        for _ in 0..<lines {
          for _ in 0..<19 {
            let group = unsafe Int(bytes[from]) << 16 | Int(bytes[from + 1]) << 8 | Int(bytes[from + 2])
            let (high, low) = (Base64.pairs[group >> 12], Base64.pairs[group & 0xFFF])
            unsafe output[to] = UInt8(truncatingIfNeeded: high >> 8)
            unsafe output[to + 1] = UInt8(truncatingIfNeeded: high)
            unsafe output[to + 2] = UInt8(truncatingIfNeeded: low >> 8)
            unsafe output[to + 3] = UInt8(truncatingIfNeeded: low)
            from += 3
            to += 4
          }
          unsafe output[to] = 0x0D
          unsafe output[to + 1] = 0x0A
          to += 2
        }
      }
    }
  }
}

/// The bytes that base64 text stands for, read as mail is read: line ends and other characters outside the alphabet are
/// passed over (RFC 2045 §6.8), and the first padding ends the text.
public struct Base64DecodingStream: ByteStream {
  private let base: any ByteStream

  public init(_ base: any ByteStream) { self.base = base }

  public func makeReader() -> any ByteReader { Base64Reader(base.makeReader()) }
}

/// Decodes as it reads. What was odd is counted.
public final class Base64Reader: ByteReader {
  private let base: any ByteReader
  private var text: [UInt8] = []
  private var textAt = 0
  private var textCount = 0
  private var group: UInt32 = 0
  private var groupCount = 0
  private var isAtEnd = false
  /// How many characters outside the alphabet, white space aside, were passed over.
  public private(set) var junkCount = 0

  init(_ base: any ByteReader) { self.base = base }

  public func read(into buffer: inout [UInt8]) throws -> Int {
    if text.isEmpty { text = [UInt8](repeating: 0, count: windowSize) }
    var filled = 0
    while filled + 3 <= buffer.count, !isAtEnd {
      if textAt == textCount {
        textCount = try base.read(into: &text)
        textAt = 0
        if textCount == 0 {
          isAtEnd = true
          break
        }
      }
      decode(into: &buffer, &filled)
    }
    // A buffer too small for a group would never be filled: three bytes are the least that callers hand over.
    if isAtEnd, groupCount > 1, filled + 2 <= buffer.count {
      buffer[filled] = UInt8(truncatingIfNeeded: groupCount == 2 ? group >> 4 : group >> 10)
      filled += 1
      if groupCount == 3 {
        buffer[filled] = UInt8(truncatingIfNeeded: group >> 2)
        filled += 1
      }
      groupCount = 0
    }
    return filled
  }

  /// Decodes from the window until it or `buffer` is used up, or the padding is reached.
  private func decode(into buffer: inout [UInt8], _ filled: inout Int) {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        unsafe Base64.values.withUnsafeBufferPointer { values in
          var at = textAt
          var to = filled
          let end = textCount
          while at < end, to + 3 <= buffer.count {
            // Four characters of the alphabet at a group's start: the common case, in one go.
            if groupCount == 0, at + 4 <= end {
              let a = unsafe values[Int(text[at])]
              let b = unsafe values[Int(text[at + 1])]
              let c = unsafe values[Int(text[at + 2])]
              let d = unsafe values[Int(text[at + 3])]
              if (a | b | c | d) < 0x80 {
                unsafe buffer[to] = a << 2 | b >> 4
                unsafe buffer[to + 1] = b << 4 | c >> 2
                unsafe buffer[to + 2] = c << 6 | d
                at += 4
                to += 3
                continue
              }
            }
            let character = unsafe text[at]
            at += 1
            let value = unsafe values[Int(character)]
            if value < 0x80 {
              group = group << 6 | UInt32(value)
              groupCount += 1
              if groupCount == 4 {
                unsafe buffer[to] = UInt8(truncatingIfNeeded: group >> 16)
                unsafe buffer[to + 1] = UInt8(truncatingIfNeeded: group >> 8)
                unsafe buffer[to + 2] = UInt8(truncatingIfNeeded: group)
                to += 3
                group = 0
                groupCount = 0
              }
            } else if character == UInt8(ascii: "=") {
              isAtEnd = true
              break
            } else if character > 0x20 {
              junkCount += 1
            }
          }
          textAt = at
          filled = to
        }
      }
    }
  }
}

extension Base64 {
  /// The two characters for every twelve bits.
  static let pairs: [UInt16] = (0..<4_096).map { UInt16(alphabet[$0 >> 6]) << 8 | UInt16(alphabet[$0 & 63]) }
}
