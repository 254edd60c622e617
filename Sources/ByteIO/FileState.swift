#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a file was at one moment, as far as the system tells without reading it. What is done to it afterwards by ordinary
/// means gives it another state: `changed` is the system's own clock. Who may write the file can get round that (by writing
/// through a mapping, or on a medium that he made), so that a state says something of files only that nobody else may write.
package struct FileState: Hashable, Sendable {
  package let inode: UInt64
  package let size: Int
  /// When it was last written, and when anything about it last changed, in nanoseconds since 1970.
  package let modified: Int
  package let changed: Int

  package init(inode: UInt64, size: Int, modified: Int, changed: Int) {
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  /// True where the file was not written since `earlier`, whatever became of its name and its rights. Who may write it can
  /// set these times.
  package func hasContent(of earlier: FileState) -> Bool {
    inode == earlier.inode && size == earlier.size && modified == earlier.modified
  }
}

extension Descriptor {
  /// The state of the file, and whether nobody but this process's user (or the administrator) can have written it; nil when
  /// that cannot be had.
  package var state: (file: FileState, isOwn: Bool)? {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (modified, changed) = (status.st_mtim, status.st_ctim)
    #endif
    return (
      FileState(
        inode: UInt64(status.st_ino), size: Int(status.st_size), modified: Self.nanoseconds(modified),
        changed: Self.nanoseconds(changed)),
      (status.st_uid == geteuid() || status.st_uid == 0) && status.st_mode & (S_IWGRP | S_IWOTH) == 0
    )
  }

  private static func nanoseconds(_ time: timespec) -> Int {
    Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec)
  }
}
