import ByteIO
import Glibc

/// What a command reads, and what to call it in messages.
struct Input {
  let name: String
  let source: any ByteSource

  /// The most that is read as one object in memory: certificates, keys, lists.
  static let objectLimit = 64 << 20

  /// What the input is, and so where it may lie while it is read.
  enum Content {
    /// Mail as it travels: what comes through a pipe and is large waits in an unnamed file.
    case mail
    /// Text that nobody else may see: it is never written anywhere, and so must not be large.
    case secret
  }

  /// Opens `path`; nil or `-` is standard input.
  init(_ path: String?, _ content: Content = .mail) throws {
    if let path, path != "-" {
      name = path
      source = Self.watched(try FileSource(path: path), name: path)
    } else {
      name = "standard input"
      source = Self.watched(try Self.standardInput(content, name: name), name: name)
    }
  }

  /// All bytes of a file that holds a certificate, a key or a list.
  static func bytes(of path: String) throws -> [UInt8] {
    do {
      return try FileSource(path: path).readAll(limit: objectLimit)
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  private static func watched(_ source: any ByteSource, name: String) -> any ByteSource {
    guard source.count >= 8 << 20, Terminal.isTerminal(STDERR_FILENO) else { return source }
    return WatchedSource(source, name: name)
  }

  /// A redirected file is read where it lies.
  private static func standardInput(_ content: Content, name: String) throws -> any ByteSource {
    var status = stat()
    guard unsafe fstat(STDIN_FILENO, &status) == 0 else { throw IOFailure(.cannotOpen, name, detail: systemError()) }
    if status.st_mode & S_IFMT == S_IFREG, lseek(STDIN_FILENO, 0, SEEK_CUR) == 0 {
      return try FileSource(path: "/dev/stdin")
    }
    guard content == .secret else { return try Spool.source(readingFrom: STDIN_FILENO, named: name) }
    let pipe = DescriptorReader(STDIN_FILENO)
    var window = [UInt8](repeating: 0, count: windowSize)
    var bytes: [UInt8] = []
    while true {
      let count = try pipe.read(into: &window)
      if count == 0 { return BufferSource(bytes) }
      bytes.append(contentsOf: window[..<count])
      guard bytes.count <= Spool.memoryLimit else {
        throw CommandFailure(
          .unreadable, "\(name): more than \(Spool.memoryLimit >> 20) MiB of plain text through a pipe",
          hint: "name a file instead: it is read where it lies")
      }
    }
  }
}

/// The system's words for the error it met last.
func systemError() -> String {
  guard let words = unsafe strerror(errno) else { return "error \(errno)" }
  return unsafe String(cString: words)
}
