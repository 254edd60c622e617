import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// Certificates in any number and order, and how much work they are.
@Suite struct `Finding paths` {
  private func validate(
    _ leaf: Certificate, with pool: [Certificate], anchors: [Certificate], budget: PathBudget = PathBudget(),
    profile: PathProfile = .path
  ) async -> Result<ValidatedPath, PathFailure> {
    await PathValidator(anchors: TrustAnchors(anchors), purpose: nil, profile: profile, budget: budget)
      .validate(leaf, with: pool, at: TestPKI.now)
  }

  private func failure(_ result: Result<ValidatedPath, PathFailure>) -> PathFailure? {
    if case .failure(let failure) = result { failure } else { nil }
  }

  /// Twelve authorities, each certified by every other, and a leaf of the first.
  private struct Mesh {
    let parties: [TestParty]
    let certificates: [Certificate]
    let leaf: Certificate

    init(_ extensions: [Certificate.Extension] = TestParty.authority) async throws {
      parties = try (0..<12).map { try TestParty("CA \($0)") }
      var certificates: [Certificate] = []
      for issuer in parties {
        for subject in parties where subject.name != issuer.name {
          certificates.append(try await issuer.certify(subject, extensions))
        }
      }
      self.certificates = certificates
      leaf = try await parties[0].certify(TestParty("Leaf"), [])
    }
  }

  @Test func `among twelve authorities that all certify one another takes a few signatures`() async throws {
    let mesh = try await Mesh()
    let anchor = try await mesh.parties[11].root()
    let found = try await validate(mesh.leaf, with: mesh.certificates, anchors: [anchor]).get()
    #expect(found.certificates.count == 3)
    #expect(found.effort.signatures <= 12)
    #expect(found.effort.steps <= 24)
  }

  @Test func `to an anchor that no name leads to takes each signature once`() async throws {
    let mesh = try await Mesh()
    let stranger = try await TestParty("Stranger").root()
    let failure = try #require(failure(await validate(mesh.leaf, with: mesh.certificates, anchors: [stranger])))
    #expect(failure.problems.map(\.check) == [.path])
    #expect(failure.effort.signatures <= 133)
    #expect(failure.effort.paths == 0)
  }

  @Test func `that are all bad ends after a counted number of them`() async throws {
    // No authority may have another below it, so that only the shortest path would do, and the leaf's issuer has none.
    let mesh = try await Mesh([.basicConstraints(.authority(pathLength: 0)), .keyUsage(.keyCertSign)])
    let anchor = try await mesh.parties[11].root([
      .basicConstraints(.authority(pathLength: 0)), .keyUsage(.keyCertSign),
    ])
    let failure = try #require(failure(await validate(mesh.leaf, with: mesh.certificates, anchors: [anchor])))
    #expect(failure.problems.map(\.check) == [.basicConstraints])
    #expect(failure.effort.paths == PathBudget().paths)
    #expect(failure.effort.signatures <= 133)
    #expect(failure.effort.steps <= PathBudget().steps)
  }

  @Test func `through names that lie about who signed ends too`() async throws {
    let parties = try (0..<12).map { try TestParty("CA \($0)") }
    let forger = try TestParty("Forger")
    var mesh: [Certificate] = []
    for issuer in parties {
      for subject in parties where subject.name != issuer.name {
        mesh.append(try await forger.certify(subject, TestParty.authority, .init { $0.issuer = issuer.name }))
      }
    }
    let leaf = try await parties[0].certify(TestParty("Leaf"), [])
    let failure = try #require(
      failure(await validate(leaf, with: mesh, anchors: [try await parties[11].root()])))
    #expect(failure.problems.contains { $0.check == .signature })
    #expect(failure.effort.signatures <= 200)
  }

  @Test func `in a bag of a thousand certificates verifies at most a thousand signatures`() async throws {
    let name = DistinguishedName(commonName: "Twin")
    let root = try TestParty("Root")
    let real = try TestParty(name)
    var bag: [Certificate] = []
    for _ in 0..<997 { bag.append(try await root.certify(TestParty(name))) }
    bag.append(try await root.certify(real))
    bag += try await [TestParty("Other").root(), TestParty("Another").root()]
    let leaf = try await real.certify(TestParty("Leaf"), [])
    let anchor = try await root.root()
    let found = try await validate(leaf, with: bag, anchors: [anchor]).get()
    #expect(found.effort.signatures == 2)
    // Without key identifiers every one of them may be it, and the last of them is.
    let bare = try await real.certify(TestParty("Leaf"), [], .init { $0.hasIdentifiers = false })
    let sought = try await validate(bare, with: bag, anchors: [anchor]).get()
    #expect(sought.effort.signatures <= 1_000)
    var small = PathBudget()
    small.signatures = 100
    let failure = try #require(failure(await validate(bare, with: bag, anchors: [anchor], budget: small)))
    #expect(failure.problems.map(\.check) == [.budget])
    #expect(failure.effort.signatures == 100)
  }

  @Test func `goes by the old key and the new`() async throws {
    let root = try TestParty("Root")
    let (old, new) = try (TestParty("Authority"), TestParty("Authority"))
    let leaf = try await old.certify(TestParty("Leaf"), [])
    let pool = try await [new.certify(old), root.certify(new)]
    let found = try await validate(leaf, with: pool, anchors: [root.root()]).get()
    #expect(found.certificates.map(\.publicKey).contains(new.key.publicKey))
    #expect(found.certificates.count == 4)
  }

  @Test func `tries another way when the first is no good`() async throws {
    let (left, right, middle) = try (TestParty("Left"), TestParty("Right"), TestParty("Middle"))
    let late = TestParty.Form {
      $0.validity = Validity(from: TestPKI.now.addingTimeInterval(-864_000), days: 1)
    }
    let pool = try await [left.certify(middle, TestParty.authority, late), right.certify(middle)]
    let leaf = try await middle.certify(TestParty("Leaf"), [])
    let anchors = try await [left.root(), right.root()]
    #expect(try await validate(leaf, with: pool, anchors: anchors).get().certificates[2] == anchors[1])
    // Only the bad one is left: it is told.
    let failure = try #require(failure(await validate(leaf, with: pool, anchors: [anchors[0]])))
    #expect(failure.problems.map(\.check) == [.expired])
  }

  @Test func `tells of several failures the one that is nearest`() async throws {
    let (left, right, middle) = try (TestParty("Left"), TestParty("Right"), TestParty("Middle"))
    let late = TestParty.Form {
      $0.validity = Validity(from: TestPKI.now.addingTimeInterval(-864_000), days: 1)
    }
    let pool = try await [
      left.certify(middle, [.basicConstraints(.endEntity)]), right.certify(middle, TestParty.authority, late),
    ]
    let leaf = try await middle.certify(TestParty("Leaf"), [])
    let anchors = try await [left.root(), right.root()]
    let failure = try #require(failure(await validate(leaf, with: pool, anchors: anchors)))
    #expect(failure.problems.map(\.check) == [.expired])
  }

  @Test func `counts authorities as the caller allows, those not that issue to themselves`() async throws {
    let (root, upper, lower) = try (TestParty("Root"), TestParty("Upper"), TestParty("Lower"))
    let again = try TestParty("Lower")
    let pool = try await [root.certify(upper), upper.certify(lower), lower.certify(again)]
    let leaf = try await again.certify(TestParty("Leaf"), [])
    let anchor = try await root.root()
    for (limit, isValid) in [(0, false), (1, false), (2, true)] {
      var budget = PathBudget()
      budget.authorities = limit
      let failure = failure(await validate(leaf, with: pool, anchors: [anchor], budget: budget))
      #expect((failure == nil) == isValid, "\(limit)")
      #expect(failure?.problems.map(\.check) ?? [.basicConstraints] == [.basicConstraints])
    }
  }

  @Test func `trusts an anchor at any time, unless the profile asks for its own`() async throws {
    let root = try TestParty("Root")
    let old = TestParty.Form { $0.validity = Validity(from: TestPKI.now.addingTimeInterval(-864_000), days: 1) }
    let anchor = try await root.root(TestParty.authority, old)
    let leaf = try await root.certify(TestParty("Leaf"), [])
    #expect(failure(await validate(leaf, with: [], anchors: [anchor])) == nil)
    let strict = failure(await validate(leaf, with: [], anchors: [anchor], profile: .rfc5280))
    #expect(strict?.problems.map(\.check) == [.expired])
    // As a leaf it is judged like any other.
    #expect(failure(await validate(anchor, with: [], anchors: [anchor]))?.problems.map(\.check) == [.expired])
  }

  @Test func `judges in whole seconds`() async throws {
    let root = try TestParty("Root")
    let leaf = try await root.certify(TestParty("Leaf"), [])
    let validator = PathValidator(anchors: TrustAnchors([try await root.root()]), purpose: nil)
    let (start, end) = (leaf.validity.notBefore, leaf.validity.notAfter)
    for (instant, isValid) in [
      (start, true), (start.addingTimeInterval(-0.001), false), (end, true), (end.addingTimeInterval(0.999), true),
      (end.addingTimeInterval(1), false),
    ] {
      let result = await validator.validate(leaf, at: instant)
      #expect((failure(result) == nil) == isValid, "\(instant.timeIntervalSince1970)")
    }
  }
}
