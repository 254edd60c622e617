import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import AuthorityService

extension Served {
  @Suite struct `Requests over HTTP` {
    private struct Ticket: Decodable {
      let id: String
      let token: String?
      let state: String
      let unproved: [String]
    }

    private static func ticket(_ reply: Wire.Reply) throws -> Ticket {
      #expect(reply.headers["content-type"] == "application/json")
      #expect(reply.headers["cache-control"] == "no-store")
      #expect(reply.headers["x-content-type-options"] == "nosniff")
      return try JSONDecoder().decode(Ticket.self, from: Data(reply.body))
    }

    @Test(arguments: [true, false])
    func `a request is handed in, proved, approved, and its certificate fetched`(_ isPEM: Bool) async throws {
      let test = try await TestAuthority()
      let key = try PrivateKey(generate: .ec(.p256))
      let wish = try await test.request("alice@example.com", key)
      let body =
        isPEM
        ? Array(PEMBlock(label: "CERTIFICATE REQUEST", bytes: Array(wish.derBytes)).text.utf8) : Array(wish.derBytes)
      let log = LogBook()
      try await withServer(test, log: log) { (wire) async throws in
        let added = try await wire.post("/requests", body)
        #expect(added.status == 201)
        let ticket = try Self.ticket(added)
        #expect(added.headers["location"] == "/requests/\(ticket.id)")
        #expect(ticket.state == "waiting")
        #expect(ticket.unproved == ["alice@example.com"])
        let token = try #require(ticket.token)
        let shown = ["Authorization": "Bearer \(token)"]

        let waiting = try await wire.get("/requests/\(ticket.id)/certificate", headers: shown)
        #expect(waiting.status == 202)
        #expect(waiting.headers["retry-after"] != nil)

        let code = try test.authority.newCode(for: ticket.id, address: "alice@example.com")
        let wrong = try await wire.post("/requests/\(ticket.id)/code", Array("0000".utf8), headers: shown)
        #expect(wrong.status == 422)
        let proved = try await wire.post("/requests/\(ticket.id)/code", Array("\(code)\n".utf8), headers: shown)
        #expect(proved.status == 200)
        #expect(try Self.ticket(proved).unproved.isEmpty)

        let certificate = try await test.authority.approve(ticket.id, by: "registrar", with: test.issuer)
        let state = try Self.ticket(try await wire.get("/requests/\(ticket.id)", headers: shown))
        #expect(state.state == "approved")
        #expect(state.token == nil)
        let issued = try await wire.get("/requests/\(ticket.id)/certificate", headers: shown)
        #expect(issued.status == 200)
        #expect(issued.headers["content-type"] == "application/pem-certificate-chain")
        #expect(issued.headers["cache-control"] == "no-store")
        #expect(issued.text == certificate.pem + test.authority.certificate(.issuing).pem)

        // Secrets and what was sent are in no line of the log, whatever its level.
        let text = log.text
        #expect(text.contains("/requests/ID/certificate"))
        for secret in [token, code, TestAuthority.password, "alice", ticket.id] {
          #expect(!text.contains(secret), "\(secret)")
        }
      }
    }

    @Test func `without its token there is no request`() async throws {
      let test = try await TestAuthority()
      let key = try PrivateKey(generate: .ec(.p256))
      let wish = try await test.request("alice@example.com", key)
      try await withServer(test) { (wire) async throws in
        let ticket = try Self.ticket(try await wire.post("/requests", Array(wish.derBytes)))
        let other = ["Authorization": "Bearer \(RequestToken().text)"]
        let wrong = try await wire.get("/requests/\(ticket.id)", headers: other)
        let unknown = try await wire.get("/requests/0123456789ab", headers: other)
        #expect(wrong.status == 404)
        #expect(wrong.status == unknown.status && wrong.body == unknown.body)
        #expect(Set(wrong.headers.keys) == Set(unknown.headers.keys))
        #expect(try await wire.get("/requests/\(ticket.id)/certificate", headers: other).status == 404)
        #expect(try await wire.post("/requests/\(ticket.id)/code", Array("x".utf8), headers: other).status == 404)
        for field in ["", "Basic dTpw", "Bearer", "bearer: x"] {
          #expect(
            try await wire.get("/requests/\(ticket.id)", headers: ["Authorization": field]).status == 401, "\(field)")
        }
        #expect(try await wire.get("/requests/\(ticket.id)").headers["www-authenticate"] == "Bearer")
        #expect(try await wire.get("/requests/\(ticket.id)", headers: ["Authorization": "Bearer x"]).status == 404)
      }
    }

    @Test func `a rejected request has no certificate, and says so`() async throws {
      let test = try await TestAuthority()
      let wish = try await test.request("alice@example.com", try PrivateKey(generate: .ec(.p256)))
      try await withServer(test) { (wire) async throws in
        let ticket = try Self.ticket(try await wire.post("/requests", Array(wish.derBytes)))
        let shown = ["Authorization": "bearer \(try #require(ticket.token))"]
        try test.authority.reject(ticket.id, by: "registrar", reason: "not one of us")
        #expect(try await wire.get("/requests/\(ticket.id)/certificate", headers: shown).status == 410)
        #expect(try await wire.get("/requests/\(ticket.id)", headers: shown).text.contains("not one of us"))
      }
    }

    @Test func `what is no request, or not signed by its key, is refused`() async throws {
      let test = try await TestAuthority()
      let wish = try await test.request("alice@example.com", try PrivateKey(generate: .ec(.p256)))
      var changed = Array(wish.derBytes)
      changed[changed.count - 5] ^= 1
      let unsigned = changed
      try await withServer(test) { (wire) async throws in
        #expect(try await wire.post("/requests", []).status == 400)
        #expect(try await wire.post("/requests", Array("hello".utf8)).status == 400)
        #expect(try await wire.post("/requests", unsigned).status == 422)
        #expect(try test.authority.requests.isEmpty)
      }
    }
  }
}
