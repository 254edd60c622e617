import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import Discovery
@testable import Fetching

/// What is asked when a certificate names several places, and when a list has a signer of its own.
@Suite struct `Several places` {
  private let ocspType = ["Content-Type": "application/ocsp-response"]

  private func report(
    on certificate: Certificate, _ pki: TestPKI, _ sources: [any RevocationSource]
  ) async -> RevocationReport? {
    let paths = PathValidator(anchors: TrustAnchors([pki.root.certificate]), revocation: .soft(sources))
    switch await paths.validate(certificate, with: [pki.issuing.certificate], at: TestPKI.now) {
    case .success(let path): return path.revocation.first
    case .failure(let failure): return failure.revocation.first { $0.certificate == certificate }
    }
  }

  private func paths(of server: ScriptedServer) -> [String] {
    server.requests.map { $0.path.split(separator: "/").first.map(String.init) ?? "" }
  }

  @Test func `of OCSP are asked until one has an answer that counts`() async throws {
    let pki = try await TestPKI()
    let stranger = try await TestPKI(name: "Stranger")
    let box = Box()
    let server = try ScriptedServer { box[$0.path] }
    let alice = try await pki.mailbox("alice@example.com") { template in
      template.extensions.append(
        .authorityInformationAccess(
          ocsp: ["/forged", "/stale", "/good"].map { server.url($0) }, caIssuers: []))
    }.certificate
    func answer(_ signer: Identity, until end: Date?) async throws -> ScriptedServer.Reply {
      let one = try pki.answer(on: alice, nextUpdate: end)
      return .http(200, ocspType, try await OCSPResponseTemplate([one], producedAt: TestPKI.now).signed(by: signer))
    }
    box["/forged"] = try await answer(stranger.issuing, until: nil)
    box["/stale"] = try await answer(pki.issuing, until: TestPKI.now.addingTimeInterval(-3_600))
    box["/good"] = try await answer(pki.issuing, until: TestPKI.now.addingTimeInterval(3_600))
    let report = await report(on: alice, pki, [OCSPSource(Stage.fetcher())])
    #expect(report?.status == .good && report?.inquiries.map(\.status) == [nil, nil, .good])
    #expect(paths(of: server).filter { !$0.isEmpty } == ["forged", "stale", "good"])
    // The first that counts is enough.
    box["/forged"] = box["/good"]
    let again = await self.report(on: alice, pki, [OCSPSource(Stage.fetcher())])
    #expect(again?.inquiries.map(\.status) == [.good] && server.requests.count == 4)
  }

  @Test func `of one list are asked until one has a list that counts`() async throws {
    let pki = try await TestPKI()
    let box = Box()
    let server = try ScriptedServer { box[$0.path] }
    let alice = try await pki.mailbox("alice@example.com") { template in
      template.extensions.append(
        .crlDistributionPoints(uris: ["/nothing", "/forged", "/good"].map { server.url($0) }))
    }
    let forged = try await TestPKI().revocationList()
    let good = try await pki.revocationList(revoking: [alice])
    box["/forged"] = .http(200, Stage.crlType, Array(forged.derBytes))
    box["/good"] = .http(200, Stage.crlType, Array(good.derBytes))
    let report = await report(on: alice.certificate, pki, [RevocationListSource(Stage.fetcher())])
    guard case .revoked? = report?.status else {
      Issue.record("\(report?.inquiries.compactMap(\.detail) ?? []), asked \(paths(of: server))")
      return
    }
    #expect(paths(of: server) == ["nothing", "forged", "good"])
  }

  @Test func `for the certificate of a list's own signer are asked where the list names them`() async throws {
    let pki = try await TestPKI()
    let box = Box()
    let server = try ScriptedServer { box[$0.path] }
    let alice = try await pki.mailbox("alice@example.com") { template in
      template.extensions.append(.crlDistributionPoints(uris: [server.url("/list")]))
    }.certificate
    // The issuing authority under a second key, which signs its lists.
    let key = try PrivateKey(generate: .ec(.p256))
    let second = try await CertificateTemplate.issuingAuthority(
      subject: pki.issuing.certificate.subject, publicKey: key.publicKey,
      validity: Validity(from: TestPKI.now.addingTimeInterval(-86_400), days: 30)
    ).prepared(
      issuer: pki.root.certificate, signatureAlgorithm: pki.root.certificate.publicKey.defaultSignatureAlgorithm
    ).signed(by: pki.root.signingKey)
    let list = try crl(
      of: second, by: key,
      [
        .crlNumber(1), .authorityKeyIdentifier(keyIdentifier: second.extensions.subjectKeyIdentifierBytes ?? []),
        .authorityInformationAccess(ocsp: [], caIssuers: [server.url("/signer")]),
      ])
    box["/list"] = .http(200, Stage.crlType, list)
    let rootList = RevocationFiles([try await pki.rootRevocationList()])
    let unknown = await report(on: alice, pki, [RevocationListSource(Stage.fetcher()), rootList])
    #expect(unknown?.status == .unknown)
    box["/signer"] = .http(200, Stage.certificateType, Array(second.derBytes))
    let known = await report(on: alice, pki, [RevocationListSource(Stage.fetcher()), rootList])
    #expect(known?.status == .good, "\(known?.inquiries.compactMap(\.detail) ?? [])")
    #expect(paths(of: server).contains("signer"))
    // A signer that the same authority did not certify is none.
    let stranger = try await TestPKI().issuing.certificate
    box["/signer"] = .http(200, Stage.certificateType, Array(stranger.derBytes))
    #expect(await report(on: alice, pki, [RevocationListSource(Stage.fetcher()), rootList])?.status == .unknown)
  }

  private func crl(
    of issuer: Certificate, by key: PrivateKey, _ extensions: [Certificate.Extension]
  ) throws -> [UInt8] {
    let algorithm = key.publicKey.defaultSignatureAlgorithm
    let tbs = DERWriter.encode { der in
      der.sequence { der in
        der.int(1)
        algorithm.identifier.write(to: &der)
        der.raw(issuer.subject.encoded)
        der.time(TestPKI.now.addingTimeInterval(-3_600))
        der.time(TestPKI.now.addingTimeInterval(86_400))
        der.context(0) { der in der.sequence { der in for one in extensions { one.write(to: &der) } } }
      }
    }
    return SignedStructure.encode(tbs, algorithm, try key.sign(.message(tbs[...]), algorithm))
  }
}

/// What is served at each path's first segment; 404 elsewhere.
private final class Box: Sendable {
  private let replies = Mutex<[String: ScriptedServer.Reply]>([:])

  subscript(path: String) -> ScriptedServer.Reply {
    get {
      let name = "/" + (path.split(separator: "/").first.map(String.init) ?? "")
      return replies.withLock { $0[name] } ?? .http(404)
    }
    set { replies.withLock { $0[path] = newValue } }
  }
}
