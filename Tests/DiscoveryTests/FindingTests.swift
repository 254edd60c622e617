import Foundation
import MIME
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import Discovery
@testable import Fetching

/// Answers from memory, by kind.
private final class Answers: AnswerSource {
  let replies: [FetchRequest.Kind: Result<[UInt8], FetchFailure>]
  let asked = Mutex<[String]>([])

  init(_ replies: [FetchRequest.Kind: Result<[UInt8], FetchFailure>]) { self.replies = replies }

  func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure> {
    asked.withLock { $0.append(request.url) }
    return (replies[request.kind] ?? .failure(FetchFailure(.absent, "nothing"))).map {
      FetchAnswer($0, url: request.url, fetched: TestPKI.now, isFromCache: false)
    }
  }
}

@Suite struct `Finding certificates` {
  private let bob = EmailAddress(localPart: "bob", domain: "example.com")

  private func find(
    _ pki: TestPKI, known: [Certificate] = [], pinned: Set<Certificate> = [], records: [[UInt8]]? = nil,
    directory: [Certificate]? = nil, anchors: [Certificate]? = nil, revocation: Revocation = .off,
    at instant: Date = TestPKI.now
  ) async -> CertificateFinder.Report {
    var replies: [FetchRequest.Kind: Result<[UInt8], FetchFailure>] = [:]
    var places: [FindingPlace] = []
    if let records {
      replies[.associations] = .success(AssociationRecords.encode(records))
      places.append(.dns)
    }
    if let directory {
      replies[.certificates] = .success(directory.flatMap { Array($0.pem.utf8) })
      places.append(.directory("ldap://h/"))
    }
    let validator = PathValidator(
      anchors: TrustAnchors(anchors ?? [pki.root.certificate]), intermediates: [pki.issuing.certificate],
      revocation: revocation)
    return await CertificateFinder(validator, Answers(replies)).certificates(
      of: bob, known: known, pinned: pinned, places: places, at: instant)
  }

  @Test func `tells where each is, once, and the newest usable one first`() async throws {
    let pki = try await TestPKI()
    let old = try await pki.mailbox("bob@example.com").certificate
    let new = try await pki.mailbox(
      "bob@example.com", validity: Validity(from: TestPKI.now.addingTimeInterval(-3_600), days: 30)
    ).certificate
    let report = await find(pki, known: [old], directory: [old, new, pki.issuing.certificate])
    #expect(report.certificates.map(\.certificate) == [new, old])
    #expect(report.certificates.map(\.places) == [[.directory("ldap://h/")], [.store, .directory("ldap://h/")]])
    #expect(report.certificates.allSatisfy { $0.trust == .path && $0.path.count == 3 && $0.problems.isEmpty })
    #expect(report.inquiries.map(\.outcome) == [.found(3)] && !report.isUnanswered)
  }

  @Test func `says why one may not be used`() async throws {
    let pki = try await TestPKI()
    let good = try await pki.mailbox("bob@example.com")
    let eve = try await pki.mailbox("eve@example.com").certificate
    let signing = try await pki.mailbox("bob@example.com", use: .signing).certificate
    let stranger = try await TestPKI(name: "Other").mailbox("bob@example.com").certificate
    func checks(
      _ certificate: Certificate, _ revocation: Revocation = .off, at instant: Date = TestPKI.now
    ) async -> [String] {
      let report = await find(pki, directory: [certificate], revocation: revocation, at: instant)
      #expect(report.certificates.count == 1 && !report.certificates[0].isUsable)
      return report.certificates.flatMap(\.problems).map(\.check)
    }
    #expect(await checks(eve) == ["address"])
    #expect(await checks(signing) == ["keyUsage"])
    #expect(await checks(stranger) == ["path"])
    #expect(await checks(good.certificate, at: TestPKI.now.addingTimeInterval(400 * 86_400)) == ["expired"])
    let lists = RevocationFiles([try await pki.revocationList(revoking: [good])])
    #expect(await checks(good.certificate, .soft([lists])) == ["revoked"])
  }

  @Test func `compares addresses as mail does`() async throws {
    let pki = try await TestPKI()
    let shouted = try await pki.mailbox("BOB@EXAMPLE.com").certificate
    #expect(await find(pki, directory: [shouted]).certificates[0].isUsable)
  }

  @Test func `takes the user's word for what he pinned, whatever others say`() async throws {
    let pki = try await TestPKI()
    let other = try await TestPKI(name: "Other")
    let (stranger, trusted) = try await (other.mailbox("bob@example.com"), pki.mailbox("bob@example.com"))
    let pin = stranger.certificate
    let found = await find(pki, known: [pin], pinned: [pin], directory: [trusted.certificate])
    #expect(found.certificates.map(\.trust) == [.pinned, .path] && found.certificates[0].certificate == pin)
    #expect(found.certificates[0].problems.isEmpty && found.certificates[0].notes.isEmpty)
    // DNS is heard, and does not decide.
    let records = [hashed(1, trusted.certificate)]
    let named = await find(pki, known: [pin], pinned: [pin], records: records, directory: [trusted.certificate])
    #expect(named.certificates.map(\.trust) == [.pinned, .path])
    #expect(named.certificates[0].notes == ["DNS does not name it for bob@example.com"])
    let forged = Answers([.associations: .failure(FetchFailure(.bogus, "no"))])
    let report = await CertificateFinder(PathValidator(anchors: TrustAnchors([])), forged).certificates(
      of: bob, known: [pin], pinned: [pin], places: [.dns], at: TestPKI.now)
    #expect(report.certificates.map(\.trust) == [.pinned])
    #expect(report.certificates[0].notes == ["what DNS says of bob@example.com is forged"])
    // A path is told, and what is known of it.
    let both = await find(pki, known: [trusted.certificate], pinned: [trusted.certificate])
    #expect(both.certificates.map(\.trust) == [.pinned] && both.certificates[0].path.count == 3)

    // What is wrong with the certificate itself no word makes good.
    let late = await find(pki, known: [pin], pinned: [pin], at: TestPKI.now.addingTimeInterval(400 * 86_400))
    #expect(late.certificates.flatMap(\.problems).map(\.check) == ["expired"])
    let signing = try await other.mailbox("bob@example.com", use: .signing).certificate
    let unfit = await find(pki, known: [signing], pinned: [signing])
    #expect(unfit.certificates.flatMap(\.problems).map(\.check) == ["keyUsage"])
    let lists = try await RevocationFiles([
      pki.revocationList(revoking: [trusted]), other.revocationList(revoking: [stranger]),
    ])
    for (revoked, authority) in [(trusted, pki), (stranger, other)] {
      let report = await find(
        pki, known: [revoked.certificate, authority.issuing.certificate], pinned: [revoked.certificate],
        revocation: .soft([lists]))
      #expect(report.certificates.map(\.isUsable) == [false])
      #expect(report.certificates.flatMap(\.problems).map(\.check).contains("revoked"))
    }
  }

  /// Whoever answers can put certificates beside it that name places of his own.
  @Test func `asks the network about what may be the right one, and about nothing else`() async throws {
    let pki = try await TestPKI()
    func mailbox(_ name: String) async throws -> Certificate {
      try await pki.mailbox("\(name)@example.com") {
        $0.extensions.append(.authorityInformationAccess(ocsp: [], caIssuers: ["http://\(name).example/ca"]))
      }.certificate
    }
    let (right, stranger, office) = try await (mailbox("bob"), mailbox("eve"), mailbox("office"))
    func asked(_ records: [[UInt8]]) async -> Set<String> {
      let network = Answers([
        .certificates: .success([stranger, right, office].flatMap { Array($0.pem.utf8) }),
        .associations: records.isEmpty
          ? .failure(FetchFailure(.absent, "nothing")) : .success(AssociationRecords.encode(records)),
      ])
      let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate]), issuers: [IssuerSource(network)])
      let report = await CertificateFinder(validator, network).certificates(
        of: bob, known: [], places: [.directory("ldap://h/"), .dns], at: TestPKI.now)
      #expect(report.certificates.count == 3)
      return Set(network.asked.withLock { $0 }.filter { $0.hasSuffix("/ca") })
    }
    #expect(await asked([]) == ["http://bob.example/ca"])
    #expect(await asked([hashed(3, office)]) == ["http://bob.example/ca", "http://office.example/ca"])
  }

  // MARK: What DNS says

  private func record(_ usage: UInt8, _ certificate: Certificate) -> [UInt8] { [usage, 0, 0] + certificate.derBytes }

  private func hashed(_ usage: UInt8, _ certificate: Certificate) -> [UInt8] {
    [usage, 1, 1] + MessageDigest.sha256(certificate.publicKey.spki)
  }

  @Test func `needs no other trust where DNS names the certificate itself`() async throws {
    let pki = try await TestPKI()
    let certificate = try await pki.mailbox("bob@example.com").certificate
    let report = await find(pki, records: [record(3, certificate)], anchors: [])
    #expect(report.certificates.first?.trust == .dns("3 0 0") && report.certificates.first?.places == [.dns])
    let byHash = await find(pki, records: [hashed(3, certificate)], directory: [certificate], anchors: [])
    #expect(byHash.certificates.first?.trust == .dns("3 1 1"))
    let nowhere = await find(pki, records: [hashed(3, certificate)], anchors: [])
    #expect(nowhere.certificates.isEmpty && nowhere.inquiries.map(\.outcome) == [.found(1)])
  }

  @Test func `uses nothing expired or revoked, whatever DNS says`() async throws {
    let pki = try await TestPKI()
    let identity = try await pki.mailbox("bob@example.com")
    let records = [record(3, identity.certificate)]
    let late = await find(pki, records: records, at: TestPKI.now.addingTimeInterval(400 * 86_400))
    #expect(late.certificates.first?.problems.map(\.check) == ["expired"])
    let lists = RevocationFiles([try await pki.revocationList(revoking: [identity])])
    let revoked = await find(pki, records: records, revocation: .soft([lists]))
    #expect(revoked.certificates.first?.problems.map(\.check) == ["revoked"])
  }

  @Test func `takes an anchor from DNS`() async throws {
    let pki = try await TestPKI()
    let certificate = try await pki.mailbox("bob@example.com").certificate
    let report = await find(
      pki, records: [record(2, pki.issuing.certificate)], directory: [certificate], anchors: [])
    #expect(report.certificates.map(\.trust) == [.dns("2 0 0")])
    let other = try await TestPKI(name: "Other")
    let wrong = await find(pki, records: [record(2, other.issuing.certificate)], directory: [certificate])
    #expect(wrong.certificates.first?.problems.map(\.check) == ["smimea"])
  }

  @Test func `constrains what is trusted anyway`() async throws {
    let pki = try await TestPKI()
    let certificate = try await pki.mailbox("bob@example.com").certificate
    let other = try await pki.mailbox("bob@example.com").certificate
    for records in [
      [hashed(0, pki.issuing.certificate)], [hashed(0, pki.root.certificate)], [hashed(1, certificate)],
      [hashed(1, other), hashed(1, certificate)], [record(3, certificate)],
    ] {
      let report = await find(pki, records: records, directory: [certificate])
      #expect(report.certificates.first { $0.certificate == certificate }?.isUsable == true)
    }
    let refused = await find(pki, records: [hashed(1, other)], directory: [certificate])
    #expect(refused.certificates.first?.problems.map(\.check) == ["smimea"])
    #expect(refused.certificates.first?.trust == nil)
    // What DNS names still needs a path where that is what the record says.
    let untrusted = await find(pki, records: [record(1, certificate)], anchors: [])
    #expect(untrusted.certificates.first?.problems.map(\.check) == ["path"])
  }

  @Test func `asks a certificate that DNS names for no address, and no other`() async throws {
    let pki = try await TestPKI()
    let shared = try await pki.mailbox("office@example.com").certificate
    let named = await find(pki, records: [record(3, shared)])
    #expect(named.certificates.first?.isUsable == true && named.certificates.first?.notes.isEmpty == false)
    let constrained = await find(pki, records: [record(1, shared)])
    #expect(constrained.certificates.first?.problems.map(\.check) == ["address"])
  }

  @Test func `uses nothing where DNS's answer is forged`() async throws {
    let pki = try await TestPKI()
    let known = try await pki.mailbox("bob@example.com").certificate
    let validator = PathValidator(
      anchors: TrustAnchors([pki.root.certificate]), intermediates: [pki.issuing.certificate])
    for (reason, isUsable) in [
      (FetchFailure.Reason.bogus, false), (.insecure, true), (.absent, true), (.timeout, false),
    ] {
      let network = Answers([.associations: .failure(FetchFailure(reason, "no"))])
      let report = await CertificateFinder(validator, network).certificates(
        of: bob, known: [known], places: [.dns], at: TestPKI.now)
      #expect(report.certificates.map(\.isUsable) == [isUsable], "\(reason)")
    }
  }

  @Test func `passes over records that cannot be used, and says so`() async throws {
    let pki = try await TestPKI()
    let certificate = try await pki.mailbox("bob@example.com").certificate
    let report = await find(
      pki, records: [[255, 0, 0, 1], [3, 0, 0, 0x30], record(3, certificate)], anchors: [])
    #expect(report.certificates.count == 1 && report.certificates[0].isUsable)
    #expect(report.inquiries[0].faults.count == 2)
  }

  @Test func `tells places that failed from those that have nothing`() async throws {
    let pki = try await TestPKI()
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate]))
    let places: [FindingPlace] = [.directory("ldap://h/"), .certificateStore("http://h/s?x=1"), .dns]
    let silent = Answers([
      .certificates: .failure(FetchFailure(.timeout, "no answer")),
      .associations: .failure(FetchFailure(.bogus, "forged")),
    ])
    let failed = await CertificateFinder(validator, silent).certificates(
      of: bob, known: [], places: places, at: TestPKI.now)
    #expect(failed.isUnanswered && failed.certificates.isEmpty)
    #expect(
      silent.asked.withLock { $0 }.prefix(2) == [
        "ldap://h/??sub?%28mail%3Dbob%40example.com%29", "http://h/s?x=1&email=bob%40example.com",
      ])
    let empty = await CertificateFinder(validator, Answers([:])).certificates(
      of: bob, known: [], places: places, at: TestPKI.now)
    #expect(
      !empty.isUnanswered
        && empty.inquiries.map(\.outcome) == [.nothing("nothing"), .nothing("nothing"), .nothing("nothing")])
  }
}

@Suite struct `Certificate stores` {
  private func answer(
    _ script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply
  ) async throws -> (Result<[Certificate], FetchFailure>, ScriptedServer) {
    let server = try ScriptedServer(script)
    let search = CertificateSearch(Stage.fetcher())
    return (await search.certificates(of: "bob+x@example.com", inStore: server.url("/search.cgi")), server)
  }

  @Test func `give one certificate, or many in parts`() async throws {
    let pki = try await TestPKI()
    let (one, two) = (try await pki.mailbox("bob@example.com").certificate, pki.issuing.certificate)
    let (single, server) = try await answer { _ in .http(200, Stage.certificateType, Array(one.derBytes)) }
    #expect(try single.get() == [one])
    #expect(server.requests.map(\.path) == ["/search.cgi?email=bob%2Bx%40example.com"])
    let parts =
      Array("--b\r\nContent-Type: application/pkix-cert\r\n\r\n".utf8) + one.derBytes
      + Array("\r\n--b\r\nContent-Type: application/pkix-cert\r\nContent-Transfer-Encoding: base64\r\n\r\n".utf8)
      + Array(Data(two.derBytes).base64EncodedString().utf8) + Array("\r\n--b--\r\n".utf8)
    let (many, _) = try await answer { _ in .http(200, ["Content-Type": "multipart/mixed; boundary=b"], parts) }
    #expect(try many.get() == [one, two])
  }

  /// RFC 4387 §2.1: SHA-1, base64 without padding, form-urlencoded.
  @Test func `are asked by the hash of what is known`() async throws {
    let pki = try await TestPKI()
    let issuing = pki.issuing.certificate
    let server = try ScriptedServer { _ in .http(200, Stage.certificateType, Array(issuing.derBytes)) }
    let search = CertificateSearch(Stage.fetcher())
    let identifier = Array(try #require(try issuing.extensions.subjectKeyIdentifier))
    for query in [StoreQuery.subject(issuing.subject), .keyIdentifier(identifier), .issuer(issuing.issuer)] {
      #expect(try await search.certificates(by: query, inStore: server.url("/s?x=1")).get() == [issuing])
    }
    func key(_ bytes: some Sequence<UInt8>) -> String {
      Data(MessageDigest.sha1(ArraySlice(Array(bytes)))).base64EncodedString().replacingOccurrences(of: "=", with: "")
        .replacingOccurrences(of: "+", with: "%2B").replacingOccurrences(of: "/", with: "%2F")
    }
    #expect(
      server.requests.map(\.path) == [
        "/s?x=1&sHash=\(key(issuing.subject.encoded))", "/s?x=1&sKIDHash=\(key(identifier))",
        "/s?x=1&iHash=\(key(issuing.issuer.encoded))",
      ])
    let fragment = await search.certificates(by: .subject(issuing.subject), inStore: server.url("/s#f"))
    guard case .failure(let failure) = fragment else {
      Issue.record("a fragment was taken")
      return
    }
    #expect(failure.reason == .url)
  }

  @Test func `have the issuer that is missing, and the list of an issuer`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let (issuing, stranger) = (pki.issuing.certificate, try await TestPKI(name: "Other").issuing.certificate)
    let list = try await pki.revocationList(revoking: [alice])
    let rootList = try await pki.rootRevocationList()
    let rootPath = try StoreQuery.issuer(pki.root.certificate.subject).url(at: "/lists")
    let server = try ScriptedServer { request in
      if request.path.hasPrefix("/none") { return .http(404) }
      if request.path.hasPrefix("/other") { return .http(200, Stage.certificateType, Array(stranger.derBytes)) }
      if request.path == rootPath { return .http(200, Stage.crlType, Array(rootList.derBytes)) }
      if request.path.hasPrefix("/lists?iHash=") { return .http(200, Stage.crlType, Array(list.derBytes)) }
      return .http(200, Stage.certificateType, Array(issuing.derBytes))
    }
    func validate(_ stores: [String], _ lists: [String]) async -> Result<ValidatedPath, PathFailure> {
      let network = Stage.fetcher()
      return await PathValidator(
        anchors: TrustAnchors([pki.root.certificate]),
        issuers: [IssuerSource(network, stores: stores.map { server.url($0) })],
        revocation: lists.isEmpty ? .off : .hard([RevocationStoreSource(network, stores: lists.map { server.url($0) })])
      ).validate(alice.certificate, at: TestPKI.now)
    }
    let alone = await validate([], [])
    #expect(throws: PathFailure.self) { try alone.get() }
    // What has another name is no issuer.
    let other = await validate(["/other"], [])
    #expect(throws: PathFailure.self) { try other.get() }
    let path = try await validate(["/none", "/other", "/certificates"], []).get()
    #expect(path.certificates.map(\.subject) == [alice.certificate, issuing, pki.root.certificate].map(\.subject))
    let revoked = await validate(["/certificates"], ["/none", "/lists"])
    guard case .failure(let failure) = revoked else {
      Issue.record("a revoked certificate passed")
      return
    }
    let report = try #require(failure.revocation.first { $0.certificate == alice.certificate })
    guard case .revoked = report.status else {
      Issue.record("\(report.inquiries.compactMap(\.detail))")
      return
    }
    #expect(report.inquiries.last?.provenance.url?.contains("/lists?iHash=") == true)
  }

  @Test func `that have nothing are told from those that answer something else`() async throws {
    func reason(_ reply: ScriptedServer.Reply) async throws -> FetchFailure.Reason? {
      let (result, _) = try await answer { _ in reply }
      if case .failure(let failure) = result { return failure.reason }
      return nil
    }
    #expect(try await reason(.http(404)) == .absent)
    #expect(try await reason(.http(500)) == .status)
    #expect(try await reason(.http(200, ["Content-Type": "text/html"], Array("<p>".utf8))) == .contentType)
    #expect(try await reason(.http(200, Stage.certificateType, [0x30, 0])) == .malformed)
    #expect(try await reason(.http(200, ["Content-Type": "multipart/mixed; boundary=b"], Array("x".utf8))) == .absent)
    #expect(try await reason(.http(200, ["Content-Type": "multipart/mixed"], Array("--\r\n\r\n".utf8))) == .absent)
    let broken = Array("--b\r\n\r\nno certificate\r\n--b--\r\n".utf8)
    #expect(
      try await reason(.http(200, ["Content-Type": "multipart/mixed; boundary=b"], broken)) == .malformed)
  }
}

@Suite struct `The time for all fetches` {
  @Test func `is counted, and over when it is over`() async throws {
    let server = try ScriptedServer { _ in .http(200, Stage.crlType, [], length: 10, end: .hang) }
    let other = try ScriptedServer { _ in .http(404) }
    let fetcher = Stage.fetcher(Stage.rules { $0.allMilliseconds = 300 })
    let first = await fetcher.answer(to: FetchRequest(.revocationList, url: server.url()))
    #expect { try first.get() } throws: { ($0 as? FetchFailure)?.reason == .timeout }
    let second = await fetcher.answer(to: FetchRequest(.revocationList, url: other.url()))
    #expect(throws: FetchFailure(.budget, "the 300 ms for all fetches together are over")) { try second.get() }
    #expect(other.requests.isEmpty)
  }
}
