import Foundation

/// HTTP over a socket of its own, byte by byte where a test wants that. Waiting happens off the threads that Swift's tasks
/// share, on which the server may run as well.
struct Wire: Sendable {
  struct Reply: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Reads what a server sent; nil when it is no whole answer.
    init?(_ bytes: [UInt8], isHead: Bool) {
      var rest = bytes[...]
      var status = 100
      var headers: [String: String] = [:]
      while status == 100 {
        guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let code = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        status = code
        headers = [:]
        for line in lines.dropFirst() {
          guard let colon = line.firstIndex(of: ":") else { return nil }
          headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        rest = rest[end.upperBound...]
      }
      let length = isHead || status == 304 ? 0 : headers["content-length"].flatMap { Int($0) } ?? rest.count
      guard rest.count >= length else { return nil }
      self.status = status
      self.headers = headers
      body = Array(rest.prefix(length))
    }
  }

  struct Failure: Error { let words: String }

  let port: Int

  /// Sends a request and reads its answer.
  @discardableResult
  func send(
    _ method: String, _ target: String, headers: [String: String] = [:], body: [UInt8] = []
  ) async throws -> Reply {
    var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if !body.isEmpty || method == "POST" { text += "Content-Length: \(body.count)\r\n" }
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    let sent = Array((text + "\r\n").utf8) + body
    let received = try await raw(sent)
    guard let reply = Reply(received, isHead: method == "HEAD") else {
      throw Failure(
        words: "no answer to \(method) \(target.prefix(60)): \(String(decoding: received.prefix(200), as: UTF8.self))")
    }
    return reply
  }

  func get(_ target: String, headers: [String: String] = [:]) async throws -> Reply {
    try await send("GET", target, headers: headers)
  }

  func post(_ target: String, _ body: [UInt8], headers: [String: String] = [:]) async throws -> Reply {
    try await send("POST", target, headers: headers, body: body)
  }

  /// Sends these bytes, in pieces with a pause before each further one, and gives what comes until the server closes.
  func raw(_ pieces: [UInt8]..., pause: TimeInterval = 0, closes: Bool = false) async throws -> [UInt8] {
    try await raw(pieces: pieces, pause: pause, closes: closes)
  }

  func raw(pieces: [[UInt8]], pause: TimeInterval = 0, closes: Bool = false) async throws -> [UInt8] {
    let port = port
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            let socket = try Connection(port: port)
            defer { socket.close() }
            for (index, piece) in pieces.enumerated() {
              if index > 0 { Thread.sleep(forTimeInterval: pause) }
              guard socket.write(piece) else { break }
            }
            if closes { socket.finish() }
            return socket.readAll()
          })
      }
    }
  }
}

/// A blocking connection to the loopback.
final class Connection {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port).bigEndian)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var time = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      Foundation.close(descriptor)
      throw Wire.Failure(words: "cannot connect to port \(port): \(errno)")
    }
  }

  /// False when the other side has gone.
  func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  func read() -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : []
  }

  func readAll() -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let some = read()
      if some.isEmpty { return all }
      all += some
    }
  }

  func close() { Foundation.close(descriptor) }
}
