import ByteIO

/// Content that must not get out before the end of it was reached, on its way out.
enum Release {
  /// How much of content that is not kept can be looked at afterwards.
  static let headLimit = 65_536

  /// Has `work` make the content, and lets it out once `work` returned: a file has no name before, what fits into memory
  /// waits there, and of what does not, a first run proves that a second will go well.
  ///
  /// - Parameter count: how many bytes it can be at most.
  /// - Returns: what `work` returned, and the content; of much content on standard output, its beginning.
  static func write<Result>(
    to output: Output, atMost count: Int, _ work: (any ByteSink) async throws -> Result
  ) async throws -> (Result, any ByteSource) {
    if output.isHeldBack {
      let result = try await work(output.sink)
      return (result, try output.written())
    }
    if count <= Spool.memoryLimit {
      let buffer = BufferSink()
      let result = try await work(buffer)
      try output.sink.write(buffer.bytes)
      return (result, BufferSource(buffer.bytes))
    }
    let head = HeadSink()
    _ = try await work(head)
    return (try await work(output.sink), BufferSource(head.bytes))
  }
}

/// Keeps the first bytes of what it takes.
private final class HeadSink: ByteSink {
  private(set) var bytes: [UInt8] = []

  func write(_ new: Span<UInt8>) {
    let count = min(new.count, Release.headLimit - bytes.count)
    guard count > 0 else { return }
    unsafe new.extracting(0..<count).withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }
}
