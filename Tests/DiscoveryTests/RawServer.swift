import Foundation

/// A server on a free port of the loopback that sends the same bytes to whoever comes, whatever is asked.
final class RawServer: Sendable {
  enum End: Sendable {
    case close
    /// Nothing more is sent, and the connection stays open until the other side gives up.
    case hang
  }

  let port: Int

  init(_ bytes: [UInt8], _ end: End) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw CocoaError(.fileWriteUnknown) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          defer { close(connection) }
          var window = [UInt8](repeating: 0, count: 4_096)
          guard recv(connection, &window, window.count, 0) > 0 else { return }
          _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
          guard end == .hang else { return }
          while recv(connection, &window, window.count, 0) > 0 {}
        }
      }
    }
  }
}
