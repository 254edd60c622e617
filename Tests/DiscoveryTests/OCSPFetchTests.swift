import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import Discovery
@testable import Fetching

/// The OCSP request in a GET's path (RFC 6960 A.1) or a POST's body.
func ocspRequest(in request: ScriptedServer.Request) throws -> OCSPRequest {
  if request.method == "POST" { return try OCSPRequest(der: request.body[...]) }
  let text = request.path.split(separator: "/").last.flatMap { String($0).removingPercentEncoding }
  let bytes = try #require(text.flatMap { Data(base64Encoded: $0) })
  return try OCSPRequest(der: [UInt8](bytes)[...])
}

@Suite struct `Asking OCSP` {
  private static let type = ["Content-Type": "application/ocsp-response", "Cache-Control": "max-age=600"]

  private func scene(
    nextUpdate: Date? = TestPKI.now.addingTimeInterval(86_400)
  ) async throws -> (server: ScriptedServer, request: [UInt8], response: [UInt8]) {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let identifier = try OCSPCertificateID(alice.certificate.serialNumber, of: pki.issuing.certificate)
    let answer = try pki.answer(on: alice.certificate, nextUpdate: nextUpdate)
    let response = try await OCSPResponseTemplate([answer], producedAt: TestPKI.now).signed(by: pki.issuing)
    let server = try ScriptedServer { _ in .http(200, Self.type, response) }
    return (server, OCSPRequest([identifier]).encoded, response)
  }

  @Test func `is a GET while the URL stays short, with all of base64 escaped`() async throws {
    let (server, request, response) = try await scene()
    let answer = await Stage.fetcher().answer(to: FetchRequest(.ocsp, url: server.url("/ocsp/"), body: request))
    #expect(try answer.get().bytes == response)
    let seen = try #require(server.requests.first)
    #expect(seen.method == "GET" && seen.path.hasPrefix("/ocsp/"))
    #expect(!seen.path.dropFirst("/ocsp/".count).contains { "+/=".contains($0) })
    #expect(try ocspRequest(in: seen).encoded == request)
    #expect("http://127.0.0.1:\(server.port)\(seen.path)".utf8.count <= 255)
  }

  @Test func `is a POST when the URL would be long, or the question has a nonce`() async throws {
    let (server, request, response) = try await scene()
    let long = server.url("/" + String(repeating: "x", count: 255))
    #expect(try await Stage.fetcher().answer(to: FetchRequest(.ocsp, url: long, body: request)).get().bytes == response)
    let asked = try OCSPRequest(der: request[...])
    let fresh = OCSPRequest(asked.certificates, nonce: [1, 2, 3]).encoded
    _ = try await Stage.fetcher().answer(to: FetchRequest(.ocsp, url: server.url(), body: fresh)).get()
    #expect(server.requests.map(\.method) == ["POST", "POST"])
    #expect(server.requests.map(\.body) == [request, fresh])
    #expect(server.requests.allSatisfy { $0.headers["content-type"] == "application/ocsp-request" })
  }

  /// How often a server is asked when the same question is put twice.
  private func asks(_ server: ScriptedServer, _ body: [UInt8]) async throws -> Int {
    let workshop = try Workshop()
    let rules = Stage.rules { $0.cacheFolder = workshop.file("cache") }
    for _ in 1...2 {
      _ = try await Stage.fetcher(rules).answer(to: FetchRequest(.ocsp, url: server.url(), body: body)).get()
    }
    return server.requests.count
  }

  @Test func `keeps an answer that says until when it is right, and no other`() async throws {
    let (server, request, _) = try await scene()
    #expect(try await asks(server, request) == 1)
    let (current, other, _) = try await scene(nextUpdate: nil)
    #expect(try await asks(current, other) == 2)
    let (expired, third, _) = try await scene(nextUpdate: TestPKI.now.addingTimeInterval(-1))
    #expect(try await asks(expired, third) == 2)
  }

  @Test func `keeps no answer to a nonce, to another question, or that is a refusal`() async throws {
    let (server, request, _) = try await scene()
    let asked = try OCSPRequest(der: request[...])
    #expect(try await asks(server, OCSPRequest(asked.certificates, nonce: [7]).encoded) == 2)
    let (foreign, _, _) = try await scene()
    #expect(try await asks(foreign, request) == 2)
    let busy = try ScriptedServer { _ in .http(200, Self.type, OCSPResponseTemplate.refusal(.tryLater)) }
    #expect(try await asks(busy, request) == 2)
  }

  @Test func `takes nothing but an OCSP response`() async throws {
    let (_, request, response) = try await scene()
    for type in ["application/octet-stream", "text/plain", "application/pkix-crl"] {
      let server = try ScriptedServer { _ in .http(200, ["Content-Type": type], response) }
      let answer = await Stage.fetcher().answer(to: FetchRequest(.ocsp, url: server.url(), body: request))
      guard case .failure(let failure) = answer else {
        Issue.record("\(type) was taken")
        continue
      }
      #expect(failure.reason == .contentType)
    }
  }
}
