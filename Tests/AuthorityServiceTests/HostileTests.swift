import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import AuthorityService

extension Served {
  @Suite struct `Clients that mean no good` {
    @Test func `methods and paths that nothing has are refused`() async throws {
      let test = try await TestAuthority()
      try await withServer(test) { (wire) async throws in
        for path in ["/", "/ocsp.txt", "/crl/../ca/root.key", "/crl/%2e%2e/journal", "/journal", "/fixed", "/root.key"]
        {
          let reply = try await wire.get(path)
          #expect(reply.status == 404, "\(path)")
          #expect(reply.headers["x-content-type-options"] == "nosniff")
        }
        for (path, allowed) in [
          ("/ocsp", "POST"), ("/requests", "POST"), ("/crl/root.crl", "GET, HEAD"), ("/ca/root.cer", "GET, HEAD"),
          ("/ocsp/MA==", "GET, HEAD"), ("/health", "GET, HEAD"), ("/requests/ab", "GET, HEAD"),
          ("/requests/ab/code", "POST"),
        ] {
          let method = allowed == "POST" ? "GET" : "POST"
          for method in [method, "DELETE", "OPTIONS", "PROPFIND"] {
            let reply = try await wire.send(method, path)
            #expect(reply.status == 405, "\(method) \(path)")
            #expect(reply.headers["allow"] == allowed, "\(method) \(path)")
          }
        }
      }
    }

    @Test func `what is too large is refused, and the connection ends`() async throws {
      let test = try await TestAuthority()
      try await withServer(test) { (wire) async throws in
        #expect(try await wire.post("/ocsp", [UInt8](repeating: 0x30, count: 8_193)).status == 413)
        #expect(try await wire.post("/requests", [UInt8](repeating: 0x30, count: 65_537)).status == 413)
        // Claimed, and in chunks without a claim. The head alone is answered: nobody waits for the rest.
        let claimed = try await wire.raw(
          Array("POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n".utf8))
        #expect(String(decoding: claimed, as: UTF8.self).hasPrefix("HTTP/1.1 413"))
        let head = Array("POST /ocsp HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let chunk = Array("2000\r\n".utf8) + [UInt8](repeating: 0x30, count: 0x2000) + Array("\r\n".utf8)
        let chunked = try await wire.raw(head, chunk, chunk, chunk)
        #expect(String(decoding: chunked, as: UTF8.self).hasPrefix("HTTP/1.1 413"))
        let long = try await wire.raw(
          Array("GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(!String(decoding: long, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        let fields = try await wire.raw(
          Array("GET /health HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n".utf8))
        #expect(!String(decoding: fields, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        let many = String(repeating: "X: y\r\n", count: 1_000)
        let crowd = try await wire.raw(Array("GET /health HTTP/1.1\r\nHost: x\r\n\(many)\r\n".utf8))
        #expect(!String(decoding: crowd, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        #expect(try await wire.get("/health").status == 200)
      }
    }

    @Test func `who sends a head or a body drop by drop is cut off`() async throws {
      let test = try await TestAuthority()
      try await withServer(
        test,
        {
          $0.limits.idleTime = 1; $0.limits.bodyTime = 1
        }
      ) { (wire) async throws in
        let head = Array("GET /health HTTP/1.1\r\nHost: localhost\r\n".utf8)
        let drops = (0..<100).map { _ in Array("X-Drop: 1\r\n".utf8) }
        let body = Array("POST /ocsp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n".utf8)
        async let slowHead = timed { try await wire.raw(pieces: [head] + drops, pause: 0.1) }
        async let slowBody = timed { try await wire.raw(pieces: [body] + drops, pause: 0.1) }
        async let silence = timed { try await wire.raw(pieces: []) }
        let times = try await [slowHead, slowBody, silence]
        for (bytes, seconds) in times {
          #expect(bytes.isEmpty)
          #expect(seconds < 5)
        }
        #expect(try await wire.get("/metrics").text.contains("smimed_refused_total{limit=\"time\"} 3"))
      }
    }

    private func timed(_ work: () async throws -> [UInt8]) async throws -> ([UInt8], Double) {
      let start = Date()
      let bytes = try await work()
      return (bytes, Date().timeIntervalSince(start))
    }

    @Test func `connections of one address are limited`() async throws {
      let test = try await TestAuthority()
      try await withServer(test, { $0.limits.connectionsPerAddress = 3 }) { (wire) async throws in
        // Each is let in, and answered, before the next one comes.
        var idle: [Connection] = []
        for _ in 0..<3 {
          let connection = try Connection(port: wire.port)
          #expect(connection.write(Array("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".utf8)))
          #expect(!connection.read().isEmpty)
          idle.append(connection)
        }
        // A connection beyond the limit is closed without an answer, and at once.
        let start = Date()
        #expect(try await wire.raw(Array("GET /health HTTP/1.0\r\n\r\n".utf8)).isEmpty)
        #expect(Date().timeIntervalSince(start) < 5)
        for connection in idle { connection.close() }
        // Until the server has seen them go, whoever comes is refused too, and counted.
        var refused = 1
        #expect(
          await eventually {
            if (try? await wire.get("/health"))?.status == 200 { return true }
            refused += 1
            return false
          })
        let metrics = try await wire.get("/metrics").text
        #expect(metrics.contains("smimed_refused_total{limit=\"connections\"} \(refused)\n"))
      }
    }

    @Test func `an address that asks too much is told when to come back`() async throws {
      let test = try await TestAuthority()
      let question = try test.ask(try await test.issue("alice@example.com"))
      try await withServer(
        test,
        {
          $0.limits.rate = 5; $0.limits.requestRate = 2
        }
      ) { (wire) async throws in
        // In one go, as fast as it can.
        let one = Array("POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: \(question.count)\r\n\r\n".utf8) + question
        let last = Array("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)
        let text = String(decoding: try await wire.raw((0..<60).flatMap { _ in one } + last), as: UTF8.self)
        let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
        #expect(statuses.count == 61)
        #expect(statuses.prefix(10).allSatisfy { $0 == 200 })
        #expect(statuses.contains(429))
        #expect(text.lowercased().contains("retry-after: 1\r\n"))
        var strict: [Int] = []
        for _ in 0..<4 { strict.append(try await wire.post("/requests", Array("x".utf8)).status) }
        #expect(strict == [400, 400, 429, 429])
      }
    }

    @Test func `thousands of broken requests are answered with an OCSP error or refused`() async throws {
      let test = try await TestAuthority()
      let question = try test.ask(try await test.issue("alice@example.com"), nonce: Array(1...16))
      let wish = Array(try await test.request("alice@example.com", try PrivateKey(generate: .ec(.p256))).derBytes)
      let log = LogBook()
      try await withServer(test, { $0.limits.connectionsPerAddress = 0 }, log: log) { (wire) async throws in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for lane in 0..<4 {
            group.addTask {
              var random = Generator(state: UInt64(lane + 1))
              for _ in 0..<8 {
                // Many on one connection, in one go.
                var bytes: [UInt8] = []
                let count = 64
                for number in 0..<count {
                  let isOCSP = number % 4 != 0
                  let body = random.mutated(isOCSP ? question : wish)
                  let target = isOCSP ? "/ocsp" : "/requests"
                  let close = number == count - 1 ? "Connection: close\r\n" : ""
                  bytes +=
                    Array(
                      "POST \(target) HTTP/1.1\r\nHost: x\r\n\(close)Content-Length: \(body.count)\r\n\r\n".utf8) + body
                }
                var rest = try await wire.raw(bytes)[...]
                for number in 0..<count {
                  guard let reply = Wire.Reply(Array(rest), isHead: false),
                    let head = rest.firstRange(of: Array("\r\n\r\n".utf8))
                  else {
                    Issue.record("answer \(number) is missing")
                    return
                  }
                  if number % 4 != 0 {
                    #expect(reply.status == 200)
                    #expect(throws: Never.self) { try OCSPResponse(der: ArraySlice(reply.body)) }
                  } else {
                    #expect(reply.status == 201 || (400..<500).contains(reply.status), "\(reply.status)")
                  }
                  rest = rest[(head.upperBound + reply.body.count)...]
                }
              }
            }
          }
          try await group.waitForAll()
        }
        #expect(try await wire.get("/health").status == 200)
        #expect(!log.text.contains("a request failed"))
      }
    }

    @Test func `garbage instead of HTTP ends the connection, not the service`() async throws {
      let test = try await TestAuthority()
      try await withServer(test) { (wire) async throws in
        var random = Generator(state: 7)
        for _ in 0..<200 {
          let bytes = (0..<Int.random(in: 1...400, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
          }
          _ = try await wire.raw(bytes, closes: true)
        }
        for text in [
          "GET /health HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "GET /health HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET /health HTTP/9.9\r\n\r\n", "GET\r\n\r\n",
          "GET /health HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "\r\n\r\n\r\n",
          "POST /ocsp HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
          "GET /a\0b HTTP/1.1\r\n\r\n",
        ] {
          _ = try await wire.raw(Array(text.utf8), closes: true)
        }
        #expect(try await wire.get("/health").status == 200)
      }
    }
  }
}

/// The same every time.
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// `bytes` with something wrong, nearly always.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<5, using: &self) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
      case 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 2: bytes.remove(at: at)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &self), at: at)
      default: bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &self))
      }
    }
    return bytes
  }
}
