import Foundation
import PKIX
import SMIMECrypto

/// What the corpora say of CRLs and OCSP messages.
enum RevocationSuites {
  static let all = [
    Suite(name: "crl-decides", run: decisions), Suite(name: "crl-usable", run: usability),
    Suite(name: "ocsp-messages", run: messages), Suite(name: "pkits-revocation", run: pkits),
  ]

  // MARK: CRLs that decide about a certificate

  private struct BoringSSL: Decodable {
    struct Case: Decodable {
      let file: String
      let expected: String
    }

    struct Parameters: Decodable {
      let verify_time: String
    }

    let crl: [Case]
    let crl_params: Parameters
    let ocsp: [Case]
    let ocsp_params: Parameters
  }

  /// Each file has a CRL or an OCSP response, the issuer's certificate (and maybe another of the same issuer), and a leaf.
  private static func decisions(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: BoringSSL = try corpus.manifest("boringssl-pki/manifest.json")
    var results: [CaseResult] = []
    for one in manifest.crl {
      let found = try await status(corpus, one.file, at: manifest.crl_params.verify_time) { blocks in
        .list(try CertificateRevocationList(der: try block("CRL", blocks)))
      }
      results.append(CaseResult(one.file, found == one.expected ? nil : "is \(found), expected \(one.expected)"))
    }
    for one in manifest.ocsp {
      let found = try await status(corpus, one.file, at: manifest.ocsp_params.verify_time) { blocks in
        .response(try OCSPResponse(der: try block("OCSP RESPONSE", blocks)), nonce: nil)
      }
      results.append(CaseResult(one.file, found == one.expected ? nil : "is \(found), expected \(one.expected)"))
    }
    return results
  }

  private static func block(_ label: String, _ blocks: [PEMBlock]) throws -> ArraySlice<UInt8> {
    guard let block = blocks.first(where: { $0.label == label }) else { throw Malformed("has no \(label)") }
    return block.bytes[...]
  }

  private struct Given: RevocationSource {
    let content: RevocationEvidence.Content
    var isLocal: Bool { true }
    func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
      [RevocationEvidence(content, from: .given)]
    }
  }

  private static func status(
    _ corpus: Corpus, _ file: String, at time: String, _ content: ([PEMBlock]) throws -> RevocationEvidence.Content
  ) async throws -> String {
    let blocks = try PEMBlock.all(in: try corpus.bytes("boringssl-pki/\(file)"))
    guard let instant = try? Date(time, strategy: .iso8601) else { throw Malformed("\(time) is no time") }
    let given: RevocationEvidence.Content
    do { given = try content(blocks) } catch { return "UNKNOWN" }
    let leaf = try Certificate(der: try block("CERTIFICATE", blocks))
    let issuers = try blocks.filter { $0.label.hasPrefix("CA CERTIFICATE") }
      .map { try Certificate(der: $0.bytes[...]) }
    let paths = PathValidator(
      anchors: TrustAnchors(issuers), revocation: .hard([Given(content: given)]), policy: .legacy, purpose: nil)
    switch await paths.validate(leaf, at: instant) {
    case .success: return "GOOD"
    case .failure(let failure):
      return failure.problems.contains { $0.check == .revoked } ? "REVOKED" : "UNKNOWN"
    }
  }

  // MARK: CRLs that are of use

  private struct Webpki: Decodable {
    struct Case: Decodable {
      let file: String
      let expected: String
    }

    let crls: [Case]
  }

  private static func usability(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: Webpki = try corpus.manifest("rustls-webpki/manifest.json")
    // What is only that library's limit is no requirement.
    return try manifest.crls.filter { $0.expected != "webpki-reject" }.map { one in
      let der = try corpus.bytes("rustls-webpki/\(one.file)")
      let objection: String?
      do {
        let list = try CertificateRevocationList(der: der[...])
        objection = try list.objection
      } catch { objection = "\(error)" }
      let isUsable = objection == nil
      // What covers some reasons or other issuers is of use with what it covers.
      let expected = ["parses", "partial", "indirect"].contains(one.expected)
      return CaseResult(
        one.file, isUsable == expected ? nil : "\(objection ?? "is usable"), expected \(one.expected)")
    }
  }

  // MARK: PKITS

  private struct PKITS: Decodable {
    struct Test: Decodable {
      let id: String
      let section: String
      let expected: String
      let trust_anchor: String
      let chain: [String]
      let end_entity: String
      let crls: [String]
    }

    struct Defaults: Decodable { let validation_time: String }

    let defaults: Defaults
    let tests: [Test]
  }

  /// The sections that are about lists: basic ones, self-issued signers, distribution points, deltas. Each is run with the
  /// lists that it names, and with all lists of the suite.
  private static func pkits(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: PKITS = try corpus.manifest("pkits/manifest.json")
    guard let instant = try? Date(manifest.defaults.validation_time, strategy: .iso8601) else {
      throw Malformed("\(manifest.defaults.validation_time) is no time")
    }
    func lists(_ names: [String]) throws -> [CertificateRevocationList] {
      try names.map { try CertificateRevocationList(der: try corpus.bytes("pkits/crls/\($0)")[...]) }
    }
    let everything = manifest.tests.flatMap(\.crls)
    let all = try lists(Set(everything).sorted())
    var results: [CaseResult] = []
    for test in manifest.tests where ["4.4", "4.5", "4.14", "4.15"].contains(test.section) {
      let chain = try test.chain.map { try Certificate(der: try corpus.bytes("pkits/certs/\($0)")[...]) }
      let anchor = try Certificate(der: try corpus.bytes("pkits/certs/\(test.trust_anchor)")[...])
      let leaf = try Certificate(der: try corpus.bytes("pkits/certs/\(test.end_entity)")[...])
      for (name, lists) in [(test.id, try lists(test.crls)), ("\(test.id) all lists", all)] {
        let paths = PathValidator(
          anchors: TrustAnchors([anchor]), revocation: .hard([RevocationFiles(lists)]), policy: .legacy, purpose: nil)
        // A list that a test leaves out on purpose is there among all of them.
        if name != test.id, test.expected == "invalid" { continue }
        let difference: String?
        switch await paths.validate(leaf, with: chain, at: instant) {
        case .success: difference = test.expected == "valid" ? nil : "is valid"
        case .failure(let failure): difference = test.expected == "invalid" ? nil : "\(failure)"
        }
        results.append(CaseResult(name, difference))
      }
    }
    return results
  }

  // MARK: OCSP

  /// Every request and response is read, requests are written as they were, and what is broken is refused.
  private static func messages(_ corpus: Corpus) async throws -> [CaseResult] {
    var results: [CaseResult] = []
    for folder in ["cryptography-vectors/x509/ocsp", "rustcrypto-formats/x509-ocsp/tests/examples"] {
      for file in try corpus.files(in: folder) where file.hasSuffix(".der") {
        let name = file.split(separator: "/").last ?? ""
        let der = try corpus.bytes(file)
        let mustFail =
          ["invalid-version", "unknown-response-status", "no-response-bytes", "response-type-unknown"]
          .contains { name.contains($0) }
        let fault: String?
        if name.contains("req") && !name.contains("required") {
          fault = requestFault(der)
        } else if name.contains("res") || name.hasPrefix("ocsp-") {
          fault = responseFault(der)
        } else {
          continue
        }
        results.append(
          CaseResult(file, mustFail ? (fault == nil ? "is read, and breaks the RFC" : nil) : fault))
      }
    }
    return results
  }

  private static func requestFault(_ der: [UInt8]) -> String? {
    do {
      let request = try OCSPRequest(der: der[...])
      _ = request.certificates.map { "\($0.serialNumber)" }
      return nil
    } catch { return "\(error)" }
  }

  private static func responseFault(_ der: [UInt8]) -> String? {
    do {
      let response = try OCSPResponse(der: der[...])
      guard let basic = response.basic else { return nil }
      _ = try basic.nonce
      return basic.responses.isEmpty ? "answers nothing" : nil
    } catch { return "\(error)" }
  }
}
