import Fetching
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One search in one directory at one address (RFC 4511 §4.5): anonymous, no referrals, no aliases, and whatever comes is
/// counted before it is kept.
struct DirectorySearch: Sendable {
  struct Value: Hashable, Sendable {
    /// The attribute's name in lower case, without options such as `;binary`.
    let attribute: String
    let bytes: [UInt8]
  }

  let url: DirectoryURL
  /// What is asked for of each entry.
  let attributes: [String]
  /// The address that was looked up and checked; nothing is looked up again.
  let target: NetworkAddress
  let byteLimit: Int
  let entryLimit: Int
  let milliseconds: Int
  /// A file of certificates; nil is the system's.
  let hostAnchors: String?

  /// Every value of the attributes that the entries found have. Waits on a thread where that disturbs nobody.
  ///
  /// - Throws: ``FetchFailure``; `.connection` when nobody takes the connection.
  func values() async throws(FetchFailure) -> [Value] {
    #if LDAP
      let line = OpenLine()
      do {
        return try await withTaskCancellationHandler {
          try await NIOThreadPool.singleton.runIfActive {
            let socket = try connect()
            try line.open(socket)
            return try LDAPConnection(socket, line, self).search()
          }
        } onCancel: {
          line.cut()
        }
      } catch {
        throw error as? FetchFailure ?? FetchFailure(.connection, "no connection")
      }
    #else
      throw FetchFailure(.unavailable, "this build asks no directories")
    #endif
  }

  /// A connected socket that does not block.
  private func connect() throws(FetchFailure) -> CInt {
    #if canImport(Glibc)
      let kind = CInt(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    let descriptor = socket(target.octets.count == 4 ? AF_INET : AF_INET6, kind, 0)
    guard descriptor >= 0 else { throw FetchFailure(.connection, "no connection (error \(errno))") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    do throws(FetchFailure) {
      try connect(descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private func connect(_ descriptor: CInt) throws(FetchFailure) {
    let status = unsafe target.withSocketAddress(port: url.host.port) { address, length in
      #if canImport(Glibc)
        unsafe Glibc.connect(descriptor, address, length)
      #elseif canImport(Musl)
        unsafe Musl.connect(descriptor, address, length)
      #else
        unsafe Darwin.connect(descriptor, address, length)
      #endif
    }
    if status == 0 { return }
    guard errno == EINPROGRESS else { throw FetchFailure(connecting: errno) }
    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let ready = unsafe poll(&wait, 1, CInt(clamping: milliseconds))
    guard ready > 0 else { throw FetchFailure(.timeout, "no answer in time") }
    var code: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0, code == 0 else {
      throw FetchFailure(connecting: code)
    }
  }
}

extension NetworkAddress {
  /// Calls `body` with the address and `port` as the system wants them.
  func withSocketAddress(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    let port = in_port_t(UInt16(clamping: port)).bigEndian
    if octets.count == 4 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port
      unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: octets) }
      return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
          unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port
    unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: octets) }
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }
}

extension FetchFailure {
  /// Why no connection was made, by the system's number for it.
  init(connecting code: CInt) {
    switch code {
    case ECONNREFUSED: self.init(.connection, "the connection was refused")
    case ENETUNREACH, EHOSTUNREACH: self.init(.connection, "the host cannot be reached")
    case ETIMEDOUT: self.init(.timeout, "no answer in time")
    default: self.init(.connection, "no connection (error \(code))")
    }
  }
}
