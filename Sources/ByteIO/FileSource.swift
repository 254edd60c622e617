#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file on disk, read in windows. Its size is taken when it is opened; what is appended later is not seen.
public struct FileSource: ByteSource {
  private let file: Descriptor
  public let path: String
  public let count: Int

  /// - Throws: ``IOFailure``: `.cannotOpen`, or `.isDirectory`.
  public init(path: String) throws(IOFailure) { try self.init(path, O_RDONLY) }

  /// A file that nobody named: no link is followed, and nothing is waited for that only looks like a file.
  ///
  /// - Throws: ``IOFailure``: `.cannotOpen`, or `.isDirectory`.
  package init(itself path: String) throws(IOFailure) { try self.init(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) }

  private init(_ path: String, _ flags: CInt) throws(IOFailure) {
    let number = unsafe open(path, flags | O_CLOEXEC)
    guard number >= 0 else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    try self.init(Descriptor(number), path: path)
  }

  /// What was opened at `path`.
  init(_ file: Descriptor, path: String) throws(IOFailure) {
    self.file = file
    guard let status = file.status else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    if status.isDirectory { throw IOFailure(.isDirectory, path) }
    guard status.isRegular else { throw IOFailure(.cannotOpen, path, detail: "it is not a regular file") }
    self.path = path
    count = status.size
  }

  init(_ file: Descriptor, path: String, count: Int) {
    self.file = file
    self.path = path
    self.count = count
  }

  /// The file's state at this moment, and whether nobody but this process's user can have written it; nil when that cannot
  /// be had.
  package var state: (file: FileState, isOwn: Bool)? { file.state }

  public func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    guard offset >= 0, offset < count else { return 0 }
    return min(count - offset, try file.read(at: offset, into: &buffer, path: path))
  }
}

/// Standard input and other things that can be read once only, turned into a source: up to ``memoryLimit`` bytes in
/// memory, more in an unnamed file. Whoever has secrets in it should not hand them over here.
public enum Spool {
  /// How many bytes are kept in memory.
  public static let memoryLimit = 32 << 20

  /// Everything that `descriptor` gives until its end.
  public static func source(readingFrom descriptor: CInt, named name: String) throws -> any ByteSource {
    var kept: [UInt8] = []
    var file: SpoolFile?
    var window = [UInt8](repeating: 0, count: windowSize)
    while true {
      let count = unsafe window.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EISDIR { throw IOFailure(.isDirectory, name) }
        throw IOFailure(.cannotRead, name, detail: systemError())
      }
      if count == 0 { break }
      if let file {
        try file.write(window.span.extracting(0..<count))
      } else if kept.count + count > memoryLimit {
        let spool = try SpoolFile()
        try spool.write(kept.span)
        try spool.write(window.span.extracting(0..<count))
        kept = []
        file = spool
      } else {
        kept.append(contentsOf: window[..<count])
      }
    }
    return try file.map { try $0.source() } ?? BufferSource(kept)
  }
}

/// A file without a name: written, then read, and gone with the process.
public final class SpoolFile: ByteSink {
  private let file: Descriptor
  private let path: String
  private var count = 0

  /// - Parameter folder: where it lies; `$TMPDIR` or `/tmp` when nil.
  public init(in folder: String? = nil) throws(IOFailure) {
    let configured = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
    let folder = folder ?? configured ?? "/tmp"
    path = folder
    file = try UnnamedFile.create(in: folder)
  }

  public func write(_ bytes: Span<UInt8>) throws {
    try file.write(bytes, path: path)
    count += bytes.count
  }

  /// What was written so far.
  public func source() throws -> any ByteSource { FileSource(file, path: path, count: count) }
}

enum UnnamedFile {
  #if os(Linux)
    /// O_TMPFILE, which the importer leaves out since it is composed.
    static let flag = 0o20000000 | O_DIRECTORY
  #endif

  /// A file that no folder lists, readable by nobody else.
  static func create(in folder: String) throws(IOFailure) -> Descriptor {
    #if os(Linux)
      let number = unsafe open(folder, flag | O_RDWR | O_CLOEXEC, 0o600)
      if number >= 0 { return Descriptor(number) }
    #endif
    var template = Array("\(folder)/.smime-XXXXXX".utf8CString)
    let fallback = unsafe mkstemp(&template)
    guard fallback >= 0 else { throw IOFailure(.cannotCreate, folder, detail: systemError()) }
    unsafe unlink(template)
    return Descriptor(fallback)
  }
}
