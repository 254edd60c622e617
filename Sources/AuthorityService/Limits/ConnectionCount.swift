import Synchronization

/// How many connections each client has open.
final class ConnectionCount: Sendable {
  private let limit: Int
  private let counts = Mutex<[ClientAddress: Int]>([:])

  /// - Parameter limit: the most that one client may have; 0 for any number.
  init(limit: Int) { self.limit = limit }

  /// Counts one more in; false when the client has too many.
  func enter(_ address: ClientAddress) -> Bool {
    guard limit > 0 else { return true }
    return counts.withLock { counts in
      let count = counts[address, default: 0]
      guard count < limit else { return false }
      counts[address] = count + 1
      return true
    }
  }

  func leave(_ address: ClientAddress) {
    guard limit > 0 else { return }
    counts.withLock { counts in
      let count = counts[address, default: 0]
      counts[address] = count > 1 ? count - 1 : nil
    }
  }
}
