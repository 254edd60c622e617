import ByteIO
import SMIMECrypto

/// The bytes of a stream through one window: headers, runs to keep, runs to pass on, runs to pass over.
final class WindowedInput {
  /// Set when the stream has random access: then a run is passed over without reading it.
  private let source: (any ByteSource)?
  private let reader: (any ByteReader)?
  private var window: [UInt8]
  private var position = 0
  private var filled = 0
  private var lastHeader: [UInt8] = []
  /// How many bytes were consumed.
  private(set) var offset = 0

  /// The longest header: five octets of tag (numbers below 2³¹), nine of length.
  private static let longestHeader = 14

  init(_ stream: any ByteStream) {
    source = stream as? any ByteSource
    reader = source == nil ? stream.makeReader() : nil
    window = stream.makeWindow()
  }

  /// Reads the next window when this one is used up; false at the end of the input.
  private func fill() throws -> Bool {
    guard position == filled else { return true }
    position = 0
    filled = 0
    if let source {
      filled = try source.read(at: offset, into: &window)
    } else if let reader {
      filled = try reader.read(into: &window)
    }
    return filled > 0
  }

  func isAtEnd() throws -> Bool { try !fill() }

  /// The next header; nil at the end of the input.
  func header() throws -> TLVHeader? {
    guard try fill() else { return nil }
    lastHeader.removeAll(keepingCapacity: true)
    do {
      if filled - position >= Self.longestHeader,
        let header = try TLVHeader.read(window[position..<position + Self.longestHeader], rules: .ber)
      {
        lastHeader += window[position..<position + header.headerCount]
        position += header.headerCount
        offset += header.headerCount
        return header
      }
    } catch { throw Malformed(error.reason, offset: error.offset.map { $0 - position + offset }) }
    let start = offset
    while try fill() {
      lastHeader.append(window[position])
      position += 1
      offset += 1
      do {
        if let header = try TLVHeader.read(lastHeader[...], rules: .ber) { return header }
      } catch { throw Malformed(error.reason, offset: error.offset.map { $0 + start }) }
    }
    throw Malformed("ends inside a header", offset: offset)
  }

  /// Appends the bytes of the header that was read last, with room for `room` more.
  func appendLastHeader(to bytes: inout [UInt8], room: Int = 0) {
    if bytes.isEmpty { bytes.reserveCapacity(lastHeader.count + room) }
    bytes += lastHeader
  }

  /// Appends the next `count` bytes to `bytes`. Memory grows with what is there, not with what a header claims.
  func append(_ count: Int, to bytes: inout [UInt8]) throws {
    var left = count
    while left > 0 {
      guard try fill() else { throw Malformed("ends early: \(left) more bytes are announced", offset: offset) }
      let run = min(left, filled - position)
      bytes.append(contentsOf: window[position..<position + run])
      consume(run)
      left -= run
    }
  }

  /// Hands the next `count` bytes to `sink`.
  func copy(_ count: Int, to sink: any ByteSink) throws {
    var left = count
    while left > 0 {
      guard try fill() else { throw Malformed("ends early: \(left) more bytes are announced", offset: offset) }
      let run = min(left, filled - position)
      let window = window
      try sink.write(window.span.extracting(position..<position + run))
      consume(run)
      left -= run
    }
  }

  /// Passes over the next `count` bytes.
  func skip(_ count: Int) throws {
    var left = count
    while left > 0 {
      if let source, left > filled - position {
        guard left <= source.count - offset else { throw Malformed("ends early", offset: source.count) }
        offset += left
        position = 0
        filled = 0
        return
      }
      guard try fill() else { throw Malformed("ends early: \(left) more bytes are announced", offset: offset) }
      let run = min(left, filled - position)
      consume(run)
      left -= run
    }
  }

  private func consume(_ count: Int) {
    position += count
    offset += count
  }
}
