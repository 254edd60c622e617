import ByteIO

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that one process at a time holds. The system lets go of it when the process ends, however that happens.
struct FolderLock {
  let path: String

  /// The one beside a database.
  init(ofDatabase path: String) { self.path = path + ".lock" }

  /// Runs `work` while nobody else holds the lock.
  func hold<Result>(_ work: () throws -> Result) throws -> Result {
    let number = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else { throw StoreFailure(.cannotOpen, path, detail: systemError()) }
    let file = Descriptor(number)
    while flock(file.number, LOCK_EX) != 0 {
      guard errno == EINTR else { throw StoreFailure(.cannotOpen, path, detail: systemError()) }
    }
    return try withExtendedLifetime(file) { try work() }
  }
}
