import ByteIO
import SMIMECrypto
import SwiftASN1

/// A CRL in a file, in DER, of which only a window is in memory.
struct RevocationListFile {
  let source: FileSource
  let head: RevocationListHead
  /// The TBSCertList without its entries, then the signature's parts, each as a SEQUENCE.
  let headParts: (tbs: [UInt8], signature: [UInt8])
  private let layout: CRLLayout

  /// The most bytes that a list may have beside its entries, and one entry.
  private static let partLimit = 1 << 20
  private static let windowCount = 256 << 10

  /// - Throws: ``IOFailure``, or ``Malformed`` for what is no CRL in DER.
  init(_ source: FileSource) throws {
    self.source = source
    layout = try CRLLayout(count: source.count) { offset throws(Malformed) in
      do {
        return try source.bytes(in: offset..<min(offset + CRLLayout.headerLimit, source.count))[...]
      } catch { throw Malformed("\(error)", path: source.path, offset: offset) }
    }
    let before = layout.fields.lowerBound..<layout.revoked.lowerBound
    let after = layout.revoked.upperBound..<layout.fields.upperBound
    for part in [before, after, layout.signature] where part.count > Self.partLimit {
      throw Malformed("is larger than \(Self.partLimit) bytes beside its entries", path: "CertificateList")
    }
    headParts = (
      CRLFrame.sequence(try source.bytes(in: before)[...], try source.bytes(in: after)[...]),
      CRLFrame.sequence(try source.bytes(in: layout.signature)[...], [])
    )
    head = try RevocationListHead(tbs: headParts.tbs[...], signature: headParts.signature[...])
  }

  /// How many bytes the entries have.
  var entriesCount: Int { layout.entries.count }

  /// Walks the entries.
  ///
  /// - Parameters:
  ///   - digest: takes all that is signed, if there is one.
  ///   - body: gets a window, an entry in it, and the offset of the window in the file.
  func walk(
    _ digest: inout MessageDigest?, _ body: ([UInt8], EntryFrame, Int) throws(Malformed) -> Void
  ) throws {
    digest?.update(try source.bytes(in: layout.tbs.lowerBound..<layout.entries.lowerBound))
    var chunk = [UInt8](repeating: 0, count: max(1, min(Self.windowCount, entriesCount)))
    var window: [UInt8] = []
    window.reserveCapacity(2 * chunk.count)
    var start = layout.entries.lowerBound
    var next = start
    while next < layout.entries.upperBound {
      if layout.entries.upperBound - next < chunk.count {
        chunk = [UInt8](repeating: 0, count: layout.entries.upperBound - next)
      }
      guard try source.read(at: next, into: &chunk) == chunk.count else { throw IOFailure(.truncated, source.path) }
      next += chunk.count
      digest?.update(chunk)
      window.append(contentsOf: chunk)
      let isLast = next == layout.entries.upperBound
      var at = 0
      while at < window.count {
        if !isLast, !EntryFrame.isWhole(window.span, at: at) { break }
        let frame = try EntryFrame(window.span, at: at, base: start)
        try body(window, frame, start)
        at = frame.end
      }
      guard window.count - at <= Self.partLimit else {
        throw Malformed(
          "an entry has more than \(Self.partLimit) bytes", path: "revokedCertificates", offset: start + at)
      }
      window.removeFirst(at)
      start += at
    }
    digest?.update(try source.bytes(in: layout.entries.upperBound..<layout.tbs.upperBound))
  }

  /// The whole list, in memory.
  func list() throws -> CertificateRevocationList {
    try CertificateRevocationList(der: try source.bytes(in: 0..<source.count)[...])
  }
}
