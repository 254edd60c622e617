import ByteIO
import SMIMECrypto

/// Content that must not get out before the end of it was reached, on its way out.
enum Release {
  /// How much of content that is not kept can be looked at afterwards.
  static let headLimit = 65_536

  /// Has `work` make the content, and lets it out once `work` returned: a file has no name before, what fits into memory
  /// waits there, and of what does not, a first run proves that a second will go well. That the second gave out what the
  /// first checked shows at its end: it is told, since it cannot be taken back.
  ///
  /// - Parameters:
  ///   - input: what the content is made of.
  ///   - count: how many bytes it can be at most.
  /// - Returns: what `work` returned, and the content; of much content on standard output, its beginning.
  static func write<Result>(
    to output: Output, from input: Input, atMost count: Int, _ work: (any ByteSink) async throws -> Result
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
    let checked = try DigestingSink(.sha256, passingTo: head)
    _ = try await work(checked)
    try input.checkUnchanged()
    let released = try DigestingSink(.sha256, passingTo: output.sink)
    let result: Result
    do {
      result = try await work(released)
    } catch let failure as IOFailure {
      if failure.reason == .cannotWrite { throw failure }
      throw CommandFailure(
        .unreadable, "\(failure)", hint: "what came out is not all of it; with --out FILE it comes whole or not at all")
    } catch { throw changed(input) }
    guard released.value() == checked.value() else { throw changed(input) }
    return (result, BufferSource(head.bytes))
  }

  private static func changed(_ input: Input) -> CommandFailure {
    CommandFailure(
      .notGood, "\(input.name): was changed while it was read: what came out is not what was checked",
      hint: "throw it away; with --out FILE nothing comes out that was not checked")
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
