import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// A revocation list out of a file that somebody named, or that lies in the store's folder.
enum GivenList {
  case whole(CertificateRevocationList)
  /// One that is too large to be read by every command: an index beside its file tells where an entry is.
  case indexed(IndexedRevocationList)

  /// How much of it is kept in memory or, for files that stay open, counts as if it were.
  var weight: Int {
    switch self {
    case .whole(let list): list.derBytes.count
    case .indexed: Self.indexedSize
    }
  }

  /// False for a large list whose file was written since: it answers nothing any more.
  var isCurrent: Bool {
    switch self {
    case .whole: true
    case .indexed(let list): list.isCurrent
    }
  }

  /// From this size on, in bytes, a list in DER is looked up by an index.
  static let indexedSize = 1 << 20

  /// All revocation lists in the file: PEM with one or many, DER, or a `.p7c`; at least one.
  static func all(in path: String) throws -> [GivenList] {
    if let list = indexed(path) { return [.indexed(list)] }
    let bytes = try Input.bytes(of: path)
    do {
      let found = try CertificateBundle(bytes).lists
      guard !found.isEmpty else { throw Malformed("there is no certificate revocation list in it") }
      return found.map(GivenList.whole)
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  /// The list with its index; nil for what is small or not one list in DER, or where an index can neither be read nor be
  /// written. What is wrong with such a file is said when it is read as a whole.
  private static func indexed(_ path: String) -> IndexedRevocationList? {
    // What a shell hands over as a file has no folder of its own.
    guard !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/") else { return nil }
    var first: [UInt8] = [0]
    guard let file = try? FileSource(path: path), file.count >= indexedSize, (try? file.read(at: 0, into: &first)) == 1,
      first[0] == 0x30
    else { return nil }
    return try? IndexedRevocationList(path: path)
  }
}

extension RevocationFiles {
  init(_ lists: [GivenList]) {
    self.init(
      lists.compactMap { if case .whole(let list) = $0 { list } else { nil } },
      indexed: lists.compactMap { if case .indexed(let list) = $0 { list } else { nil } })
  }
}
