import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import Discovery
@testable import Fetching

@Suite struct `Filters of directories` {
  @Test(arguments: [
    "(mail=bob@example.com)", "(&(mail=bob@example.com)(objectClass=*))", "(|(cn=a)(cn=b)(!(cn=c)))",
    "(cn=Jo*n*)", "(cn>=a)", "(cn<=b)", "(cn~=c)", "(userCertificate;binary=\\00\\04\\ff)", "(2.5.4.3=x)",
    #"(cn=a\28b\29\2a\5c)"#,
  ]) func `are read and written as they were`(text: String) throws {
    #expect(try DirectoryFilter(Array(text.utf8)).description == text)
  }

  /// Bouncy Castle put values into filters as they were.
  @Test func `CVE-2026-0636, CVE-2026-59652: keep a value a value, whatever is in it`() throws {
    let filter = DirectoryFilter.equality("mail", "*)(uid=*))(|(uid=*\0é\\")
    #expect(filter.description == #"(mail=\2a\29\28uid=\2a\29\29\28|\28uid=\2a\00\c3\a9\5c)"#)
    #expect(try DirectoryFilter(Array(filter.description.utf8)) == filter)
  }

  @Test func `need no parentheses around one item, as Active Directory writes them`() throws {
    let filter = try DirectoryFilter(Array("objectClass=certificationAuthority".utf8))
    #expect(filter.description == "(objectClass=certificationAuthority)")
  }

  @Test(arguments: [
    "", "(", ")", "()", "(mail)", "(=x)", "(mail=x", "(mail=x))", "(mail=x)(cn=y)", "(&)", "(|)", "(!)",
    "(!(a=b)(c=d))",
    "(mail=a(b)", #"(mail=a\)"#, #"(mail=a\2)"#, #"(mail=\zz)"#, "(mail=a\0b)", "(cn:dn:=x)", "(a b=c)", "(cn>=a*b)",
    String(repeating: "(!", count: 9) + "(a=b)" + String(repeating: ")", count: 9),
    "(&" + String(repeating: "(a=b)", count: 32) + ")",
  ]) func `that are none are refused`(text: String) {
    #expect(throws: Malformed.self) { try DirectoryFilter(Array(text.utf8)) }
  }

  @Test func `are refused or read, whatever is changed in them`() {
    let text = Array("(&(mail=bob\\2a@example.com)(|(cn=a*b)(!(sn>=c))))".utf8)
    for index in text.indices {
      for byte: UInt8 in [0, 0x28, 0x29, 0x2A, 0x5C, 0x26, 0x3D, 0xFF] {
        var changed = text
        changed[index] = byte
        if let filter = try? DirectoryFilter(changed) {
          #expect((try? DirectoryFilter(Array(filter.description.utf8))) == filter)
        }
      }
      _ = try? DirectoryFilter(Array(text[..<index]))
    }
  }
}

@Suite struct `URLs of directories` {
  @Test func `are taken apart`() throws {
    let url = try DirectoryURL(
      "LDAP://Dir.example.ORG:1389/ou=People%2cdc=example,dc=org?userCertificate;binary,cn?one?(mail=b%2a)?x=1,!StartTLS"
    )
    #expect(url.scheme == .ldap && url.host.name == "dir.example.org" && url.host.port == 1_389)
    #expect(url.base == "ou=People,dc=example,dc=org" && url.attributes == ["userCertificate;binary", "cn"])
    #expect(url.scope == .one && url.filter?.description == "(mail=b*)" && url.privacy == .startTLS)
    let small = try DirectoryURL("ldaps://[2001:db8::1]")
    #expect(small.host.name == "2001:db8::1" && small.host.port == 636 && small.privacy == .always)
    #expect(small.base.isEmpty && small.scope == nil && small.filter == nil && small.attributes.isEmpty)
  }

  @Test(arguments: [
    "ldap://h/", "ldaps://h:1/dc=a%2Cdc=b", "ldap://[::1]:9/?cn?sub?(a=b)?!StartTLS", "ldap://h/??base",
    "ldap://h/dc=%C3%A9???(cn=%5c28)",
  ]) func `are the same when they are written again`(text: String) throws {
    let url = try DirectoryURL(text)
    #expect(try DirectoryURL(url.description) == url)
  }

  @Test(arguments: [
    ("http://h/", FetchFailure.Reason.scheme), ("ldap", .scheme), ("ldap:h", .url), ("ldap:///dc=a", .url),
    ("ldap://", .url), ("ldap://user@h/", .url), ("ldap://h:0/", .url), ("ldap://h:70000/", .url),
    ("ldap://h\u{0}/", .url), ("ldap://h/%", .url), ("ldap://h/%zz", .url), ("ldap://h/%00", .url),
    ("ldap://h/%ff", .url), ("ldap://h/?a b", .url), ("ldap://h/??tree", .url), ("ldap://h/???(a", .url),
    ("ldap://h/????!unknown", .url), ("ldaps://h/????StartTLS", .url), ("ldap://h/?????", .url),
    ("ldap://h/" + String(repeating: "a", count: 4_096), .url),
    ("ldap://h/?" + [String](repeating: "a", count: 17).joined(separator: ","), .url),
  ]) func `that cannot be asked are refused`(text: String, reason: FetchFailure.Reason) {
    #expect { try DirectoryURL(text) } throws: { ($0 as? FetchFailure)?.reason == reason }
  }

  @Test func `are searched for a filter beside their own, in all of the subtree`() throws {
    let plain = try DirectoryURL("ldap://h/dc=a").searching(for: .equality("mail", "b@c"))
    #expect(plain.description == "ldap://h/dc%3Da??sub?%28mail%3Db%40c%29")
    let narrow = try DirectoryURL("ldap://h/dc=a??one?(ou=x)").searching(for: .equality("mail", "b@c"))
    #expect(narrow.scope == .one && narrow.filter?.description == "(&(ou=x)(mail=b@c))")
  }

  @Test func `in certificates are followed when they name a host`() {
    let urls = [
      "ldap:///CN=a?certificateRevocationList", "LDAP://h/CN=a", "ldaps://h/", "http://h/", "ftp://h/", "file:///etc",
    ]
    #expect(FetchedURLs.of { urls } == ["LDAP://h/CN=a", "ldaps://h/", "http://h/"])
  }
}

@Suite struct `Answers of directories` {
  @Test func `are asked for as binary, and nothing else of the entry`() throws {
    func asked(_ kind: FetchRequest.Kind, _ url: String) throws -> [String] {
      try DirectoryAnswer.attributes(kind, namedBy: DirectoryURL(url))
    }
    #expect(try asked(.issuers, "ldap://h/") == ["cacertificate;binary", "crosscertificatepair;binary"])
    #expect(try asked(.revocationList, "ldap://h/?CertificateRevocationList") == ["certificaterevocationlist;binary"])
    #expect(throws: FetchFailure.self) { try asked(.revocationList, "ldap://h/?userPassword") }
    for kind in [FetchRequest.Kind.ocsp, .timestamp, .associations] {
      #expect(throws: FetchFailure.self) { try asked(kind, "ldap://h/") }
    }
  }

  @Test func `hold certificates, pairs of them, lists, and certificates in signed objects`() async throws {
    let pki = try await TestPKI()
    let bob = try await pki.mailbox("bob@example.com")
    let list = try await pki.revocationList()
    func bytes(_ kind: FetchRequest.Kind, _ values: (String, [UInt8])...) throws -> [UInt8] {
      try DirectoryAnswer.bytes(of: values.map { DirectorySearch.Value(attribute: $0.0, bytes: $0.1) }, kind)
    }
    let issuing = Array(pki.issuing.certificate.derBytes)
    let pair = DERWriter.encode { der in
      der.sequence { der in
        der.context(0) { $0.raw(issuing) }
        der.context(1) { $0.raw(pki.root.certificate.derBytes) }
      }
    }
    let both = try bytes(.issuers, ("cacertificate", issuing), ("crosscertificatepair", pair))
    #expect(
      String(decoding: both, as: UTF8.self)
        == pki.issuing.certificate.pem + pki.issuing.certificate.pem + pki.root.certificate.pem)
    // What cannot be read does not hide what can.
    let user = try bytes(
      .certificates, ("usercertificate", [0x30, 0]), ("usercertificate", Array(bob.certificate.derBytes)),
      ("description", [1]))
    #expect(String(decoding: user, as: UTF8.self) == bob.certificate.pem)
    #expect(try bytes(.revocationList, ("certificaterevocationlist", Array(list.derBytes))) == Array(list.derBytes))
    #expect { try bytes(.certificates, ("cacertificate", issuing)) } throws: {
      ($0 as? FetchFailure)?.reason == .absent
    }
    for broken: [UInt8] in [[], [0x30], [0x30, 0], pair] {
      #expect { try bytes(.certificates, ("usercertificate", broken)) } throws: {
        ($0 as? FetchFailure)?.reason == .malformed
      }
    }
    for length in pair.indices.dropLast() where length % 16 == 0 {
      #expect(throws: FetchFailure.self) { try bytes(.issuers, ("crosscertificatepair", Array(pair[..<length]))) }
    }
  }

  @Test func `are not had from hosts that must not be asked`() async throws {
    let resolver = TestResolver(["h": [NetworkAddress(octets: [10, 0, 0, 1])]])
    let fetcher = Stage.fetcher(FetchRules(.public), resolver)
    let answer = await fetcher.answer(to: FetchRequest(.revocationList, url: "ldap://h/"))
    #expect(throws: FetchFailure(.address, "h is at 10.0.0.1, which is not asked: it is private")) { try answer.get() }
  }

  #if LDAP
    @Test func `that are no LDAP, stop, or never come are told as that`() async throws {
      func reason(_ bytes: [UInt8], _ end: RawServer.End, _ more: String = "") async throws -> FetchFailure.Reason? {
        let server = try RawServer(bytes, end)
        var rules = Stage.rules()
        rules.milliseconds = 1_500
        let request = FetchRequest(.revocationList, url: "ldap://127.0.0.1:\(server.port)/dc=a\(more)")
        guard case .failure(let failure) = await Stage.fetcher(rules).answer(to: request) else { return nil }
        return failure.reason
      }
      #expect(try await reason(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .close) == .truncated)
      #expect(try await reason([], .close) == .truncated)
      #expect(try await reason([], .hang) == .timeout)
      #expect(try await reason([0x30, 0x20, 0x02], .hang) == .timeout)
      #expect(try await reason([], .hang, "????!StartTLS") == .timeout)
      // A message of two gigabytes is not waited for.
      #expect(try await reason([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF], .hang) == .truncated)
    }

    @Test func `of nobody are told as refused`() async throws {
      let port = try ScriptedServer.closedPort()
      let answer = await Stage.fetcher().answer(to: FetchRequest(.issuers, url: "ldap://127.0.0.1:\(port)/"))
      #expect(throws: FetchFailure(.connection, "the connection was refused")) { try answer.get() }
    }
  #endif
}
