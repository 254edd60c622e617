import ByteIO

/// The index file of a CRL, which lies beside it:
///
///     header    magic, version; the state of the list's file; counts and lengths; the seal; a checksum
///     runs      for each run of keys with the same first bits: where it ends, and its checksum
///     head      the TBSCertList without its entries, and the signature
///     records   sixteen bytes for each entry, sorted by key
///
/// All numbers are little-endian.
struct IndexLayout: Hashable {
  /// What the list's file was when the index was made. A file that is not that has another index.
  var list: FileState
  var recordCount: Int
  /// Keys with the same first bits make a run.
  var runBits: Int
  var tbsCount: Int
  var signatureCount: Int
  /// What is left to do of verifying the signature: the digest of what is signed, by the signature's own algorithm. Where
  /// that takes the list whole, the SHA-256 of the SubjectPublicKeyInfo by whose key it was verified; zeros when by none.
  var seal: [UInt8]

  static let headerCount = 152
  private static let sealCount = 64
  /// `SMIMECRL`
  private static let magic: UInt64 = 0x4C52_4345_4D49_4D53
  private static let version: UInt64 = 2

  /// Whether a file that begins so is an index, of whatever version.
  static func isMagic(_ bytes: [UInt8]) -> Bool { bytes[...].number(at: 0, count: 8) == magic }

  /// In bytes, of a row of the table of runs.
  static let rowCount = 8
  /// So many entries fall into one run only where their author wants it: a look-up reads a run whole.
  static let longestRun = 1 << 16

  var runCount: Int { 1 << runBits }
  var headOffset: Int { Self.headerCount + runCount * Self.rowCount }
  var recordsOffset: Int {
    // Records begin at a multiple of their size.
    (headOffset + tbsCount + signatureCount + IndexRecord.byteCount - 1) / IndexRecord.byteCount * IndexRecord.byteCount
  }
  var byteCount: Int { recordsOffset + recordCount * IndexRecord.byteCount }

  /// So many first bits that a run has some 256 records.
  static func runBits(for count: Int) -> Int {
    var bits = 0
    while bits < 16, count >> bits > 256 { bits += 1 }
    return bits
  }

  func run(of key: UInt64) -> Int { runBits == 0 ? 0 : Int(truncatingIfNeeded: key >> UInt64(64 - runBits)) }

  /// What the checksum of a run begins with, so that one run's is never right for another, or for other bounds.
  static func seed(run: Int, start: Int, end: Int) -> UInt64 {
    UInt64(truncatingIfNeeded: run) << 48 ^ UInt64(truncatingIfNeeded: start) << 24 ^ UInt64(truncatingIfNeeded: end)
  }

  /// Of what stands between the table of runs and the records.
  private(set) var headChecksum: UInt64 = 0

  /// The header's bytes, for an index with this `head`.
  func encoded(head: ArraySlice<UInt8>) -> [UInt8] {
    var layout = self
    layout.headChecksum = Self.checksum(head)
    return layout.encoded
  }

  /// What damage to bytes changes. Not a defence against who may write the file.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum = IndexRecord.mixed(UInt64(bytes.count))
    var at = 0
    while at < bytes.count {
      let count = min(8, bytes.count - at)
      sum = IndexRecord.mixed(sum ^ bytes.number(at: at, count: count)) &+ 1
      at += count
    }
    return sum
  }

  private var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for number in [
      Self.magic, Self.version, UInt64(list.size), UInt64(bitPattern: Int64(list.modified)),
      UInt64(bitPattern: Int64(list.changed)), list.inode, UInt64(recordCount),
      UInt64(runBits) << 56 | UInt64(tbsCount) << 28 | UInt64(signatureCount),
      UInt64(seal.count),
    ] {
      bytes.append(number: number, count: 8)
    }
    bytes += seal + [UInt8](repeating: 0, count: Self.sealCount - seal.count)
    bytes.append(number: headChecksum, count: 8)
    bytes.append(number: Self.checksum(bytes[...]), count: 8)
    return bytes
  }

  /// Reads a header; nil when it is none, damaged, or of another version.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= Self.headerCount else { return nil }
    func number(_ index: Int) -> UInt64 { bytes.number(at: 8 * index, count: 8) }
    guard number(0) == Self.magic, number(1) == Self.version,
      Self.checksum(bytes.prefix(Self.headerCount - 8)) == number(18)
    else { return nil }
    let (size, records, shape) = (number(2), number(6), number(7))
    guard size <= UInt32.max, records <= UInt32.max, shape >> 56 <= 16, number(8) <= UInt64(Self.sealCount) else {
      return nil
    }
    list = FileState(
      inode: number(5), size: Int(size), modified: Int(Int64(bitPattern: number(3))),
      changed: Int(Int64(bitPattern: number(4))))
    recordCount = Int(records)
    runBits = Int(shape >> 56)
    tbsCount = Int(shape >> 28 & 0xFFF_FFFF)
    signatureCount = Int(shape & 0xFFF_FFFF)
    seal = Array(bytes[shifted: 72..<72 + Int(number(8))])
    headChecksum = number(17)
  }

  init(list: FileState, recordCount: Int, tbsCount: Int, signatureCount: Int, seal: [UInt8]) {
    self.list = list
    self.recordCount = recordCount
    runBits = Self.runBits(for: recordCount)
    self.tbsCount = tbsCount
    self.signatureCount = signatureCount
    self.seal = seal
  }
}

extension [UInt8] {
  mutating func append(number: UInt64, count: Int) {
    for place in 0..<count { append(UInt8(truncatingIfNeeded: number >> UInt64(8 * place))) }
  }
}

extension ArraySlice<UInt8> {
  /// The little-endian number at an offset from the slice's start.
  func number(at offset: Int, count: Int) -> UInt64 {
    var value: UInt64 = 0
    var at = startIndex + offset + count
    while at > startIndex + offset {
      at -= 1
      value = value << 8 | UInt64(self[at])
    }
    return value
  }
}
