import ByteIO
import Glibc

/// What a command reads, and what to call it in messages.
struct Input {
  let name: String
  let source: any ByteSource
  /// The file that it is, and what it was when it was opened; nil for what nobody else can write to.
  private let opened: (file: FileSource, state: FileState)?

  /// The most that is read as one object in memory: certificates, keys, lists.
  static let objectLimit = 64 << 20

  /// What the input is, and so where it may lie while it is read.
  enum Content {
    /// Mail and objects as they travel: what comes through a pipe and is large waits in an unnamed file.
    case mail
    /// Text that nobody else may see and that is read more than once: it is never written anywhere, so that not much of it
    /// can come through a pipe.
    case secret
  }

  /// Opens `path`; nil or `-` is standard input.
  init(_ path: String?, _ content: Content = .mail) throws {
    name = Self.name(of: path)
    let found: any ByteSource =
      switch (try Self.readable(path), content) {
      case (.file(let file), _): file
      case (.pipe(let pipe), .mail): try pipe.spooled()
      case (.pipe(let pipe), .secret): try Self.inMemory(pipe, named: name)
      }
    source = Self.watched(found, name: name)
    opened = (found as? FileSource).flatMap { file in file.state.map { (file, $0.file) } }
  }

  /// Throws when somebody wrote to the file since it was opened, as far as the system tells: what was read of it then may
  /// not be what was checked.
  func checkUnchanged() throws {
    // Renaming it, as mail readers do with what was read, changes nothing that is in it.
    guard let opened, !(opened.file.state.map { $0.file.hasContent(of: opened.state) } ?? false) else { return }
    throw CommandFailure(ContentChanged(), in: name)
  }

  /// All bytes of a file that holds a certificate, a key or a list.
  static func bytes(of path: String) throws -> [UInt8] {
    do {
      return try FileSource(path: path).readAll(limit: objectLimit)
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  fileprivate static func watched(_ source: any ByteSource, name: String) -> any ByteSource {
    guard source.count >= 8 << 20, Terminal.isTerminal(STDERR_FILENO) else { return source }
    return WatchedSource(source, name: name)
  }

  fileprivate static func isStandardInput(_ path: String?) -> Bool { path ?? "-" == "-" }

  fileprivate static func name(of path: String?) -> String {
    path.flatMap { isStandardInput($0) ? nil : $0 } ?? "standard input"
  }

  /// What is at `path`. A file that was redirected is read where it lies.
  fileprivate static func readable(_ path: String?) throws -> Readable {
    if let path, !isStandardInput(path) { return try Readable(path: path) }
    let name = name(of: path)
    var status = stat()
    guard unsafe fstat(STDIN_FILENO, &status) == 0 else { throw IOFailure(.cannotOpen, name, detail: systemError()) }
    if status.st_mode & S_IFMT == S_IFREG, lseek(STDIN_FILENO, 0, SEEK_CUR) == 0 {
      return .file(try FileSource(path: "/dev/stdin"))
    }
    return .pipe(PipeEnd(STDIN_FILENO, named: name))
  }

  private static func inMemory(_ pipe: PipeEnd, named name: String) throws -> any ByteSource {
    do {
      return try pipe.inMemory()
    } catch is LimitExceeded {
      throw CommandFailure(
        .unreadable, "\(name): more than \(Spool.memoryLimit >> 20) MiB of plain text through a pipe",
        hint: "name a file instead: it is read where it lies")
    }
  }
}

/// What a command reads once, from its beginning to its end: of any size, through a pipe too.
struct ContentInput {
  let name: String
  let stream: any ByteStream

  /// Opens `path`; nil or `-` is standard input.
  init(_ path: String?) throws {
    name = Input.name(of: path)
    stream =
      switch try Input.readable(path) {
      case .file(let file): Input.watched(file, name: name)
      case .pipe(let pipe): try pipe.stream()
      }
  }
}

/// The system's words for the error it met last.
func systemError() -> String {
  guard let words = unsafe strerror(errno) else { return "error \(errno)" }
  return unsafe String(cString: words)
}
