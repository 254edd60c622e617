import Foundation
import PKIX
import SMIMECrypto
import SwiftASN1

/// What the corpora say of paths: valid or not, and for which policies.
enum PathSuites {
  static let all = [
    Suite(name: "pkits", run: pkits), Suite(name: "pkits-pool", run: pkitsFromOnePool),
    Suite(name: "pkits-store", run: pkitsFromStore), Suite(name: "pkits-http", run: pkitsFromHTTP),
    Suite(name: "limbo", run: limbo),
    Suite(name: "boringssl-paths", run: boringSSL), Suite(name: "boringssl-names", run: names),
    Suite(name: "webpki-paths", run: webpki), Suite(name: "openssl-paths", run: openSSL),
  ]

  /// One question, and what is expected of the answer.
  struct Question {
    let id: String
    var anchors: [Certificate] = []
    var leaf: Certificate
    var pool: [Certificate] = []
    var lists: [CertificateRevocationList] = []
    /// Where issuers and lists are sought that are not given.
    var issuers: [any CertificateSource] = []
    var revocation: [any RevocationSource] = []
    var isHard = false
    var policies = PolicyRequest.any
    var purpose: KeyPurpose?
    var profile = PathProfile.path
    var algorithms = AlgorithmPolicy.legacy
    var budget = PathBudget()
    let instant: Date
    let isValid: Bool
    var authorityPolicies: Set<String>?
    var userPolicies: Set<String>?

    func ask() async -> CaseResult {
      let validator = PathValidator(
        anchors: TrustAnchors(anchors), issuers: issuers,
        revocation: isHard ? .hard([RevocationFiles(lists)] + revocation) : .off, policy: algorithms,
        purpose: purpose, policies: policies, profile: profile, budget: budget)
      switch await validator.validate(leaf, with: pool, at: instant) {
      case .failure(let failure): return CaseResult(id, isValid ? "is not valid: \(failure)" : nil)
      case .success(let path):
        guard isValid else { return CaseResult(id, "is valid") }
        let authority = Set(path.policies.authority.map { "\($0)" })
        let user = Set(path.policies.user.map { "\($0)" })
        if let expected = authorityPolicies, expected != authority {
          return CaseResult(id, "the authorities' policies are \(authority), expected \(expected)")
        }
        if let expected = userPolicies, expected != user {
          return CaseResult(id, "the user's policies are \(user), expected \(expected)")
        }
        return CaseResult(id, nil)
      }
    }
  }

  private static func instant(_ text: String) throws -> Date {
    guard let date = RFC3339.date(text.utf8) else { throw Malformed("\(text) is no time") }
    return date
  }

  // MARK: NIST PKITS

  struct PKITS: Decodable {
    struct Test: Decodable {
      let id: String
      let expected: String
      let trust_anchor: String
      let chain: [String]
      let end_entity: String
      let crls: [String]
      let initial_policy_set: [String]
      let initial_explicit_policy: Bool
      let initial_policy_mapping_inhibit: Bool
      let initial_inhibit_any_policy: Bool
      let user_constrained_policy_set: [String]?
      let authorities_constrained_policy_set: [String]?
    }

    struct Defaults: Decodable {
      let validation_time: String
    }

    let tests: [Test]
    let defaults: Defaults
  }

  private static func pkits(_ corpus: Corpus) async throws -> [CaseResult] {
    try await pkits(corpus) { question, test, certificates, lists in
      question.pool = test.chain.compactMap { certificates[$0] }
      question.lists = test.crls.compactMap { lists[$0] }
    }
  }

  /// Every case again, the path builder given all that there is of certificates and lists.
  private static func pkitsFromOnePool(_ corpus: Corpus) async throws -> [CaseResult] {
    try await pkits(corpus) { question, test, certificates, lists in
      // Lists and certificates of other cases with the same issuer may say otherwise; those of the case come first.
      question.pool = test.chain.compactMap { certificates[$0] } + certificates.values
      question.lists = test.crls.compactMap { lists[$0] }
    }
  }

  /// - Parameter give: adds to a question what it is to be answered with.
  static func pkits(
    _ corpus: Corpus,
    _ give: (inout Question, PKITS.Test, [String: Certificate], [String: CertificateRevocationList]) throws -> Void
  ) async throws -> [CaseResult] {
    let manifest: PKITS = try corpus.manifest("pkits/manifest.json")
    let time = try instant(manifest.defaults.validation_time)
    var certificates: [String: Certificate] = [:]
    for file in try corpus.files(in: "pkits/certs") {
      certificates[name(file)] = try Certificate(der: try corpus.der(file)[...])
    }
    var lists: [String: CertificateRevocationList] = [:]
    for file in try corpus.files(in: "pkits/crls") {
      // What cannot be read is no evidence, which is what such cases expect.
      lists[name(file)] = try? CertificateRevocationList(der: corpus.der(file)[...])
    }
    var results: [CaseResult] = []
    for test in manifest.tests {
      guard let anchor = certificates[test.trust_anchor], let leaf = certificates[test.end_entity] else {
        throw Malformed("\(test.id): a certificate is missing")
      }
      var demands: PolicyRequest.Demands = []
      if test.initial_explicit_policy { demands.insert(.explicitPolicy) }
      if test.initial_policy_mapping_inhibit { demands.insert(.noMapping) }
      if test.initial_inhibit_any_policy { demands.insert(.noAnyPolicy) }
      let policies = try test.initial_policy_set.map { try ASN1ObjectIdentifier(dotRepresentation: $0[...]) }
      var question = Question(
        id: test.id, anchors: [anchor], leaf: leaf, isHard: true,
        policies: PolicyRequest(accepting: policies, demanding: demands), instant: time,
        isValid: test.expected == "valid", authorityPolicies: test.authorities_constrained_policy_set.map(Set.init),
        userPolicies: test.user_constrained_policy_set.map(Set.init))
      try give(&question, test, certificates, lists)
      results.append(await question.ask())
    }
    return results
  }

  static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  // MARK: x509-limbo

  private struct Limbo: Decodable {
    struct Case: Decodable {
      let id: String
      let expected_result: String
      let validation_time: String?
      let trusted_certs: [String]
      let untrusted_intermediates: [String]
      let peer_certificate: String
      let crls: [String]
      let max_chain_depth: Int?
      let extended_key_usage: [String]
    }

    let testcases: [Case]
  }

  private static let purposes: [String: KeyPurpose] = [
    "serverAuth": .serverAuth, "clientAuth": .clientAuth, "emailProtection": .emailProtection,
    "codeSigning": .codeSigning, "timeStamping": .timeStamping, "OCSPSigning": .ocspSigning,
    "anyExtendedKeyUsage": .any,
  ]

  private static func limbo(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: Limbo = try corpus.manifest("x509-limbo/limbo-rfc5280.json")
    var results: [CaseResult] = []
    for one in manifest.testcases {
      let isValid = one.expected_result == "SUCCESS"
      do {
        var budget = PathBudget()
        budget.authorities = one.max_chain_depth
        let question = Question(
          id: one.id, anchors: try one.trusted_certs.map(certificate), leaf: try certificate(one.peer_certificate),
          pool: try one.untrusted_intermediates.map(certificate),
          lists: try one.crls.flatMap { try CertificateRevocationList.all(in: Array($0.utf8)) },
          isHard: !one.crls.isEmpty,
          purpose: one.extended_key_usage.first.flatMap { purposes[$0] }, profile: .rfc5280, algorithms: .standard,
          budget: budget, instant: try one.validation_time.map(instant) ?? Date(), isValid: isValid)
        results.append(await question.ask())
      } catch { results.append(CaseResult(one.id, isValid ? "\(error)" : nil)) }
    }
    return results
  }

  private static func certificate(_ pem: String) throws -> Certificate {
    guard let first = try Certificate.all(in: Array(pem.utf8)).first else { throw Malformed("there is no certificate") }
    return first
  }

  // MARK: BoringSSL

  private struct BoringSSL: Decodable {
    struct Chain: Decodable {
      let id: String
      let chain: String
      let last_cert_trust: String
      let utc_time: String
      let key_purpose: String
      let expected: String
    }

    struct Names: Decodable {
      let pairs: [[Value]]
    }

    enum Value: Decodable {
      case text(String), flag(Bool)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
          self = .flag(flag)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }

    let chains: [Chain]
    let name_match: Names
  }

  private static func boringSSL(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: BoringSSL = try corpus.manifest("boringssl-pki/manifest.json")
    let purposes: [String: KeyPurpose?] = [
      "SERVER_AUTH": KeyPurpose.serverAuth, "CLIENT_AUTH": KeyPurpose.clientAuth, "ANY_EKU": KeyPurpose?.none,
    ]
    var results: [CaseResult] = []
    for one in manifest.chains {
      // The other purposes are that library's own rules for TLS, C2PA and MLS.
      guard let purpose = purposes[one.key_purpose] else { continue }
      let isValid = one.expected == "valid"
      do {
        let digits = Array(one.utc_time.utf8)
        guard let time = ASN1Time.date(digits[...], generalized: false) else { throw Malformed("\(digits) is no time") }
        let blocks = try PEMBlock.all(in: try corpus.bytes("boringssl-pki/\(one.chain)"))
        let chain = try blocks.filter { $0.label == "CERTIFICATE" }.map { try Certificate(der: $0.bytes[...]) }
        guard let leaf = chain.first, let anchor = chain.last else { throw Malformed("there is no chain") }
        let question = Question(
          id: one.id, anchors: [anchor], leaf: leaf, pool: Array(chain.dropFirst().dropLast()), purpose: purpose,
          // Only that profile asks for an anchor's validity.
          profile: one.last_cert_trust.contains("EXPIRATION") ? .rfc5280 : .path, algorithms: .standard, instant: time,
          isValid: isValid)
        results.append(await question.ask())
      } catch { results.append(CaseResult(one.id, isValid ? "\(error)" : nil)) }
    }
    return results
  }

  /// Pairs of names, and whether they match.
  private static func names(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: BoringSSL = try corpus.manifest("boringssl-pki/manifest.json")
    return try manifest.name_match.pairs.map { pair in
      guard case .text(let left) = pair[0], case .text(let right) = pair[1], case .flag(let match) = pair[2] else {
        throw Malformed("a pair of names is none")
      }
      let isEqual = try name(in: corpus, left) == name(in: corpus, right)
      return CaseResult("\(name(left))=\(name(right))", isEqual == match ? nil : "match: \(isEqual), expected \(match)")
    }
  }

  private static func name(in corpus: Corpus, _ file: String) throws -> DistinguishedName {
    try DistinguishedName(der: try corpus.der("boringssl-pki/\(file)")[...])
  }

  // MARK: rustls-webpki

  /// Chains whose expectations stand in that library's tests, with the time that they are judged at.
  private static func webpki(_ corpus: Corpus) async throws -> [CaseResult] {
    let chains: [(folder: String, leaf: String, pool: [String], anchor: String, time: Double, isValid: Bool)] = [
      ("netflix", "ee.der", ["inter.der"], "ca.der", 1_492_441_716, true),
      ("netflix", "ee.der", [], "ca.der", 1_492_441_716, false),
      ("cloudflare_dns", "ee.der", ["inter.der"], "ca.der", 1_663_495_771, true),
      ("wpt", "ee.der", [], "ca.der", 1_619_256_684, true), ("ed25519", "ee.der", [], "ca.der", 1_547_363_522, true),
      ("critical_extensions", "ee-cert-noncrit-unknown-ext.der", ["ca-cert.der"], "root-cert.der", 1_670_779_098, true),
      ("critical_extensions", "ee-cert-crit-unknown-ext.der", ["ca-cert.der"], "root-cert.der", 1_670_779_098, false),
      ("sanofi", "ee.der", ["inter.der"], "ca.der", 1_746_549_566, true),
      ("misc", "serial_neg_ee.der", [], "serial_neg_ca.der", 1_667_401_500, true),
      ("misc", "mdoc_eku.ee.der", [], "mdoc_eku.ca.der", 1_609_459_200, true),
      (
        "custom_ekus", "cert_with_both_ekus_accepted_for_client_auth.ee.der", [],
        "cert_with_both_ekus_accepted_for_client_auth.ca.der", 535_687_200, true
      ),
      (
        "custom_ekus", "cert_with_no_eku_accepted_for_client_auth.ee.der", [],
        "cert_with_no_eku_accepted_for_client_auth.ca.der", 535_687_200, true
      ),
    ]
    var results: [CaseResult] = []
    for chain in chains {
      func read(_ file: String) throws -> Certificate {
        try Certificate(der: try corpus.der("rustls-webpki/tests/\(chain.folder)/\(file)")[...])
      }
      let question = Question(
        id: "\(chain.folder)/\(chain.leaf)\(chain.isValid ? "" : "#refused")", anchors: [try read(chain.anchor)],
        leaf: try read(chain.leaf), pool: try chain.pool.map(read), algorithms: .standard,
        instant: Date(timeIntervalSince1970: chain.time), isValid: chain.isValid)
      results.append(await question.ask())
    }
    return results
  }

  // MARK: OpenSSL

  /// The certificates of its S/MIME tests below their root, in the middle of their validity.
  private static func openSSL(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = "openssl-test/smime-certs"
    let root = try certificate(String(decoding: try corpus.bytes("\(folder)/smroot.pem"), as: UTF8.self))
    var results: [CaseResult] = []
    for file in try corpus.files(in: folder) {
      guard let leaf = try? Certificate.all(in: try corpus.bytes(file)).first, leaf != root else { continue }
      let span = leaf.validity.notAfter.timeIntervalSince(leaf.validity.notBefore)
      let question = Question(
        id: name(file), anchors: [root], leaf: leaf, purpose: nil,
        instant: leaf.validity.notBefore.addingTimeInterval(span / 2), isValid: leaf.issuer == root.subject)
      results.append(await question.ask())
    }
    return results
  }
}
