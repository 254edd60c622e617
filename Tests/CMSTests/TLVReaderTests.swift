import ByteIO
import SMIMECrypto
import SwiftASN1
import Testing

@testable import CMS

/// Bytes that come in runs of a chosen size, without random access: every boundary falls everywhere.
struct DrippingStream: ByteStream {
  let bytes: [UInt8]
  let run: Int

  private final class Reader: ByteReader {
    private let bytes: [UInt8]
    private let run: Int
    private var position = 0

    init(_ bytes: [UInt8], run: Int) {
      self.bytes = bytes
      self.run = run
    }

    func read(into buffer: inout [UInt8]) -> Int {
      let count = min(run, buffer.count, bytes.count - position)
      buffer.replaceSubrange(0..<count, with: bytes[position..<position + count])
      position += count
      return count
    }
  }

  func makeReader() -> any ByteReader { Reader(bytes, run: run) }
}

/// A source of any size whose bytes are made as they are read: a head, as many zeros as wanted, a tail.
struct HugeSource: ByteSource {
  let head: [UInt8]
  let zeros: Int
  let tail: [UInt8]

  var count: Int { head.count + zeros + tail.count }

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let run = min(buffer.count, count - offset)
    guard run > 0 else { return 0 }
    for index in 0..<run {
      let at = offset + index
      buffer[index] = at < head.count ? head[at] : at < head.count + zeros ? 0 : tail[at - head.count - zeros]
    }
    return run
  }
}

@Suite struct `TLV reader` {
  static let nested: [UInt8] = [
    0x30, 0x80,  // SEQUENCE, indefinite
    0x02, 0x01, 0x07,  // INTEGER 7
    0x24, 0x80, 0x04, 0x02, 0x61, 0x62, 0x24, 0x05, 0x04, 0x01, 0x63, 0x04, 0x00, 0x04, 0x01, 0x64, 0x00, 0x00,
    0x00, 0x00,
  ]

  private func reader(_ bytes: [UInt8], run: Int = .max, limits: CMSLimits = .standard) -> TLVReader {
    TLVReader(
      run == .max ? BufferSource(bytes) : DrippingStream(bytes: bytes, run: run), as: "Thing", limits: limits)
  }

  @Test(arguments: [1, 2, 3, 7, .max])
  func `flattens segments in segments, whatever the windows`(run: Int) throws {
    let reader = reader(Self.nested, run: run)
    try reader.enter(.sequence)
    #expect(try reader.int("version") == 7)
    let sink = BufferSink()
    #expect(try reader.copyOctets("content", to: sink) == 4)
    #expect(sink.bytes == Array("abcd".utf8))
    try reader.leave()
    #expect(try reader.isAtEndOfInput())
  }

  @Test(arguments: [1, 5, .max])
  func `holds an element of indefinite length whole`(run: Int) throws {
    let reader = reader(Self.nested, run: run)
    let element = try reader.element(.sequence)
    #expect(Array(element.bytes) == Self.nested)
    #expect(try reader.isAtEndOfInput())
  }

  @Test(arguments: [1, 5, .max])
  func `passes over an element of indefinite length`(run: Int) throws {
    let reader = reader(Self.nested + [0x05, 0x00], run: run)
    try reader.skip()
    #expect(reader.offset == Self.nested.count)
    #expect(try reader.next()?.tag == .null)
  }

  @Test(arguments: 0..<nested.count)
  func `every truncation is an error`(count: Int) throws {
    #expect(throws: Malformed.self) {
      let reader = reader(Array(Self.nested.prefix(count)))
      try reader.enter(.sequence)
      _ = try reader.int("version")
      _ = try reader.copyOctets("content", to: NullSink())
      try reader.leave()
    }
  }

  @Test func `a value longer than the one around it names its place`() throws {
    let reader = reader([0x30, 0x03, 0x02, 0x05, 0x01, 0x02, 0x03, 0x04, 0x05])
    try reader.enter(.sequence)
    #expect(throws: Malformed("a value is longer than the one around it", path: "Thing", offset: 2)) {
      try reader.next()
    }
  }

  @Test(
    arguments: [
      [0x00, 0x00], [0x30, 0x80, 0x02, 0x00, 0x30, 0x00, 0x00, 0x01], [0x30, 0x80, 0x20, 0x00, 0x00, 0x00],
      [0x30, 0x80, 0x00, 0x01, 0x00],
    ] as [[UInt8]])
  func `end-of-contents is refused where none belongs`(bytes: [UInt8]) throws {
    let reader = reader(bytes)
    #expect(throws: Malformed.self) { try reader.skipAll() }
  }

  @Test func `lengths near the largest integer do not trap`() throws {
    let huge: [UInt8] = [0x30, 0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    let inner: [UInt8] = [0x04, 0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
    for bytes in [huge, huge + inner, [0x30, 0x80] + inner, [0x30, 0x88] + [UInt8](repeating: 0xFF, count: 8)] {
      for run in [1, .max] {
        #expect(throws: (any Error).self) { try self.reader(bytes, run: run).element() }
        #expect(throws: (any Error).self) { try self.reader(bytes, run: run).skip() }
        #expect(throws: (any Error).self) {
          let reader = self.reader(bytes, run: run)
          try reader.enter(.sequence)
          _ = try reader.copyOctets("content", to: NullSink())
        }
      }
    }
  }

  @Test func `nesting is counted`() throws {
    let deep = [UInt8](repeating: 0, count: 200_000).enumerated().map { $0.offset % 2 == 0 ? 0x30 : 0x80 as UInt8 }
    #expect(throws: LimitExceeded(.nesting, limit: 32)) { try self.reader(deep).skip() }
    #expect(throws: LimitExceeded(.nesting, limit: 32)) { try self.reader(deep).element() }
  }

  @Test func `segments are counted`() throws {
    var limits = CMSLimits()
    limits.segments = 3
    let bytes: [UInt8] = [0x24, 0x08, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00]
    #expect(throws: LimitExceeded(.elements, limit: 3)) {
      try self.reader(bytes, limits: limits).copyOctets("content", to: NullSink())
    }
  }

  @Test func `what is held in memory is counted, not what a header claims`() throws {
    var limits = CMSLimits()
    limits.headerElementBytes = 8
    #expect(throws: LimitExceeded(.size, limit: 8)) {
      try self.reader([0x04, 0x07, 1, 2, 3, 4, 5, 6, 7], limits: limits).element()
    }
    #expect(try reader([0x04, 0x06, 1, 2, 3, 4, 5, 6], limits: limits).element().bytes.count == 8)
  }

  @Test func `offsets go beyond 4 GiB`() throws {
    let zeros = 5 << 30
    let head: [UInt8] = [0x30, 0x85, 0x01, 0x40, 0x00, 0x00, 0x0A, 0x04, 0x85, 0x01, 0x40, 0x00, 0x00, 0x00]
    let source = HugeSource(head: head, zeros: zeros, tail: [0x02, 0x01, 0x2A])
    let reader = TLVReader(source, as: "Thing", limits: .standard)
    try reader.enter(.sequence)
    try reader.skip()
    #expect(reader.offset == head.count + zeros)
    #expect(try reader.int("number") == 42)
    try reader.leave()
  }
}

extension TLVReader {
  fileprivate func skipAll() throws {
    while try next() != nil { try skip() }
  }
}
