/// One entry of a CRL in its index: where it lies in the list's file, under a number made of the serial number. Sixteen
/// bytes, in the byte order of every platform this runs on.
struct IndexRecord: BitwiseCopyable {
  static let byteCount = 16

  /// ``key(_:in:)`` of the entry's serial number.
  var key: UInt64
  /// The offset of the entry in the file.
  var entry: UInt32
  /// The offset of the entry that names the issuer of this one's certificate; 0 for the list's own issuer (RFC 5280 §5.3.3).
  var issuerEntry: UInt32

  /// Spreads serial numbers over all 64 bits, whatever pattern an authority gives them. The octets of an INTEGER that say
  /// nothing do not count. Two numbers may have one key; whoever finds it compares the entry.
  @inline(__always) static func key(_ serial: Range<Int>, in bytes: Span<UInt8>) -> UInt64 {
    var at = serial.lowerBound
    let end = serial.upperBound
    while end - at > 1 {
      let (first, next) = (bytes[at], bytes[at + 1])
      guard first == 0 && next < 0x80 || first == 0xFF && next >= 0x80 else { break }
      at += 1
    }
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: end - at)
    while at < end {
      var word: UInt64 = 0
      let stop = min(at + 8, end)
      while at < stop {
        word = word << 8 | UInt64(bytes[at])
        at += 1
      }
      hash = mixed(hash ^ word)
    }
    return hash
  }

  /// Every bit of the result depends on every bit of `value`.
  @inline(__always) static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// What damage to a run of records changes. Not a defence against who may write the file.
  static func checksum(_ records: Span<IndexRecord>, seed: UInt64) -> UInt32 {
    var sum = mixed(seed)
    for index in records.indices { sum = records[index].added(to: sum) }
    return UInt32(truncatingIfNeeded: mixed(sum))
  }

  /// The same of records that are still bytes.
  static func checksum(_ records: Span<UInt8>, seed: UInt64) -> UInt32 {
    var sum = mixed(seed)
    for index in 0..<records.count / byteCount { sum = IndexRecord(records, at: index).added(to: sum) }
    return UInt32(truncatingIfNeeded: mixed(sum))
  }

  @inline(__always) private func added(to sum: UInt64) -> UInt64 {
    Self.mixed(sum ^ key) &+ (UInt64(entry) << 32 | UInt64(issuerEntry))
  }
}

extension IndexRecord {
  /// The record of that number in the bytes of many.
  @inline(__always) init(_ records: Span<UInt8>, at index: Int) {
    let start = index * Self.byteCount
    func number(_ offset: Int, _ count: Int) -> UInt64 {
      var value: UInt64 = 0
      var at = start + offset + count
      while at > start + offset {
        at -= 1
        value = value << 8 | UInt64(records[at])
      }
      return value
    }
    self.init(
      key: number(0, 8), entry: UInt32(truncatingIfNeeded: number(8, 4)),
      issuerEntry: UInt32(truncatingIfNeeded: number(12, 4)))
  }
}

/// Sorts records by key in place: what is sorted is as large as memory allows it to be.
struct RecordSorter {
  /// Records are dealt out by these many first bits of their key, into cells that hold a few each.
  private static let bits = 16

  static func sort(_ records: inout [IndexRecord]) {
    guard records.count > 256 else {
      records.sort { precedes($0, $1) }
      return
    }
    let cells = 1 << bits
    var ends = [Int](repeating: 0, count: cells)
    for index in records.indices { ends[cell(records[index])] += 1 }
    var next = [Int](repeating: 0, count: cells)
    var total = 0
    for cell in 0..<cells {
      next[cell] = total
      total += ends[cell]
      ends[cell] = total
    }
    // Each record that is moved to its cell frees the place of the next, until one belongs where the first stood.
    for cell in 0..<cells {
      while next[cell] < ends[cell] {
        var record = records[next[cell]]
        var home = self.cell(record)
        while home != cell {
          let place = next[home]
          next[home] += 1
          (record, records[place]) = (records[place], record)
          home = self.cell(record)
        }
        records[next[cell]] = record
        next[cell] += 1
      }
    }
    var start = 0
    for end in ends {
      sort(&records, start..<end)
      start = end
    }
  }

  @inline(__always) private static func cell(_ record: IndexRecord) -> Int {
    Int(truncatingIfNeeded: record.key >> UInt64(64 - bits))
  }

  private static func precedes(_ left: IndexRecord, _ right: IndexRecord) -> Bool {
    left.key == right.key ? left.entry < right.entry : left.key < right.key
  }

  /// A few by insertion; more than an even spread gives as everybody sorts.
  private static func sort(_ records: inout [IndexRecord], _ range: Range<Int>) {
    guard range.count <= 64 else {
      records[range].sort { precedes($0, $1) }
      return
    }
    for index in range.dropFirst() {
      let record = records[index]
      var place = index
      while place > range.lowerBound, precedes(record, records[place - 1]) {
        records[place] = records[place - 1]
        place -= 1
      }
      records[place] = record
    }
  }
}
