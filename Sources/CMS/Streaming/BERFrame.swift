import ByteIO

/// The headers of values that are too large to be built in memory (X.690 §8.1).
enum BERFrame {
  static let sequence: UInt8 = 0x30
  static let set: UInt8 = 0x31
  static let octetString: UInt8 = 0x04
  static let objectIdentifier: UInt8 = 0x06
  /// End-of-contents, which closes an indefinite length.
  static let end: [UInt8] = [0, 0]

  /// A constructed `[number]`, of a number below 31.
  static func context(_ number: UInt8) -> UInt8 { 0xA0 | number }

  /// A primitive `[number]`.
  static func primitiveContext(_ number: UInt8) -> UInt8 { 0x80 | number }

  /// Tag and length; the indefinite length for nil.
  static func header(_ tag: UInt8, _ length: Int?) -> [UInt8] {
    guard let length else { return [tag, 0x80] }
    if length < 0x80 { return [tag, UInt8(truncatingIfNeeded: length)] }
    var octets: [UInt8] = []
    var rest = length
    while rest > 0 {
      octets.insert(UInt8(truncatingIfNeeded: rest), at: 0)
      rest >>= 8
    }
    return [tag, 0x80 | UInt8(octets.count)] + octets
  }
}

/// Nested constructed values around content that streams: what stands before it and behind it is known in full.
struct ContentFrame {
  private struct Level {
    let tag: UInt8
    let before: [UInt8]
    let after: [UInt8]
  }

  private var levels: [Level] = []

  /// Opens a constructed value inside the last one. `before` precedes what is inside it, `after` follows.
  mutating func nest(_ tag: UInt8, before: [UInt8] = [], after: [UInt8] = []) {
    levels.append(Level(tag: tag, before: before, after: after))
  }

  /// Everything before the content: of definite lengths when the innermost value takes `inner` octets, else indefinite.
  func head(inner: Int?) -> [UInt8] {
    var lengths: [Int?] = []
    var length = inner
    for level in levels.reversed() {
      length = length.map { $0 + level.before.count + level.after.count }
      lengths.append(length)
      length = length.map { $0 + BERFrame.header(level.tag, $0).count }
    }
    var bytes: [UInt8] = []
    for (level, length) in zip(levels, lengths.reversed()) {
      bytes += BERFrame.header(level.tag, length) + level.before
    }
    return bytes
  }

  /// Everything behind the content.
  func tail(isDefinite: Bool) -> [UInt8] {
    var bytes: [UInt8] = []
    for level in levels.reversed() {
      bytes += level.after
      if !isDefinite { bytes += BERFrame.end }
    }
    return bytes
  }
}

/// Writes what it takes as segments of a constructed OCTET STRING, or unframed into a primitive one.
final class OctetStringSink: ByteSink {
  private let sink: any ByteSink
  private let isSegmented: Bool
  private(set) var count = 0

  init(_ sink: any ByteSink, isSegmented: Bool) {
    self.sink = sink
    self.isSegmented = isSegmented
  }

  func write(_ bytes: Span<UInt8>) throws {
    guard bytes.count > 0 else { return }
    if isSegmented { try sink.write(BERFrame.header(BERFrame.octetString, bytes.count)) }
    try sink.write(bytes)
    count += bytes.count
  }
}

/// Content to be written, and its size if that is known without reading it all.
struct MeasuredContent {
  let count: Int?
  private let stream: any ByteStream
  /// All of the content where it was read to learn its size.
  private let held: [UInt8]?

  /// How much is read ahead to learn the size: what is shorter is written as DER.
  private static let readAhead = 1 << 20

  init(_ stream: any ByteStream) throws {
    self.stream = stream
    if let exact = stream.exactCount {
      (count, held) = (exact, nil)
      return
    }
    let reader = stream.makeReader()
    var window = stream.makeWindow()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(stream.countLimit, Self.readAhead + window.count))
    while bytes.count <= Self.readAhead {
      let run = try reader.read(into: &window)
      if run == 0 {
        (count, held) = (bytes.count, bytes)
        return
      }
      bytes.append(contentsOf: window[..<run])
    }
    (count, held) = (nil, nil)
  }

  /// Writes all of it to `sink`, in pieces that keep the buffers behind it small.
  func copy(to sink: any ByteSink) throws {
    guard let held else {
      try stream.copy(to: sink)
      return
    }
    for at in stride(from: 0, to: held.count, by: smallWindowSize) {
      try sink.write(held.span.extracting(at..<min(at + smallWindowSize, held.count)))
    }
  }
}
