#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that appears whole or not at all: it is written without a name (or under a private one) in the folder of its
/// target and gets the target's name with ``commit()``. Without a commit nothing is left.
public final class AtomicFile: ByteSink {
  /// What to do with a file that stands there already.
  public enum Overwrite: Hashable, Sendable {
    case refuse, replace
  }

  public let path: String
  private let overwrite: Overwrite
  private let folder: String
  private let mode: mode_t
  private let file: Descriptor
  /// The private name, where a file without one cannot be had.
  private let temporaryPath: String?
  private var count = 0
  private var isCommitted = false

  /// - Parameter mode: the permissions of the file when it appears, less those that the umask takes away; until then
  ///   only its owner reads it.
  /// - Throws: ``IOFailure``: `.exists`, `.isDirectory` or `.cannotCreate`.
  public init(path: String, overwrite: Overwrite, mode: UInt32 = 0o644) throws(IOFailure) {
    self.path = path
    self.overwrite = overwrite
    // It can be read only by setting it; what another thread creates meanwhile is too private rather than too public.
    let mask = umask(0o077)
    umask(mask)
    self.mode = mode_t(mode) & ~mask
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      if status.st_mode & S_IFMT == S_IFDIR { throw IOFailure(.isDirectory, path) }
      if overwrite == .refuse { throw IOFailure(.exists, path) }
      // Renaming over a device or a pipe, or over a link to one, would take it away from everybody.
      guard unsafe stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
        throw IOFailure(.cannotCreate, path, detail: "it is not a regular file")
      }
    }
    #if os(Linux)
      // Without /proc a file that has no name could not be given one.
      if unsafe access("/proc/self/fd", X_OK) == 0 {
        let number = unsafe open(folder, UnnamedFile.flag | O_RDWR | O_CLOEXEC, 0o600)
        if number >= 0 {
          file = Descriptor(number)
          temporaryPath = nil
          return
        }
        // Folders that cannot be written to say so; file systems without unnamed files say these.
        guard errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL else {
          throw IOFailure(.cannotCreate, path, detail: systemError())
        }
      }
    #endif
    var template = Array("\(folder)/.smime-XXXXXX".utf8CString)
    let fallback = unsafe mkstemp(&template)
    guard fallback >= 0 else { throw IOFailure(.cannotCreate, path, detail: systemError()) }
    file = Descriptor(fallback)
    temporaryPath = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if let temporaryPath { TemporaryFiles.add(temporaryPath) }
  }

  deinit {
    guard !isCommitted, let temporaryPath else { return }
    unsafe unlink(temporaryPath)
    TemporaryFiles.remove(temporaryPath)
  }

  public func write(_ bytes: Span<UInt8>) throws {
    try file.write(bytes, path: path)
    count += bytes.count
  }

  /// What was written so far, while it has no name yet.
  public func source() -> any ByteSource { FileSource(file, path: path, count: count) }

  /// Gives the file its name, once its bytes are on the disk.
  public func commit() throws(IOFailure) {
    guard fchmod(file.number, mode) == 0, fsync(file.number) == 0 else {
      throw IOFailure(.cannotWrite, path, detail: systemError())
    }
    if let temporaryPath {
      try rename(from: temporaryPath)
      TemporaryFiles.remove(temporaryPath)
    } else {
      try link()
    }
    isCommitted = true
  }

  private func link() throws(IOFailure) {
    let unnamed = "/proc/self/fd/\(file.number)"
    if unsafe linkat(AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return }
    guard errno == EEXIST else { throw IOFailure(.cannotCreate, path, detail: systemError()) }
    guard overwrite == .replace else { throw IOFailure(.exists, path) }
    // linkat does not replace: it gets a private name beside the target first.
    let bridge = "\(folder)/.smime-\(getpid())-\(UInt32.random(in: .min ... .max))"
    TemporaryFiles.add(bridge)
    defer { TemporaryFiles.remove(bridge) }
    guard unsafe linkat(AT_FDCWD, unnamed, AT_FDCWD, bridge, AT_SYMLINK_FOLLOW) == 0 else {
      throw IOFailure(.cannotCreate, path, detail: systemError())
    }
    do { try rename(from: bridge) } catch {
      unsafe unlink(bridge)
      throw error
    }
  }

  private func rename(from temporary: String) throws(IOFailure) {
    if overwrite == .refuse {
      // link refuses an existing target, which rename does not.
      guard unsafe linkat(AT_FDCWD, temporary, AT_FDCWD, path, 0) == 0 else {
        let failure = IOFailure(errno == EEXIST ? .exists : .cannotCreate, path, detail: systemError())
        unsafe unlink(temporary)
        throw failure
      }
      unsafe unlink(temporary)
      return
    }
    #if canImport(Glibc)
      let renamed = unsafe Glibc.rename(temporary, path)
    #elseif canImport(Musl)
      let renamed = unsafe Musl.rename(temporary, path)
    #else
      let renamed = unsafe Darwin.rename(temporary, path)
    #endif
    guard renamed == 0 else { throw IOFailure(.cannotCreate, path, detail: systemError()) }
  }
}

/// Writes to a descriptor that somebody else opened, such as standard output.
public final class DescriptorSink: ByteSink {
  private let number: CInt
  private let name: String

  /// The descriptor stays open.
  public init(_ number: CInt, named name: String) {
    self.number = number
    self.name = name
  }

  public func write(_ bytes: Span<UInt8>) throws { try Descriptor.write(bytes, to: number, path: name) }
}
