import ByteIO
import Fetching
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An answer that is kept.
struct CacheEntry: Equatable {
  /// What is known of it, in the first line of its file.
  struct Head: Codable, Equatable {
    var url: String
    var fetched: Date
    var freshUntil: Date
    /// The answer's own end; nil when it has none.
    var expires: Date?
    var mustRevalidate: Bool
    var entityTag: String?
    var lastModified: String?
    var length: Int
    /// Of the bytes that follow, in hexadecimal digits.
    var sha256: String
  }

  var head: Head
  let bytes: [UInt8]

  /// True if it may be used without asking.
  func isFresh(at instant: Date) -> Bool {
    instant < head.freshUntil && isCurrent(at: instant)
  }

  /// True if it may be used where nobody answers.
  func mayStandIn(at instant: Date) -> Bool {
    !head.mustRevalidate && isCurrent(at: instant) && instant < head.fetched.addingTimeInterval(Self.longestStandIn)
  }

  /// Whoever put a false answer here does not silence the true ones for longer.
  private static let longestStandIn: TimeInterval = 7 * 86_400

  /// An entry of the future was made by a clock that was wrong.
  private func isCurrent(at instant: Date) -> Bool {
    head.expires.map { instant < $0 } ?? true && head.fetched <= instant.addingTimeInterval(60)
  }

  func answer(_ place: Provenance.Place) -> FetchAnswer {
    FetchAnswer(bytes, url: head.url, fetched: head.fetched, isFromCache: place == .cache)
  }
}

/// Answers in a folder, one file each, for several processes at once: a file appears whole or not at all, and one that
/// cannot be read counts as missing.
struct FetchCache: Sendable {
  let folder: String
  let entryLimit: Int
  let byteLimit: Int

  private static let lineLimit = 16 << 10

  /// nil when there is to be no cache, or its folder cannot be had or is somebody else's.
  init?(_ rules: FetchRules) {
    guard let folder = rules.cacheFolder, rules.cacheEntries > 0 else { return nil }
    var status = stat()
    if unsafe lstat(folder, &status) != 0 {
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      guard unsafe lstat(folder, &status) == 0 else { return nil }
    }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), unsafe chmod(folder, 0o700) == 0 else {
      return nil
    }
    self.folder = folder
    entryLimit = rules.cacheEntries
    byteLimit = rules.cacheBytes
  }

  /// The name of what is kept for a request.
  static func name(method: String, url: String, body: [UInt8]) -> String {
    CacheEntry.digest(Array("\(method) \(url)\n".utf8) + body)
  }

  func entry(_ name: String, byteLimit: Int) -> CacheEntry? {
    guard let source = try? FileSource(path: "\(folder)/\(name)"),
      let file = try? source.readAll(limit: byteLimit + Self.lineLimit),
      let end = file.firstIndex(of: 0x0A),
      let head = try? JSONDecoder().decode(CacheEntry.Head.self, from: Data(file[..<end]))
    else { return nil }
    let bytes = file[(end + 1)...]
    guard bytes.count == head.length, Hex.text(MessageDigest.sha256(bytes)) == head.sha256 else { return nil }
    return CacheEntry(head: head, bytes: Array(bytes))
  }

  /// Keeps an entry. What cannot be kept is not kept; the oldest make room.
  func store(_ entry: CacheEntry, as name: String) {
    guard let line = try? JSONEncoder().encode(entry.head), line.count < Self.lineLimit,
      let file = try? AtomicFile(path: "\(folder)/\(name)", overwrite: .replace, mode: 0o600)
    else { return }
    do {
      try file.write([UInt8](line) + [0x0A])
      try file.write(entry.bytes)
      try file.commit()
    } catch { return }
    makeRoom()
  }

  func remove(_ name: String) { unsafe unlink("\(folder)/\(name)") }

  private func makeRoom() {
    var files: [(path: String, size: Int, time: Int)] = []
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      var status = stat()
      let path = "\(folder)/\(name)"
      guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      #if canImport(Darwin)
        let changed = status.st_mtimespec
      #else
        let changed = status.st_mtim
      #endif
      files.append((path, Int(status.st_size), changed.tv_sec &* 1_000_000_000 &+ changed.tv_nsec))
    }
    files.sort { $0.time > $1.time }
    var size = 0
    for (index, file) in files.enumerated() {
      size += file.size
      if index >= entryLimit || size > byteLimit { unsafe unlink(file.path) }
    }
  }
}

extension CacheEntry {
  static func digest(_ bytes: [UInt8]) -> String { Hex.text(MessageDigest.sha256(bytes[...])) }
}
