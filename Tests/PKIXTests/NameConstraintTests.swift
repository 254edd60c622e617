import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

/// RFC 5280 §4.2.1.10 and §6.1.3 b, c; RFC 9598 §6.
@Suite struct `Name constraints` {
  private func problems(
    _ constraints: Certificate.Extension, _ names: [GeneralName], subject: DistinguishedName? = nil,
    profile: PathProfile = .path, budget: PathBudget = PathBudget()
  ) async throws -> PathFailure? {
    let (root, authority) = try (TestParty("Root"), TestParty("Authority"))
    let form = TestParty.Form { $0.subject = subject }
    let leaf = try await authority.certify(
      TestParty("Leaf"), names.isEmpty ? [] : [.subjectAlternativeName(names)], form)
    let pool = try await [root.certify(authority, TestParty.authority + [constraints])]
    let validator = PathValidator(
      anchors: TrustAnchors([try await root.root()]), purpose: nil, profile: profile, budget: budget)
    if case .failure(let failure) = await validator.validate(leaf, with: pool, at: TestPKI.now) { return failure }
    return nil
  }

  private static let example = DistinguishedName(attributes: [(OID.countryName, "DE"), ([2, 5, 4, 10], "Example")])

  private static func person(_ name: String) -> DistinguishedName {
    DistinguishedName(attributes: [(OID.countryName, "DE"), ([2, 5, 4, 10], "EXAMPLE"), (OID.commonName, name)])
  }

  /// A base, a name, and whether it lies within.
  private static let pairs: [(GeneralName, GeneralName, Bool)] = [
    (.rfc822Name("example.com"), .rfc822Name("a@example.com"), true),
    (.rfc822Name("example.com"), .rfc822Name("a@EXAMPLE.com"), true),
    (.rfc822Name("example.com"), .rfc822Name("a@example.com."), true),
    (.rfc822Name("example.com"), .rfc822Name("a@sub.example.com"), false),
    (.rfc822Name("example.com"), .rfc822Name("a@notexample.com"), false),
    (.rfc822Name(".example.com"), .rfc822Name("a@sub.example.com"), true),
    (.rfc822Name(".example.com"), .rfc822Name("a@example.com"), false),
    (.rfc822Name("a@example.com"), .rfc822Name("a@Example.COM"), true),
    (.rfc822Name("a@example.com"), .rfc822Name("A@example.com"), false),
    (.rfc822Name("*@example.com"), .rfc822Name("a@example.com"), false),
    (.rfc822Name("xn--bcher-kva.example"), .smtpUTF8Mailbox("ü@bücher.example"), true),
    (.rfc822Name("xn--bcher-kva.example"), .smtpUTF8Mailbox("ü@xn--bcher-kva.example"), true),
    (.rfc822Name(".example"), .smtpUTF8Mailbox("ü@bücher.example"), true),
    (.rfc822Name("a@bücher.example"), .smtpUTF8Mailbox("a@bücher.example"), false),
    (.rfc822Name("xn--bcher-kva.example"), .rfc822Name("a@XN--Bcher-KVA.example"), true),
    (.rfc822Name("xn--bcher-kva.example"), .rfc822Name("a@bcher-kva.example"), false),
    (.dnsName("xn--bcher-kva.example"), .dnsName("www.XN--Bcher-KVA.example"), true),
    (.dnsName("xn--bcher-kva.example"), .dnsName("www.xn--bcher-kvb.example"), false),
    (.uri("xn--bcher-kva.example"), .uri("https://XN--Bcher-KVA.example/"), true),
    (.dnsName("example.com"), .dnsName("example.com"), true),
    (.dnsName("example.com"), .dnsName("www.Example.com"), true),
    (.dnsName("example.com"), .dnsName("wwwexample.com"), false),
    (.dnsName("host.example.com"), .dnsName("*.example.com"), false),
    (.dnsName("example.com"), .dnsName("*.example.com"), true),
    (.dnsName(""), .dnsName("anything.example"), true),
    (.uri("host.example.com"), .uri("https://host.example.com:8443/x?y"), true),
    (.uri("host.example.com"), .uri("https://user@HOST.example.com"), true),
    (.uri("example.com"), .uri("https://host.example.com/"), false),
    (.uri(".example.com"), .uri("https://host.example.com/"), true),
    (.uri(".example.com"), .uri("https://example.com/"), false),
    (.ipAddress([192, 0, 2, 0, 255, 255, 255, 0]), .ipAddress([192, 0, 2, 77]), true),
    (.ipAddress([192, 0, 2, 0, 255, 255, 255, 0]), .ipAddress([192, 0, 3, 77]), false),
    (.ipAddress([192, 0, 2, 0, 255, 255, 255, 0]), .ipAddress([UInt8](repeating: 1, count: 16)), false),
    (.directoryName(example), .directoryName(person("A")), true),
    (.directoryName(person("A")), .directoryName(example), false),
    (.directoryName(person("A")), .directoryName(person("B")), false),
  ]

  @Test(arguments: pairs.indices) func `permit and exclude by each form's own rule`(index: Int) async throws {
    let (base, name, isWithin) = Self.pairs[index]
    // The subject is a directoryName as well; where those are constrained it lies within.
    let subject =
      if case .directoryName = base { isWithin ? Self.person("C") : DistinguishedName.empty } else { Self.example }
    var isDirectory = false
    if case .directoryName(let one) = base { isDirectory = one == Self.example }
    let permitted = try await problems(.nameConstraints(permitted: [base]), [name], subject: subject)
    #expect((permitted == nil) == isWithin, "\(name) in \(base): \(permitted?.description ?? "")")
    #expect(permitted?.problems.map(\.check) ?? [.nameConstraints] == [.nameConstraints])
    let excluded = try await problems(
      .nameConstraints(excluded: [base]), [name], subject: isDirectory ? .empty : subject)
    // What may stand for a name that is excluded is excluded too.
    let meansMailbox = [.rfc822Name("a@example.com"), .rfc822Name("a@bücher.example")].contains(base)
    let isExcluded = isWithin || base == .dnsName("host.example.com") || meansMailbox
    #expect((excluded != nil) == isExcluded, "\(name) in \(base)")
  }

  /// RFC 5280 §7.3: a domain in a name may stand there in ASCII, or in Unicode where an authority did not convert it.
  @Test func `hold for domain components in whatever form their labels are`() async throws {
    func name(_ label: String, _ tag: ASN1Identifier, _ person: String? = nil) throws -> DistinguishedName {
      let encoded = DERWriter.encode { der in
        der.sequence { der in
          for (type, text, tag) in [
            (OID.domainComponent, "example", ASN1Identifier.ia5String), (OID.domainComponent, label, tag),
          ] + (person.map { [(OID.commonName, $0, .utf8String)] } ?? []) {
            der.setOf([
              DERWriter.encode { der in
                der.sequence { der in
                  der.oid(type)
                  der.string(text, tag: tag)
                }
              }
            ])
          }
        }
      }
      return try DistinguishedName(der: encoded[...])
    }
    for (base, subject, isWithin) in try [
      (name("xn--bcher-kva", .ia5String), name("bücher", .utf8String, "A"), true),
      (name("bücher", .utf8String), name("XN--bcher-kva", .ia5String, "A"), true),
      (name("bücher", .utf8String), name("bucher", .utf8String, "A"), false),
    ] {
      let permitted = try await problems(
        .nameConstraints(permitted: [.directoryName(base)]), [.rfc822Name("a@example.com")], subject: subject)
      #expect((permitted == nil) == isWithin, "\(subject) in \(base)")
      let excluded = try await problems(
        .nameConstraints(excluded: [.directoryName(base)]), [.rfc822Name("a@example.com")], subject: subject)
      #expect((excluded != nil) == isWithin, "\(subject) in \(base)")
    }
  }

  /// Readers take these for the same mailbox or host, so an exclusion cannot be stepped around by how they are written.
  @Test(
    arguments: [
      (.rfc822Name("ceo@corp.example"), .rfc822Name("CEO@corp.example")),
      (.rfc822Name("ceo@corp.example"), .rfc822Name("\"ceo\"@corp.example")),
      (.rfc822Name("ceo@corp.example"), .rfc822Name("\"c\\eo\"@corp.example")),
      (.rfc822Name("ceo@corp.example"), .smtpUTF8Mailbox("ceo@corp.example")),
      (.uri(""), .uri("https://anything.example/")),
    ] as [(GeneralName, GeneralName)]) func `exclude a name however it is written`(
      _ base: GeneralName, _ name: GeneralName
    ) async throws
  {
    let failure = try await problems(.nameConstraints(excluded: [base]), [name], subject: Self.example)
    #expect(failure?.problems.map(\.check) == [.nameConstraints], "\(name)")
    let other = try await problems(
      .nameConstraints(excluded: [base]), [.rfc822Name("clerk@corp.example")], subject: Self.example)
    #expect(other == nil)
  }

  /// Bouncy Castle took `corp.example.` for another host than `corp.example`.
  @Test(
    arguments: [
      (.rfc822Name("corp.example"), .rfc822Name("a@corp.example.")),
      (.rfc822Name(".corp.example"), .rfc822Name("a@sub.corp.example.")),
      (.rfc822Name("ceo@corp.example"), .rfc822Name("ceo@corp.example.")),
      (.rfc822Name("corp.example."), .rfc822Name("a@corp.example")),
      (.uri("host.corp.example"), .uri("https://host.corp.example./x")),
      (.uri(".corp.example"), .uri("https://host.corp.example.:443/")),
      (.uri("host.corp.example."), .uri("https://host.corp.example/")),
      (.dnsName("corp.example"), .dnsName("www.corp.example.")),
    ] as [(GeneralName, GeneralName)]) func `CVE-2026-8763: a full stop at the end steps around nothing`(
      _ base: GeneralName, _ name: GeneralName
    ) async throws
  {
    let failure = try await problems(.nameConstraints(excluded: [base]), [name], subject: Self.example)
    #expect(failure?.problems.map(\.check) == [.nameConstraints], "\(name) in \(base)")
    #expect(failure?.problems.first?.detail.contains("is excluded") == true, "\(name) in \(base)")
  }

  @Test func `of one form say nothing of others`() async throws {
    let constraints = Certificate.Extension.nameConstraints(permitted: [.dnsName("example.com")])
    #expect(try await problems(constraints, [.rfc822Name("a@elsewhere.example")]) == nil)
    #expect(try await problems(constraints, []) == nil)
  }

  @Test func `are for the mailboxes in a subject too, whatever else there is`() async throws {
    let constraints = Certificate.Extension.nameConstraints(permitted: [.rfc822Name("example.com")])
    let subject = DistinguishedName(attributes: [(OID.commonName, "A"), (OID.emailAddress, "a@evil.example")])
    #expect(try await problems(constraints, [], subject: subject) != nil)
    #expect(try await problems(constraints, [.rfc822Name("a@example.com")], subject: subject) != nil)
  }

  @Test func `refuse what cannot be compared`() async throws {
    let other = GeneralName.other(tag: 8, [0x88, 0x03, 0x2A, 0x03, 0x04])
    #expect(try await problems(.nameConstraints(permitted: [other]), [other]) != nil)
    #expect(try await problems(.nameConstraints(excluded: [other]), [.rfc822Name("a@example.com")]) == nil)
    for (base, name) in [
      (GeneralName.rfc822Name("example.com"), GeneralName.rfc822Name("a@b@example.com")),
      (.rfc822Name("example.com"), .rfc822Name("example.com")), (.dnsName("example.com"), .dnsName(".example.com")),
      (.dnsName("example.com"), .dnsName("a..example.com")), (.uri("example.com"), .uri("urn:x:example.com")),
      (.uri("example.com"), .uri("https://192.0.2.1/")),
      (.uri("example.com"), .uri(#"https://evil.example\@example.com/"#)),
      (.ipAddress([0, 0, 0, 0, 0, 0, 0, 0]), .ipAddress([192, 0, 2, 0, 255, 255, 255, 0])),
    ] {
      #expect(try await problems(.nameConstraints(permitted: [base]), [name]) != nil, "\(name)")
      #expect(
        try await problems(.nameConstraints(excluded: [.dnsName("other.example"), base]), [name]) != nil, "\(name)")
    }
    // A base that is none excludes everything of its form.
    for base in [GeneralName.rfc822Name("a@b@c"), .dnsName("*.example.com"), .ipAddress([1, 2, 3, 4])] {
      let name: GeneralName =
        switch base {
        case .rfc822Name: .rfc822Name("a@example.org")
        case .dnsName: .dnsName("example.org")
        default: .ipAddress([192, 0, 2, 1])
        }
      #expect(try await problems(.nameConstraints(excluded: [base]), [name]) != nil, "\(base)")
      #expect(try await problems(.nameConstraints(excluded: [base]), [.uri("https://a.example/")]) == nil, "\(base)")
    }
  }

  @Test func `with a minimum or maximum are not processed, and a zero says nothing`() async throws {
    for (extra, isRead) in [([0x80, 0x01, 0x00], true), ([0x80, 0x01, 0x01], false), ([0x81, 0x01, 0x05], false)]
      as [([UInt8], Bool)]
    {
      let base: [UInt8] = [0x82, 0x03] + Array("a.b".utf8) + extra
      let list: [UInt8] = [0x30, UInt8(base.count)] + base
      let value: [UInt8] = [0x30, UInt8(list.count + 2), 0xA0, UInt8(list.count)] + list
      let constraints = Certificate.Extension(oid: [2, 5, 29, 30], isCritical: true, value: value[...])
      #expect((try await problems(constraints, [.dnsName("x.a.b")]) == nil) == isRead)
      #expect(try await problems(constraints, [.rfc822Name("a@example.com")]) == nil)
    }
  }

  @Test func `that constrain nothing, or cannot be read, fail the path`() async throws {
    for value: [UInt8] in [[], [0x30, 0x00], [0x30, 0x02, 0xA0, 0x00], [0x05, 0x00]] {
      let broken = Certificate.Extension(oid: [2, 5, 29, 30], isCritical: true, value: value[...])
      #expect(try await problems(broken, [])?.problems.map(\.check) == [.nameConstraints], "\(value)")
    }
  }

  @Test func `of every authority hold at once, for those below that are not its own`() async throws {
    let (root, upper, lower) = try (TestParty("Root"), TestParty("Upper"), TestParty("Lower"))
    let narrow = Certificate.Extension.nameConstraints(permitted: [.dnsName("a.example")])
    let wide = Certificate.Extension.nameConstraints(permitted: [.dnsName("a.example"), .dnsName("b.example")])
    for (first, second) in [(narrow, wide), (wide, narrow)] {
      let pool = try await [
        root.certify(upper, TestParty.authority + [first]), upper.certify(lower, TestParty.authority + [second]),
      ]
      let validator = PathValidator(anchors: TrustAnchors([try await root.root()]), purpose: nil)
      for (host, isValid) in [("a.example", true), ("b.example", false)] {
        let leaf = try await lower.certify(TestParty("Leaf"), [.subjectAlternativeName([.dnsName(host)])])
        let result = await validator.validate(leaf, with: pool, at: TestPKI.now)
        if case .success = result { #expect(isValid) } else { #expect(!isValid) }
      }
    }
    // An authority's certificate for its next key is exempt; the same as a leaf is not.
    let again = try TestParty("Upper")
    let name = [Certificate.Extension.subjectAlternativeName([.dnsName("c.example")])]
    let own = try await upper.certify(again, TestParty.authority + name)
    let anchor = try await root.certify(upper, TestParty.authority + [narrow])
    let validator = PathValidator(anchors: TrustAnchors([anchor]), purpose: nil)
    let leaf = try await again.certify(TestParty("Leaf"), [])
    _ = try await validator.validate(leaf, with: [own], at: TestPKI.now).get()
    let bare = await validator.validate(own, at: TestPKI.now)
    #expect(throws: PathFailure.self) { try bare.get() }
  }

  @Test func `ten thousand of them with ten thousand names are more than is compared`() async throws {
    let bases = (0..<10_000).map { GeneralName.rfc822Name("h\($0).example") }
    let names = (0..<10_000).map { GeneralName.rfc822Name("a@h\($0).example") }
    let failure = try #require(try await problems(.nameConstraints(permitted: bases), names))
    #expect(failure.problems.map(\.check) == [.budget])
    #expect(failure.effort.nameComparisons == 10_000)
    #expect(failure.effort.signatures == 2)
    // As many as there is room for are compared.
    var budget = PathBudget()
    budget.nameComparisons = 110_001 + 100
    let fine = try await problems(
      .nameConstraints(permitted: Array(bases.prefix(100))), Array(names.prefix(100)), budget: budget)
    #expect(fine == nil)
  }
}

/// What RFC 5280 §4.1 and §4.2 demand of each certificate, under the profile of that name.
@Suite struct `The profile of RFC 5280` {
  private func problems(
    _ profile: PathProfile = .rfc5280, anchor: [Certificate.Extension] = TestParty.authority,
    authority: [Certificate.Extension] = TestParty.authority, leaf: [Certificate.Extension] = [],
    _ form: TestParty.Form = TestParty.Form(), anchorForm: TestParty.Form = TestParty.Form()
  ) async throws -> [PathProblem.Check] {
    let (root, middle) = try (TestParty("Root"), TestParty("Authority"))
    let pool = try await [root.certify(middle, authority)]
    let validator = PathValidator(
      anchors: TrustAnchors([try await root.root(anchor, anchorForm)]), purpose: nil, profile: profile)
    switch await validator.validate(
      try await middle.certify(TestParty("Leaf"), leaf, form), with: pool, at: TestPKI.now)
    {
    case .success: return []
    case .failure(let failure): return failure.problems.map(\.check)
    }
  }

  @Test func `is met by what we issue`() async throws {
    #expect(try await problems().isEmpty)
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let validator = PathValidator(anchors: TrustAnchors([pki.root.certificate]), profile: .rfc5280)
    _ = try await validator.validate(alice.certificate, with: alice.chain, at: TestPKI.now).get()
  }

  @Test func `asks what a path does not`() async throws {
    let san = Certificate.Extension.subjectAlternativeName([.rfc822Name("a@example.com")])
    func uncritical(_ one: Certificate.Extension) -> Certificate.Extension {
      Certificate.Extension(oid: one.oid, isCritical: false, value: one.value)
    }
    func critical(_ one: Certificate.Extension) -> Certificate.Extension {
      Certificate.Extension(oid: one.oid, isCritical: true, value: one.value)
    }
    let usage = Certificate.Extension.keyUsage([.keyCertSign])
    let leaves: [(String, [Certificate.Extension], TestParty.Form)] = [
      ("serial zero", [], .init { $0.serialNumber = SerialNumber([0]) }),
      ("negative serial", [], .init { $0.serialNumber = SerialNumber([0x80, 1]) }),
      ("long serial", [], .init { $0.serialNumber = SerialNumber(ArraySlice([UInt8](repeating: 1, count: 21))) }),
      ("no key identifiers", [], .init { $0.hasIdentifiers = false }),
      ("no subject and a name that is not critical", [san], .init { $0.subject = .empty }),
      ("no name at all", [], .init { $0.subject = .empty }), ("signs certificates", [usage], .init()),
      ("empty key usage", [.keyUsage([])], .init()), ("empty purposes", [.extendedKeyUsage([])], .init()),
      ("name constraints", [.nameConstraints(permitted: [.dnsName("example.com")])], .init()),
      ("a name of no host", [.subjectAlternativeName([.dnsName("a_b.example")])], .init()),
      ("an address as a host", [.subjectAlternativeName([.dnsName("192.0.2.1")])], .init()),
      ("no mailbox", [.subjectAlternativeName([.rfc822Name("example.com")])], .init()),
      ("a long address", [.subjectAlternativeName([.ipAddress([1, 2, 3, 4, 5])])], .init()),
    ]
    for (what, extensions, form) in leaves {
      #expect(!(try await problems(leaf: extensions, form)).isEmpty, "\(what)")
      #expect(try await problems(.path, leaf: extensions, form).isEmpty, "\(what)")
    }
    let constraints = Certificate.Extension.basicConstraints(.authority(pathLength: nil))
    let authorities: [(String, [Certificate.Extension])] = [
      ("basicConstraints", [uncritical(constraints)]),
      ("nameConstraints", [constraints, uncritical(.nameConstraints(permitted: [.dnsName("example.com")]))]),
      ("a base with a full stop", [constraints, .nameConstraints(permitted: [.dnsName(".example.com")])]),
      ("policyConstraints", [constraints, uncritical(.policyConstraints(PolicyConstraints(inhibitPolicyMapping: 1)))]),
      ("inhibitAnyPolicy", [constraints, uncritical(.inhibitAnyPolicy(skipCerts: 1))]),
    ]
    for (what, extensions) in authorities {
      #expect(!(try await problems(authority: extensions)).isEmpty, "\(what)")
      #expect(try await problems(.path, authority: extensions).isEmpty, "\(what)")
    }
    #expect(try await problems(anchor: [uncritical(constraints)]) == [.basicConstraints])
    #expect(try await problems(anchor: []).contains(.basicConstraints))
    #expect(try await problems(.path, anchor: []).isEmpty)
    let access = critical(.authorityInformationAccess(ocsp: ["http://ocsp.example"], caIssuers: []))
    #expect(try await problems(leaf: [access]).contains(.criticalExtension))
  }

  @Test func `knows the versions that have extensions`() async throws {
    for profile in PathProfile.allCases {
      #expect(try await problems(profile, TestParty.Form { $0.version = 2 }).contains(.certificate))
      #expect(Set(try await problems(profile, TestParty.Form { $0.version = 4 })) == [.certificate])
    }
    let bare = TestParty.Form {
      $0.version = 1
      $0.hasIdentifiers = false
    }
    #expect(try await problems(.path, bare).isEmpty)
  }
}
