import NIOCore
import Synchronization

/// Whose requests are counted together: an IPv4 address, or the /64 that an IPv6 address is one of.
struct ClientAddress: Hashable, Sendable {
  private let bits: UInt64
  private let isIPv6: Bool

  /// All that have no address, or for whom there is no room.
  static let anybody = ClientAddress(bits: 0, isIPv6: true)

  private init(bits: UInt64, isIPv6: Bool) {
    self.bits = bits
    self.isIPv6 = isIPv6
  }

  init(_ address: SocketAddress?) {
    guard let address else {
      self = .anybody
      return
    }
    let octets = unsafe address.withSockAddr { start, count in
      unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }
    func number(_ range: Range<Int>) -> UInt64 { octets[range].reduce(0) { $0 << 8 | UInt64($1) } }
    switch address {
    // struct sockaddr_in has its address in octets 4 to 7, sockaddr_in6 in octets 8 to 23.
    case .v4 where octets.count >= 8: self.init(bits: number(4..<8), isIPv6: false)
    case .v6 where octets.count >= 24:
      if number(8..<16) == 0, number(16..<20) == 0xFFFF {
        self.init(bits: number(20..<24), isIPv6: false)
      } else {
        self.init(bits: number(8..<16), isIPv6: true)
      }
    default: self = .anybody
    }
  }
}

/// A bucket of tokens for each client: it fills evenly, and every request takes one out.
final class RateLimit: Sendable {
  private struct Bucket {
    var tokens: Double
    var filled: NIODeadline
  }

  private struct State {
    var buckets: [ClientAddress: Bucket] = [:]
    var swept = NIODeadline.distantPast
  }

  /// Tokens in a second.
  private let rate: Double
  private let burst: Double
  /// So many clients are told apart. Beyond, newcomers share one bucket.
  private let addressLimit: Int
  private let state = Mutex(State())

  /// - Parameter burst: how many may come at once from a client that was quiet.
  init(perSecond rate: Double, burst: Double, addressLimit: Int = 65_536) {
    self.rate = rate
    self.burst = max(1, burst)
    self.addressLimit = addressLimit
  }

  /// Takes a token.
  ///
  /// - Returns: nil if there was one, else in how many seconds there will be.
  func take(_ address: ClientAddress, at now: NIODeadline = .now()) -> Int? {
    guard rate > 0 else { return nil }
    return state.withLock { state in
      var address = address
      if state.buckets.count >= addressLimit, state.buckets[address] == nil {
        sweep(&state, at: now)
        if state.buckets.count >= addressLimit { address = .anybody }
      }
      var bucket = state.buckets[address] ?? Bucket(tokens: burst, filled: now)
      bucket.tokens = level(bucket, at: now)
      bucket.filled = max(now, bucket.filled)
      defer { state.buckets[address] = bucket }
      guard bucket.tokens >= 1 else { return max(1, Int(((1 - bucket.tokens) / rate).rounded(.up))) }
      bucket.tokens -= 1
      return nil
    }
  }

  /// So many clients are remembered.
  var addressCount: Int { state.withLock { $0.buckets.count } }

  private func level(_ bucket: Bucket, at now: NIODeadline) -> Double {
    min(burst, bucket.tokens + max(0, Double((now - bucket.filled).nanoseconds)) / 1e9 * rate)
  }

  /// Forgets those whose bucket is full again: to them nothing changes. Once a second, as it looks at all.
  private func sweep(_ state: inout State, at now: NIODeadline) {
    guard now - state.swept >= .seconds(1) else { return }
    state.swept = now
    state.buckets = state.buckets.filter { level($0.value, at: now) < burst }
  }
}
