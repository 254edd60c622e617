/// Takes bytes in order.
public protocol ByteSink: AnyObject {
  /// Takes all of `bytes`, or throws. What was taken before an error is not taken back.
  func write(_ bytes: Span<UInt8>) throws
}

extension ByteSink {
  /// Takes all of `bytes`, or throws.
  public func write(_ bytes: [UInt8]) throws { try write(bytes.span) }

  /// Takes all of `bytes`, or throws.
  public func write(_ bytes: ArraySlice<UInt8>) throws { try write(bytes.span) }
}

/// Keeps what it takes in memory.
public final class BufferSink: ByteSink {
  /// What was taken so far.
  public private(set) var bytes: [UInt8] = []
  private let limit: Int

  /// A sink that takes `limit` bytes at most; more is a ``LimitExceeded``.
  public init(limit: Int = .max) { self.limit = limit }

  public func write(_ new: Span<UInt8>) throws {
    guard bytes.count + new.count <= limit else { throw LimitExceeded(.size, limit: limit) }
    unsafe new.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }
}

/// Takes bytes and forgets them.
public final class NullSink: ByteSink {
  public init() {}
  public func write(_ bytes: Span<UInt8>) {}
}
