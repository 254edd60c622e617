import ByteIO
import Glibc
import Synchronization

/// A line on the terminal that tells how far the reading of a large input is, from the third second on.
final class Progress: Sendable {
  private struct State {
    var furthest = 0
    var lastShown = 0
  }

  private let name: String
  private let total: Int
  private let started = Progress.now()
  private let state = Mutex(State())
  private static let isShown = Atomic(false)

  init(name: String, total: Int) {
    self.name = name
    self.total = max(total, 1)
  }

  /// Notes that the input was read up to `offset`.
  func reached(_ offset: Int) {
    let now = Progress.now()
    guard now - started >= 2_000 else { return }
    let percent: Int? = state.withLock { state in
      state.furthest = max(state.furthest, offset)
      guard now - state.lastShown >= 200 else { return nil }
      state.lastShown = now
      return min(100, state.furthest / (total / 100 + 1))
    }
    guard let percent else { return }
    Progress.isShown.store(true, ordering: .relaxed)
    Progress.draw("\r\(name): \(percent) %")
  }

  /// Takes the line away.
  static func clear() {
    if isShown.exchange(false, ordering: .relaxed) { draw("\r\u{1B}[K") }
  }

  private static func draw(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Milliseconds of the monotonic clock.
  private static func now() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
  }
}

/// A source that reports how far it was read.
struct WatchedSource: ByteSource {
  private let base: any ByteSource
  private let progress: Progress

  init(_ base: any ByteSource, name: String) {
    self.base = base
    progress = Progress(name: name, total: base.count)
  }

  var count: Int { base.count }

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    progress.reached(offset)
    return try base.read(at: offset, into: &buffer)
  }
}
