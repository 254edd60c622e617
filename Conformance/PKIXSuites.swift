import Foundation
import PKIX
import SMIMECrypto

/// What the corpora say of certificates and CRLs by themselves.
enum PKIXSuites {
  static let all = [Suite(name: "certificates-shown", run: certificates), Suite(name: "crls-read", run: lists)]

  private static let folders = [
    "boringssl-pki", "cryptography-vectors/x509", "pkits", "rfc-examples", "rustls-webpki", "rustcrypto-formats",
    "zlint",
    "openssl-test", "thunderbird-smime", "pqc-cms",
  ]

  /// Every certificate is read and shown, however odd: a PEM block that says it is one, or a file of that suffix.
  private static func certificates(_ corpus: Corpus) async throws -> [CaseResult] {
    try candidates(corpus, suffixes: [".crt", ".cer"], labels: ["CERTIFICATE"]) { der in
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
    try candidates(corpus, suffixes: [".crl"], labels: ["X509 CRL"]) { der in
      do {
        _ = try CertificateRevocationList(der: der).entryCount
        return nil
      } catch { return "\(error)" }
    }
  }

  private static func candidates(
    _ corpus: Corpus, suffixes: [String], labels: [String], _ check: (ArraySlice<UInt8>) -> String?
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
        if bytes.first == 0x30, suffixes.contains(where: { name.hasSuffix($0) }) {
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
