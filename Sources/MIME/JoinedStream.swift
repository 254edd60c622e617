import ByteIO

/// Several streams, one after the other.
struct JoinedStream: ByteStream {
  let pieces: [any ByteStream]

  func makeReader() -> any ByteReader { JoinedReader(pieces) }

  var countLimit: Int {
    pieces.reduce(0) { sum, piece in
      let (next, isTooMuch) = sum.addingReportingOverflow(piece.countLimit)
      return isTooMuch ? .max : next
    }
  }

  var exactCount: Int? {
    var sum = 0
    for piece in pieces {
      guard let count = piece.exactCount else { return nil }
      let (next, isTooMuch) = sum.addingReportingOverflow(count)
      guard !isTooMuch else { return nil }
      sum = next
    }
    return sum
  }
}

private final class JoinedReader: ByteReader {
  private var rest: ArraySlice<any ByteStream>
  private var current: (any ByteReader)?

  init(_ pieces: [any ByteStream]) { rest = pieces[...] }

  func read(into buffer: inout [UInt8]) throws -> Int {
    while true {
      if let current {
        let count = try current.read(into: &buffer)
        if count > 0 { return count }
      }
      guard let next = rest.popFirst() else { return 0 }
      current = next.makeReader()
    }
  }
}

/// The bytes of another stream, encoded for transport.
struct EncodedStream: ByteStream {
  let base: any ByteStream
  let encoding: TransferEncoding

  func makeReader() -> any ByteReader { EncodedReader(base, encoding) }
}

private final class EncodedReader: ByteReader {
  private let base: any ByteReader
  private let collected = Collector()
  private let encoder: Encoder
  private var window: [UInt8]
  private var given = 0
  private var isAtEnd = false

  private enum Encoder {
    case base64(Base64EncodingSink)
    case quotedPrintable(QuotedPrintableSink)
  }

  init(_ stream: any ByteStream, _ encoding: TransferEncoding) {
    base = stream.makeReader()
    window = stream.makeWindow()
    encoder =
      encoding == .base64
      ? .base64(Base64EncodingSink(to: collected)) : .quotedPrintable(QuotedPrintableSink(to: collected))
  }

  func read(into buffer: inout [UInt8]) throws -> Int {
    while given == collected.bytes.count {
      guard !isAtEnd else { return 0 }
      collected.bytes.removeAll(keepingCapacity: true)
      given = 0
      let count = try base.read(into: &window)
      isAtEnd = count == 0
      try encode(count)
    }
    let count = min(buffer.count, collected.bytes.count - given)
    buffer.replaceSubrange(0..<count, with: collected.bytes[given..<given + count])
    given += count
    return count
  }

  /// Encodes the first `count` bytes of the window; none means that these were all.
  private func encode(_ count: Int) throws {
    switch encoder {
    case .base64(let sink):
      if count == 0 { try sink.finish() } else { try sink.write(window[..<count]) }
    case .quotedPrintable(let sink):
      if count == 0 { try sink.finish() } else { try sink.write(window[..<count]) }
    }
  }

  private final class Collector: ByteSink {
    var bytes: [UInt8] = []

    func write(_ new: Span<UInt8>) { unsafe new.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) } }
  }
}
