import ByteIO
import PKIX
import SMIMECrypto

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The one file that an authority is made of, read from where it was left and appended to. Each line is
///
/// ```
/// checksum SP object LF     checksum: 32 hexadecimal digits of SHA-256 over the checksum of the line before and the object
/// ```
///
/// so that a line that was changed, lost or moved is found. Nothing in the file ever changes; only a last line that was
/// not written to its end is taken out.
struct Journal {
  let path: String
  private let file: Descriptor
  /// Where the next line begins, which it is, and what it continues.
  private(set) var offset = 0
  private(set) var line = 1
  private var checksum = Journal.firstChecksum

  private static let checksumCount = 32
  private static let firstChecksum = [UInt8](repeating: UInt8(ascii: "0"), count: checksumCount)

  /// What stands after the last whole line.
  enum Tail: Hashable {
    case none
    /// So many bytes that are no line: one that is being written, or one that was never written to its end.
    case torn(byteCount: Int)
    /// The file has fewer bytes than were read from it already, or another took its place.
    case replaced
  }

  /// Opens the journal at `path`, and reads nothing yet. One that cannot be written to can be read.
  init(path: String) throws(IOFailure) {
    self.path = path
    var number = unsafe open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    if number < 0, errno == EACCES || errno == EROFS { number = unsafe open(path, O_RDONLY | O_CLOEXEC) }
    guard number >= 0 else { throw IOFailure(.cannotOpen, path, detail: systemError()) }
    file = Descriptor(number)
  }

  // MARK: Reading

  /// True when there is nothing behind what was read.
  var isAtEnd: Bool {
    var status = stat()
    return unsafe fstat(file.number, &status) == 0 && Int(status.st_size) == offset && status.st_nlink > 0
  }

  /// Reads the lines that were appended since, and hands each to `take` with the offset at which it begins.
  ///
  /// - Throws: ``AuthorityFailure/damaged(_:)`` for a line before the last that does not check, or that `take` refuses.
  mutating func follow(_ take: (JournalEvent, Int) throws(JournalFault) -> Void) throws -> Tail {
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else { throw IOFailure(.cannotRead, path, detail: systemError()) }
    guard Int(status.st_size) >= offset, status.st_nlink > 0 else { return .replaced }
    var window = [UInt8](repeating: 0, count: min(max(Int(status.st_size) - offset, 4_096), 1 << 20))
    var pending: [UInt8] = []
    var readOffset = offset
    while true {
      let count = try file.read(at: readOffset, into: &window, path: path)
      readOffset += count
      pending += window[..<count]
      let isEnd = count < window.count
      var rest = pending[...]
      while let end = Bytes.first(UInt8(ascii: "\n"), in: rest) {
        let bytes = rest[..<end]
        guard let checksum = checked(bytes) else {
          // A loss of power leaves zeros where blocks were not written. A last line of text was written to its end, and
          // changed: to take it out could forget a revocation.
          if Bytes.first(0, in: bytes) != nil, end + 1 == rest.endIndex, try isEnd || isPastEnd(readOffset) {
            return .torn(byteCount: bytes.count + 1)
          }
          throw damage("does not carry its checksum")
        }
        do { try take(try JournalEvent(bytes.dropFirst(Self.checksumCount + 1)), offset) } catch {
          throw damage(error.description)
        }
        advance(by: bytes.count + 1, to: checksum)
        rest = rest[(end + 1)...]
      }
      if isEnd { return rest.isEmpty ? .none : .torn(byteCount: rest.count) }
      pending = Array(rest)
      // A line longer than the window is looked at in ever larger pieces, so that it is not searched over and over.
      if pending.count >= window.count { window = [UInt8](repeating: 0, count: window.count * 2) }
    }
  }

  /// The line that begins at `offset`, which was read before.
  func event(at offset: Int) throws -> JournalEvent {
    var window = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = try file.read(at: offset, into: &window, path: path)
      if let end = Bytes.first(UInt8(ascii: "\n"), in: window[..<count]) {
        do { return try JournalEvent(window[..<end].dropFirst(Self.checksumCount + 1)) } catch {
          throw damage(error.description, offset: offset)
        }
      }
      guard count == window.count else { throw damage("is no longer there", offset: offset) }
      window = [UInt8](repeating: 0, count: window.count * 4)
    }
  }

  private func isPastEnd(_ offset: Int) throws -> Bool {
    var one: [UInt8] = [0]
    return try file.read(at: offset, into: &one, path: path) == 0
  }

  /// The line's checksum if it is the right one.
  private func checked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    guard bytes.count > Self.checksumCount + 1 else { return nil }
    let checksum = checksum(of: bytes.dropFirst(Self.checksumCount + 1))
    let head = bytes.prefix(Self.checksumCount + 1)
    return Bytes.areEqual(head.dropLast(), checksum[...]) && head.last == UInt8(ascii: " ") ? checksum : nil
  }

  private func checksum(of content: ArraySlice<UInt8>) -> [UInt8] { Self.checksum(of: content, after: checksum) }

  private static func checksum(of content: ArraySlice<UInt8>, after checksum: [UInt8]) -> [UInt8] {
    Hex.digits(MessageDigest.sha256(checksum[...], content).prefix(checksumCount / 2))
  }

  private mutating func advance(by count: Int, to checksum: [UInt8]) {
    offset += count
    line += 1
    self.checksum = checksum
  }

  private func damage(_ words: String) -> AuthorityFailure {
    .damaged(JournalDamage(file: path, line: line, offset: offset, words: words))
  }

  private func damage(_ words: String, offset: Int) -> AuthorityFailure {
    .damaged(JournalDamage(file: path, line: nil, offset: offset, words: words))
  }

  // MARK: Writing, under the exclusive lock and at the end

  /// Appends a line; when this returns, it is on the disk. When it throws, it is not in the file.
  mutating func append(_ event: JournalEvent) throws {
    let content = event.encoded
    let checksum = checksum(of: content[...])
    let bytes = checksum + [UInt8(ascii: " ")] + content + [UInt8(ascii: "\n")]
    do {
      try file.write(bytes.span, path: path)
      guard fsync(file.number) == 0 else { throw IOFailure(.cannotWrite, path, detail: systemError()) }
    } catch {
      // What cannot be taken back either is found torn by whoever comes next.
      _ = ftruncate(file.number, off_t(offset))
      throw error
    }
    advance(by: bytes.count, to: checksum)
  }

  /// The lines that a journal begins with.
  static func opening(_ events: [JournalEvent]) -> [UInt8] {
    var checksum = firstChecksum
    var result: [UInt8] = []
    for event in events {
      let content = event.encoded
      checksum = Self.checksum(of: content[...], after: checksum)
      result += checksum + [UInt8(ascii: " ")] + content + [UInt8(ascii: "\n")]
    }
    return result
  }

  /// Takes the torn end out, and keeps it in a file beside the journal.
  ///
  /// - Returns: the name of that file.
  mutating func heal(byteCount: Int) throws -> String {
    var torn = [UInt8](repeating: 0, count: byteCount)
    let count = try file.read(at: offset, into: &torn, path: path)
    var kept = "\(path).torn-\(offset)"
    var attempt = 2
    while unsafe access(kept, F_OK) == 0 {
      kept = "\(path).torn-\(offset)-\(attempt)"
      attempt += 1
    }
    let copy = try AtomicFile(path: kept, overwrite: .refuse, mode: 0o600)
    try copy.write(Array(torn[..<count]))
    try copy.commit()
    guard ftruncate(file.number, off_t(offset)) == 0, fsync(file.number) == 0 else {
      throw IOFailure(.cannotWrite, path, detail: systemError())
    }
    return kept
  }
}
