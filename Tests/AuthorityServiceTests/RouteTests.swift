import Foundation
import NIOCore
import Testing

@testable import AuthorityService

@Suite struct `Paths` {
  @Test(arguments: [
    "", "/", "//", "/ocspx", "/ocsp?", "/OCSP", "/crl", "/crl/", "/crl/../ca/root.cer", "/crl/..%2fca/root.cer",
    "/crl/root.crl/", "/crl//root.crl", "/crl/root.crl%00", "/crl/root.crl\0", "/crl/%72oot.crl", "/crl/issuing-+1.crl",
    "/crl/issuing--1.crl", "/crl/issuing-00.crl", "/crl/issuing-99999999999999999999.crl", "/ca/root.key",
    "/ca/../journal",
    "/ca/issuing.cer/..", "/requests/", "/requests/..", "/requests/A", "/requests/a/b", "/requests/a/certificate/",
    "/requests/../../etc/passwd", "/journal", "/metrics/", "\\ocsp", "ocsp",
    "/requests/" + String(repeating: "a", count: 65), "/" + String(repeating: "a/", count: 60_000),
  ])
  func `lead nowhere unless they are spelt as they are published`(_ path: String) {
    switch Route(path: path) {
    case nil: break
    case .ocsp where path == "/ocsp?": break
    case let other: Issue.record("\(path.prefix(80)): \(String(describing: other))")
    }
  }

  @Test func `name what is published`() {
    #expect(Route(path: "/ocsp") == .ocsp)
    #expect(Route(path: "/ocsp/") == .ocsp)
    #expect(Route(path: "/ocsp/MF//a+=") == .encodedOCSP("MF//a+="))
    #expect(Route(path: "/ocsp//MF") == .encodedOCSP("MF"))
    #expect(Route(path: "/crl/issuing-3-delta.crl") == .list(.shardDelta(3)))
    #expect(Route(path: "/crl/root.crl?x=/../y") == .list(.root))
    #expect(Route(path: "/ca/chain.p7c") == .chain)
    #expect(Route(path: "/requests/0a1b/certificate") == .issued("0a1b"))
    #expect(Route(path: "/requests/0a1b/code") == .code("0a1b"))
  }

  @Test func `labels are numbered one by one`() {
    #expect(Route.Label.allCases.map(\.number) == Array(0..<Route.Label.allCases.count))
  }

  @Test func `endpoints are an address and a port`() {
    #expect(Endpoint("127.0.0.1:8318") == Endpoint(host: "127.0.0.1", port: 8_318))
    #expect(Endpoint("[::1]:0") == Endpoint(host: "::1", port: 0))
    #expect(Endpoint("[::1]:0")?.description == "[::1]:0")
    for wrong in ["", ":80", "localhost", "::1:80", "localhost:65536", "localhost:-1", "local host:80", "localhost:"] {
      #expect(Endpoint(wrong) == nil, "\(wrong)")
    }
  }

  @Test func `dates are written as HTTP wants them`() {
    #expect(HTTPDate.text(Date(timeIntervalSince1970: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(Date(timeIntervalSince1970: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.text(Date(timeIntervalSince1970: 1_772_323_200)) == "Sun, 01 Mar 2026 00:00:00 GMT")
  }
}

@Suite struct `Rates` {
  private func address(_ text: String) throws -> ClientAddress {
    ClientAddress(try SocketAddress(ipAddress: text, port: 1))
  }

  @Test func `a client may come in a burst, and then evenly`() throws {
    let limit = RateLimit(perSecond: 2, burst: 3)
    let start = NIODeadline.now()
    let client = try address("192.0.2.1")
    for _ in 0..<3 { #expect(limit.take(client, at: start) == nil) }
    #expect(limit.take(client, at: start) == 1)
    #expect(try limit.take(address("192.0.2.2"), at: start) == nil)
    #expect(limit.take(client, at: start + .milliseconds(400)) != nil)
    #expect(limit.take(client, at: start + .milliseconds(600)) == nil)
    #expect(limit.take(client, at: start + .seconds(100)) == nil)
    #expect(RateLimit(perSecond: 0, burst: 0).take(client) == nil)
    // A clock that goes back gives nothing away.
    let slow = RateLimit(perSecond: 0.5, burst: 1)
    #expect(slow.take(client, at: start) == nil)
    #expect(slow.take(client, at: start - .seconds(60)) == 2)
  }

  @Test func `the addresses of one IPv6 network are one client, and a mapped address is IPv4`() throws {
    #expect(try address("2001:db8:1:2::1") == address("2001:db8:1:2:ffff::2"))
    #expect(try address("2001:db8:1:2::1") != address("2001:db8:1:3::1"))
    #expect(try address("::ffff:192.0.2.1") == address("192.0.2.1"))
    #expect(try address("::1") != address("192.0.2.1"))
  }

  @Test func `memory is bounded, whoever comes`() throws {
    let limit = RateLimit(perSecond: 1, burst: 2, addressLimit: 100)
    let start = NIODeadline.now()
    var refused = 0
    for number in 0..<5_000 {
      let client = try address("10.0.\(number / 250).\(number % 250)")
      if limit.take(client, at: start) != nil { refused += 1 }
    }
    #expect(limit.addressCount <= 101)
    #expect(refused > 4_000)
    // Those who were quiet are forgotten, and there is room again.
    #expect(try limit.take(address("10.9.9.9"), at: start + .seconds(10)) == nil)
    #expect(limit.addressCount < 10)
  }

  @Test func `connections of one client are counted in and out`() throws {
    let count = ConnectionCount(limit: 2)
    let client = try address("192.0.2.1")
    #expect(count.enter(client) && count.enter(client))
    #expect(!count.enter(client))
    #expect(try count.enter(address("192.0.2.2")))
    count.leave(client)
    #expect(count.enter(client))
  }
}
