import PKIX
import SMIMECrypto
import SwiftASN1
import Testing

@Suite struct `Distinguished names` {
  private func name(_ attributes: (ASN1ObjectIdentifier, String)...) -> DistinguishedName {
    DistinguishedName(attributes: attributes.map { (type: $0.0, text: $0.1) })
  }

  @Test(arguments: [
    ("Alice", "CN=Alice"), ("Sue, Grabbit and Runn", #"CN=Sue\, Grabbit and Runn"#), (" x ", #"CN=\ x\ "#),
    ("#1", "CN=\\#1"), (#"a"b\c"#, #"CN=a\"b\\c"#), ("a\u{0}b", #"CN=a\00b"#), ("Lučić", "CN=Lučić"),
  ])
  func `are written as RFC 4514 says`(_ row: (text: String, written: String)) {
    #expect(name((OID.commonName, row.text)).description == row.written)
  }

  @Test func `begin with the most specific`() {
    let written = name((OID.countryName, "GB"), ([2, 5, 4, 10], "Isode"), (OID.commonName, "Steve")).description
    #expect(written == "CN=Steve,O=Isode,C=GB")
  }

  @Test(arguments: [
    ("Alice", "alice"), ("Alice  B", "alice b"), (" Alice ", "Alice"), ("A\tB", "a b"), ("ÄRGER", "ärger"),
    ("", "  "), ("a b", " a \t b "), ("Straße", "STRASSE"), ("Straße", "strasse"), ("Caf\u{E9}", "Cafe\u{301}"),
    ("A\u{A0}B", "a b"), ("Ex\u{AD}ample", "example"), ("A\u{200B}B", "ab"), ("ΣΑΣ", "σας"), ("\u{212A}", "k"),
  ])
  func `match without case and by words`(_ row: (left: String, right: String)) {
    #expect(name((OID.commonName, row.left)) == name((OID.commonName, row.right)))
    #expect(name((OID.commonName, row.left)).hashValue == name((OID.commonName, row.right)).hashValue)
  }

  @Test(arguments: [
    ("Alice", "Alicf"), ("AliceB", "Alice B"), ("", "x"), ("ab", "a"), ("a b", "ab"), ("i", "\u{131}"), ("é", "e"),
  ])
  func `do not match`(_ row: (left: String, right: String)) {
    #expect(name((OID.commonName, row.left)) != name((OID.commonName, row.right)))
  }

  @Test func `have a thousand attributes at most`() throws {
    let attribute = DERWriter.value(0x30, [0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x00])
    func name(_ sets: [[UInt8]]) throws(Malformed) -> DistinguishedName {
      try DistinguishedName(der: DERWriter.value(0x30, sets.flatMap { $0 })[...])
    }
    func sets(_ count: Int, _ members: Int) -> [[UInt8]] {
      let members = [[UInt8]](repeating: attribute, count: members).flatMap { $0 }
      return [[UInt8]](repeating: DERWriter.value(0x31, members), count: count)
    }
    for (count, members) in [(1_000, 1), (1, 1_000), (500, 2)] {
      #expect(try name(sets(count, members)).relativeNames.count == count)
    }
    for (count, members, words) in [
      (1_001, 1, "has more than 1000 relative names"), (1, 1_001, "has more than 1000 attributes"),
      (501, 2, "has more than 1000 attributes"), (1_001, 0, "has more than 1000 relative names"),
    ] {
      let fault = #expect(throws: Malformed.self) { try name(sets(count, members)) }
      #expect(fault?.reason == words)
    }
  }

  /// A relative name of several attributes is a set: in DER's order or not, it is the same, and hashes the same.
  @Test func `of several attributes to a relative name match in any order`() throws {
    func name(_ texts: [String], _ types: [ASN1ObjectIdentifier]) throws -> DistinguishedName {
      let members = zip(types, texts).map { type, text in
        DERWriter.encode { der in
          der.sequence { der in
            der.oid(type)
            der.string(text)
          }
        }
      }
      let bytes = DERWriter.encode { der in
        der.sequence { der in der.constructed(.set) { set in for member in members { set.raw(member) } } }
      }
      return try DistinguishedName(der: bytes[...])
    }
    let organisation: ASN1ObjectIdentifier = [2, 5, 4, 10]
    let one = try name(["Alice", "Example"], [OID.commonName, organisation])
    let other = try name(["EXAMPLE", "alice"], [organisation, OID.commonName])
    #expect(one == other)
    #expect(one.hashValue == other.hashValue)
    // A member that stands twice does not make names alike.
    let doubled = try (0..<1_000).map { try name(["\($0)", "\($0)"], [OID.commonName, OID.commonName]) }
    #expect(Set(doubled.map(\.hashValue)).count > 990)
    // A thousand that differ do not fall together.
    let many = try (0..<1_000).map { try name(["\($0)", "Example"], [OID.commonName, organisation]) }
    #expect(Set(many.map(\.hashValue)).count > 990)
    #expect(Set(many).count == 1_000)
  }

  @Test func `of other types do not match, and an order of their own counts`() {
    #expect(name((OID.commonName, "x")) != name(([2, 5, 4, 10], "x")))
    let (a, b) = ((OID.commonName, "a"), (OID.commonName, "b"))
    #expect(name(a, b) != name(b, a))
  }

  @Test func `match whatever their string types are`() throws {
    let printable = DERWriter.encode { der in
      der.sequence { der in
        der.setOf([
          DERWriter.encode { der in
            der.sequence { der in
              der.oid(OID.commonName)
              der.string("ALICE", tag: .printableString)
            }
          }
        ])
      }
    }
    #expect(try DistinguishedName(der: printable[...]) == name((OID.commonName, "Alice")))
  }

  /// RFC 5280 §7.3: labels of domains are compared as A-labels, without regard to case.
  @Test func `match by the labels of domains, in whatever form`() throws {
    func domain(_ text: String, _ tag: ASN1Identifier) throws -> DistinguishedName {
      let encoded = DERWriter.encode { der in
        der.sequence { der in
          der.setOf([
            DERWriter.encode { der in
              der.sequence { der in
                der.oid(OID.domainComponent)
                der.string(text, tag: tag)
              }
            }
          ])
        }
      }
      return try DistinguishedName(der: encoded[...])
    }
    let label = try domain("xn--bcher-kva", .ia5String)
    for (text, tag) in [
      ("XN--Bcher-KVA", ASN1Identifier.ia5String), ("bücher", .utf8String), ("Bücher", .utf8String),
      ("BÜCHER", .utf8String),
    ] {
      let other = try domain(text, tag)
      #expect(other == label && other.hashValue == label.hashValue, "\(text)")
    }
    for text in ["bucher", "büchern", "xn--bcher-kvb"] { #expect(try domain(text, .utf8String) != label, "\(text)") }
    #expect(name((OID.domainComponent, "bücher")).encoded == label.encoded)
    #expect(name((OID.domainComponent, "Example")).values(of: OID.domainComponent) == ["Example"])
    // What is no domain is compared as it is written.
    #expect(name((OID.commonName, "bücher")) != name((OID.commonName, "xn--bcher-kva")))
  }

  @Test func `CVE-2026-58059: have a thousand parts at most, and are written in linear time`() {
    func name(_ count: Int) -> DistinguishedName {
      DistinguishedName(attributes: (0..<count).map { _ in (type: OID.commonName, text: "x") })
    }
    #expect(name(1_000).description.utf8.count == 1_000 * 5 - 1)
    #expect(name(1_001).isEmpty)
    #expect(throws: Malformed.self) {
      let part = DERWriter.encode { der in
        der.setOf([
          DERWriter.encode { der in
            der.sequence { der in
              der.oid(OID.commonName)
              der.string("x")
            }
          }
        ])
      }
      let parts = [[UInt8]](repeating: part, count: 65_536)
      _ = try DistinguishedName(
        der: DERWriter.encode { der in der.sequence { for part in parts { $0.raw(part) } } }[...])
    }
  }
}

@Suite struct `Serial numbers` {
  @Test(arguments: [("01", "1"), ("0001", "1"), ("00ff", "ff"), ("7F:80", "7f80")])
  func `are compared as numbers`(_ row: (left: String, right: String)) throws {
    #expect(try #require(SerialNumber(hex: row.left)) == #require(SerialNumber(hex: row.right)))
  }

  @Test func `have an order`() throws {
    let numbers = try ["80", "7f", "0100", "01"].map { try #require(SerialNumber(hex: $0)) }
    #expect(numbers.sorted().map(\.description) == ["01", "7f", "0080", "0100"])
    #expect(SerialNumber([0xFF]) < SerialNumber([0x00]))
  }

  @Test(arguments: ["", "xyz", "1g", String(repeating: "1", count: 200)])
  func `are no text`(_ text: String) { #expect(SerialNumber(hex: text) == nil) }
}
