import Foundation
import Testing

@testable import ByteIO

/// Files and pipes, as they are found at a path.
@Suite struct `What is read at a path` {
  /// Bytes of which no two windows are the same.
  private static func bytes(_ count: Int) -> [UInt8] {
    let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    return Array(bytes.prefix(count))
  }

  /// A pipe with a name, through which `bytes` come.
  private func pipe(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> PipeEnd {
    let path = folder.file("pipe-\(UUID().uuidString)")
    try #require(mkfifo(path, 0o600) == 0)
    Thread.detachNewThread {
      guard let file = FileHandle(forWritingAtPath: path) else { return }
      // What is not read any more cannot be written.
      signal(SIGPIPE, SIG_IGN)
      try? file.write(contentsOf: Data(bytes))
      try? file.close()
    }
    guard case .pipe(let end) = try Readable(path: path) else { throw CocoaError(.fileReadUnknown) }
    return end
  }

  @Test func `a file is one, with its size`() throws {
    let folder = try TemporaryFolder()
    guard case .file(let file) = try Readable(path: folder.file("f", [1, 2, 3])) else {
      Issue.record("a pipe")
      return
    }
    #expect(try file.exactCount == 3 && file.readAll(limit: 3) == [1, 2, 3])
    for path in [folder.path, folder.file("missing"), "/dev/null"] {
      #expect(throws: IOFailure.self) { try Readable(path: path) }
    }
  }

  @Test(arguments: [0, 1, 70_000, Spool.memoryLimit])
  func `what comes through a pipe and fits into memory is a source`(count: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = Self.bytes(count)
    let stream = try pipe(bytes, in: folder).stream()
    #expect(stream.exactCount == count)
    for _ in 0..<2 { #expect(try stream.readAll(limit: count) == bytes) }
    #expect(try pipe(bytes, in: folder).inMemory().readAll(limit: count) == bytes)
    #expect(try pipe(bytes, in: folder).spooled().readAll(limit: count) == bytes)
  }

  @Test(arguments: [1, 3 * windowSize + 5])
  func `of what does not fit the beginning is read again and again, and all of it once`(more: Int) throws {
    let folder = try TemporaryFolder()
    let bytes = Self.bytes(Spool.memoryLimit + more)
    let stream = try pipe(bytes, in: folder).stream()
    #expect(stream.exactCount == nil && stream.countLimit == .max)
    var window = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<2 {
      #expect(try stream.makeReader().read(into: &window) == window.count)
      #expect(window == Array(bytes.prefix(window.count)))
    }
    #expect(try stream.readAll(limit: bytes.count) == bytes)
    let again = #expect(throws: IOFailure.self) { try stream.readAll(limit: bytes.count) }
    #expect(again?.reason == .cannotRead && again?.detail?.contains("name a file") == true)

    #expect(throws: LimitExceeded(.size, limit: Spool.memoryLimit)) { try pipe(bytes, in: folder).inMemory() }
    #expect(try pipe(bytes, in: folder).spooled().count == bytes.count)
  }
}
