import ByteIO
import Glibc

/// The socket on which the agent listens: of one user, who alone can reach it.
struct AgentSocket {
  let path: String

  /// In the user's folder for what lives as long as the login does, or else in `$SMIME_HOME`.
  static var standard: AgentSocket {
    if let folder = Environment["XDG_RUNTIME_DIR"], folder.hasPrefix("/") {
      return AgentSocket(path: "\(folder)/smime/agent")
    }
    return AgentSocket(path: "\(Home.folder)/agent")
  }

  var folder: String { String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)) }

  /// A connection to the agent of the same user; nil when none listens.
  func connect() -> AgentConnection? {
    guard let number = socketNumber() else { return nil }
    let connection = AgentConnection(number)
    guard unsafe withAddress({ unsafe Glibc.connect(number, $0, $1) }) == 0, connection.isOwnUser else { return nil }
    return connection
  }

  /// Listens. What an agent left behind that was killed is removed first.
  func listen() throws -> Descriptor {
    try Files.makeFolder(folder)
    guard connect() == nil else { throw CommandFailure(.cannotCreate, "\(path): an agent listens already") }
    unsafe unlink(path)
    guard let number = socketNumber() else { throw IOFailure(.cannotCreate, path, detail: systemError()) }
    let descriptor = Descriptor(number)
    let mask = umask(0o177)
    let isBound = unsafe withAddress { unsafe bind(number, $0, $1) } == 0
    umask(mask)
    guard isBound, Glibc.listen(number, 16) == 0 else {
      throw IOFailure(.cannotCreate, path, detail: path.utf8.count > 100 ? "the path is too long" : systemError())
    }
    return descriptor
  }

  private func socketNumber() -> Int32? {
    let number = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    return number >= 0 ? number : nil
  }

  /// What `body` returns for the address; -1 when the path is too long for one.
  private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return -1 }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// One end of a connection between the agent and a command. Nobody waits for the other for long.
final class AgentConnection {
  private let descriptor: Descriptor

  init(_ number: Int32) {
    descriptor = Descriptor(number)
    var patience = timeval(tv_sec: 2, tv_usec: 0)
    let count = socklen_t(MemoryLayout<timeval>.size)
    unsafe setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, count)
    unsafe setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, count)
  }

  /// True if the process at the other end runs as the same user.
  var isOwnUser: Bool {
    // struct ucred: process, user, group.
    var credentials: [UInt32] = [0, .max, .max]
    var count = socklen_t(credentials.count * 4)
    guard unsafe getsockopt(descriptor.number, SOL_SOCKET, SO_PEERCRED, &credentials, &count) == 0, count == 12 else {
      return false
    }
    return credentials[1] == geteuid()
  }

  /// Exactly `count` octets; nil when the other end says fewer.
  func receive(_ count: Int) -> [UInt8]? {
    var result = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = unsafe result.withUnsafeMutableBytes { bytes in
        unsafe recv(descriptor.number, bytes.baseAddress.map { unsafe $0 + filled }, count - filled, 0)
      }
      guard got > 0 || got < 0 && errno == EINTR else { return nil }
      filled += max(got, 0)
    }
    return result
  }

  /// Sends `octets`, and overwrites them: they may be secret.
  @discardableResult
  func send(_ octets: consuming [UInt8]) -> Bool {
    var octets = octets
    var sent = 0
    while sent < octets.count {
      let count = unsafe octets.withUnsafeBytes { bytes in
        unsafe Glibc.send(
          descriptor.number, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 || count < 0 && errno == EINTR else { break }
      sent += max(count, 0)
    }
    let isWhole = sent == octets.count
    wipe(&octets)
    return isWhole
  }
}
