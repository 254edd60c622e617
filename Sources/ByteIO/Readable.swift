#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import Synchronization

/// What there is to read at a path: a file, which has a size and can be read again and again, or a pipe, which has none and
/// cannot.
package enum Readable {
  case file(FileSource)
  case pipe(PipeEnd)

  /// Opens what is at `path`; a pipe is waited for until somebody writes to it.
  ///
  /// - Throws: ``IOFailure``: `.cannotOpen`, or `.isDirectory`.
  package init(path: String) throws(IOFailure) {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    let descriptor = Descriptor(number)
    if descriptor.status?.isPipe == true {
      self = .pipe(PipeEnd(descriptor, named: path))
    } else {
      self = .file(try FileSource(descriptor, path: path))
    }
  }
}

/// The end of a pipe that is read.
package struct PipeEnd: Sendable {
  fileprivate let name: String
  fileprivate let reader: DescriptorReader
  private let number: CInt
  /// nil for one that somebody else opened: it stays open.
  private let descriptor: Descriptor?

  /// One that somebody else opened, such as standard input.
  package init(_ number: CInt, named name: String) { self.init(number, nil, named: name) }

  fileprivate init(_ descriptor: Descriptor, named name: String) {
    self.init(descriptor.number, descriptor, named: name)
  }

  private init(_ number: CInt, _ descriptor: Descriptor?, named name: String) {
    self.number = number
    self.descriptor = descriptor
    self.name = name
    reader = DescriptorReader(number, named: name)
  }

  /// Everything, with random access: what is too large for memory waits in an unnamed file.
  package func spooled() throws -> any ByteSource { try Spool.source(readingFrom: number, named: name) }

  /// Everything, and never anywhere but in memory.
  ///
  /// - Throws: ``LimitExceeded`` for more than ``Spool/memoryLimit``.
  package func inMemory() throws -> any ByteSource {
    let (bytes, isWhole) = try beginning()
    guard isWhole else { throw LimitExceeded(.size, limit: Spool.memoryLimit) }
    return BufferSource(bytes)
  }

  /// Everything, of any size, and never anywhere but in memory: a source where it fits into that. Of what does not the
  /// beginning can be read again and again, and all of it once.
  package func stream() throws -> any ByteStream {
    let (bytes, isWhole) = try beginning()
    return isWhole ? BufferSource(bytes) : PipedStream(bytes, then: self)
  }

  /// As much as fits into memory, and whether that is all.
  private func beginning() throws -> (bytes: [UInt8], isWhole: Bool) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Spool.memoryLimit + windowSize)
    var window = [UInt8](repeating: 0, count: windowSize)
    while bytes.count <= Spool.memoryLimit {
      let count = try reader.fill(&window)
      bytes.append(contentsOf: window[..<count])
      if count < window.count { return (bytes, bytes.count <= Spool.memoryLimit) }
    }
    return (bytes, false)
  }
}

/// A pipe of which the beginning was read.
private final class PipedStream: ByteStream {
  private let beginning: [UInt8]
  private let pipe: PipeEnd
  private let isTaken = Mutex(false)

  init(_ beginning: [UInt8], then pipe: PipeEnd) {
    self.beginning = beginning
    self.pipe = pipe
  }

  func makeReader() -> any ByteReader { Reader(self) }

  /// What is behind the beginning goes to one reader.
  private func take() throws(IOFailure) {
    let wasTaken = isTaken.withLock { isTaken in
      defer { isTaken = true }
      return isTaken
    }
    if wasTaken {
      throw IOFailure(.cannotRead, pipe.name, detail: "what comes through a pipe can be read once: name a file")
    }
  }

  private final class Reader: ByteReader {
    private let stream: PipedStream
    private var offset = 0
    private var hasTaken = false

    init(_ stream: PipedStream) { self.stream = stream }

    func read(into buffer: inout [UInt8]) throws -> Int {
      let count = min(buffer.count, stream.beginning.count - offset)
      if count > 0 {
        buffer.replaceSubrange(0..<count, with: stream.beginning[offset..<offset + count])
        offset += count
        return count
      }
      if !hasTaken {
        try stream.take()
        hasTaken = true
      }
      return try stream.pipe.reader.fill(&buffer)
    }
  }
}
