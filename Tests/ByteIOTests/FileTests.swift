import ByteIO
import Foundation
import Testing

/// A folder of one test's own, gone with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/byteio-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ bytes: [UInt8]? = nil) -> String {
    if let bytes { _ = FileManager.default.createFile(atPath: path + "/" + name, contents: Data(bytes)) }
    return path + "/" + name
  }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  func bytes(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: path + "/" + name).map { [UInt8]($0) } }
}

private func reason(_ work: () throws -> Void) -> IOFailure.Reason? {
  do { try work() } catch { return (error as? IOFailure)?.reason }
  return nil
}

struct FileSourceTests {
  @Test func windowsOfAFile() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<3 * windowSize + 5).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let source = try FileSource(path: folder.file("f", bytes))
    #expect(source.count == bytes.count)
    #expect(try source.readAll(limit: bytes.count) == bytes)
    #expect(try source.bytes(in: 100..<105) == Array(bytes[100..<105]))
    #expect(
      try source.slice(windowSize..<windowSize + 3).readAll(limit: 9) == Array(bytes[windowSize..<windowSize + 3]))
    var buffer = [UInt8](repeating: 0, count: 10)
    #expect(try source.read(at: bytes.count, into: &buffer) == 0)
    #expect(try source.read(at: -1, into: &buffer) == 0)
    #expect(try source.read(at: bytes.count - 4, into: &buffer) == 4)
    #expect(throws: LimitExceeded(.size, limit: 10)) { try source.readAll(limit: 10) }
  }

  @Test func whatCannotBeOpened() throws {
    let folder = try TemporaryFolder()
    #expect(reason { _ = try FileSource(path: folder.file("missing")) } == .cannotOpen)
    #expect(reason { _ = try FileSource(path: folder.path) } == .isDirectory)
    #expect(reason { _ = try FileSource(path: "/dev/null") } == .cannotOpen)
    #expect(reason { _ = try FileSource(path: "") } == .cannotOpen)
  }

  @Test func aFileThatShrankEndsEarly() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("f", [1, 2, 3, 4])
    let source = try FileSource(path: path)
    #expect(truncate(path, 2) == 0)
    #expect(reason { _ = try source.bytes(in: 0..<4) } == .truncated)
    #expect(try source.readAll(limit: 10) == [1, 2])
  }
}

struct AtomicFileTests {
  @Test func itAppearsWithTheCommit() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder.file("out"), overwrite: .refuse)
    try file.write([1, 2, 3])
    #expect(try folder.names().isEmpty)
    #expect(try file.source().readAll(limit: 10) == [1, 2, 3])
    try file.commit()
    #expect(try folder.names() == ["out"])
    #expect(folder.bytes("out") == [1, 2, 3])
  }

  @Test func withoutACommitNothingIsLeft() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try AtomicFile(path: folder.file("out"), overwrite: .replace)
      try file.write([1, 2, 3])
    }
    #expect(try folder.names().isEmpty)
  }

  @Test func whatStandsThere() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("out", [9])
    #expect(reason { _ = try AtomicFile(path: path, overwrite: .refuse) } == .exists)
    do {
      let aborted = try AtomicFile(path: path, overwrite: .replace)
      try aborted.write([1])
    }
    #expect(folder.bytes("out") == [9])
    let file = try AtomicFile(path: path, overwrite: .replace)
    try file.write([1])
    try file.commit()
    #expect(folder.bytes("out") == [1])
    #expect(try folder.names() == ["out"])
  }

  @Test func whatCameInTheMeantimeIsKept() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder.file("out"), overwrite: .refuse)
    try file.write([1])
    _ = folder.file("out", [9])
    #expect(reason { try file.commit() } == .exists)
    #expect(folder.bytes("out") == [9])
    #expect(try folder.names() == ["out"])
  }

  @Test func whereNothingCanBeCreated() throws {
    let folder = try TemporaryFolder()
    #expect(reason { _ = try AtomicFile(path: folder.path, overwrite: .replace) } == .isDirectory)
    #expect(reason { _ = try AtomicFile(path: folder.file("no/such"), overwrite: .refuse) } == .cannotCreate)
    #expect(reason { _ = try AtomicFile(path: "/dev/null", overwrite: .replace) } == .cannotCreate)
    #expect(reason { _ = try AtomicFile(path: "/proc/out", overwrite: .refuse) } == .cannotCreate)
    let file = folder.file("f", [1])
    #expect(reason { _ = try AtomicFile(path: file + "/out", overwrite: .refuse) } == .cannotCreate)
  }

  @Test func itsPermissions() throws {
    let folder = try TemporaryFolder()
    for (name, mode) in [("private", UInt32(0o600)), ("public", 0o644)] {
      let file = try AtomicFile(path: folder.file(name), overwrite: .refuse, mode: mode)
      try file.commit()
      let permissions = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
      let mask = umask(0)
      umask(mask)
      #expect(permissions == Int(mode & ~mask))
    }
  }

  @Test func aFullDiskIsSaid() throws {
    let number = open("/dev/full", O_WRONLY)
    try #require(number >= 0)
    defer { close(number) }
    let sink = DescriptorSink(number, named: "output")
    #expect(reason { try sink.write([1]) } == .cannotWrite)
  }
}

struct SpoolTests {
  private func source(of bytes: [UInt8]) throws -> any ByteSource {
    let folder = try TemporaryFolder()
    let number = open(folder.file("in", bytes), O_RDONLY)
    defer { close(number) }
    return try Spool.source(readingFrom: number, named: "input")
  }

  @Test func smallInputStaysInMemory() throws {
    #expect(try source(of: [1, 2, 3]).readAll(limit: 10) == [1, 2, 3])
    #expect(try source(of: []).count == 0)
  }

  @Test func largeInputGoesToAFile() throws {
    let bytes = [UInt8](repeating: 7, count: Spool.memoryLimit + 1)
    let source = try source(of: bytes)
    #expect(source is FileSource)
    #expect(source.count == bytes.count)
    #expect(try source.bytes(in: bytes.count - 2..<bytes.count) == [7, 7])
  }

  @Test func aFolderIsNoInput() throws {
    let number = open("/", O_RDONLY)
    defer { close(number) }
    #expect(reason { _ = try Spool.source(readingFrom: number, named: "input") } == .isDirectory)
  }

  @Test func aSpoolFileHasNoName() throws {
    let folder = try TemporaryFolder()
    let file = try SpoolFile(in: folder.path)
    try file.write([1, 2])
    try file.write([3])
    #expect(try folder.names().isEmpty)
    #expect(try file.source().readAll(limit: 10) == [1, 2, 3])
    #expect(reason { _ = try SpoolFile(in: folder.file("missing")) } == .cannotCreate)
  }
}
