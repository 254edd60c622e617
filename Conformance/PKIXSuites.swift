import Foundation
import PKIX
import SMIMECrypto

/// What the corpora say of certificates and CRLs by themselves.
enum PKIXSuites {
  static let all = [
    Suite(name: "certificates-shown", run: certificates), Suite(name: "crls-read", run: lists),
    Suite(name: "requests-read", run: requests),
  ]

  private static let folders = [
    "boringssl-pki", "cryptography-vectors/x509", "pkits", "rfc-examples", "rustls-webpki", "rustcrypto-formats",
    "zlint",
    "openssl-test", "thunderbird-smime", "pqc-cms",
  ]

  /// Every certificate is read and shown, however odd: a PEM block that says it is one, or a file of that suffix.
  private static func certificates(_ corpus: Corpus) async throws -> [CaseResult] {
    let others = ["requests/", "ocsp/", "/crl_", "-tbs-"]
    return try candidates(corpus, labels: ["CERTIFICATE"]) { name in
      if [".crt", ".cer"].contains(where: name.hasSuffix) { return true }
      return name.hasPrefix("cryptography-vectors/") && name.hasSuffix(".der") && !others.contains(where: name.contains)
    } check: { der in
      do {
        let certificate = try Certificate(der: der)
        let shown =
          "\(certificate.subject)\(certificate.issuer)\(certificate.serialNumber)\(certificate.publicKey.summary)"
        _ = certificate.emailAddresses
        return shown.isEmpty ? "shows nothing" : nil
      } catch { return "\(error)" }
    }
  }

  private static func lists(_ corpus: Corpus) async throws -> [CaseResult] {
    try candidates(corpus, labels: ["X509 CRL"]) { name in
      name.hasSuffix(".crl") || name.contains("/custom/crl_") && name.hasSuffix(".der")
    } check: { der in
      do {
        _ = try CertificateRevocationList(der: der).entryCount
        return nil
      } catch { return "\(error)" }
    }
  }

  /// Requests that were put together by hand, whose signatures hold for nobody (nor for `openssl req -verify`).
  private static let crafted: Set = [
    "basic_constraints.pem", "challenge-invalid.der", "challenge-multi-valued.der", "invalid_signature.pem",
    "long-form-attribute.pem", "two_basic_constraints.pem", "unsupported_extension.pem",
    "unsupported_extension_critical.pem",
  ]

  /// Every request is read, but for one of a version that does not exist; and its own key signed it, or did not.
  private static func requests(_ corpus: Corpus) async throws -> [CaseResult] {
    try corpus.files(in: "cryptography-vectors/x509/requests").map { file in
      let name = String(file.dropFirst("cryptography-vectors/x509/requests/".count))
      let isReadable = name != "bad-version.pem"
      do {
        let request = try CertificateSigningRequest(der: try corpus.der(file)[...])
        guard isReadable else { return CaseResult(name, "is read") }
        let holds = try request.provesPossession()
        return CaseResult(name, holds != crafted.contains(name) ? nil : "its signature holds: \(holds)")
      } catch let error as Unsupported {
        return CaseResult(name, notOffered: error.what)
      } catch { return CaseResult(name, isReadable ? "\(error)" : nil) }
    }
  }

  /// - Parameter isOne: whether a file in DER, by its path in the corpora, is what is looked for.
  private static func candidates(
    _ corpus: Corpus, labels: [String], _ isOne: (String) -> Bool, check: (ArraySlice<UInt8>) -> String?
  ) throws -> [CaseResult] {
    var results: [CaseResult] = []
    for folder in folders {
      let path = corpus.root + "/" + folder
      guard FileManager.default.fileExists(atPath: path) else { continue }
      for name in try FileManager.default.subpathsOfDirectory(atPath: path).sorted() {
        guard !name.hasSuffix(".json"), !name.hasSuffix(".md"), !name.hasSuffix(".rst"), !name.contains("invalid"),
          let data = FileManager.default.contents(atPath: path + "/" + name), data.count < 1 << 22
        else { continue }
        let bytes = [UInt8](data)
        if bytes.first == 0x30, isOne("\(folder)/\(name)") {
          results.append(CaseResult("\(folder)/\(name)", check(bytes[...])))
        } else if let blocks = try? PEMBlock.all(in: bytes) {
          for (index, block) in blocks.enumerated() where labels.contains(block.label) {
            results.append(CaseResult("\(folder)/\(name)#\(index)", check(block.bytes[...])))
          }
        }
      }
    }
    return results
  }
}
