#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Synchronization

/// The names of files that must not outlive the process. A program that is ended by a signal calls ``removeAll()`` from
/// its handler: the names lie in memory that was set aside at the start, and `unlink` may be called there.
public enum TemporaryFiles {
  private static let slotCount = 16
  private static let slotSize = 4_096
  /// `slotCount` names of `slotSize` bytes; a free slot begins with zero.
  nonisolated(unsafe) private static let slots: UnsafeMutablePointer<CChar> = {
    let memory = UnsafeMutablePointer<CChar>.allocate(capacity: slotCount * slotSize)
    unsafe memory.initialize(repeating: 0, count: slotCount * slotSize)
    return unsafe memory
  }()
  private static let lock = Mutex(())

  static func add(_ path: String) {
    let name = path.utf8CString
    guard name.count <= slotSize else { return }
    lock.withLock { _ in
      for slot in 0..<slotCount where unsafe slots[slot * slotSize] == 0 {
        // The first byte comes last: a handler sees a whole name or none.
        for index in 1..<name.count { unsafe slots[slot * slotSize + index] = name[index] }
        unsafe slots[slot * slotSize] = name[0]
        return
      }
    }
  }

  static func remove(_ path: String) {
    lock.withLock { _ in
      for slot in 0..<slotCount where unsafe strcmp(slots + slot * slotSize, path) == 0 {
        unsafe slots[slot * slotSize] = 0
      }
    }
  }

  /// Removes them all. For signal handlers; nothing is allocated and no lock is taken.
  public static func removeAll() {
    for slot in 0..<slotCount where unsafe slots[slot * slotSize] != 0 { unsafe unlink(slots + slot * slotSize) }
  }
}
