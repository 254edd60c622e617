import CMS
import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import AuthorityService

extension Served {
  @Suite struct `What an authority publishes` {
    @Test func `an OCSP answer that was signed ahead may be kept, and says for how long`() async throws {
      let test = try await TestAuthority()
      let certificate = try await test.issue("alice@example.com")
      let question = try test.ask(certificate)
      let path =
        "/ocsp/" + Data(question).base64EncodedString().addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
      try await withServer(test) { (wire) async throws in
        let first = try await wire.get(path)
        #expect(first.status == 200)
        #expect(first.headers["content-type"] == "application/ocsp-response")
        #expect(first.headers["cache-control"] == "max-age=0, public, no-transform, must-revalidate")
        let response = try OCSPResponse(der: ArraySlice(first.body))
        #expect(response.firstStatus == .good)
        let single = try #require(response.basic?.responses.first)
        #expect(first.headers["last-modified"] == HTTPDate.text(single.thisUpdate))
        let next = try #require(single.nextUpdate)
        #expect(first.headers["expires"] == HTTPDate.text(next))
        let tag = try #require(first.headers["etag"])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\""))
        // The same answer by POST, and again.
        for _ in 0..<2 {
          let posted = try await wire.post("/ocsp", question, headers: ["Content-Type": "application/ocsp-request"])
          #expect(posted.body == first.body)
          #expect(posted.headers["etag"] == tag)
        }
        for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
          let unchanged = try await wire.get(path, headers: ["If-None-Match": known])
          #expect(unchanged.status == 304, "\(known)")
          #expect(unchanged.body.isEmpty)
          #expect(unchanged.headers["etag"] == tag)
        }
        #expect(try await wire.get(path, headers: ["If-None-Match": "\"x\""]).status == 200)
        let head = try await wire.send("HEAD", path)
        #expect(head.status == 200)
        #expect(head.headers["content-length"] == "\(first.body.count)")
      }
    }

    @Test func `an age that the operator chose ends before the answer does`() async throws {
      let test = try await TestAuthority()
      let question = try test.ask(try await test.issue("alice@example.com"))
      try await withServer(test, { $0.publication.ocspMaxAge = 600 }) { (wire) async throws in
        let reply = try await wire.post("/ocsp", question)
        #expect(reply.headers["cache-control"] == "max-age=600, public, no-transform, must-revalidate")
      }
      try await withServer(test, { $0.publication.ocspMaxAge = 864_000 }) { (wire) async throws in
        let reply = try await wire.post("/ocsp", question)
        let next = try #require(try OCSPResponse(der: ArraySlice(reply.body)).basic?.responses.first?.nextUpdate)
        let field = try #require(reply.headers["cache-control"])
        let age = try #require(Int(field.dropFirst("max-age=".count).prefix { $0 != "," }))
        #expect(Date().addingTimeInterval(Double(age)) <= next)
        #expect(age > 60_000)
      }
    }

    @Test func `what answers one request only is not kept`() async throws {
      let test = try await TestAuthority()
      let one = try await test.issue("alice@example.com")
      let other = try await test.issue("bob@example.com")
      try await withServer(test) { (wire) async throws in
        let nonce: [UInt8] = Array(1...32)
        let reply = try await wire.post("/ocsp", try test.ask(one, nonce: nonce))
        #expect(reply.headers["cache-control"] == "no-store")
        #expect(try OCSPResponse(der: ArraySlice(reply.body)).basic?.nonce.map(Array.init) == nonce)
        let both = try await wire.post("/ocsp", try test.ask(one, other))
        #expect(both.headers["cache-control"] == "no-store")
        #expect(try OCSPResponse(der: ArraySlice(both.body)).basic?.responses.count == 2)
        let garbage = try await wire.post("/ocsp", Array("garbage".utf8))
        #expect(garbage.status == 200)
        #expect(garbage.headers["cache-control"] == "no-store")
        #expect(try OCSPResponse(der: ArraySlice(garbage.body)).status == .malformedRequest)
      }
    }

    @Test func `requests in a path are read as clients write them`() async throws {
      let test = try await TestAuthority()
      // Enough of them that each of the odd characters turns up.
      var texts: [String] = []
      for number in 0..<12 {
        texts.append(Data(try test.ask(try await test.issue("member\(number)@example.com"))).base64EncodedString())
      }
      // Each of the three lengths that base64 ends with.
      let certificate = try await test.issue("last@example.com")
      for count in 14...16 {
        texts.append(Data(try test.ask(certificate, nonce: Array(1...UInt8(count)))).base64EncodedString())
      }
      for odd in ["/", "+", "="] { #expect(texts.contains { $0.contains(odd) }, "\(odd)") }
      try await withServer(test) { [texts] (wire) async throws in
        for text in texts {
          let escaped = text.replacing("+", with: "%2B").replacing("/", with: "%2f").replacing("=", with: "%3D")
          let base64url = text.replacing("+", with: "-").replacing("/", with: "_")
          let unpadded = text.replacing("=", with: "")
          for spelling in [text, escaped, base64url, unpadded, "/" + text] {
            let reply = try await wire.get("/ocsp/\(spelling)")
            #expect(try OCSPResponse(der: ArraySlice(reply.body)).firstStatus == .good, "\(spelling)")
          }
          for broken in ["%", "%4", "%zz" + text, text + "!", String(text.dropFirst(3))] {
            let reply = try await wire.get("/ocsp/\(broken)")
            #expect(try OCSPResponse(der: ArraySlice(reply.body)).status == .malformedRequest, "\(broken)")
          }
        }
      }
    }

    @Test func `lists and certificates come as files with headers for caches`() async throws {
      let test = try await TestAuthority()
      try await withServer(test) { (wire) async throws in
        for (name, level) in [("root", Authority.Level.root), ("issuing", .issuing)] {
          let list = try await wire.get("/crl/\(name).crl")
          #expect(list.status == 200)
          #expect(list.headers["content-type"] == "application/pkix-crl")
          #expect(list.headers["cache-control"] == "max-age=0, public, no-transform, must-revalidate")
          let crl = try CertificateRevocationList(der: ArraySlice(list.body))
          #expect(try crl.isSigned(by: test.authority.certificate(level).publicKey))
          #expect(list.headers["last-modified"] == HTTPDate.text(crl.thisUpdate))
          let tag = try #require(list.headers["etag"])
          #expect(try await wire.get("/crl/\(name).crl", headers: ["If-None-Match": tag]).status == 304)
          let certificate = try await wire.get("/ca/\(name).cer")
          #expect(certificate.body == Array(test.authority.certificate(level).derBytes))
          #expect(certificate.headers["content-type"] == "application/pkix-cert")
          #expect(certificate.headers["cache-control"] == "max-age=86400, public, no-transform")
        }
        let chain = try await wire.get("/ca/chain.p7c")
        #expect(chain.headers["content-type"] == "application/pkcs7-mime; smime-type=certs-only")
        #expect(chain.body.firstRange(of: Array(test.authority.certificate(.root).derBytes)) != nil)
        #expect(chain.body.firstRange(of: Array(test.authority.certificate(.issuing).derBytes)) != nil)
        for missing in ["/crl/issuing-delta.crl", "/crl/issuing-0.crl", "/crl/root-delta.crl", "/crl/other.crl"] {
          #expect(try await wire.get(missing).status == 404, "\(missing)")
        }
      }
    }

    @Test func `spread lists and a delta are served where they are published`() async throws {
      let test = try await TestAuthority(settings: .init(baseURL: "http://pki.example.org", shardCount: 3))
      _ = try await test.authority.publishList(.shardDelta(1), days: 1, with: test.issuer)
      try await withServer(test) { (wire) async throws in
        for name in ["issuing-0", "issuing-1", "issuing-2", "issuing-1-delta"] {
          #expect(try await wire.get("/crl/\(name).crl").status == 200, "\(name)")
        }
        for name in ["issuing", "issuing-3", "issuing-0-delta", "issuing-01"] {
          #expect(try await wire.get("/crl/\(name).crl").status == 404, "\(name)")
        }
      }
    }

    @Test func `a revocation by another process is in the next answer and in the next list`() async throws {
      let test = try await TestAuthority()
      let certificate = try await test.issue("alice@example.com")
      let question = try test.ask(certificate)
      try await withServer(test) { (wire) async throws in
        let before = try await wire.post("/ocsp", question)
        #expect(try OCSPResponse(der: ArraySlice(before.body)).firstStatus == .good)
        let oldList = try CertificateRevocationList(der: ArraySlice(try await wire.get("/crl/issuing.crl").body))
        #expect(try oldList.entry(for: certificate.serialNumber) == nil)
        try test.revoke(certificate)
        let after = try await wire.post("/ocsp", question)
        guard case .revoked(let revoked) = try OCSPResponse(der: ArraySlice(after.body)).firstStatus else {
          Issue.record("it is not revoked")
          return
        }
        #expect(revoked.reason == .keyCompromise)
        #expect(after.headers["etag"] != before.headers["etag"])
        let list = try CertificateRevocationList(der: ArraySlice(try await wire.get("/crl/issuing.crl").body))
        #expect(try list.entry(for: certificate.serialNumber)?.reason == .keyCompromise)
      }
    }

    @Test func `a list is signed without anybody asking, and once for many who do`() async throws {
      let test = try await TestAuthority()
      let certificates = [try await test.issue("alice@example.com"), try await test.issue("bob@example.com")]
      let watch = try Authority(folder: test.folder)
      try await withServer(test) { (wire) async throws in
        let old = try #require(try watch.currentList(.issuing)).list
        try test.revoke(certificates[0])
        #expect(
          try await eventually(within: 3) {
            try watch.currentList(.issuing).map { try $0.list.entry(for: certificates[0].serialNumber) != nil } ?? false
          })
        let between = try #require(try watch.currentList(.issuing)).list
        #expect(between.derBytes != old.derBytes)
        try test.revoke(certificates[1])
        let numbers = try await withThrowingTaskGroup(of: SerialNumber?.self) { group in
          for _ in 0..<16 {
            group.addTask {
              let reply = try await wire.get("/crl/issuing.crl")
              let list = try CertificateRevocationList(der: ArraySlice(reply.body))
              #expect(try list.entry(for: certificates[1].serialNumber) != nil)
              return try list.number
            }
          }
          return try await group.reduce(into: Set<SerialNumber?>()) { $0.insert($1) }
        }
        #expect(numbers.count == 1)
      }
    }
  }
}
