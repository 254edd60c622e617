import ByteIO
import SMIMECrypto
import SwiftASN1

/// Digests content on its way to a sink, and notes what only the content itself can tell.
///
/// *ForgedAttributes* (Strenzke, "ForgedAttributes: An Existential Forgery Vulnerability of CMS Signatures",
/// ePrint 2023/1801): a signature over signed attributes is also one over a content that consists of their encoding,
/// under a SignerInfo without signed attributes. So content that could be signed attributes is noticed.
final class ContentObserver: ByteSink {
  private var running: [(algorithm: DigestAlgorithm, digest: MessageDigest)] = []
  private let next: any ByteSink
  /// The content from its start on while it is still wanted.
  private var kept: [UInt8] = []
  private let keptLimit: Int
  private var count = 0

  /// How much of content that begins like a SET is looked at. Longer sets count as attributes by their length alone.
  private static let lookLimit = 1 << 20

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
    let isSet = count == 0 ? bytes[0] == 0x31 : kept.first == 0x31
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

  /// Whether the content is the DER of a SET OF Attribute.
  var looksLikeAttributes: Bool {
    guard kept.first == 0x31, let header = try? TLVHeader.read(kept[...], rules: .der), let length = header.length,
      header.headerCount + length == count
    else { return false }
    guard kept.count == count else { return true }
    guard var top = try? ASN1Cursor(kept[...], as: "SignedAttributes"), var set = try? top.enter(.set),
      (try? Attributes(&set)) != nil
    else { return false }
    return true
  }
}
