import ByteIO

/// Numbers for names, the same for names that match: each encoding is taken apart once, however often it is asked about.
struct NameTable: Sendable {
  private struct Octets: Hashable {
    let bytes: ArraySlice<UInt8>

    static func == (left: Octets, right: Octets) -> Bool { Bytes.areEqual(left.bytes, right.bytes) }

    func hash(into hasher: inout Hasher) { Bytes.hash(bytes, into: &hasher) }
  }

  private var byEncoding: [Octets: Int] = [:]
  private var byName: [DistinguishedName: Int] = [:]

  /// The name's number, a new one if there is none yet.
  mutating func number(_ name: DistinguishedName) -> Int {
    let encoding = Octets(bytes: name.encoded)
    if let known = byEncoding[encoding] { return known }
    let number = byName[name] ?? byName.count
    byName[name] = number
    byEncoding[encoding] = number
    return number
  }

  /// The name's number; nil when it has none.
  func known(_ name: DistinguishedName) -> Int? {
    byEncoding[Octets(bytes: name.encoded)] ?? byName[name]
  }
}
