import ByteIO
import Foundation
import Testing

/// A folder that goes with the test.
private final class Folder {
  let path = NSTemporaryDirectory() + "/byteio-" + UUID().uuidString.prefix(8)
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func file(_ name: String) -> String { path + "/" + name }
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

@Suite struct `Base64 text` {
  private func encoded(_ bytes: [UInt8], pieces: Int) throws -> [UInt8] {
    let buffer = BufferSink()
    let sink = Base64EncodingSink(to: buffer)
    var rest = bytes[...]
    while !rest.isEmpty {
      try sink.write(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    try sink.finish()
    return buffer.bytes
  }

  @Test(arguments: [1, 7, 57, 58, 1_000])
  func `every length, in pieces, comes back and is what Foundation writes`(_ pieces: Int) throws {
    for count in 0..<400 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ count) }
      let text = try encoded(bytes, pieces: pieces)
      let expected = Data(bytes).base64EncodedString(options: [
        .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
      ])
      #expect(String(decoding: text, as: UTF8.self) == expected + (count == 0 ? "" : "\r\n"))
      #expect(try Base64DecodingStream(BufferSource(text)).readAll(limit: 1_000) == bytes)
      #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
  }

  @Test func `line ends, blanks and junk are passed over, and padding ends it`() throws {
    let rows: [(String, String)] = [
      ("aGVs\nbG8=", "hello"), ("a G V s b G 8 =", "hello"), ("aGVs*bG8", "hello"), ("aGVsbG8=aGVs", "hello"),
      ("", ""), ("=", ""), ("a", ""), ("aG", "h"), ("aGU", "he"),
    ]
    for (text, expected) in rows {
      let bytes = try Base64DecodingStream(BufferSource(text.utf8)).readAll(limit: 100)
      #expect(String(decoding: bytes, as: UTF8.self) == expected, "\(text)")
    }
  }

  @Test(arguments: ["a", "aGV$", "aGVsbG8=x", "aG==aG==", "a===", "=aGV"])
  func `the strict reader refuses`(_ text: String) { #expect(Base64.decode(Array(text.utf8)) == nil) }

  @Test func `any cut of a window gives the same bytes`() throws {
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let text = try encoded(bytes, pieces: 100_000)
    #expect(try Base64DecodingStream(BufferSource(text)).readAll(limit: 1 << 20) == bytes)
  }
}

@Suite struct `Files that appear whole or not at all` {
  @Test func `without a commit nothing is left`() throws {
    let folder = try Folder()
    do {
      let file = try AtomicFile(path: folder.file("a"), overwrite: .refuse)
      try file.write(Array("half".utf8))
    }
    #expect(folder.names == [])
  }

  @Test func `a commit gives the name, the bytes and the mode`() throws {
    let folder = try Folder()
    let file = try AtomicFile(path: folder.file("a"), overwrite: .refuse, mode: 0o600)
    try file.write(Array("whole".utf8))
    #expect(try file.source().bytes(in: 0..<5) == Array("whole".utf8))
    try file.commit()
    #expect(folder.names == ["a"])
    #expect(FileManager.default.contents(atPath: folder.file("a")) == Data("whole".utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: folder.file("a"))[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `an existing file stays, or is replaced in one step`() throws {
    let folder = try Folder()
    try Data("old".utf8).write(to: URL(fileURLWithPath: folder.file("a")))
    #expect(throws: IOFailure(.exists, folder.file("a"))) {
      _ = try AtomicFile(path: folder.file("a"), overwrite: .refuse)
    }
    let file = try AtomicFile(path: folder.file("a"), overwrite: .replace)
    try file.write(Array("new".utf8))
    #expect(FileManager.default.contents(atPath: folder.file("a")) == Data("old".utf8))
    try file.commit()
    #expect(FileManager.default.contents(atPath: folder.file("a")) == Data("new".utf8))
    #expect(folder.names == ["a"])
  }

  @Test func `one that came in between is not overwritten`() throws {
    let folder = try Folder()
    let file = try AtomicFile(path: folder.file("a"), overwrite: .refuse)
    try Data("other".utf8).write(to: URL(fileURLWithPath: folder.file("a")))
    #expect(throws: IOFailure.self) { try file.commit() }
    #expect(FileManager.default.contents(atPath: folder.file("a")) == Data("other".utf8))
  }

  @Test func `what cannot be created says so`() throws {
    let folder = try Folder()
    #expect(throws: IOFailure.self) { _ = try AtomicFile(path: folder.file("no/a"), overwrite: .refuse) }
    #expect(throws: IOFailure(.isDirectory, folder.path)) { _ = try AtomicFile(path: folder.path, overwrite: .replace) }
  }
}

@Suite struct `Sources` {
  @Test func `a missing file and a directory are told apart`() throws {
    let folder = try Folder()
    #expect(throws: IOFailure(.isDirectory, folder.path)) { _ = try FileSource(path: folder.path) }
    do {
      _ = try FileSource(path: folder.file("nothing"))
      Issue.record("a file that is not there was opened")
    } catch { #expect(error.reason == .cannotOpen) }
  }

  @Test func `a file, a slice and a slice of it read the same bytes`() throws {
    let folder = try Folder()
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file("a")))
    let file = try FileSource(path: folder.file("a"))
    #expect(try file.readAll(limit: 1 << 20) == bytes)
    #expect(try file.slice(10..<150_000).slice(5..<100_000).readAll(limit: 1 << 20) == Array(bytes[15..<100_010]))
    #expect(file.slice(199_990..<900_000).count == 10)
    #expect(throws: LimitExceeded.self) { try file.readAll(limit: 1_000) }
  }

  @Test func `a spooled pipe is read again`() throws {
    let spool = try SpoolFile()
    try spool.write(Array("twice".utf8))
    let source = try spool.source()
    #expect(try source.readAll(limit: 10) == Array("twice".utf8))
    #expect(try source.readAll(limit: 10) == Array("twice".utf8))
  }
}
