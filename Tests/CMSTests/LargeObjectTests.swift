import ByteIO
import Foundation
import SMIMECrypto
import SwiftASN1
import Testing

@testable import CMS

/// Zeros without end, and without memory.
struct ZeroSource: ByteSource {
  let count: Int

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    let run = max(0, min(buffer.count, count - offset))
    buffer.withUnsafeMutableBytes { if let start = $0.baseAddress { memset(start, 0, run) } }
    return run
  }
}

/// Sources one behind the other.
struct JoinedSource: ByteSource {
  let parts: [any ByteSource]
  var count: Int { parts.reduce(0) { $0 + $1.count } }

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    var start = 0
    for part in parts {
      if offset < start + part.count { return try part.read(at: offset - start, into: &buffer) }
      start += part.count
    }
    return 0
  }
}

/// Counts what it takes.
final class CountingSink: ByteSink {
  private(set) var count = 0
  func write(_ bytes: Span<UInt8>) { count += bytes.count }
}

/// Beyond what 32 bits count.
@Suite struct `Objects over 4 GiB` {
  private static let count = 5 << 30
  private static let oid = DERWriter.encode { $0.oid(ContentType.data.oid) }

  /// A SignedData without signers, in definite lengths, around `count` zeros.
  private func definite() -> JoinedSource {
    let frame = SignedDataFrame(type: .data).frame(.primitive)
    let octets = BERFrame.header(BERFrame.octetString, Self.count)
    return JoinedSource(parts: [
      BufferSource(frame.head(inner: octets.count + Self.count) + octets), ZeroSource(count: Self.count),
      BufferSource(frame.tail(isDefinite: true)),
    ])
  }

  @Test func `definite lengths`() throws {
    let source = definite()
    let sink = CountingSink()
    let data = try SignedDataReader(source).read(content: sink)
    #expect(data.contentCount == Self.count && sink.count == Self.count)
    #expect(data.signerInfos.isEmpty && data.defects.isEmpty && !data.isFollowedByData)
    // What is behind is not out of reach: an octet too many, and one too few.
    let longer = JoinedSource(parts: source.parts + [BufferSource([0])])
    let defect = try #require(try SignedDataReader(longer).read().defects.first)
    #expect(defect.offset == source.count)
  }

  @Test func `an indefinite length, with one segment beyond 4 GiB and others behind it`() throws {
    let frame = SignedDataFrame(type: .data).frame(.segmented)
    let segment = BERFrame.header(BERFrame.octetString, Self.count)
    let source = JoinedSource(parts: [
      BufferSource(frame.head(inner: nil) + segment), ZeroSource(count: Self.count),
      BufferSource([0x04, 0x02, 1, 2, 0x24, 0x80, 0x04, 0x01, 3, 0, 0] + frame.tail(isDefinite: false)),
    ])
    let sink = CountingSink()
    let data = try SignedDataReader(source).read(content: sink)
    #expect(sink.count == Self.count + 3 && data.contentCount == Self.count + 3)
    #expect(data.defects.isEmpty)
  }

  @Test func `what is announced and missing is told with its offset`() throws {
    let source = definite()
    let cut = source.slice(0..<source.count - 100_000_000)
    let fault = #expect(throws: Malformed.self) { try SignedDataReader(cut).read() }
    #expect(fault?.offset == cut.count)
  }

  /// Framing alone: what is written of a stream that says how long it is.
  @Test func `lengths that are written`() throws {
    let sink = CountingSink()
    try SignedDataFrame(type: .data).write(contentCount: Self.count, to: sink) {
      try ZeroSource(count: Self.count).copy(to: $0)
    }
    #expect(sink.count == definite().count)
    #expect(BERFrame.header(0x30, Self.count) == [0x30, 0x85, 0x01, 0x40, 0, 0, 0])
  }
}
