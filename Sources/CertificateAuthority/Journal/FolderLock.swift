import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The lock of an authority's folder, held against other processes. Inside this one a mutex stands before it.
struct FolderLock: Sendable {
  enum Mode: Sendable {
    /// Nobody writes meanwhile.
    case shared
    /// Nobody else reads its end or writes meanwhile.
    case exclusive

    fileprivate var operation: CInt { self == .shared ? LOCK_SH : LOCK_EX }
  }

  let path: String

  /// Runs `body` while the lock is held. The system lets go of it when the process ends, however that happens.
  func hold<Result>(_ mode: Mode, _ body: () throws -> Result) throws -> Result {
    let number = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw IOFailure(.cannotCreate, path, detail: systemError()) }
    let file = Descriptor(number)
    while flock(file.number, mode.operation) != 0 {
      guard errno == EINTR else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    }
    return try withExtendedLifetime(file) { try body() }
  }
}
