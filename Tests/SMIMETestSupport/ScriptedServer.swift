import Foundation
import Synchronization

/// A small HTTP server on a free port of the loopback that answers as its script says, faults and all. It stays until
/// the tests end, so that no other gets its port meanwhile.
public final class ScriptedServer: Sendable {
  public struct Request: Sendable {
    public let method: String
    public let path: String
    /// Names in lower case.
    public let headers: [String: String]
    public let body: [UInt8]
  }

  /// What is sent back, byte by byte as it stands.
  public struct Reply: Sendable {
    public enum End: Sendable {
      case close
      /// Nothing more is sent, and the connection stays open until the other side gives up.
      case hang
      /// The body is sent again and again until the other side gives up.
      case endless
    }

    var head: String
    var body: [UInt8]
    var end: End

    public static func http(
      _ status: Int = 200, _ headers: [String: String] = [:], _ body: [UInt8] = [], length: Int? = nil,
      end: End = .close
    ) -> Reply {
      var head = "HTTP/1.1 \(status) Scripted\r\n"
      if case .endless = end {} else { head += "Content-Length: \(length ?? body.count)\r\n" }
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      return Reply(head: head + "Connection: close\r\n\r\n", body: body, end: end)
    }

    public static func raw(_ text: String, end: End = .close) -> Reply { Reply(head: text, body: [], end: end) }
  }

  public let port: Int
  private let log: Log

  private final class Log: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// Everything that was asked so far.
  public var requests: [Request] { log.requests.withLock { $0 } }

  public func url(_ path: String = "/", host: String = "127.0.0.1") -> String { "http://\(host):\(port)\(path)" }

  public init(_ script: @escaping @Sendable (Request) -> Reply) throws {
    let (listener, port) = try Self.listen()
    let log = Log()
    self.port = port
    self.log = log
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread {
          defer { close(connection) }
          guard let request = Self.read(connection) else { return }
          log.requests.withLock { $0.append(request) }
          Self.send(script(request), to: connection)
        }
      }
    }
  }

  /// A port of the loopback that nobody listens on, nor will: it stays bound for as long as the process runs.
  public static func closedPort() throws -> Int { try bound().port }

  /// A port of the loopback that is free at the moment, for somebody else to listen on.
  public static func freePort() throws -> Int {
    let (socket, port) = try bound()
    close(socket)
    return port
  }

  /// A socket that listens on a free port of the loopback.
  public static func listen() throws -> (Int32, port: Int) {
    let (listener, port) = try bound()
    guard Foundation.listen(listener, 64) == 0 else { throw CocoaError(.fileWriteUnknown) }
    return (listener, port)
  }

  private static func bound() throws -> (Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw CocoaError(.fileWriteUnknown) }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var window = [UInt8](repeating: 0, count: 64 << 10)
    func more() -> Bool {
      let count = recv(connection, &window, window.count, 0)
      guard count > 0 else { return false }
      bytes += window[..<count]
      return true
    }
    var head: [String] = []
    var bodyStart = 0
    while head.isEmpty {
      if let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
        head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        bodyStart = end.upperBound
      } else if !more() {
        return nil
      }
    }
    let line = head[0].split(separator: " ")
    guard line.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for field in head.dropFirst() {
      let parts = field.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while bytes.count < bodyStart + length { guard more() else { return nil } }
    return Request(
      method: String(line[0]), path: String(line[1]), headers: headers, body: Array(bytes[bodyStart...].prefix(length)))
  }

  private static func send(_ reply: Reply, to connection: Int32) {
    func put(_ bytes: [UInt8]) -> Bool {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
    guard put(Array(reply.head.utf8)), put(reply.body) else { return }
    switch reply.end {
    case .close: return
    case .endless: while put(reply.body) {}
    case .hang:
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
    }
  }
}
