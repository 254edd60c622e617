import Fetching
import Synchronization

/// Work that is given up when its time is over, even if a part of it, such as a look-up in the system, cannot be stopped.
enum Deadline {
  static func run<Value: Sendable>(
    milliseconds: Int, _ work: @escaping @Sendable () async -> Result<Value, FetchFailure>
  ) async -> Result<Value, FetchFailure> {
    let end = End<Value>()
    let working = Task { end.reach(await work()) }
    let waiting = Task {
      try await Task.sleep(for: .milliseconds(milliseconds))
      end.reach(.failure(FetchFailure(.timeout, "no answer within \(milliseconds) ms")))
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { end.wait($0) }
    } onCancel: {
      end.reach(.failure(FetchFailure(.timeout, "given up")))
    }
    working.cancel()
    waiting.cancel()
    return result
  }

  /// The first result counts.
  private final class End<Value: Sendable>: Sendable {
    private enum State {
      case open
      case waiting(CheckedContinuation<Result<Value, FetchFailure>, Never>)
      case reached(Result<Value, FetchFailure>)
    }

    private let state = Mutex(State.open)

    func wait(_ continuation: CheckedContinuation<Result<Value, FetchFailure>, Never>) {
      let early: Result<Value, FetchFailure>? = state.withLock { state in
        if case .reached(let result) = state { return result }
        state = .waiting(continuation)
        return nil
      }
      if let early { continuation.resume(returning: early) }
    }

    func reach(_ result: Result<Value, FetchFailure>) {
      let waiting: CheckedContinuation<Result<Value, FetchFailure>, Never>? = state.withLock { state in
        defer { if case .reached = state {} else { state = .reached(result) } }
        if case .waiting(let continuation) = state { return continuation }
        return nil
      }
      waiting?.resume(returning: result)
    }
  }
}
