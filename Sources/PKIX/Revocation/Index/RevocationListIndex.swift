import ByteIO
import SMIMECrypto

/// The index of a CRL in a file, which finds one entry by its serial number and knows nothing else of the list. It is there
/// for whoever has looked at the list before; ``IndexedRevocationList`` is the list with its index.
public struct RevocationListIndex: Sendable {
  let file: FileSource
  private let index: FileSource
  let layout: IndexLayout

  /// How many entries the list has.
  public var entryCount: Int { layout.recordCount }

  /// Opens the index of the list at `path`; nil when it is missing, damaged, another user's, or of another list than the
  /// one there; or where others may write that list.
  ///
  /// - Throws: ``IOFailure`` when there is no list.
  public init?(path: String) throws { self.init(try FileSource(path: path)) }

  init?(_ file: FileSource) {
    guard let list = file.state, list.isOwn,
      let index = try? FileSource(itself: IndexedRevocationList.indexPath(of: file.path)), index.state?.isOwn == true
    else { return nil }
    var start = [UInt8](repeating: 0, count: IndexLayout.headerCount)
    guard (try? index.read(at: 0, into: &start)) == start.count, let layout = IndexLayout(start[...]),
      layout.byteCount == index.count, layout.list == list.file
    else { return nil }
    self.file = file
    self.index = index
    self.layout = layout
  }

  /// The entry for a certificate of the list's own issuer; nil when it is not revoked.
  ///
  /// - Throws: ``Malformed`` when the index is damaged; ``IOFailure``.
  public func entry(for serialNumber: SerialNumber) throws -> CertificateRevocationList.Entry? {
    try entry(for: serialNumber) { issuerEntry in issuerEntry == nil }
  }

  /// - Parameter isTheirs: whether certificates are meant whose issuer is named in the entry it gets; nil for the list's own.
  func entry(
    for serialNumber: SerialNumber, _ isTheirs: (CertificateRevocationList.Entry?) throws -> Bool
  ) throws -> CertificateRevocationList.Entry? {
    var found: CertificateRevocationList.Entry?
    try forEachEntry(of: serialNumber) { entry, issuerEntry in
      // Of two entries the one counts that revokes.
      if found == nil || found?.reason == .removeFromCRL, try isTheirs(issuerEntry) { found = entry }
    }
    return found
  }

  /// Hands the entries for a serial number to `body` in their order, each with the entry that names the issuer of its
  /// certificate.
  func forEachEntry(
    of serialNumber: SerialNumber,
    _ body: (CertificateRevocationList.Entry, CertificateRevocationList.Entry?) throws -> Void
  ) throws {
    let wanted = serialNumber.bytes
    guard !wanted.isEmpty else { return }
    let key = IndexRecord.key(0..<wanted.count, in: wanted.span)
    let records = try records(of: layout.run(of: key))
    var low = 0
    let count = records.count / IndexRecord.byteCount
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if IndexRecord(records.span, at: middle).key < key { low = middle + 1 } else { high = middle }
    }
    while low < count {
      let record = IndexRecord(records.span, at: low)
      guard record.key == key else { break }
      low += 1
      let entry = try entry(at: Int(record.entry))
      let bytes = entry.serialNumber.bytes
      guard IndexRecord.key(0..<bytes.count, in: bytes.span) == key else { throw damage }
      guard entry.serialNumber == serialNumber else { continue }
      try body(entry, record.issuerEntry == 0 ? nil : try self.entry(at: Int(record.issuerEntry)))
    }
  }

  /// The records of one run, as the bytes that they are: a process that asks once takes longer to get ready for anything
  /// else than to find one.
  private func records(of run: Int) throws -> [UInt8] {
    let row = IndexLayout.rowCount
    // The row before says where this one's records begin.
    let rows = try index.bytes(
      in: IndexLayout.headerCount + max(0, run - 1) * row..<IndexLayout.headerCount + (run + 1) * row)[...]
    let start = run == 0 ? 0 : Int(rows.number(at: 0, count: 4))
    let end = Int(rows.number(at: rows.count - row, count: 4))
    guard start <= end, end <= layout.recordCount, end - start <= IndexLayout.longestRun else { throw damage }
    let place = layout.recordsOffset + start * IndexRecord.byteCount
    let bytes = try index.bytes(in: place..<place + (end - start) * IndexRecord.byteCount)
    let sum = IndexRecord.checksum(bytes.span, seed: IndexLayout.seed(run: run, start: start, end: end))
    guard UInt64(sum) == rows.number(at: rows.count - 4, count: 4) else { throw damage }
    return bytes
  }

  /// The TBSCertList without its entries, and the signature's parts; nil when they are damaged.
  func head() throws -> RevocationListHead? {
    let bytes = try index.bytes(in: layout.headOffset..<layout.headOffset + layout.tbsCount + layout.signatureCount)
    guard IndexLayout.checksum(bytes[...]) == layout.headChecksum else { return nil }
    return try? RevocationListHead(tbs: bytes[..<layout.tbsCount], signature: bytes[layout.tbsCount...])
  }

  /// False when the list's file was written since: offsets into it mean nothing any more.
  var isCurrent: Bool { file.state?.file == layout.list }

  private var damage: Malformed { Malformed("the index is damaged", path: index.path) }

  /// The entry at an offset in the list's file.
  private func entry(at offset: Int) throws -> CertificateRevocationList.Entry {
    guard offset < file.count else { throw damage }
    var window = try file.bytes(in: offset..<min(offset + 128, file.count))
    guard let header = try TLVHeader.read(window[...], rules: .der), let length = header.length,
      length <= file.count - offset - header.headerCount
    else { throw damage }
    let total = header.headerCount + length
    if total > window.count { window = try file.bytes(in: offset..<offset + total) }
    return try CertificateRevocationList.Entry(window[..<total])
  }
}
