import Fetching
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Finds the addresses of a host.
protocol HostResolver: Sendable {
  /// The addresses of `host`, the likeliest to be reached first; at least one.
  func addresses(of host: String) async throws -> [NetworkAddress]
}

/// Asks the system, on a thread where waiting disturbs nobody.
struct SystemResolver: HostResolver {
  func addresses(of host: String) async throws -> [NetworkAddress] {
    try await NIOThreadPool.singleton.runIfActive { try Self.lookUp(host) }
  }

  private static func lookUp(_ host: String) throws(FetchFailure) -> [NetworkAddress] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    #if canImport(Glibc)
      unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else {
      throw FetchFailure(.name, "the address of \(host) is not known (\(unsafe String(cString: gai_strerror(status))))")
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [NetworkAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      if let address = unsafe address(in: entry.pointee), !found.contains(address) { found.append(address) }
      unsafe next = entry.pointee.ai_next
    }
    guard !found.isEmpty else { throw FetchFailure(.name, "\(host) has no address") }
    return found
  }

  private static func address(in entry: addrinfo) -> NetworkAddress? {
    guard let raw = unsafe UnsafeRawPointer(entry.ai_addr) else { return nil }
    switch unsafe entry.ai_family {
    case AF_INET:
      var address = unsafe raw.loadUnaligned(as: sockaddr_in.self).sin_addr
      return NetworkAddress(octets: unsafe withUnsafeBytes(of: &address) { unsafe Array($0) })
    case AF_INET6:
      let whole = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
      // With a scope it is an address on one link only.
      guard whole.sin6_scope_id == 0 else { return nil }
      var address = whole.sin6_addr
      return NetworkAddress(octets: unsafe withUnsafeBytes(of: &address) { unsafe Array($0) })
    default: return nil
    }
  }
}
