import SMIMECrypto

/// What is said to the agent and what it answers, each in a number of octets that follows from its first.
///
///     get   1 ‖ lock, 16 octets                     answered by  1 ‖ key, 32 octets   or  0
///     put   2 ‖ lock, 16 octets ‖ key, 32 octets    answered by  1
///     stop  3                                       answered by  1
///     drop  4 ‖ lock, 16 octets                     answered by  1
enum AgentRequest {
  case get(lock: [UInt8])
  case put(lock: [UInt8], SymmetricKey)
  case stop
  case drop(lock: [UInt8])

  static let lockByteCount = 16
  static let keyByteCount = 32

  /// How many octets follow the first; nil of an unknown one.
  static func restCount(after first: UInt8) -> Int? {
    switch first {
    case 1, 4: lockByteCount
    case 2: lockByteCount + keyByteCount
    case 3: 0
    default: nil
    }
  }

  /// - Parameter rest: as many octets as ``restCount(after:)`` says.
  init?(_ first: UInt8, _ rest: [UInt8]) {
    guard Self.restCount(after: first) == rest.count else { return nil }
    switch first {
    case 1: self = .get(lock: rest)
    case 2:
      self = .put(
        lock: Array(rest.prefix(Self.lockByteCount)), SymmetricKey(octets: rest.dropFirst(Self.lockByteCount)))
    case 4: self = .drop(lock: rest)
    default: self = .stop
    }
  }

  /// Secret octets, of `put`.
  var octets: [UInt8] {
    switch self {
    case .get(let lock): [1] + lock
    case .put(let lock, let key): [2] + lock + key.octets
    case .stop: [3]
    case .drop(let lock): [4] + lock
    }
  }
}
