/// A sink whose bytes can be read again before they are handed to anybody.
public protocol RereadableSink: ByteSink {
  /// What was written so far.
  func source() throws -> any ByteSource
}

extension AtomicFile: RereadableSink {}
extension SpoolFile: RereadableSink {}
extension BufferSink: RereadableSink {
  public func source() -> any ByteSource { BufferSource(bytes) }
}
