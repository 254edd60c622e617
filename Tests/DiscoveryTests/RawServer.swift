import Foundation
import SMIMETestSupport

/// A server on a free port of the loopback that sends the same bytes to whoever comes, whatever is asked.
final class RawServer: Sendable {
  enum End: Sendable {
    case close
    /// Nothing more is sent, and the connection stays open until the other side gives up.
    case hang
  }

  let port: Int

  init(_ bytes: [UInt8], _ end: End) throws {
    let (listener, port) = try ScriptedServer.listen()
    self.port = port
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
