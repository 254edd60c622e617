import ByteIO
import Glibc
import SMIMECrypto

/// Keeps the keys of locks for a while, so that a passphrase is typed once and not for every message.
///
/// It has the keys that passphrases opened, never a passphrase. They are in memory only, and are overwritten when their
/// time is over; the agent ends when it had nothing to keep for as long.
struct Agent {
  private let listener: Descriptor
  private let socket: AgentSocket
  /// In seconds.
  private let time: Int
  private var kept: [[UInt8]: (key: SymmetricKey, until: Int)] = [:]
  private var idleSince = now()
  private static let mostKeys = 256

  /// - Parameter time: how many seconds a key is kept after it came.
  init(_ socket: AgentSocket, time: Int) throws {
    listener = try socket.listen()
    self.socket = socket
    self.time = time
    // What is in memory is not to lie on a disk after a crash.
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }

  /// Answers until it is told to stop, or has nothing to do.
  mutating func run() {
    defer { unsafe unlink(socket.path) }
    while true {
      let now = Self.now()
      for (lock, entry) in kept where entry.until <= now { kept[lock] = nil }
      if !kept.isEmpty { idleSince = now }
      let next = kept.values.map(\.until).min() ?? idleSince + time
      guard next > now || !kept.isEmpty else { return }
      var waiting = pollfd(fd: listener.number, events: Int16(POLLIN), revents: 0)
      // poll does not count the time that the machine sleeps: it is looked at the clock every few seconds.
      guard unsafe poll(&waiting, 1, Int32(clamping: min(next - now, 10) * 1_000)) > 0 else { continue }
      let number = accept(listener.number, nil, nil)
      guard number >= 0 else { continue }
      if answer(AgentConnection(number)) { return }
    }
  }

  /// Answers one request, and returns whether it was to stop.
  private mutating func answer(_ connection: AgentConnection) -> Bool {
    guard connection.isOwnUser, let first = connection.receive(1)?.first,
      let count = AgentRequest.restCount(after: first), var rest = connection.receive(count)
    else { return false }
    defer { wipe(&rest) }
    switch AgentRequest(first, rest) {
    case .get(let lock):
      if let entry = kept[lock], entry.until > Self.now() {
        connection.send([1] + entry.key.octets)
      } else {
        connection.send([0])
      }
    case .put(let lock, let key):
      if kept.count < Self.mostKeys || kept[lock] != nil { kept[lock] = (key, Self.now() + time) }
      connection.send([1])
    case .drop(let lock):
      kept[lock] = nil
      connection.send([1])
    case .stop:
      kept = [:]
      connection.send([1])
      return true
    case nil: break
    }
    return false
  }

  /// Seconds that go on while the machine sleeps.
  private static func now() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec
  }
}

/// The agent as commands speak to it. Where none listens, nothing is kept and nothing is known.
enum KeptKeys {
  static func key(of lock: [UInt8]) -> SymmetricKey? {
    guard let agent = AgentSocket.standard.connect(), agent.send(AgentRequest.get(lock: lock).octets),
      agent.receive(1) == [1], var octets = agent.receive(AgentRequest.keyByteCount)
    else { return nil }
    defer { wipe(&octets) }
    return SymmetricKey(octets: octets)
  }

  static func keep(_ key: SymmetricKey, of lock: [UInt8]) {
    guard let agent = AgentSocket.standard.connect() else { return }
    agent.send(AgentRequest.put(lock: lock, key).octets)
    _ = agent.receive(1)
  }

  /// Has the agent forget the key of a lock that is no longer used.
  static func drop(_ lock: [UInt8]) {
    guard let agent = AgentSocket.standard.connect() else { return }
    agent.send(AgentRequest.drop(lock: lock).octets)
    _ = agent.receive(1)
  }

  /// Has the agent forget all and end; false when none listens.
  static func stop() -> Bool {
    guard let agent = AgentSocket.standard.connect() else { return false }
    return agent.send(AgentRequest.stop.octets) && agent.receive(1) == [1]
  }
}
