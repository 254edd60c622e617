import Fetching
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A socket that somebody waits on in a library that cannot be told to stop, and that can be cut from outside.
final class OpenLine: Sendable {
  private enum State {
    case none
    case open(CInt)
    case cut
  }

  private let state = Mutex(State.none)

  /// - Throws: ``FetchFailure`` when it was cut before; the socket is closed then.
  func open(_ socket: CInt) throws(FetchFailure) {
    let isCut = state.withLock { state in
      if case .cut = state { return true }
      state = .open(socket)
      return false
    }
    guard isCut else { return }
    close(socket)
    throw FetchFailure(.timeout, "given up")
  }

  /// Nobody waits any more.
  func leave() {
    state.withLock { state in if case .open = state { state = .none } }
  }

  /// Whoever waits, waits no more.
  func cut() {
    state.withLock { state in
      if case .open(let socket) = state { _ = shutdown(socket, CInt(SHUT_RDWR)) }
      state = .cut
    }
  }
}
