import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import Discovery
@testable import Fetching

/// What a path is worth when the network fails, or answers what it should not.
@Suite struct `Revocation over the network` {
  typealias Reply = ScriptedServer.Reply

  /// An authority, and Alice with a certificate that names where to ask.
  struct Scene: Sendable {
    let pki: TestPKI
    let alice: Certificate

    /// - Parameters: where Alice's certificate says that OCSP and the CRL are; nil for nowhere.
    init(ocsp: String? = nil, list: String? = nil, pki: TestPKI) async throws {
      self.pki = pki
      alice = try await pki.mailbox("alice@example.com") { template in
        if let list { template.extensions.append(.crlDistributionPoints(uris: [list])) }
        if let ocsp { template.extensions.append(.authorityInformationAccess(ocsp: [ocsp], caIssuers: [])) }
      }.certificate
    }

    enum Mode: CaseIterable { case soft, hard }

    func validate(
      _ mode: Mode, nonce: OCSPSource.Nonce = .none, rules: FetchRules = Stage.rules()
    ) async -> (problems: [PathProblem.Check], report: RevocationReport?) {
      let fetcher = Stage.fetcher(rules)
      let sources: [any RevocationSource] = [OCSPSource(fetcher, nonce: nonce), RevocationListSource(fetcher)]
      let paths = PathValidator(
        anchors: TrustAnchors([pki.issuing.certificate]), revocation: mode == .hard ? .hard(sources) : .soft(sources))
      switch await paths.validate(alice, at: TestPKI.now) {
      case .success(let path): return ([], path.revocation.first)
      case .failure(let failure): return (failure.problems.map(\.check), failure.revocation.first)
      }
    }

    /// Soft passes and hard fails, and the report says `words` of whoever was asked.
    func expectUnknown(
      _ words: String, nonce: OCSPSource.Nonce = .none, rules: FetchRules = Stage.rules(),
      _ location: SourceLocation = #_sourceLocation
    ) async {
      for mode in Mode.allCases {
        let (problems, report) = await validate(mode, nonce: nonce, rules: rules)
        #expect(problems == (mode == .hard ? [.revocationUnknown] : []), sourceLocation: location)
        #expect(report?.status == .unknown, sourceLocation: location)
        let details = report?.inquiries.compactMap(\.detail) ?? []
        #expect(words.isEmpty || details.contains { $0.contains(words) }, "\(details)", sourceLocation: location)
        #expect(report?.inquiries.allSatisfy { $0.provenance.url != nil } == true, sourceLocation: location)
      }
    }
  }

  static let ocspType = ["Content-Type": "application/ocsp-response"]

  /// A server that does the same with every question; `build` makes the reply when Alice is known.
  private func ocsp(
    _ words: String?, _ build: (Scene) async throws -> [UInt8], nonce: OCSPSource.Nonce = .none,
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let pki = try await TestPKI()
    let box = ReplyBox()
    let server = try ScriptedServer { _ in box.reply }
    let scene = try await Scene(ocsp: server.url("/ocsp"), pki: pki)
    box.set(.http(200, Self.ocspType, try await build(scene)))
    if let words {
      await scene.expectUnknown(words, nonce: nonce, location)
    } else {
      for mode in Scene.Mode.allCases {
        let (problems, report) = await scene.validate(mode, nonce: nonce)
        #expect(problems.isEmpty && report?.status == .good, sourceLocation: location)
      }
    }
  }

  private func response(
    _ answers: [OCSPResponseTemplate.Answer], by signer: Identity, nonce: ArraySlice<UInt8>? = nil
  ) async throws -> [UInt8] {
    try await OCSPResponseTemplate(answers, producedAt: TestPKI.now, nonce: nonce).signed(by: signer)
  }

  @Test func `that answers good is good`() async throws {
    try await ocsp(nil) { try await response([$0.pki.answer(on: $0.alice)], by: $0.pki.issuing) }
    try await ocsp(nil) { scene in
      try await response([scene.pki.answer(on: scene.alice)], by: try await scene.pki.responder())
    }
  }

  @Test func `that answers revoked fails under soft and hard alike`() async throws {
    let pki = try await TestPKI()
    let box = ReplyBox()
    let server = try ScriptedServer { _ in box.reply }
    let scene = try await Scene(ocsp: server.url(), pki: pki)
    let revocation = RevokedCertificate(date: TestPKI.now.addingTimeInterval(-60), reason: .keyCompromise)
    box.set(
      .http(
        200, Self.ocspType, try await response([pki.answer(on: scene.alice, .revoked(revocation))], by: pki.issuing)))
    for mode in Scene.Mode.allCases {
      let (problems, report) = await scene.validate(mode)
      #expect(problems == [.revoked] && report?.status == .revoked(revocation))
      let inquiry = try #require(report?.inquiries.first)
      #expect(inquiry.provenance == Provenance(.network, url: server.url(), fetched: TestPKI.now))
    }
  }

  // MARK: The network

  @Test(arguments: [
    (Reply.raw(""), "closed"), (.raw("", end: .hang), "no answer within"),
    (.http(200, Self.ocspType, [0x30], length: 90, end: .close), "ends after"),
    (.http(200, ["Content-Type": "text/html"], Array("<html>".utf8)), "text/html"), (.http(500), "answers 500"),
    (.http(503), "answers 503"), (.http(302, ["Location": "/ocsp"]), "circle"),
    (.http(302, ["Location": "http://169.254.169.254/"]), "which is not asked"),
    (.http(200, Self.ocspType, [0x30], length: 1 << 30, end: .hang), "larger than"),
    (.http(200, Self.ocspType, [0x30]), "not what was asked for"),
  ]) func `that fails is unknown: it passes under soft and fails under hard`(reply: Reply, words: String) async throws {
    let server = try ScriptedServer { request in
      // A circle needs a second place.
      request.path == "/ocsp" && words == "circle" ? .http(302, ["Location": "/other"]) : reply
    }
    let rules = Stage.rules { $0.milliseconds = words == "no answer within" ? 150 : 120_000 }
    let scene = try await Scene(ocsp: server.url("/ocsp"), list: server.url("/ocsp"), pki: TestPKI())
    await scene.expectUnknown(words, rules: rules)
  }

  @Test func `that is down, or has no address, is unknown`() async throws {
    let port = try ScriptedServer.closedPort()
    let down = try await Scene(ocsp: "http://127.0.0.1:\(port)/", pki: TestPKI())
    await down.expectUnknown("refused")
    let nameless = try await Scene(ocsp: "http://nowhere.invalid/", pki: TestPKI())
    await nameless.expectUnknown("not known")
  }

  // MARK: OCSP

  @Test func `that answers for another time is unknown`() async throws {
    func answer(_ from: TimeInterval, _ until: TimeInterval?, _ scene: Scene) async throws -> [UInt8] {
      let (from, until) = (TestPKI.now + from, until.map { TestPKI.now + $0 })
      return try await response(
        [scene.pki.answer(on: scene.alice, thisUpdate: from, nextUpdate: until)], by: scene.pki.issuing)
    }
    try await ocsp("ran out") { try await answer(-86_400, -60, $0) }
    try await ocsp("not valid before") { try await answer(3_600, 86_400, $0) }
    try await ocsp("may be news") { try await answer(-3_600, nil, $0) }
    try await ocsp(nil) { try await answer(-60, nil, $0) }
  }

  @Test func `that answers for another certificate, or by nobody in charge, is unknown`() async throws {
    try await ocsp("another certificate") { scene in
      let bob = try await scene.pki.mailbox("bob@example.com")
      return try await response([scene.pki.answer(on: bob.certificate)], by: scene.pki.issuing)
    }
    try await ocsp("is missing") { scene in
      let other = try await TestPKI(name: "Other")
      return try await response([scene.pki.answer(on: scene.alice)], by: other.issuing)
    }
    try await ocsp("not authorised") { scene in
      let other = try await TestPKI(name: "Other")
      return try await response([scene.pki.answer(on: scene.alice)], by: try await other.responder())
    }
    try await ocsp("") { scene in
      try await response([scene.pki.answer(on: scene.alice, .unknown)], by: scene.pki.issuing)
    }
    for status in [OCSPResponse.Status.tryLater, .unauthorized, .internalError, .malformedRequest, .sigRequired] {
      try await ocsp("answers \(status.name)") { _ in OCSPResponseTemplate.refusal(status) }
    }
  }

  @Test func `with a nonce that is another is unknown; without one the times decide`() async throws {
    try await ocsp(
      "nonce is another",
      {
        try await response(
          [$0.pki.answer(on: $0.alice)], by: $0.pki.issuing, nonce: [UInt8](repeating: 9, count: 32)[...])
      },
      nonce: .fresh)
    try await ocsp(nil, { try await response([$0.pki.answer(on: $0.alice)], by: $0.pki.issuing) }, nonce: .fresh)
  }

  // MARK: CRLs

  private func list(
    _ words: String, _ build: (Scene) async throws -> [UInt8], _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let box = ReplyBox()
    let server = try ScriptedServer { _ in box.reply }
    let scene = try await Scene(list: server.url("/a.crl"), pki: TestPKI())
    box.set(.http(200, Stage.crlType, try await build(scene)))
    await scene.expectUnknown(words, location)
  }

  private func crl(
    _ pki: TestPKI, by issuer: Identity? = nil, from: TimeInterval = -3_600, until: TimeInterval = 86_400,
    _ change: (inout RevocationListTemplate) -> Void = { _ in }
  ) async throws -> [UInt8] {
    var template = RevocationListTemplate(
      number: 7, thisUpdate: TestPKI.now + from, nextUpdate: TestPKI.now + until, entries: [])
    change(&template)
    return Array(try await template.signed(by: issuer ?? pki.issuing).derBytes)
  }

  @Test func `by a list that does not fit is unknown`() async throws {
    try await list("ran out") { try await crl($0.pki, from: -86_400, until: -60) }
    try await list("not valid before") { try await crl($0.pki, from: 3_600) }
    try await list("it is a list of") { try await crl($0.pki, by: $0.pki.root) }
    try await list("another distribution point") { scene in
      try await crl(scene.pki) { $0.distributionPoint = "http://127.0.0.1/other.crl" }
    }
    try await list("delta without its base") { scene in try await crl(scene.pki) { $0.deltaBase = 6 } }
    try await list("signature is wrong") { scene in
      let other = try await TestPKI()
      return try await crl(other)
    }
    try await list("larger than") { _ in [UInt8](repeating: 0x30, count: 65 << 20) }
  }

  @Test func `asks for lists only where OCSP does not know`() async throws {
    let box = ReplyBox()
    let server = try ScriptedServer { request in
      request.path == "/a.crl" ? box.reply : .http(200, Self.ocspType, OCSPResponseTemplate.refusal(.tryLater))
    }
    let pki = try await TestPKI()
    let scene = try await Scene(ocsp: server.url("/ocsp"), list: server.url("/a.crl"), pki: pki)
    box.set(.http(200, Stage.crlType, try await crl(pki)))
    let (problems, report) = await scene.validate(.hard)
    #expect(problems.isEmpty && report?.status == .good)
    #expect(report?.inquiries.map(\.method) == [.ocsp, .crl])
    let answering = ReplyBox()
    let good = try ScriptedServer { _ in answering.reply }
    let known = try await Scene(ocsp: good.url("/ocsp"), list: good.url("/a.crl"), pki: pki)
    answering.set(
      .http(200, Self.ocspType, try await response([pki.answer(on: known.alice)], by: pki.issuing)))
    #expect(await known.validate(.hard).report?.inquiries.map(\.method) == [.ocsp])
    #expect(good.requests.count == 1)
  }

  // MARK: Issuers

  @Test func `finds an issuer that did not come along, or says why not`() async throws {
    let pki = try await TestPKI()
    let server = try ScriptedServer { request in
      request.path == "/ca.cer"
        ? .http(200, Stage.certificateType, Array(pki.issuing.certificate.derBytes)) : .http(404)
    }
    for (path, isFound) in [("/ca.cer", true), ("/gone.cer", false)] {
      let alice = try await pki.mailbox("alice@example.com") {
        $0.extensions.append(.authorityInformationAccess(ocsp: [], caIssuers: [server.url(path)]))
      }.certificate
      let paths = PathValidator(
        anchors: TrustAnchors([pki.root.certificate]), issuers: [IssuerSource(Stage.fetcher())])
      switch await paths.validate(alice, at: TestPKI.now) {
      case .success(let path): #expect(isFound && path.certificates.count == 3)
      case .failure(let failure):
        #expect(!isFound && failure.problems.map(\.check) == [.path])
        #expect(failure.description.contains("\(server.url(path)): it answers 404"))
      }
    }
  }
}

/// A reply that is decided after the server's port is known.
final class ReplyBox: Sendable {
  private let value = Mutex(ScriptedServer.Reply.http(404))

  var reply: ScriptedServer.Reply { value.withLock { $0 } }

  func set(_ reply: ScriptedServer.Reply) { value.withLock { $0 = reply } }
}
