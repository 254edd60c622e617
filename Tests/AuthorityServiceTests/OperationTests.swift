import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import AuthorityService

extension Served {
  @Suite struct `What operators see` {
    @Test func `metrics count requests, answers and lists`() async throws {
      let test = try await TestAuthority()
      let question = try test.ask(try await test.issue("alice@example.com"))
      try await withServer(test) { (wire) async throws in
        for _ in 0..<3 { _ = try await wire.post("/ocsp", question) }
        _ = try await wire.post("/ocsp", [])
        _ = try await wire.get("/nothing")
        let reply = try await wire.get("/metrics")
        #expect(reply.headers["content-type"] == "text/plain; version=0.0.4")
        let lines = reply.text.split(separator: "\n")
        #expect(lines.contains("smimed_requests_total{route=\"/ocsp\",status=\"200\"} 4"))
        #expect(lines.contains("smimed_requests_total{route=\"none\",status=\"404\"} 1"))
        #expect(lines.contains("smimed_ocsp_answers_total{kind=\"preSigned\"} 3"))
        #expect(lines.contains("smimed_ocsp_answers_total{kind=\"refused\"} 1"))
        #expect(lines.contains("smimed_request_duration_seconds_count{route=\"/ocsp\"} 4"))
        #expect(lines.contains("smimed_request_duration_seconds_bucket{route=\"/ocsp\",le=\"+Inf\"} 4"))
        #expect(lines.contains("# TYPE smimed_request_duration_seconds histogram"))
        for name in [
          "smimed_crl_number{list=\"issuing\"}", "smimed_crl_age_seconds{list=\"root\"}", "smimed_journal_bytes",
          "smimed_records", "smimed_responder_remaining_seconds", "smimed_refused_total{limit=\"rate\"}",
        ] {
          #expect(lines.contains { $0.hasPrefix(name + " ") }, "\(name)")
        }
        // Each type is said once, before all lines of its name.
        let types = lines.filter { $0.hasPrefix("# TYPE") }
        #expect(Set(types).count == types.count)
      }
    }

    @Test func `a service that can answer is ready, and one whose journal is gone says so`() async throws {
      let test = try await TestAuthority()
      try await withServer(test) { (wire) async throws in
        #expect(try await wire.get("/health").status == 200)
        let ready = try await wire.get("/ready")
        #expect(ready.status == 200)
        #expect(ready.text == "{\"ready\":true,\"objections\":{}}\n")
        let journal = try FileHandle(forWritingTo: URL(fileURLWithPath: test.folder + "/journal"))
        try journal.truncate(atOffset: 0)
        try journal.close()
        let broken = try await wire.get("/ready")
        #expect(broken.status == 503)
        #expect(broken.text.hasPrefix("{\"ready\":false,\"objections\":{\""))
        #expect(try await wire.get("/health").status == 200)
      }
    }

    @Test func `operators can have a listener of their own`() async throws {
      let test = try await TestAuthority()
      try await withListeners(test, { $0.adminListen = Endpoint(host: "127.0.0.1", port: 0) }) {
        (listening) async throws in
        #expect(listening.address != listening.adminAddress)
        let (clients, operators) = (Wire(port: listening.address.port), Wire(port: listening.adminAddress.port))
        for path in ["/metrics", "/health", "/ready"] {
          #expect(try await clients.get(path).status == 404)
          #expect(try await operators.get(path).status == 200)
        }
        #expect(try await clients.get("/ca/root.cer").status == 200)
        #expect(try await operators.get("/ca/root.cer").status == 404)
      }
    }

    @Test func `a line for each request, at the level info`() async throws {
      let test = try await TestAuthority()
      let log = LogBook()
      try await withServer(test, log: log) { (wire) async throws in
        _ = try await wire.get("/crl/root.crl?secret=query")
        _ = try await wire.send("HEAD", "/ca/root.cer")
        _ = try await wire.send("PROPFIND", "/ca/root.cer")
      }
      let lines = log.text.split(separator: "\n").filter { $0.hasPrefix("info request ") }
      #expect(lines.count == 3)
      for key in ["\"method\": GET", "\"route\": /crl", "\"status\": 200", "\"us\": ", "hb.request.id"] {
        #expect(lines.first?.contains(key) == true, "\(key)")
      }
      #expect(!log.text.contains("secret") && !log.text.contains("SECRET"))
    }

    @Test func `clients of HTTP 1.0 get their answer and an end, others keep their connection`() async throws {
      let test = try await TestAuthority()
      try await withServer(test) { (wire) async throws in
        let old = try await wire.raw(Array("GET /health HTTP/1.0\r\n\r\n".utf8))
        #expect(String(decoding: old, as: UTF8.self).contains("{\"alive\":true}"))
        let two = Array(
          "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\nConnection: CLOSE\r\n\r\n".utf8)
        let answers = String(decoding: try await wire.raw(two), as: UTF8.self)
        #expect(answers.components(separatedBy: "{\"alive\":true}").count == 3)
        let absolute = try await wire.get("http://pki.example.org/health")
        #expect(absolute.status == 200)
        let expecting = try await wire.raw(
          Array(
            "POST /ocsp HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 1\r\n\r\n"
              .utf8),
          [0x30], pause: 0.2)
        #expect(String(decoding: expecting, as: UTF8.self).hasPrefix("HTTP/1.1 100"))
        #expect(Wire.Reply(expecting, isHead: false)?.status == 200)
      }
    }
  }
}
