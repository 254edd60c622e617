import ByteIO
import SMIMECrypto

/// Digests content on its way to a sink, and notes what only the content itself can tell.
///
/// *ForgedAttributes* (Strenzke, "ForgedAttributes: An Existential Forgery Vulnerability of CMS Signatures",
/// ePrint 2023/1801): a signature over signed attributes is also one over a content that consists of their encoding,
/// under a SignerInfo without signed attributes. So content that could be signed attributes is noticed, in whatever
/// encoding they may have been signed.
final class ContentObserver: ByteSink {
  private var running: [(algorithm: DigestAlgorithm, digest: MessageDigest)] = []
  private let next: any ByteSink
  /// The content from its start on while it is still wanted.
  private var kept: [UInt8] = []
  private let keptLimit: Int
  private var count = 0

  /// How much of content that begins like a SET is looked at: more than the headers of a first attribute take.
  private static let lookLimit = 1 << 12

  /// Digests for each of `algorithms`; keeps up to `keptLimit` bytes as ``wholeContent``.
  init(_ algorithms: some Sequence<DigestAlgorithm>, passingTo next: any ByteSink, keeping keptLimit: Int = 0) {
    self.next = next
    self.keptLimit = keptLimit
    for algorithm in algorithms where !observes(algorithm) {
      guard let digest = try? MessageDigest(algorithm) else { continue }
      running.append((algorithm, digest))
    }
  }

  func observes(_ algorithm: DigestAlgorithm) -> Bool { running.contains { $0.algorithm == algorithm } }

  func write(_ bytes: Span<UInt8>) throws {
    guard bytes.count > 0 else { return }
    for index in running.indices { running[index].digest.update(bytes) }
    let isSet = count == 0 ? bytes[0] == BERFrame.set : kept.first == BERFrame.set
    let limit = max(keptLimit, isSet ? Self.lookLimit : 0)
    if kept.count == count, kept.count < limit {
      let run = min(bytes.count, limit - kept.count)
      unsafe bytes.extracting(0..<run).withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
    }
    count += bytes.count
    try next.write(bytes)
  }

  /// The digests of what was written.
  func digests() -> [DigestAlgorithm: [UInt8]] {
    var result: [DigestAlgorithm: [UInt8]] = [:]
    for index in running.indices { result[running[index].algorithm] = running[index].digest.finalize() }
    return result
  }

  /// All of the content, if it was to be kept and is not longer than that.
  var wholeContent: [UInt8]? { keptLimit > 0 && count <= keptLimit ? kept : nil }

  /// Whether the content may be somebody's signed attributes: SET OF SEQUENCE { OBJECT IDENTIFIER, SET }.
  ///
  /// Signatures hold over attributes in BER as well as in DER, of any size and with any values, some of which may be readable
  /// for nobody but their signer. So it is enough that the content begins as attributes do, by any lengths that BER has: no
  /// text begins so, and nothing else that is signed.
  var looksLikeAttributes: Bool {
    guard kept.first == BERFrame.set, let set = try? TLVHeader.read(kept[...], rules: .ber) else { return false }
    if let length = set.length, length != count - set.headerCount { return false }
    // No attribute at all: nothing is there but the octets that close an indefinite length.
    if count == set.headerCount + (set.length == nil ? BERFrame.end.count : 0) { return true }
    var rest = kept.dropFirst(set.headerCount)
    for tag in [BERFrame.sequence, BERFrame.objectIdentifier, BERFrame.set] {
      // What goes on beyond the part that is looked at goes on as it began.
      guard let first = rest.first else { return kept.count < count }
      guard first == tag else { return false }
      guard let header = try? TLVHeader.read(rest, rules: .ber) else { return kept.count < count }
      rest = rest.dropFirst(header.headerCount)
      if tag == BERFrame.objectIdentifier { rest = rest.dropFirst(header.length ?? 0) }
    }
    return true
  }
}
