/// Reads bytes in order, once.
public protocol ByteReader: AnyObject {
  /// Fills `buffer` from its start and returns how many bytes were put there: 0 only at the end, never more than
  /// `buffer.count`. The buffer keeps its size, so that one buffer serves a whole run.
  func read(into buffer: inout [UInt8]) throws -> Int
}

/// Bytes that can be read from the start any number of times: a file, a buffer, a range of one, or such a range decoded.
public protocol ByteStream: Sendable {
  /// A reader that stands at the first byte.
  func makeReader() -> any ByteReader

  /// How many bytes there can be at most; `Int.max` when that is not known. Small messages get small windows by it.
  var countLimit: Int { get }

  /// How many bytes there are, where that is known without reading them.
  var exactCount: Int? { get }
}

/// Bytes of known number with random access.
public protocol ByteSource: ByteStream {
  /// How many bytes there are.
  var count: Int { get }

  /// Fills `buffer` from the byte at `offset` on and returns how many bytes were put there: 0 only at or beyond the end.
  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int
}

/// The size in bytes of the windows that content is read, coded and written in.
public let windowSize = 128 * 1024

/// Up to here a content is small, and goes through windows of ``smallWindowSize``: every page of a new window costs more
/// than the bytes that go through it, and so small a window is soon in use again.
package let smallContentSize = 1 << 20
package let smallWindowSize = 16 * 1024

extension ByteStream {
  public var countLimit: Int { .max }

  public var exactCount: Int? { nil }

  /// A window to read it through, no larger than is of use: filling a large one with zeros costs more than a small message.
  public func makeWindow() -> [UInt8] {
    let size = countLimit > smallContentSize ? windowSize : min(smallWindowSize, countLimit)
    return [UInt8](repeating: 0, count: max(1, size))
  }
}

extension ByteSource {
  public var countLimit: Int { count }

  public var exactCount: Int? { count }

  /// A reader over the whole source.
  public func makeReader() -> any ByteReader { SourceReader(self) }

  /// The bytes of `range`, as a source of their own whose first byte has the offset 0.
  public func slice(_ range: Range<Int>) -> SourceSlice { SourceSlice(of: self, range: range) }

  /// The bytes of `range`, in memory. For headers and small parts only: it allocates as many bytes as it reads.
  public func bytes(in range: Range<Int>) throws(IOFailure) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: range.count)
    var filled = 0
    while filled < result.count {
      var rest = [UInt8](repeating: 0, count: result.count - filled)
      let count = try read(at: range.lowerBound + filled, into: &rest)
      guard count > 0 else { throw IOFailure(.truncated, "byte \(range.lowerBound + filled)") }
      if filled == 0 && count == result.count { return rest }
      result.replaceSubrange(filled..<filled + count, with: rest[..<count])
      filled += count
    }
    return result
  }
}

/// Bytes in memory.
public struct BufferSource: ByteSource {
  private let bytes: ArraySlice<UInt8>

  /// A source over `bytes`; nothing is copied when they are an array or a slice of one.
  public init(_ bytes: some Sequence<UInt8>) {
    self.bytes = (bytes as? ArraySlice<UInt8>) ?? ArraySlice(bytes)
  }

  public var count: Int { bytes.count }

  public func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let count = min(buffer.count, bytes.count - offset)
    guard count > 0, offset >= 0 else { return 0 }
    let start = bytes.startIndex + offset
    buffer.replaceSubrange(0..<count, with: bytes[start..<start + count])
    return count
  }

  public func bytes(in range: Range<Int>) throws(IOFailure) -> [UInt8] {
    guard range.upperBound <= bytes.count else { throw IOFailure(.truncated, "byte \(bytes.count)") }
    return Array(bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound])
  }
}

/// A range of another source.
public struct SourceSlice: ByteSource {
  private let base: any ByteSource
  private let range: Range<Int>

  /// The bytes of `base` in `range`, cut to what `base` has.
  public init(of base: some ByteSource, range: Range<Int>) {
    let range = range.clamped(to: 0..<base.count)
    if let slice = base as? SourceSlice {
      self.base = slice.base
      self.range = slice.range.lowerBound + range.lowerBound..<slice.range.lowerBound + range.upperBound
    } else {
      self.base = base
      self.range = range
    }
  }

  public var count: Int { range.count }

  public func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let left = range.count - offset
    guard left > 0, offset >= 0 else { return 0 }
    if buffer.count <= left { return try base.read(at: range.lowerBound + offset, into: &buffer) }
    return min(left, try base.read(at: range.lowerBound + offset, into: &buffer))
  }
}

private final class SourceReader: ByteReader {
  private let source: any ByteSource
  private var offset = 0

  init(_ source: some ByteSource) { self.source = source }

  func read(into buffer: inout [UInt8]) throws -> Int {
    let count = try source.read(at: offset, into: &buffer)
    offset += count
    return count
  }
}

extension ByteStream {
  /// Everything, in memory, if it is not more than `limit` bytes; a ``LimitExceeded`` if it is.
  public func readAll(limit: Int) throws -> [UInt8] {
    let reader = makeReader()
    var window = makeWindow()
    var result: [UInt8] = []
    while true {
      let count = try reader.read(into: &window)
      if count == 0 { return result }
      guard result.count + count <= limit else { throw LimitExceeded(.size, limit: limit) }
      result.append(contentsOf: window[..<count])
    }
  }

  /// Writes everything to `sink`, a window at a time, and returns how many bytes that were.
  @discardableResult
  public func copy(to sink: any ByteSink) throws -> Int {
    let reader = makeReader()
    var window = makeWindow()
    var total = 0
    while true {
      let count = try reader.read(into: &window)
      if count == 0 { return total }
      try sink.write(window.span.extracting(0..<count))
      total += count
    }
  }
}
