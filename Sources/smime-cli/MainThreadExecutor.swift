import Glibc
import Synchronization

/// Runs the command's asynchronous work on the main thread.
///
/// The default executor starts three threads and a timer before the first job runs, which costs a small command a
/// third of its time; and the command has no use for a second thread.
final class MainThreadExecutor: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var isFinished = false
  }

  private let state = Mutex(State())

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
  }

  /// Runs `work` to its end.
  func run(_ work: @escaping @Sendable () async -> Void) {
    Task(executorPreference: self) {
      await work()
      self.state.withLock { $0.isFinished = true }
    }
    while true {
      let (jobs, isFinished) = state.withLock { state in
        defer { state.jobs = [] }
        return (state.jobs, state.isFinished)
      }
      for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
      if jobs.isEmpty {
        if isFinished { return }
        // A job that went to another thread after all is on its way back.
        usleep(50)
      }
    }
  }
}
