import Foundation
import Testing

@testable import Discovery
@testable import Fetching

@Suite struct `Addresses` {
  private func octets(_ text: String) throws -> NetworkAddress {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return NetworkAddress(octets: Array(bytes.prefix(4))) }
    try #require(inet_pton(AF_INET6, text, &bytes) == 1, "\(text)")
    return NetworkAddress(octets: bytes)
  }

  @Test(arguments: [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "100.127.255.255", "::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::10.0.0.1",
    "2002:0a00:0001::1", "2002:7f00:0001::",
  ]) func `of one's own network are asked only when that is allowed`(text: String) throws {
    #expect(try octets(text).reach == .own)
    #expect(try !octets(text).isAllowed(by: .public))
    #expect(try octets(text).isAllowed(by: .own))
  }

  @Test(arguments: [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "192.0.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9",
    "192.88.99.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::",
    "fe80::1", "febf::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "2001::1", "2001:10::1", "::127.0.0.1",
    "::10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:a9fe:a9fe::",
    "fd00:ec2::254", "100::1", "4000::1", "::ffff:0:7f00:1",
  ]) func `that lead to no authority are never asked`(text: String) throws {
    #expect(try octets(text).reach == .never)
    #expect(try !octets(text).isAllowed(by: .own))
  }

  @Test(arguments: [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1", "169.253.255.255",
    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255",
    "2606:4700::1111", "2a00::1", "2001:200::1", "2001:db9::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
  ]) func `of the Internet are asked`(text: String) throws {
    #expect(try octets(text).isAllowed(by: .public))
  }

  @Test(arguments: ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "localhost"])
  func `are the same in every spelling`(host: String) async throws {
    let found = try await SystemResolver().addresses(of: host)
    #expect(!found.isEmpty && found.allSatisfy { $0.reach == .own })
  }

  @Test func `print as they are written`() throws {
    #expect(try octets("192.0.2.1").description == "192.0.2.1")
    #expect(try octets("2001:db8::1").description == "2001:db8::1")
  }
}

@Suite struct `URLs` {
  @Test(arguments: [
    ("http://pki.example.org", "http://pki.example.org/"), ("HTTP://PKI.Example.org:80/a", "http://pki.example.org/a"),
    ("https://h:8443/x?y=z#f", "https://h:8443/x?y=z"), ("http://h/My CA.crl", "http://h/My%20CA.crl"),
    ("http://h/%zz%41", "http://h/%25zz%41"), ("http://h?q", "http://h/?q"),
    ("http://[2001:DB8::1]:81/", "http://[2001:db8::1]:81/"),
    ("http://h/ü", "http://h/%C3%BC"),
  ]) func `are taken apart and put together`(text: String, expected: String) throws {
    #expect(try WebAddress(text).description == expected)
  }

  @Test(arguments: [
    ("ftp://h/", FetchFailure.Reason.scheme), ("file:///etc/passwd", .scheme), ("ldap://h/cn=x", .scheme),
    ("gopher://h/", .scheme), ("http+unix://%2Ftmp/x", .scheme), ("http:h", .url), ("http:///x", .url), ("h/x", .url),
    ("http://user@h/", .url), ("http://user:word@h/", .url), ("http://h:0/", .url), ("http://h:65536/", .url),
    ("http://h:8x/", .url), ("http://h%2e/", .url), ("http://[::1%25lo]/", .url), ("http://[::1/", .url),
    ("http://h\r\nX: y/", .url), ("http://h/\r\nX: y", .url), ("http://h\\@evil/", .url), ("http://é.example/", .url),
    ("", .url),
  ]) func `that are none, or name users, are refused`(text: String, reason: FetchFailure.Reason) {
    let failure = #expect(throws: FetchFailure.self) { try WebAddress(text) }
    #expect(failure?.reason == reason)
  }

  @Test(arguments: [
    ("http://o/x", "http://o/x"), ("//o/x", "http://o/x"), ("/x", "http://h:81/x"), ("x", "http://h:81/a/x"),
    ("?q", "http://h:81/a/?q"), ("x:y", "scheme"),
  ]) func `are found from another`(location: String, expected: String) throws {
    let base = try WebAddress("http://h:81/a/b?c/d")
    guard expected != "scheme" else {
      #expect(throws: FetchFailure.self) { try base.resolving(location) }
      return
    }
    #expect(try base.resolving(location).description == expected)
  }
}
