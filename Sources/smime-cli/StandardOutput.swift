import ByteIO
import Glibc
import Synchronization

/// Standard output, written in large pieces.
final class StandardOutput: ByteSink, Sendable {
  private let waiting = Mutex<[UInt8]>([])

  func write(_ bytes: Span<UInt8>) throws {
    if bytes.count >= windowSize {
      try flush()
      var offset = 0
      while offset < bytes.count {
        offset += try Self.put(bytes.extracting(offset..<bytes.count))
      }
      return
    }
    let isFull = waiting.withLock { waiting in
      unsafe bytes.withUnsafeBufferPointer { unsafe waiting.append(contentsOf: $0) }
      return waiting.count >= windowSize
    }
    if isFull { try flush() }
  }

  func flush() throws {
    let bytes = waiting.withLock { waiting in
      defer { waiting.removeAll(keepingCapacity: true) }
      return waiting
    }
    var offset = 0
    while offset < bytes.count { offset += try Self.put(bytes.span.extracting(offset..<bytes.count)) }
  }

  private static func put(_ bytes: Span<UInt8>) throws -> Int {
    while true {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count > 0 { return count }
      guard count < 0 && errno == EINTR else {
        throw IOFailure(.cannotWrite, "standard output", detail: systemError())
      }
    }
  }
}
