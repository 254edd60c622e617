import CVector

/// Writes what it takes as base64 in lines of 76 characters that end in CRLF (RFC 2045 §6.8).
public final class Base64EncodingSink: ByteSink {
  /// What fills one line.
  private static let lineBytes = 57
  private static let lineCharacters = 78
  private static let capacity = windowSize / lineCharacters * lineCharacters
  /// What small messages do with.
  private static let smallCapacity = smallWindowSize / lineCharacters * lineCharacters

  private let target: any ByteSink
  private let engine: Base64.Engine
  private var held: [UInt8] = []
  private var output: [UInt8] = []
  private var used = 0
  private var writtenCount = 0

  public convenience init(to target: any ByteSink) { self.init(to: target, engine: .fastest) }

  init(to target: any ByteSink, engine: Base64.Engine) {
    self.target = target
    self.engine = engine
    output = [UInt8](repeating: 0, count: Self.smallCapacity)
    held.reserveCapacity(Self.lineBytes)
  }

  public func write(_ bytes: Span<UInt8>) throws {
    var at = 0
    if !held.isEmpty {
      at = min(Self.lineBytes - held.count, bytes.count)
      for index in 0..<at { held.append(bytes[index]) }
      guard held.count == Self.lineBytes else { return }
      if used == output.count { try flush() }
      let line = held
      emit(line.span, lines: 1)
      held.removeAll(keepingCapacity: true)
    }
    while bytes.count - at >= Self.lineBytes {
      if used == output.count { try flush() }
      // As many whole lines as there is room for, coded in one run.
      let lines = min((bytes.count - at) / Self.lineBytes, (output.count - used) / Self.lineCharacters)
      emit(bytes.extracting(at..<at + lines * Self.lineBytes), lines: lines)
      at += lines * Self.lineBytes
    }
    while at < bytes.count {
      held.append(bytes[at])
      at += 1
    }
  }

  /// Writes the last line. Nothing may be written afterwards.
  public func finish() throws {
    try flush()
    guard !held.isEmpty else { return }
    try target.write(Base64.encode(held) + [0x0D, 0x0A])
    held.removeAll()
  }

  private func flush() throws {
    guard used > 0 else { return }
    // Taken out while the target has it, and put back with its memory.
    var written: [UInt8] = []
    swap(&written, &output)
    defer {
      swap(&written, &output)
      used = 0
    }
    try target.write(written.span.extracting(0..<used))
    writtenCount += used
    if written.count < Self.capacity, writtenCount > smallContentSize {
      written = [UInt8](repeating: 0, count: Self.capacity)
    }
  }

  private func emit(_ bytes: Span<UInt8>, lines: Int) {
    let start = used
    used += lines * Self.lineCharacters
    unsafe output.withUnsafeMutableBytes { output in
      unsafe bytes.withUnsafeBytes { bytes in
        if engine == .fastest, let from = bytes.baseAddress, let to = output.baseAddress,
          unsafe smime_base64_encode_lines(from, lines, to + start) == lines
        {
          return
        }
        unsafe Base64.pairs.withUnsafeBufferPointer { pairs in
          var from = 0
          var to = start
          for _ in 0..<lines {
            // Six bytes are eight characters. The two bytes read beyond them belong to the line as well.
            for _ in 0..<9 {
              let six = unsafe UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: from, as: UInt64.self))
              let first = unsafe UInt64(pairs[Int(six >> 52)]) | UInt64(pairs[Int(six >> 40 & 0xFFF)]) << 16
              let last = unsafe UInt64(pairs[Int(six >> 28 & 0xFFF)]) | UInt64(pairs[Int(six >> 16 & 0xFFF)]) << 16
              unsafe output.storeBytes(of: (first | last << 32).littleEndian, toByteOffset: to, as: UInt64.self)
              from += 6
              to += 8
            }
            let group = unsafe Int(bytes[from]) << 16 | Int(bytes[from + 1]) << 8 | Int(bytes[from + 2])
            let four = unsafe UInt32(pairs[group >> 12]) | UInt32(pairs[group & 0xFFF]) << 16
            unsafe output.storeBytes(of: four.littleEndian, toByteOffset: to, as: UInt32.self)
            unsafe output.storeBytes(of: UInt16(0x0A0D).littleEndian, toByteOffset: to + 4, as: UInt16.self)
            from += 3
            to += 6
          }
        }
      }
    }
  }
}

/// The bytes that base64 text stands for, read as mail is read (RFC 2045 §6.8): line ends and other characters outside the
/// alphabet are passed over, and the first padding ends the text, so that what a mailing list put behind it is no part
/// of the content.
public struct Base64DecodingStream: ByteStream {
  private let base: any ByteStream

  public init(_ base: any ByteStream) { self.base = base }

  public func makeReader() -> any ByteReader { Base64Reader(base) }

  public var countLimit: Int { base.countLimit }
}

/// Decodes as it reads. What was odd is counted.
public final class Base64Reader: ByteReader {
  private let base: any ByteReader
  private let engine: Base64.Engine
  private var text: [UInt8]
  private var textAt = 0
  private var textCount = 0
  /// The characters of a group that began, six bits each.
  private var group: UInt32 = 0
  private var groupCount = 0
  private var isAtEnd = false
  /// Decoded for a caller whose buffer was too small to decode into.
  private var spare: ArraySlice<UInt8> = []
  /// How many characters outside the alphabet, white space aside, were passed over, and how many were left over at the end.
  public private(set) var junkCount = 0

  public convenience init(_ stream: any ByteStream) { self.init(stream, engine: .fastest) }

  init(_ stream: any ByteStream, engine: Base64.Engine) {
    self.engine = engine
    base = stream.makeReader()
    text = stream.makeWindow()
  }

  public func read(into buffer: inout [UInt8]) throws -> Int {
    if spare.isEmpty {
      if buffer.count >= 16 { return try fill(&buffer) }
      var decoded = [UInt8](repeating: 0, count: 48)
      let count = try fill(&decoded)
      spare = decoded[..<count]
    }
    let count = min(buffer.count, spare.count)
    buffer.replaceSubrange(0..<count, with: spare.prefix(count))
    spare = spare.dropFirst(count)
    return count
  }

  /// Decodes into `buffer`, which has room for 16 bytes at least, as much as it holds.
  private func fill(_ buffer: inout [UInt8]) throws -> Int {
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
    if isAtEnd, groupCount > 0, filled + 2 <= buffer.count {
      switch groupCount {
      case 2:
        buffer[filled] = UInt8(truncatingIfNeeded: group >> 4)
        filled += 1
      case 3:
        buffer[filled] = UInt8(truncatingIfNeeded: group >> 10)
        buffer[filled + 1] = UInt8(truncatingIfNeeded: group >> 2)
        filled += 2
      default: junkCount += 1
      }
      groupCount = 0
    }
    return filled
  }

  /// Decodes from the window until it or `buffer` is used up, or the padding is reached.
  private func decode(into buffer: inout [UInt8], _ filled: inout Int) {
    unsafe text.withUnsafeBufferPointer { text in
      unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe Base64.quads.withUnsafeBufferPointer { quads in
          var at = textAt
          var to = filled
          let end = textCount
          while at < end, to + 3 <= buffer.count {
            if groupCount == 0 {
              if engine == .fastest, let from = text.baseAddress, let target = buffer.baseAddress {
                let progress = unsafe smime_base64_decode(from + at, end - at, target + to, buffer.count - to)
                at += progress.taken
                to += progress.written
              }
              // Eight characters of the alphabet at once: the common case.
              while at + 8 <= end, to + 8 <= buffer.count {
                let first =
                  unsafe quads[Int(text[at])] | quads[256 + Int(text[at + 1])]
                  | quads[512 + Int(text[at + 2])] | quads[768 + Int(text[at + 3])]
                let last =
                  unsafe quads[Int(text[at + 4])] | quads[256 + Int(text[at + 5])]
                  | quads[512 + Int(text[at + 6])] | quads[768 + Int(text[at + 7])]
                guard (first | last) & Base64.outside == 0 else { break }
                let six = UInt64(first) | UInt64(last) << 24
                unsafe buffer.storeBytes(of: six.littleEndian, toByteOffset: to, as: UInt64.self)
                at += 8
                to += 6
              }
              if at + 4 <= end, to + 4 <= buffer.count {
                let three =
                  unsafe quads[Int(text[at])] | quads[256 + Int(text[at + 1])]
                  | quads[512 + Int(text[at + 2])] | quads[768 + Int(text[at + 3])]
                if three & Base64.outside == 0 {
                  unsafe buffer.storeBytes(of: three.littleEndian, toByteOffset: to, as: UInt32.self)
                  at += 4
                  to += 3
                }
              }
              if at + 2 <= end, unsafe text[at] == 0x0D && text[at + 1] == 0x0A {
                at += 2
                continue
              }
              guard at < end, to + 3 <= buffer.count else { break }
            }
            let character = unsafe text[at]
            at += 1
            let value = unsafe quads[768 + Int(character)]
            if value & Base64.outside == 0 {
              group = group << 6 | value >> 16
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
  /// Who does the bulk of the work. Both give the same bytes; the scalar code is all there is on other processors.
  enum Engine {
    case fastest, scalar
  }

  /// The two characters for every twelve bits, the first in the low octet.
  static let pairs: [UInt16] = (0..<4_096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }

  /// Set in ``quads`` for characters outside the alphabet.
  static let outside: UInt32 = 1 << 31

  /// What each character adds to the three bytes of its group, the first of them in the low octet, for each of its four
  /// places in the group.
  static let quads: [UInt32] = {
    var table = [UInt32](repeating: outside, count: 1_024)
    for (value, character) in alphabet.enumerated() {
      let bits = UInt32(value)
      table[Int(character)] = bits << 2
      table[256 + Int(character)] = bits >> 4 | (bits & 15) << 12
      table[512 + Int(character)] = (bits >> 2) << 8 | (bits & 3) << 22
      table[768 + Int(character)] = bits << 16
    }
    return table
  }()
}
