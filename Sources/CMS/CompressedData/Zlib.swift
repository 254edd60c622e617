import ByteIO
import CZlib
import SMIMECrypto

/// One zlib stream (RFC 1950) at work. zlib keeps a pointer to the structure, so that it has a place of its own.
@safe private final class ZlibState {
  enum Direction { case inflate, deflate }

  let stream: UnsafeMutablePointer<z_stream>
  private let direction: Direction

  init(_ direction: Direction) throws(Unsupported) {
    self.direction = direction
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: unsafe z_stream())
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    let status =
      switch direction {
      case .inflate: unsafe inflateInit_(stream, ZLIB_VERSION, size)
      case .deflate: unsafe deflateInit_(stream, Z_DEFAULT_COMPRESSION, ZLIB_VERSION, size)
      }
    guard status == Z_OK else {
      throw Unsupported("zlib (\(status))")
    }
  }

  deinit {
    switch direction {
    case .inflate: _ = unsafe inflateEnd(stream)
    case .deflate: _ = unsafe deflateEnd(stream)
    }
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// One step from `input`, of which what was not taken stays for the next, into `output`.
  ///
  /// - Returns: zlib's status, and how many octets were taken and made.
  func step(
    _ input: UnsafeBufferPointer<UInt8>, into output: inout [UInt8], room: Int, flush: Int32
  ) -> (status: Int32, taken: Int, made: Int) {
    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    unsafe stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
    let room = min(room, output.count)
    let status = unsafe output.withUnsafeMutableBufferPointer { buffer in
      unsafe stream.pointee.next_out = buffer.baseAddress
      unsafe stream.pointee.avail_out = UInt32(truncatingIfNeeded: room)
      switch direction {
      case .inflate: return unsafe inflate(stream, flush)
      case .deflate: return unsafe deflate(stream, flush)
      }
    }
    return unsafe (status, input.count - Int(stream.pointee.avail_in), room - Int(stream.pointee.avail_out))
  }
}

/// Inflates what it takes and hands it on, never more than the budget allows.
final class InflatingSink: ByteSink {
  /// Compressed octets that are none.
  struct Fault: Error {
    let reason: String
    /// How many octets of the last write stand before it.
    let taken: Int
  }

  private let state: ZlibState
  private let next: any ByteSink
  private let limits: CMSLimits
  /// Where the compressed octets stand, for errors.
  private let path: String
  private var output = [UInt8](repeating: 0, count: windowSize)
  private var taken = 0
  private(set) var made = 0
  private(set) var isFinished = false

  /// What may come out whatever went in.
  private static let free = 1 << 20

  init(passingTo next: any ByteSink, limits: CMSLimits, path: String) throws(Unsupported) {
    state = try ZlibState(.inflate)
    self.next = next
    self.limits = limits
    self.path = path
  }

  func write(_ bytes: Span<UInt8>) throws {
    var at = 0
    while at < bytes.count {
      let piece = bytes.extracting(at..<min(bytes.count, at + windowSize))
      try write(piece, before: at)
      at += piece.count
    }
  }

  private func write(_ bytes: Span<UInt8>, before start: Int) throws {
    try unsafe bytes.withUnsafeBufferPointer { input in
      var at = 0
      while true {
        guard !isFinished else {
          if at < input.count { throw Fault(reason: "data follows the compressed content", taken: start + at) }
          return
        }
        // One octet beyond the budget is enough to know that there is more.
        let room = min(output.count - 1, Self.allowed(taken, limits) - made) + 1
        let rest = unsafe UnsafeBufferPointer(rebasing: input[at...])
        let step = unsafe state.step(rest, into: &output, room: room, flush: Z_NO_FLUSH)
        at += step.taken
        taken += step.taken
        made += step.made
        try check()
        if step.made > 0 { try next.write(output[..<step.made]) }
        switch step.status {
        case Z_STREAM_END: isFinished = true
        case Z_OK, Z_BUF_ERROR: if at == input.count && step.made < room { return }
        case Z_NEED_DICT: throw Unsupported("zlib with a dictionary of its own", path: path)
        case Z_MEM_ERROR: throw Unsupported("zlib without memory")
        default: throw Fault(reason: "is no zlib stream", taken: start + at)
        }
      }
    }
  }

  /// How many octets may come out of `count`.
  static func allowed(_ count: Int, _ limits: CMSLimits) -> Int {
    let (product, overflows) = count.multipliedReportingOverflow(by: limits.inflationRatio)
    return min(limits.inflatedBytes, max(free, overflows ? .max : product))
  }

  private func check() throws {
    guard made > Self.allowed(taken, limits) else { return }
    guard made <= limits.inflatedBytes else {
      throw LimitExceeded(.size, limit: limits.inflatedBytes, path: path)
    }
    throw LimitExceeded(.inflation, limit: limits.inflationRatio, path: path)
  }
}

/// Deflates what it takes and hands it on.
final class DeflatingSink: ByteSink {
  private let state: ZlibState
  private let next: any ByteSink
  private var output = [UInt8](repeating: 0, count: windowSize)

  init(passingTo next: any ByteSink) throws(Unsupported) {
    state = try ZlibState(.deflate)
    self.next = next
  }

  func write(_ bytes: Span<UInt8>) throws {
    var at = 0
    while at < bytes.count {
      let piece = bytes.extracting(at..<min(bytes.count, at + windowSize))
      try run(piece, flush: Z_NO_FLUSH)
      at += piece.count
    }
  }

  /// The end of the content; nothing may follow.
  func finish() throws {
    let nothing: [UInt8] = []
    try run(nothing.span, flush: Z_FINISH)
  }

  private func run(_ bytes: Span<UInt8>, flush: Int32) throws {
    try unsafe bytes.withUnsafeBufferPointer { input in
      var at = 0
      while true {
        let rest = unsafe UnsafeBufferPointer(rebasing: input[at...])
        let step = unsafe state.step(rest, into: &output, room: output.count, flush: flush)
        at += step.taken
        if step.made > 0 { try next.write(output[..<step.made]) }
        switch step.status {
        case Z_STREAM_END: return
        case Z_OK, Z_BUF_ERROR: if at == input.count, step.made < output.count, flush == Z_NO_FLUSH { return }
        default: throw Unsupported("zlib (\(step.status))")
        }
        if step.taken == 0, step.made == 0 { return }
      }
    }
  }
}
