import ByteIO
import SMIMECrypto

/// Makes the index of a CRL: one walk over its entries, of which no values are made.
struct IndexBuilder {
  private let file: RevocationListFile
  let state: FileState
  private let records: [IndexRecord]
  /// Of all that is signed; nil where the algorithm takes the list whole.
  private let digest: [UInt8]?

  /// Reads the list, and every entry's extensions.
  ///
  /// - Throws: ``IOFailure``, or ``Malformed`` for what is no CRL in DER, is too large, or has an entry that makes it useless.
  init(_ source: FileSource) throws {
    guard source.count <= Int(UInt32.max), let state = source.state?.file, state.size == source.count else {
      throw Malformed("a list of \(source.count) bytes cannot be indexed", path: source.path)
    }
    self.state = state
    file = try RevocationListFile(source)
    var digest = try (try? SignatureAlgorithm(file.head.signatureBlock.algorithm))?.digest.map(MessageDigest.init)
    var records: [IndexRecord] = []
    // An entry has some 40 bytes; where it has fewer, room is made as it is needed.
    records.reserveCapacity(file.entriesCount / 40 + 1)
    let rules = file.head.rules
    var issuerEntry: UInt32 = 0
    try file.walk(&digest) { window, frame, start throws(Malformed) in
      let place = UInt32(truncatingIfNeeded: start + frame.start)
      if !frame.extensions.isEmpty, !(rules.isVersion2 && frame.hasOnlyReason(window.span)),
        try rules.check(window[frame.extensions])
      {
        issuerEntry = place
      }
      records.append(
        IndexRecord(key: IndexRecord.key(frame.serial, in: window.span), entry: place, issuerEntry: issuerEntry))
    }
    guard source.state?.file == state else {
      throw IOFailure(.cannotRead, source.path, detail: "it was changed meanwhile")
    }
    RecordSorter.sort(&records)
    self.records = records
    self.digest = digest?.finalize()
  }

  /// Verifies the list's signature.
  func isSigned(by key: PublicKey) throws -> Bool {
    guard file.head.signatureBlock.algorithm == file.head.innerSignatureAlgorithm else { return false }
    if let digest { return try file.head.signatureBlock.holds(overDigest: digest, by: key) }
    return try file.list().isSigned(by: key)
  }

  /// Writes the index and gives it its name.
  ///
  /// - Parameter signer: where the signature's algorithm takes the list whole, the digest of the key that it was verified by;
  ///   empty when by none.
  /// - Throws: ``IOFailure``
  func write(to output: AtomicFile, signer: [UInt8]) throws {
    let (tbs, signature) = file.headParts
    let layout = IndexLayout(
      list: state, recordCount: records.count, tbsCount: tbs.count, signatureCount: signature.count,
      seal: digest ?? signer)
    let head = tbs + signature
    let rows = try rows(layout)
    try output.write(layout.encoded(head: head[...]).span)
    try output.write(rows.span)
    let padding = layout.recordsOffset - layout.headOffset - head.count
    try output.write((head + [UInt8](repeating: 0, count: padding)).span)
    try unsafe records.withUnsafeBytes { bytes in
      try unsafe output.write(Span(_unsafeBytes: bytes))
    }
    try output.commit()
  }

  private func rows(_ layout: IndexLayout) throws(IOFailure) -> [UInt8] {
    var table: [UInt8] = []
    table.reserveCapacity(layout.runCount * IndexLayout.rowCount)
    var start = 0
    for run in 0..<layout.runCount {
      var end = start
      while end < records.count, layout.run(of: records[end].key) == run { end += 1 }
      guard end - start <= IndexLayout.longestRun else {
        throw IOFailure(.cannotWrite, file.source.path, detail: "too many of its entries are alike to be indexed")
      }
      let seed = IndexLayout.seed(run: run, start: start, end: end)
      table.append(number: UInt64(end), count: 4)
      table.append(number: UInt64(IndexRecord.checksum(records.span.extracting(start..<end), seed: seed)), count: 4)
      start = end
    }
    return table
  }
}
