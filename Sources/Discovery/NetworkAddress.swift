import Fetching

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An IPv4 or IPv6 address, in network order: 4 or 16 octets.
struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
  let octets: [UInt8]

  /// Who is reached there.
  enum Reach: Hashable {
    /// Anybody's host on the Internet.
    case global
    /// A host of one's own: this one, or one on a network that the Internet does not lead to.
    case own
    /// Nobody who serves certificates: link-local (and so the metadata of clouds), multicast, reserved, documentation.
    case never
  }

  /// What the IANA registries of special-purpose addresses say of it (RFC 6890 and its updates).
  var reach: Reach { octets.count == 4 ? Self.reach(v4: octets[...]) : v6Reach }

  func isAllowed(by addresses: FetchRules.Addresses) -> Bool {
    switch reach {
    case .global: true
    case .own: addresses == .own
    case .never: false
    }
  }

  private static func reach(v4 octets: ArraySlice<UInt8>) -> Reach {
    let value = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    func lies(in network: UInt32, _ bits: UInt32) -> Bool { (value ^ network) >> (32 - bits) == 0 }
    // Azure and Alibaba hand out a machine's secrets at addresses that look like anybody's.
    if lies(in: 0xA83F_8110, 32) || lies(in: 0x6464_64C8, 32) { return .never }
    let own: [(UInt32, UInt32)] = [
      (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16),
    ]
    if own.contains(where: lies) { return .own }
    let never: [(UInt32, UInt32)] = [
      // this network, link-local, protocol assignments, documentation (three), 6to4 relays, benchmarks
      (0, 8), (0xA9FE_0000, 16), (0xC000_0000, 24), (0xC000_0200, 24), (0xC633_6400, 24), (0xCB00_7100, 24),
      (0xC058_6300, 24), (0xC612_0000, 15),
      // multicast, reserved and broadcast
      (0xE000_0000, 3),
    ]
    return never.contains(where: lies) ? .never : .global
  }

  private var v6Reach: Reach {
    func begins(_ prefix: UInt8...) -> Bool { octets.starts(with: prefix) }
    if octets.dropLast().allSatisfy({ $0 == 0 }) { return octets.last == 1 ? .own : .never }
    // An IPv4 address in the clothes of another is what it is: mapped, NAT64 (RFC 6052), 6to4.
    if octets.prefix(10).allSatisfy({ $0 == 0 }), octets[10] == 0xFF, octets[11] == 0xFF {
      return Self.reach(v4: octets.suffix(4))
    }
    if begins(0x00, 0x64, 0xFF, 0x9B), octets[4..<12].allSatisfy({ $0 == 0 }) {
      return Self.reach(v4: octets.suffix(4))
    }
    if begins(0x20, 0x02) { return Self.reach(v4: octets[2..<6]) }
    // fd00:ec2::254 and fd20:ce::254 hand out a machine's secrets.
    if begins(0xFD, 0x00, 0x0E, 0xC2) || begins(0xFD, 0x20, 0x00, 0xCE) { return .never }
    if octets[0] & 0xFE == 0xFC { return .own }
    // Only 2000::/3 is given out; of it 2001::/23 is for protocols (Teredo among them), two blocks for documentation.
    guard octets[0] & 0xE0 == 0x20 else { return .never }
    if begins(0x20, 0x01), octets[2] & 0xFE == 0 { return .never }
    if begins(0x20, 0x01, 0x0D, 0xB8) || begins(0x3F, 0xFF) && octets[2] & 0xF0 == 0 { return .never }
    return .global
  }

  var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let written = unsafe octets.withUnsafeBytes { octets in
      unsafe inet_ntop(
        octets.count == 4 ? AF_INET : AF_INET6, octets.baseAddress, &text, socklen_t(INET6_ADDRSTRLEN)) != nil
    }
    guard written else { return "no address" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
