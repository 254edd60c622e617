#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is done with folders.
package enum Folder {
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether anything has that name, a link that leads nowhere included.
  package static func has(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Makes the folder `path` and those above it, for its owner only.
  package static func make(_ path: String) throws(IOFailure) {
    if exists(path) { return }
    if unsafe access(path, F_OK) == 0 { throw IOFailure(.cannotCreate, path, detail: "not a folder") }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try make(String(path[..<slash])) }
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw IOFailure(.cannotCreate, path, detail: systemError())
    }
  }

  /// Sees to it that the names in the folder of the file `path` outlive a loss of power.
  package static func synchronise(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
