import ByteIO
package import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An answer that is kept.
package struct CacheEntry: Equatable {
  /// What is known of it, in the first line of its file.
  package struct Head: Codable, Equatable {
    package var url: String
    package var fetched: Date
    package var freshUntil: Date
    /// The answer's own end; nil when it has none.
    package var expires: Date?
    package var mustRevalidate: Bool
    package var entityTag: String?
    package var lastModified: String?
    package var length: Int
    /// Of the bytes that follow, in hexadecimal digits.
    package var sha256: String

    package init(
      url: String, fetched: Date, freshUntil: Date, expires: Date?, mustRevalidate: Bool, entityTag: String?,
      lastModified: String?, length: Int, sha256: String
    ) {
      self.url = url
      self.fetched = fetched
      self.freshUntil = freshUntil
      self.expires = expires
      self.mustRevalidate = mustRevalidate
      self.entityTag = entityTag
      self.lastModified = lastModified
      self.length = length
      self.sha256 = sha256
    }
  }

  package var head: Head
  package let bytes: [UInt8]

  package init(head: Head, bytes: [UInt8]) {
    self.head = head
    self.bytes = bytes
  }

  /// True if it may be used without asking.
  package func isFresh(at instant: Date) -> Bool {
    instant < head.freshUntil && isCurrent(at: instant)
  }

  /// True if it may be used where nobody answers.
  package func mayStandIn(at instant: Date) -> Bool {
    !head.mustRevalidate && isCurrent(at: instant) && instant < head.fetched.addingTimeInterval(Self.longestStandIn)
  }

  /// Whoever put a false answer here does not silence the true ones for longer.
  private static let longestStandIn: TimeInterval = 7 * 86_400

  /// An entry of the future was made by a clock that was wrong.
  private func isCurrent(at instant: Date) -> Bool {
    head.expires.map { instant < $0 } ?? true && head.fetched <= instant.addingTimeInterval(60)
  }

  package func answer(_ place: Provenance.Place) -> FetchAnswer {
    FetchAnswer(bytes, url: head.url, fetched: head.fetched, isFromCache: place == .cache)
  }
}

/// Answers in a folder, one file each, for several processes at once: a file appears whole or not at all, and one that
/// cannot be read counts as missing.
package struct FetchCache: Sendable {
  private let folder: String
  private let entryLimit: Int
  private let byteLimit: Int

  private static let lineLimit = 16 << 10

  /// nil when there is to be no cache, or its folder cannot be had or is somebody else's.
  package init?(_ rules: FetchRules) {
    guard let folder = rules.cacheFolder, rules.cacheEntries > 0 else { return nil }
    var status = stat()
    if unsafe lstat(folder, &status) != 0 {
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    guard Self.isOwn(folder), unsafe chmod(folder, 0o700) == 0 else { return nil }
    self.folder = folder
    entryLimit = rules.cacheEntries
    byteLimit = rules.cacheBytes
  }

  /// To read only; nil when there is no such folder, or it is somebody else's.
  package init?(reading folder: String) {
    guard Self.isOwn(folder) else { return nil }
    self.folder = folder
    (entryLimit, byteLimit) = (0, 0)
  }

  private static func isOwn(_ folder: String) -> Bool {
    var status = stat()
    return unsafe lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
  }

  package func entry(_ name: String, byteLimit: Int) -> CacheEntry? {
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
  package func store(_ entry: CacheEntry, as name: String) {
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

  package func remove(_ name: String) { unsafe unlink("\(folder)/\(name)") }

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

extension FetchRequest {
  /// The URL that a GET for an OCSP response has (RFC 6960 A.1); nil for what is asked by POST: a question that is one of
  /// its kind, or long (RFC 5019 §5).
  package var responseAddress: WebAddress? {
    guard kind == .ocsp, let asked = try? OCSPRequest(der: body[...]), asked.nonce == nil,
      let address = try? WebAddress(url).appending(base64: [UInt8](Data(body).base64EncodedData())),
      address.description.utf8.count <= 255
    else { return nil }
    return address
  }

  /// Under which name an answer is kept; nil for what is asked afresh each time.
  package var cacheName: String? {
    switch kind {
    case .timestamp, .certificates, .associations: return nil
    case .issuers, .revocationList:
      guard let address = try? WebAddress(url) else { return nil }
      return Self.name("GET \(kind)", address)
    case .ocsp:
      if let address = responseAddress { return Self.name("GET", address) }
      guard let asked = try? OCSPRequest(der: body[...]), asked.nonce == nil, let address = try? WebAddress(url) else {
        return nil
      }
      return Self.name("POST", address, body)
    }
  }

  private static func name(_ method: String, _ address: WebAddress, _ body: [UInt8] = []) -> String {
    CacheEntry.digest(Array("\(method) \(address)\n".utf8) + body)
  }
}

extension CacheEntry {
  package static func digest(_ bytes: [UInt8]) -> String { Hex.text(MessageDigest.sha256(bytes[...])) }
}
