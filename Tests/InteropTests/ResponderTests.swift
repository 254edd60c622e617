import CertificateAuthority
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// Clients that others wrote, against our daemon.
@Suite(.serialized) struct `The daemon and clients of others` {
  /// A daemon with three certificates, one of them revoked, and the files that clients need.
  private struct Scene {
    let test: TestAuthority
    let daemon: Daemon
    let good: Certificate
    let revoked: Certificate

    var folder: String { test.workshop.path }
    var url: String { "http://127.0.0.1:\(daemon.port)" }

    init() async throws {
      test = try await TestAuthority()
      good = try await test.issue("good@example.com")
      revoked = try await test.issue("revoked@example.com")
      let other = try await test.issue("other@example.com")
      daemon = try await Daemon(test)
      try test.revoke(revoked)
      let (root, issuing) = (test.authority.certificate(.root), test.authority.certificate(.issuing))
      for (name, text) in [
        ("good", good.pem), ("revoked", revoked.pem), ("other", other.pem), ("root", root.pem),
        ("issuing", issuing.pem), ("chain", issuing.pem + root.pem),
      ] {
        try test.workshop.write(Array(text.utf8), to: "\(name).pem")
      }
    }

    @discardableResult
    func perform(_ program: String, _ arguments: [String], expect status: Int32? = 0) throws -> String {
      let result = try run(program, arguments, environment: ["no_proxy": "*", "NO_PROXY": "*"], in: folder)
      if let status {
        #expect(
          result.status == status, "\(program) \(arguments.joined(separator: " ")): \(result.errors)\(result.text)")
      }
      return result.text + result.errors
    }

    func ocsp(_ arguments: String...) throws -> String {
      try perform(
        "openssl", ["ocsp", "-url", "\(url)/ocsp", "-CAfile", "chain.pem", "-issuer", "issuing.pem"] + arguments)
    }
  }

  @Test(.enabled(if: isAvailable("openssl"), "openssl is not installed"), arguments: ["-nonce", "-no_nonce"])
  func `openssl ocsp asks about one and about many`(_ nonce: String) async throws {
    let scene = try await Scene()
    let good = try scene.ocsp("-cert", "good.pem", nonce)
    #expect(good.contains("Response verify OK") && good.contains("good.pem: good"), "\(good)")
    #expect(!good.contains("WARNING"), "\(good)")
    let revoked = try scene.ocsp("-cert", "revoked.pem", nonce)
    #expect(revoked.contains("Response verify OK") && revoked.contains("revoked.pem: revoked"), "\(revoked)")
    #expect(revoked.contains("keyCompromise"))
    let many = try scene.ocsp("-cert", "good.pem", "-cert", "revoked.pem", "-cert", "other.pem", nonce)
    for words in ["Response verify OK", "good.pem: good", "revoked.pem: revoked", "other.pem: good"] {
      #expect(many.contains(words), "\(many)")
    }
    let fresh = try scene.ocsp("-cert", "good.pem", "-validity_period", "60", "-status_age", "90000", nonce)
    #expect(fresh.contains("good.pem: good"), "\(fresh)")
    let sha256 = try scene.ocsp("-sha256", "-cert", "good.pem", nonce)
    #expect(sha256.contains("good.pem: good"), "\(sha256)")
    let unknown = try scene.ocsp("-serial", "0x1234567890", nonce)
    #expect(unknown.contains("0x1234567890: unknown"), "\(unknown)")
    #expect(try await scene.daemon.stop() == 0)
  }

  @Test(.enabled(if: isAvailable("openssl"), "openssl is not installed"))
  func `openssl ocsp is told nothing of another authority's certificate`() async throws {
    let scene = try await Scene()
    let text = try scene.perform(
      "openssl",
      ["ocsp", "-url", "\(scene.url)/ocsp", "-CAfile", "chain.pem", "-issuer", "root.pem", "-cert", "issuing.pem"],
      expect: nil)
    #expect(text.contains("unauthorized"), "\(text)")
  }

  @Test(.enabled(if: isAvailable("ocsptool"), "gnutls-bin is not installed"))
  func `ocsptool asks`() async throws {
    let scene = try await Scene()
    func ask(_ name: String, _ more: [String] = [], expect status: Int32?) throws -> String {
      try scene.perform(
        "ocsptool",
        [
          "--ask=\(scene.url)/ocsp", "--load-issuer", "issuing.pem", "--load-cert", "\(name).pem", "--load-trust",
          "chain.pem",
        ] + more, expect: status)
    }
    for more in [[], ["--nonce"]] {
      let good = try ask("good", more, expect: 0)
      #expect(good.contains("Certificate Status: good"), "\(good)")
      #expect(good.contains("Verifying OCSP Response: Success"), "\(good)")
      let revoked = try ask("revoked", more, expect: nil)
      #expect(revoked.contains("Certificate Status: revoked"), "\(revoked)")
    }
  }

  @Test(.enabled(if: isAvailable("openssl") && isAvailable("curl"), "openssl or curl is not installed"))
  func `openssl verify refuses what the list that curl fetches names`() async throws {
    let scene = try await Scene()
    for name in ["root", "issuing"] {
      try scene.perform("curl", ["-sSf", "-o", "\(name).crl", "\(scene.url)/crl/\(name).crl"])
      try scene.perform("openssl", ["crl", "-inform", "DER", "-in", "\(name).crl", "-out", "\(name).crl.pem"])
    }
    let check = [
      "verify", "-crl_check_all", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "-CRLfile", "root.crl.pem",
      "-CRLfile",
      "issuing.crl.pem",
    ]
    #expect(try scene.perform("openssl", check + ["good.pem"]).contains("good.pem: OK"))
    let refused = try scene.perform("openssl", check + ["revoked.pem"], expect: 2)
    #expect(refused.contains("certificate revoked"), "\(refused)")
    // The chain, as clients import it.
    try scene.perform("curl", ["-sSf", "-o", "chain.p7c", "\(scene.url)/ca/chain.p7c"])
    let chain = try scene.perform("openssl", ["pkcs7", "-inform", "DER", "-in", "chain.p7c", "-print_certs", "-noout"])
    #expect(chain.contains("Test Root") && chain.contains("Test Issuing"), "\(chain)")
    // What a cache is told.
    let headers = try scene.perform("curl", ["-sSI", "\(scene.url)/crl/issuing.crl"]).lowercased()
    #expect(headers.contains("content-type: application/pkix-crl"))
    #expect(headers.contains("etag: \"") && headers.contains("last-modified: ") && headers.contains("expires: "))
    #expect(headers.contains("cache-control: max-age=0, public, no-transform, must-revalidate"))
  }

  // MARK: pkilint

  private static let linters = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent(".build/pkilint/bin").path

  private static var hasLinters: Bool {
    FileManager.default.isExecutableFile(atPath: "\(linters)/lint_ocsp_response")
      || ProcessInfo.processInfo.environment["CI"] == "true"
  }

  @Test(.enabled(if: hasLinters, "pkilint is not installed: make setup-lint"))
  func `pkilint finds nothing in what the authority issues and publishes`() async throws {
    let scene = try await Scene()
    try scene.test.workshop.write(Array(scene.good.derBytes), to: "good.der")
    let issuing = scene.test.authority.certificate(.issuing)
    try scene.test.workshop.write(Array(issuing.derBytes), to: "issuing.der")
    for name in ["root", "issuing"] {
      try scene.perform("curl", ["-sSf", "-o", "\(name).crl", "\(scene.url)/crl/\(name).crl"])
    }
    for (name, certificate) in [("good", scene.good), ("revoked", scene.revoked)] {
      let id = try OCSPCertificateID(certificate.serialNumber, of: issuing)
      try scene.test.workshop.write(OCSPRequest([id]).encoded, to: "\(name).ocsp.in")
      try scene.perform(
        "curl",
        [
          "-sSf", "-o", "\(name).ocsp", "-H", "Content-Type: application/ocsp-request", "--data-binary",
          "@\(name).ocsp.in", "\(scene.url)/ocsp",
        ])
    }
    let answer = try OCSPResponse(der: ArraySlice(try scene.test.workshop.read("good.ocsp")))
    let responder = try #require(answer.basic?.certificates.first)
    try scene.test.workshop.write(Array(responder.derBytes), to: "responder.der")
    func lint(_ linter: String, _ arguments: String...) throws {
      let text = try scene.perform("\(Self.linters)/\(linter)", ["lint", "-s", "WARNING"] + arguments)
      #expect(text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(linter) \(arguments): \(text)")
    }
    try lint("lint_cabf_smime_cert", "-t", "MAILBOX-STRICT", "good.der")
    try lint("lint_crl", "-t", "CRL", "-p", "BR", "issuing.crl")
    try lint("lint_crl", "-t", "ARL", "-p", "BR", "root.crl")
    try lint("lint_ocsp_response", "good.ocsp")
    try lint("lint_ocsp_response", "revoked.ocsp")
    try lint("lint_pkix_cert", "responder.der")
    try lint("lint_pkix_cert", "issuing.der")
  }
}
