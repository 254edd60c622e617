import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

/// RFC 5280 §6.1 and RFC 9618, as far as they speak of policies.
@Suite struct `Certificate policies` {
  private static let gold: ASN1ObjectIdentifier = [1, 3, 9, 1]
  private static let silver: ASN1ObjectIdentifier = [1, 3, 9, 2]
  private static let white: ASN1ObjectIdentifier = [1, 3, 9, 3]
  private static let anyPolicy: ASN1ObjectIdentifier = [2, 5, 29, 32, 0]

  /// What the certificates below an anchor say, the highest first, and whether one is its own issuer.
  private struct Chain {
    let anchor: Certificate
    let path: [Certificate]

    init(anchor extra: [Certificate.Extension] = [], _ below: [Certificate.Extension]..., selfIssued: Set<Int> = [])
      async throws
    {
      var issuer = try TestParty("Anchor")
      anchor = try await issuer.root(TestParty.authority + extra)
      var path: [Certificate] = []
      for (index, extensions) in below.enumerated() {
        let isLeaf = index == below.count - 1
        let subject = try TestParty(
          selfIssued.contains(index) ? issuer.name : DistinguishedName(commonName: "\(index)"))
        path.insert(try await issuer.certify(subject, isLeaf ? extensions : TestParty.authority + extensions), at: 0)
        issuer = subject
      }
      self.path = path
    }

    func validate(_ request: PolicyRequest = .any, _ budget: PathBudget = PathBudget()) async -> Result<
      ValidatedPath, PathFailure
    > {
      await PathValidator(anchors: TrustAnchors([anchor]), purpose: nil, policies: request, budget: budget)
        .validate(path[0], with: Array(path.dropFirst()), at: TestPKI.now)
    }

    func outcome(_ request: PolicyRequest = .any) async throws -> PolicyOutcome {
      try await validate(request).get().policies
    }

    func fails(_ request: PolicyRequest = .any, as check: PathProblem.Check = .policies) async -> Bool {
      guard case .failure(let failure) = await validate(request) else { return false }
      return failure.problems.map(\.check) == [check]
    }
  }

  private func policies(_ policies: ASN1ObjectIdentifier...) -> Certificate.Extension { .certificatePolicies(policies) }

  @Test func `that every certificate has are the path's, and those asked for of them the user's`() async throws {
    let chain = try await Chain([policies(Self.gold, Self.silver)], [policies(Self.gold, Self.white)])
    #expect(try await chain.outcome().authority == [Self.gold])
    #expect(try await chain.outcome().user == [Self.gold])
    let asked = PolicyRequest(accepting: [Self.gold, Self.white], demanding: .explicitPolicy)
    #expect(try await chain.outcome(asked).user == [Self.gold])
    #expect(await chain.fails(PolicyRequest(accepting: [Self.white], demanding: .explicitPolicy)))
    // Nobody demands one, so that none will do.
    #expect(try await chain.outcome(PolicyRequest(accepting: [Self.white])).user == [])
  }

  @Test func `that one certificate does not have are lost for good`() async throws {
    let chain = try await Chain([policies(Self.gold)], [], [policies(Self.gold)])
    #expect(try await chain.outcome() == .none)
    #expect(await chain.fails(PolicyRequest(demanding: .explicitPolicy)))
  }

  @Test func `stand for all by anyPolicy, unless that is inhibited`() async throws {
    let chain = try await Chain([policies(Self.anyPolicy)], [policies(Self.anyPolicy)])
    #expect(try await chain.outcome().authority == [Self.anyPolicy])
    #expect(try await chain.outcome(PolicyRequest(accepting: [Self.silver])).user == [Self.silver])
    #expect(await chain.fails(PolicyRequest(demanding: [.explicitPolicy, .noAnyPolicy])))
    let inhibited = try await Chain(
      [policies(Self.anyPolicy), .inhibitAnyPolicy(skipCerts: 0)], [policies(Self.anyPolicy, Self.gold)])
    #expect(try await inhibited.outcome().authority == [Self.gold])
    // One certificate more is still free to say so.
    let later = try await Chain(
      [policies(Self.anyPolicy), .inhibitAnyPolicy(skipCerts: 1)], [policies(Self.anyPolicy)],
      [policies(Self.anyPolicy, Self.gold)])
    #expect(try await later.outcome().authority == [Self.gold])
    // Authorities that issue to themselves are free in any case, and are not counted.
    let selfIssued = try await Chain(
      [policies(Self.anyPolicy), .inhibitAnyPolicy(skipCerts: 0)], [policies(Self.anyPolicy)], [policies(Self.gold)],
      selfIssued: [1])
    #expect(try await selfIssued.outcome().authority == [Self.gold])
  }

  @Test func `count as others where they are mapped, and are told by the name that the anchor's domain has`()
    async throws
  {
    let chain = try await Chain(
      [policies(Self.gold), .policyMappings([PolicyMapping(Self.gold, to: Self.silver)])], [policies(Self.silver)])
    #expect(try await chain.outcome().authority == [Self.gold])
    #expect(
      try await chain.outcome(PolicyRequest(accepting: [Self.gold], demanding: .explicitPolicy)).user == [Self.gold])
    #expect(await chain.fails(PolicyRequest(accepting: [Self.silver], demanding: .explicitPolicy)))
    #expect(await chain.fails(PolicyRequest(demanding: [.explicitPolicy, .noMapping])))
    // A policy that is mapped is not itself any more.
    let unmapped = try await Chain(
      [policies(Self.gold), .policyMappings([PolicyMapping(Self.gold, to: Self.silver)])], [policies(Self.gold)])
    #expect(try await unmapped.outcome() == .none)
  }

  @Test func `are mapped out of anyPolicy too`() async throws {
    let chain = try await Chain(
      [policies(Self.anyPolicy), .policyMappings([PolicyMapping(Self.gold, to: Self.silver)])], [policies(Self.silver)])
    #expect(try await chain.outcome().authority == [Self.gold])
  }

  @Test func `are mapped no more where an authority above inhibits it`() async throws {
    let mapping = Certificate.Extension.policyMappings([PolicyMapping(Self.gold, to: Self.silver)])
    for (skip, expected) in [(0, Set<ASN1ObjectIdentifier>()), (1, [Self.gold])] {
      let chain = try await Chain(
        [policies(Self.gold), .policyConstraints(PolicyConstraints(inhibitPolicyMapping: skip))],
        [policies(Self.gold), mapping], [policies(Self.silver)])
      #expect(try await chain.outcome().authority == expected)
    }
  }

  @Test(arguments: [
    Certificate.Extension.policyMappings([PolicyMapping([2, 5, 29, 32, 0], to: [1, 3, 9, 1])]),
    .policyMappings([PolicyMapping([1, 3, 9, 1], to: [2, 5, 29, 32, 0])]),
  ])
  func `are never mapped from or to anyPolicy`(mapping: Certificate.Extension) async throws {
    #expect(await (try Chain([policies(Self.gold), mapping], [policies(Self.gold)])).fails())
  }

  @Test func `must be valid from where an authority requires it`() async throws {
    for (skip, isValid) in [(0, false), (1, false), (2, false), (3, true)] {
      let chain = try await Chain(
        [policies(Self.gold), .policyConstraints(PolicyConstraints(requireExplicitPolicy: skip))],
        [policies(Self.gold)],
        [])
      #expect(await chain.fails() != isValid, "\(skip)")
    }
    // The leaf itself may require it, for itself alone.
    let own = try await Chain([], [.policyConstraints(PolicyConstraints(requireExplicitPolicy: 0))])
    #expect(await own.fails())
  }

  @Test func `of an anchor constrain the paths below it, and an anchor without any does not`() async throws {
    let constrained = try await Chain(
      anchor: [policies(Self.gold)], [policies(Self.gold, Self.silver)], [policies(Self.silver)])
    #expect(try await constrained.outcome() == .none)
    let required = try await Chain(
      anchor: [.policyConstraints(PolicyConstraints(requireExplicitPolicy: 0))], [policies(Self.gold)], [])
    #expect(await required.fails())
    #expect(try await Chain([policies(Self.gold)], [policies(Self.gold)]).outcome().authority == [Self.gold])
  }

  @Test func `that stand twice, or cannot be read, are no policies`() async throws {
    #expect(await (try Chain([], [policies(Self.gold, Self.gold)])).fails())
    for oid: ASN1ObjectIdentifier in [[2, 5, 29, 32], [2, 5, 29, 33], [2, 5, 29, 36], [2, 5, 29, 54]] {
      for value: [UInt8] in [[], [0x30, 0x00], [0x02, 0x01, 0xFF], [0x30, 0x03, 0x80, 0x01, 0xFF], [0x05, 0x00]] {
        let broken = Certificate.Extension(oid: oid, isCritical: true, value: value[...])
        #expect(await (try Chain([broken], [])).fails(as: .certificate), "\(oid) \(value)")
      }
    }
  }

  @Test func `of ten levels of a thousand, each mapped to many, cost what their certificates hold`() async throws {
    let all = (1...1_000).map { ASN1ObjectIdentifier(arrayLiteral: 1, 3, 9, UInt($0)) }
    // Every policy is mapped to itself and the next: a tree would double at each level.
    let mappings = all.indices.flatMap { index in
      [PolicyMapping(all[index], to: all[index]), PolicyMapping(all[index], to: all[(index + 1) % all.count])]
    }
    let extensions: [Certificate.Extension] = [.certificatePolicies(all), .policyMappings(mappings)]
    var issuer = try TestParty("Anchor")
    let anchor = try await issuer.root()
    var path: [Certificate] = []
    for level in 1...10 {
      let subject = try TestParty("\(level)")
      path.insert(
        try await issuer.certify(subject, level == 10 ? [extensions[0]] : TestParty.authority + extensions), at: 0)
      issuer = subject
    }
    func validate(_ budget: PathBudget) async -> Result<ValidatedPath, PathFailure> {
      await PathValidator(
        anchors: TrustAnchors([anchor]), purpose: nil, policies: PolicyRequest(demanding: .explicitPolicy),
        budget: budget
      ).validate(path[0], with: path, at: TestPKI.now)
    }
    let found = try await validate(PathBudget()).get()
    #expect(found.policies.authority == Set(all))
    // 1 000 policies and at most 2 000 expected ones at each level, and the mappings once.
    #expect((1...50_000).contains(found.effort.policyNodes))
    var small = PathBudget()
    small.policyNodes = 5_000
    guard case .failure(let failure) = await validate(small) else {
      Issue.record("more policies were followed than the budget has")
      return
    }
    #expect(failure.problems.map(\.check) == [.budget])
  }

  /// SkipCerts with octets that say nothing is still the number that it is.
  @Test(arguments: [
    ("300b 8009 000000000000000000", 0), ("3003 800100", 0), ("300a 8008 0000000000000003", 3),
    ("300b 8009 010000000000000000", Int.max),
  ]) func `are constrained by numbers however they are written`(_ text: String, _ number: Int) throws {
    let one = Certificate.Extension(
      oid: [2, 5, 29, 36], isCritical: true, value: (Hex.bytes(text.filter { $0 != " " }) ?? [])[...])
    #expect(try Extensions([one]).policyConstraints?.requireExplicitPolicy == number)
  }
}
