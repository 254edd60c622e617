import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// `smime cert validate`, by itself and for many cases at once.
@Suite struct ValidationTests {
  /// An anchor, an authority with policies, and a leaf, as files.
  private struct Files {
    let shell: Shell
    static let gold = "1.3.9.1"
    static let time = "2026-09-21T14:13:20Z"

    init() async throws {
      shell = try Shell()
      let (root, authority) = try (TestParty("Root"), TestParty("Authority"))
      let policies = Certificate.Extension.certificatePolicies([[1, 3, 9, 1]])
      try await write(root.root(), "root.pem")
      try await write(root.certify(authority, TestParty.authority + [policies]), "authority.pem")
      let names = Certificate.Extension.subjectAlternativeName([.rfc822Name("a@example.com")])
      try await write(
        authority.certify(TestParty("Leaf"), [policies, names, .extendedKeyUsage([.emailProtection])]), "leaf.pem")
      try await write(
        root.certify(TestParty("Bare"), [], .init { $0.hasIdentifiers = false }), "bare.pem")
    }

    private func write(_ certificate: Certificate, _ name: String) throws { try shell.write(certificate.pem, to: name) }

    var question: [String] {
      ["cert", "validate", "leaf.pem", "--anchor", "root.pem", "--intermediate", "authority.pem", "--at", Self.time]
    }

    /// One answer for each line, in order.
    func batch(_ lines: [String], _ options: [String] = []) throws -> [[String: Any]] {
      try shell.write(lines.joined(separator: "\n") + "\n", to: "cases.jsonl")
      let result = try shell.smime(["cert", "validate", "--batch", "cases.jsonl"] + options)
      return try result.output.split(separator: "\n").map { line in
        let printed = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let faults = try Schema(named: "validation-batch").faults(in: printed)
        #expect(faults.isEmpty, "\(faults)")
        return printed as? [String: Any] ?? [:]
      }
    }
  }

  @Test func `The policies that were asked for are told, or why there are none`() async throws {
    let files = try await Files()
    let found = try files.shell.smime(files.question)
    #expect(found.output.contains("\npolicies by the authorities: 1.3.9.1\n"))
    #expect(found.output.contains("\nholds: path, signature, certificate,"))
    let asked = try files.shell.smime(files.question + ["--policy", Files.gold, "--explicit-policy", "--json"])
    let report = try #require(try JSONSerialization.jsonObject(with: Data(asked.output.utf8)) as? [String: Any])
    #expect(try Schema(named: "validation").faults(in: report).isEmpty)
    #expect(report["userPolicies"] as? [String] == [Files.gold])
    let missed = try files.shell.smime(
      files.question + ["--policy", "1.3.9.2", "--explicit-policy", "--inhibit-mapping", "--inhibit-any-policy"],
      expect: 1)
    #expect(missed.output.contains("policies: CN=Leaf: it is valid for none of the policies asked for"))
  }

  @Test func `Every case of a batch is answered in order, whatever is wrong with another`() async throws {
    let files = try await Files()
    let common = #""anchors": ["root.pem"], "chain": ["authority.pem"], "at": "\#(Files.time)""#
    let answers = try files.batch([
      #"{"id": "good", "leaf": "leaf.pem", \#(common)}"#,
      #"{"id": "asked", "leaf": "leaf.pem", "policies": ["1.3.9.1", "1.3.9.2"], "explicitPolicy": true, \#(common)}"#,
      #"{"id": "missed", "leaf": "leaf.pem", "policies": ["1.3.9.2"], "explicitPolicy": true, \#(common)}"#,
      #"{"id": "no file", "leaf": "nowhere.pem", \#(common)}"#, "", "nonsense",
      #"{"id": 7, "leaf": "leaf.pem", "anchors": ["root.pem"], "chain": [], "at": "\#(Files.time)"}"#,
      #"{"id": "odd", "leaf": "leaf.pem", "purpose": "tea", \#(common)}"#,
      #"{"id": "typed", "leaf": "leaf.pem", "legacy": "yes", \#(common)}"#, #"{"id": "no leaf", \#(common)}"#,
      #"{"id": "purpose", "leaf": "leaf.pem", "eku": "1.3.6.1.5.5.7.3.1", \#(common)}"#,
      #"{"id": "depth", "leaf": "leaf.pem", "maxDepth": 0, \#(common)}"#,
      #"{"id": "hard", "leaf": "leaf.pem", "revocation": "hard", "crls": [], \#(common)}"#,
      #"{"id": "path", "leaf": "bare.pem", "purpose": "any", \#(common)}"#,
      #"{"id": "profile", "leaf": "bare.pem", "purpose": "any", "profile": "rfc5280", \#(common)}"#,
    ])
    #expect(
      answers.map { $0["id"] as? String ?? "\($0["id"] as? Int ?? -1)" } == [
        "good", "asked", "missed", "no file", "line 6", "7", "odd", "typed", "no leaf", "purpose", "depth", "hard",
        "path",
        "profile",
      ])
    #expect(
      answers.map { $0["valid"] as? Bool } == [
        true, true, false, false, false, false, false, false, false, false, false, false, true, false,
      ])
    let reasons = answers.map { ($0["reasons"] as? [String])?.first?.prefix { $0 != ":" } ?? "" }
    #expect(
      reasons == [
        "", "", "policies", "input", "input", "path", "input", "input", "input", "extendedKeyUsage", "basicConstraints",
        "revocationUnknown", "", "certificate",
      ])
    #expect(answers[1]["userPolicies"] as? [String] == [Files.gold])
    #expect(answers[1]["authorityPolicies"] as? [String] == [Files.gold])
    #expect(answers[2]["userPolicies"] as? [String] == [])
  }

  @Test func `A key that there is not makes its case invalid, and is named`() async throws {
    let files = try await Files()
    let common = #""leaf": "leaf.pem", "anchors": ["root.pem"], "chain": ["authority.pem"], "at": "\#(Files.time)""#
    let every =
      #""crls": [], "policies": ["1.3.9.1"], "explicitPolicy": true, "inhibitMapping": true, "#
      + #""inhibitAnyPolicy": true, "revocation": "soft", "purpose": "email", "eku": "1.3.6.1.5.5.7.3.4", "#
      + #""legacy": false, "profile": "path", "maxDepth": 3"#
    let answers = try files.batch([
      #"{"id": "misspelt", "revocaton": "hard", \#(common)}"#, #"{"id": "two", "ca": 1, "Leaf": null, \#(common)}"#,
      #"{"id": "no leaf", "laef": "leaf.pem"}"#, #"{"id": "every", \#(every), \#(common)}"#,
    ])
    #expect(answers.map { $0["id"] as? String } == ["misspelt", "two", "no leaf", "every"])
    #expect(answers.map { $0["valid"] as? Bool } == [false, false, false, true])
    let reasons = ["revocaton", "Leaf, ca", "laef"].map { ["input: the line is no case: there is no key \($0)"] }
    #expect(answers.map { $0["reasons"] as? [String] } == reasons + [[]])
  }

  @Test func `What a case leaves out is as the options have it`() async throws {
    let files = try await Files()
    let options = [
      "--anchor", "root.pem", "--intermediate", "authority.pem", "--at", Files.time, "--policy", "1.3.9.2",
      "--explicit-policy",
    ]
    let answers = try files.batch(
      [#"{"id": "as it is", "leaf": "leaf.pem"}"#, #"{"id": "not", "leaf": "leaf.pem", "explicitPolicy": false}"#],
      options)
    #expect(answers.map { $0["valid"] as? Bool } == [false, true])
  }

  @Test func `What is missing on the way to an anchor is asked for by the option that gives it`() async throws {
    let files = try await Files()
    let command = ["cert", "validate", "leaf.pem", "--at", Files.time]
    // Nobody knows who issued the last one on the path: it may be an authority below an anchor, or be trusted itself.
    for more in [["--anchor", "root.pem"], ["--anchor", "bare.pem", "--intermediate", "authority.pem"]] {
      let told = try files.shell.smime(command + more, expect: 1)
      #expect(told.errors.contains("hint: give the issuer's certificate with --intermediate FILE"), "\(told.errors)")
      #expect(told.errors.contains("with --anchor FILE"))
    }
    // Its own issuer stands at the end: it is trusted, or nothing helps.
    let ends = try files.shell.smime(
      command + ["--anchor", "bare.pem", "--intermediate", "authority.pem", "--intermediate", "root.pem"], expect: 1)
    #expect(ends.errors.contains("name the anchor with --anchor FILE"), "\(ends.errors)")
    #expect(!ends.errors.contains("--intermediate"))
    // A rule that does not hold is no matter of anchors.
    let usage = try files.shell.smime(files.question + ["--policy", "1.3.9.2", "--explicit-policy"], expect: 1)
    #expect(!usage.errors.contains("hint: "))
  }

  @Test func `A leaf and a batch exclude each other`() async throws {
    let files = try await Files()
    try files.shell.smime("cert", "validate", expect: 64)
    try files.shell.smime("cert", "validate", "leaf.pem", "--batch", "cases.jsonl", expect: 64)
    try files.shell.smime("cert", "validate", "--batch", "nowhere.jsonl", expect: 66)
    try files.shell.smime("cert", "validate", "leaf.pem", "--policy", "gold", expect: 64)
  }
}
