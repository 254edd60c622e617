import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Synchronization
import Testing

@testable import Discovery
@testable import Fetching

/// Says what it was told to of names, and counts the questions.
final class TestResolver: HostResolver {
  private let names: [String: [NetworkAddress]]
  private let asked = Mutex(0)

  init(_ names: [String: [NetworkAddress]] = [:]) { self.names = names }

  var count: Int { asked.withLock { $0 } }

  func addresses(of host: String) async throws -> [NetworkAddress] {
    asked.withLock { $0 += 1 }
    if let known = names[host] { return known }
    guard host.allSatisfy({ $0.isNumber || $0 == "." }) else { throw FetchFailure(.name, "\(host) is not known") }
    return [NetworkAddress(octets: host.split(separator: ".").compactMap { UInt8($0) })]
  }

  static let loopback = NetworkAddress(octets: [127, 0, 0, 1])
}

/// Something to serve, and a fetcher that may ask this machine.
struct Stage {
  let pki: TestPKI
  let certificate: [UInt8]
  let list: [UInt8]

  init() async throws {
    pki = try await TestPKI()
    certificate = Array(pki.issuing.certificate.derBytes)
    list = Array(try await pki.revocationList().derBytes)
  }

  static func rules(_ change: (inout FetchRules) -> Void = { _ in }) -> FetchRules {
    var rules = FetchRules(.own)
    // Long: tests that wait for programs keep the threads of these busy.
    rules.milliseconds = 120_000
    rules.allMilliseconds = 3_600_000
    change(&rules)
    return rules
  }

  static func fetcher(_ rules: FetchRules = rules(), _ resolver: TestResolver = TestResolver()) -> Fetcher {
    Fetcher(rules, resolver: resolver, now: { TestPKI.now })
  }

  static let crlType = ["Content-Type": "application/pkix-crl"]
  static let certificateType = ["Content-Type": "application/pkix-cert"]
}

@Suite struct `Fetching over HTTP` {
  private func reason(_ request: FetchRequest, _ fetcher: Fetcher) async -> FetchFailure.Reason? {
    if case .failure(let failure) = await fetcher.answer(to: request) { failure.reason } else { nil }
  }

  private func reason(
    _ rules: FetchRules = Stage.rules(), _ kind: FetchRequest.Kind = .revocationList,
    _ script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply
  ) async throws -> FetchFailure.Reason? {
    let server = try ScriptedServer(script)
    return await reason(FetchRequest(kind, url: server.url("/x")), Stage.fetcher(rules))
  }

  @Test func `gives what is there, and says no more of the reader than it must`() async throws {
    let stage = try await Stage()
    let server = try ScriptedServer { _ in .http(200, Stage.certificateType, stage.certificate) }
    let answer = try await Stage.fetcher().answer(to: FetchRequest(.issuers, url: server.url("/ca.cer"))).get()
    #expect(answer.bytes == stage.certificate && !answer.isFromCache && answer.fetched == TestPKI.now)
    let request = try #require(server.requests.first)
    #expect(request.method == "GET" && request.path == "/ca.cer")
    #expect(request.headers["user-agent"] == HTTPExchange.userAgent)
    #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
    #expect(Set(request.headers.keys).isSubset(of: ["host", "user-agent", "connection"]))
  }

  @Test func `connects to the address that was looked up, once`() async throws {
    let stage = try await Stage()
    let server = try ScriptedServer { _ in .http(200, Stage.crlType, stage.list) }
    // Nobody but this resolver knows the name: a second look-up anywhere would fail.
    let resolver = TestResolver(["crl.invalid": [TestResolver.loopback]])
    let fetcher = Stage.fetcher(Stage.rules(), resolver)
    let answer = try await fetcher.answer(
      to: FetchRequest(.revocationList, url: server.url("/a.crl", host: "CRL.invalid"))
    ).get()
    #expect(answer.bytes == stage.list)
    #expect(resolver.count == 1)
    #expect(server.requests.first?.headers["host"] == "crl.invalid:\(server.port)")
  }

  @Test func `tries the next address when one takes no connection`() async throws {
    let stage = try await Stage()
    let server = try ScriptedServer { _ in .http(200, Stage.crlType, stage.list) }
    let other = NetworkAddress(octets: [127, 0, 0, 2])
    let resolver = TestResolver(["h": [other, TestResolver.loopback]])
    let answer = await Stage.fetcher(Stage.rules(), resolver).answer(
      to: FetchRequest(.revocationList, url: server.url(host: "h")))
    #expect(try answer.get().bytes == stage.list)
  }

  @Test(
    arguments: [
      [169, 254, 169, 254], [10, 0, 0, 1], [127, 0, 0, 1], [0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 127, 0, 0, 1],
    ] as [[UInt8]]) func `asks no host of which any address is not allowed`(octets: [UInt8]) async throws
  {
    let server = try ScriptedServer { _ in .http() }
    let resolver = TestResolver(["h": [NetworkAddress(octets: [8, 8, 8, 8]), NetworkAddress(octets: octets)]])
    let fetcher = Stage.fetcher(FetchRules(.public), resolver)
    let request = FetchRequest(.revocationList, url: server.url(host: "h"))
    #expect(await reason(request, fetcher) == .address)
    #expect(server.requests.isEmpty)
  }

  @Test(arguments: ["127.0.0.1", "2130706433", "0x7f.1", "0177.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"])
  func `asks this machine under no name unless allowed`(host: String) async throws {
    let server = try ScriptedServer { _ in .http() }
    let fetcher = Fetcher(FetchRules(.public), resolver: SystemResolver(), now: { TestPKI.now })
    #expect(await reason(FetchRequest(.issuers, url: server.url(host: host)), fetcher) == .address)
    #expect(server.requests.isEmpty)
  }

  @Test(arguments: ["ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/x"])
  func `knows http, https, ldap and ldaps only`(url: String) async {
    #expect(await reason(FetchRequest(.issuers, url: url), Stage.fetcher()) == .scheme)
  }

  @Test func `fails where a name has no address, or nobody listens`() async throws {
    #expect(await reason(FetchRequest(.issuers, url: "http://nowhere.invalid/"), Stage.fetcher()) == .name)
    let system = Fetcher(FetchRules(.own), resolver: SystemResolver(), now: { TestPKI.now })
    #expect(await reason(FetchRequest(.issuers, url: "http://nowhere.invalid/"), system) == .name)
    let port = try ScriptedServer.closedPort()
    #expect(await reason(FetchRequest(.issuers, url: "http://127.0.0.1:\(port)/"), Stage.fetcher()) == .connection)
  }

  @Test func `waits no longer than it may, for a name, a head or a body`() async throws {
    let quick = Stage.rules { $0.milliseconds = 150 }
    #expect(try await reason(quick) { _ in .raw("", end: .hang) } == .timeout)
    #expect(try await reason(quick) { _ in .raw("HTTP/1.1 200 OK\r\nContent-", end: .hang) } == .timeout)
    #expect(try await reason(quick) { _ in .http(200, Stage.crlType, [0x30], length: 9, end: .hang) } == .timeout)
    // A look-up that never ends is left to itself.
    let names = Endless()
    let fetcher = Fetcher(quick, resolver: names, now: { TestPKI.now })
    #expect(await reason(FetchRequest(.issuers, url: "http://h/"), fetcher) == .timeout)
    names.end()
  }

  @Test func `waits for a silent host once, and for no other in its stead`() async throws {
    let (silent, lively) = try (ScriptedServer { _ in .raw("", end: .hang) }, ScriptedServer { _ in .http(404) })
    // Long enough for the lively host to answer on a machine that is busy with other tests.
    let fetcher = Stage.fetcher(Stage.rules { $0.milliseconds = 8_000 })
    for path in ["/a", "/b", "/c"] {
      #expect(await reason(FetchRequest(.revocationList, url: silent.url(path)), fetcher) == .timeout)
    }
    #expect(silent.requests.count == 1)
    #expect(await reason(FetchRequest(.revocationList, url: lively.url()), fetcher) == .status)
  }

  private final class Endless: HostResolver {
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    func addresses(of host: String) async throws -> [NetworkAddress] {
      await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
      return []
    }

    func end() { waiting.withLock { $0?.resume() } }
  }

  @Test func `takes no answer that is cut short`() async throws {
    let stage = try await Stage()
    let list = stage.list
    #expect(try await reason { _ in .http(200, Stage.crlType, list, length: list.count + 1) } == .truncated)
    #expect(
      try await reason { _ in
        .raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n0000\r\n")
      }
        == .truncated)
    // Without a length the end of the connection is the end of the answer, and its content says that some is missing.
    #expect(
      try await reason { _ in
        .raw("HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\nConnection: close\r\n\r\n0000")
      } == .malformed)
    #expect(try await reason { _ in .raw("") } == .connection)
    #expect(try await reason { _ in .raw("SSH-2.0-OpenSSH\r\n") } == .malformed)
  }

  @Test func `reads no more than it may, whatever length is announced`() async throws {
    let gigabyte = 1 << 30
    #expect(try await reason { _ in .http(200, Stage.crlType, [0x30], length: gigabyte, end: .hang) } == .tooLarge)
    let endless = [UInt8](repeating: 0x30, count: 64 << 10)
    let rules = Stage.rules { $0.listBytes = 1 << 20 }
    #expect(try await reason(rules) { _ in .http(200, Stage.crlType, endless, end: .endless) } == .tooLarge)
    // A list of 100 MB is over the usual limit, an answer of OCSP far below it.
    #expect(try await reason { _ in .http(200, Stage.crlType, [0x30], length: 100_000_000, end: .hang) } == .tooLarge)
    let ocsp = ["Content-Type": "application/ocsp-response"]
    let pki = try await TestPKI()
    let request = OCSPRequest([try OCSPCertificateID(SerialNumber([1]), of: pki.issuing.certificate)]).encoded
    let server = try ScriptedServer { _ in .http(200, ocsp, [0x30], length: 2 << 20, end: .hang) }
    #expect(await reason(FetchRequest(.ocsp, url: server.url(), body: request), Stage.fetcher()) == .tooLarge)
  }

  @Test(arguments: [204, 206, 300, 400, 401, 403, 404, 410, 429, 500, 502, 503, 304])
  func `takes no other status than 200`(status: Int) async throws {
    #expect(try await reason { _ in .http(status, Stage.crlType) } == .status)
  }

  @Test func `takes no web page, and nothing compressed`() async throws {
    let stage = try await Stage()
    for type in ["text/html", "text/html; charset=utf-8", "application/json", "image/png", "application/ocsp-response"]
    {
      #expect(try await reason { _ in .http(200, ["Content-Type": type], stage.list) } == .contentType)
    }
    for type in ["application/pkix-crl", "Application/X-PKCS7-CRL", "application/octet-stream; x=y", "text/plain"] {
      #expect(try await reason { _ in .http(200, ["Content-Type": type], stage.list) } == nil)
    }
    #expect(try await reason { _ in .http(200, [:], stage.list) } == nil)
    let packed = Stage.crlType.merging(["Content-Encoding": "gzip"]) { $1 }
    #expect(try await reason { _ in .http(200, packed, stage.list) } == .contentType)
    #expect(
      try await reason(Stage.rules(), .issuers) { _ in .http(200, Stage.crlType, stage.certificate) } == .contentType)
  }

  @Test func `takes nothing that is not what was asked for`() async throws {
    let stage = try await Stage()
    let octets = ["Content-Type": "application/octet-stream"]
    #expect(try await reason { _ in .http(200, octets, stage.certificate) } == .malformed)
    #expect(try await reason { _ in .http(200, octets, Array("hello".utf8)) } == .malformed)
    #expect(try await reason { _ in .http(200, octets, []) } == .malformed)
    #expect(try await reason(Stage.rules(), .issuers) { _ in .http(200, octets, stage.list) } == .malformed)
    #expect(try await reason(Stage.rules(), .issuers) { _ in .http(200, octets, stage.certificate) } == nil)
  }

  @Test func `makes no more fetches than it may`() async throws {
    let stage = try await Stage()
    let server = try ScriptedServer { _ in .http(200, Stage.crlType, stage.list) }
    let fetcher = Stage.fetcher(Stage.rules { $0.fetches = 2 })
    for number in 1...2 {
      #expect(await reason(FetchRequest(.revocationList, url: server.url("/\(number)")), fetcher) == nil)
    }
    #expect(await reason(FetchRequest(.revocationList, url: server.url("/3")), fetcher) == .budget)
    #expect(server.requests.count == 2)
  }
}

@Suite struct `Redirects` {
  private func fetch(_ url: String, _ fetcher: Fetcher = Stage.fetcher()) async -> Result<FetchAnswer, FetchFailure> {
    await fetcher.answer(to: FetchRequest(.revocationList, url: url))
  }

  private func reason(_ result: Result<FetchAnswer, FetchFailure>) -> FetchFailure.Reason? {
    if case .failure(let failure) = result { failure.reason } else { nil }
  }

  @Test(arguments: [301, 302, 303, 307, 308]) func `are followed`(status: Int) async throws {
    let stage = try await Stage()
    let server = try ScriptedServer { request in
      request.path == "/b" ? .http(200, Stage.crlType, stage.list) : .http(status, ["Location": "/b"])
    }
    let answer = try await fetch(server.url("/a")).get()
    #expect(answer.bytes == stage.list && answer.url == server.url("/b"))
    #expect(server.requests.allSatisfy { $0.headers["referer"] == nil && $0.headers["cookie"] == nil })
  }

  @Test func `in a circle, or without end, or to nowhere fail`() async throws {
    let circle = try ScriptedServer { request in .http(302, ["Location": request.path == "/a" ? "/b" : "/a"]) }
    #expect(reason(await fetch(circle.url("/a"))) == .redirectLoop)
    #expect(circle.requests.count == 2)
    let spiral = try ScriptedServer { request in .http(302, ["Location": request.path + "x", "Set-Cookie": "a=b"]) }
    #expect(reason(await fetch(spiral.url("/a"))) == .tooManyRedirects)
    #expect(spiral.requests.count == 6)
    #expect(spiral.requests.allSatisfy { $0.headers["cookie"] == nil })
    let nowhere = try ScriptedServer { _ in .http(302) }
    #expect(reason(await fetch(nowhere.url())) == .status)
  }

  @Test(arguments: [
    ("http://169.254.169.254/latest/meta-data/", FetchFailure.Reason.address), ("http://[fd00:ec2::254]/", .address),
    ("http://0.0.0.0/", .address), ("http://metadata.invalid/", .address), ("file:///etc/passwd", .scheme),
    ("ftp://127.0.0.1/", .scheme), ("http://user:word@127.0.0.1/", .url), ("//224.0.0.1/", .address),
  ]) func `lead to no place that may not be asked`(location: String, expected: FetchFailure.Reason) async throws {
    let server = try ScriptedServer { _ in .http(302, ["Location": location]) }
    let resolver = TestResolver([
      "metadata.invalid": [NetworkAddress(octets: [169, 254, 169, 254])],
      "fd00:ec2::254": [NetworkAddress(octets: [0xFD, 0, 0x0E, 0xC2] + [UInt8](repeating: 0, count: 10) + [2, 0x54])],
    ])
    #expect(reason(await fetch(server.url(), Stage.fetcher(Stage.rules(), resolver))) == expected)
    #expect(server.requests.count == 1)
  }

  @Test func `from the Internet to one's own network are not followed`() async throws {
    // Each place is looked up and checked anew: the second answer is a private address.
    final class Turning: HostResolver {
      let answers = Mutex([[NetworkAddress(octets: [127, 0, 0, 1])], [NetworkAddress(octets: [169, 254, 169, 254])]])
      func addresses(of host: String) async throws -> [NetworkAddress] { answers.withLock { $0.removeFirst() } }
    }
    let server = try ScriptedServer { _ in .http(302, ["Location": "/b"]) }
    let fetcher = Fetcher(Stage.rules(), resolver: Turning(), now: { TestPKI.now })
    #expect(reason(await fetch(server.url("/a", host: "rebinding.invalid"), fetcher)) == .address)
    #expect(server.requests.count == 1)
  }
}
