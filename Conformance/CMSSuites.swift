import ByteIO
import CMS
import Foundation
import MIME
import PKIX
import SMIME
import SMIMECrypto
import SwiftASN1

/// What the corpora say of CMS objects and PKCS#12 files by themselves; mail is another suite's matter.
enum CMSSuites {
  static let all = [
    Suite(name: "openssl-cms", run: openssl), Suite(name: "pkcs12", run: PKCS12Suite.read),
    Suite(name: "pkcs12-written", run: PKCS12Suite.written),
    Suite(name: "fuzz-cms", run: fuzz), Suite(name: "cms-samples", run: samples),
  ]

  // MARK: OpenSSL's own tests

  private struct OpenSSLManifest: Decodable {
    struct Test: Decodable {
      let file: String
      let op: String
      let expected: String
      let form: String?
      let key: String?
      let cert: String?
      let ca: String?
      let secretkey: String?
      let secretkeyid: String?
      let password: String?
    }
    let cms: [Test]
  }

  private static func openssl(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = "openssl-test/"
    let manifest: OpenSSLManifest = try corpus.manifest(folder + "manifest.json")
    var results: [CaseResult] = []
    for test in manifest.cms {
      guard let bytes = try? corpus.bytes(folder + test.file) else { continue }
      let expectsGood = ["ok", "accept"].contains(test.expected) || test.expected.hasPrefix("decrypts to ")
      let isGood: Bool
      if test.form == "smime" || test.file.hasSuffix(".eml") {
        isGood = try await isGoodMail(bytes, test, corpus, folder)
      } else if test.op.hasPrefix("parse-") {
        isGood = isParsed(try corpus.der(folder + test.file), as: test.op)
      } else {
        isGood = await CMSObject.isGood(try corpus.der(folder + test.file), keys(of: test, corpus, folder))
      }
      results.append(
        CaseResult(test.file, test.expected == "no-crash" || isGood == expectsGood ? nil : "good is \(isGood)"))
    }
    return results
  }

  private static func keys(of test: OpenSSLManifest.Test, _ corpus: Corpus, _ folder: String) -> DecryptionKeys {
    var keys = DecryptionKeys()
    if let key = test.key, let pem = try? corpus.bytes(folder + key),
      let block = try? PEMBlock.all(in: pem).first(where: { $0.label.hasSuffix("PRIVATE KEY") }),
      let privateKey = try? PrivateKey(pem: block),
      let certificate = try? Certificate.all(in: corpus.bytes(folder + (test.cert ?? key))).first,
      let identity = try? Identity(certificate: certificate, privateKey: privateKey)
    {
      keys.identities = [identity]
    }
    if let secret = test.secretkey.flatMap({ Hex.bytes($0) }) {
      let identifier = test.secretkeyid.flatMap { Hex.bytes($0) } ?? []
      keys.sharedKeys = [.init(identifier: identifier, key: SymmetricKey(octets: secret))]
    }
    if let password = test.password { keys.passwords = [Password(password)] }
    return keys
  }

  /// Good as mail: a signature that is verified by the anchor given, or content that is the one expected.
  private static func isGoodMail(
    _ bytes: [UInt8], _ test: OpenSSLManifest.Test, _ corpus: Corpus, _ folder: String
  ) async throws -> Bool {
    let anchors = test.ca.flatMap { try? Certificate.all(in: corpus.bytes(folder + $0)) } ?? []
    let reader = Reader(
      identities: keys(of: test, corpus, folder).identities,
      paths: PathValidator(anchors: TrustAnchors(anchors), policy: .legacy), policy: .legacy)
    let opened = try await reader.open(BufferSource(bytes), at: Date(timeIntervalSince1970: 1_790_000_000))
    if test.op == "verify" { return opened.verdict.signature == .verified }
    guard [.decrypted, .decryptedUnauthenticated].contains(opened.verdict.encryption) else { return false }
    guard let name = test.expected.split(separator: " ").dropFirst(2).first else { return true }
    func text(_ bytes: [UInt8]) -> String {
      String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n").trimmingCharacters(
        in: .whitespacesAndNewlines)
    }
    let content = try opened.content.map { try $0.source.bytes(in: $0.range) } ?? []
    return text(content).hasSuffix(text(try corpus.bytes(folder + name)))
  }

  private static func isParsed(_ bytes: [UInt8], as operation: String) -> Bool {
    switch operation {
    case "parse-cms": return (try? CMSObject.difference(bytes)) != nil
    case "parse-certificate":
      // One that is shown with its defects is not one that is believed.
      guard let certificate = try? Certificate(der: bytes[...]) else { return false }
      return certificate.defects.isEmpty
    case "parse-integer":
      guard let node = try? DER.parse(bytes) else { return false }
      return (try? Int(derEncoded: node)) != nil
    case "parse-generalname":
      guard var cursor = try? ASN1Cursor(bytes[...], as: "GeneralName") else { return false }
      return (try? GeneralName(from: &cursor)) != nil
    default: return (try? DER.parse(bytes)) != nil
    }
  }

  // MARK: Fuzz seeds

  /// No crash, and each within a second: the verdict is free.
  private static func fuzz(_ corpus: Corpus) async throws -> [CaseResult] {
    let key = try PrivateKey(generate: .ec(.p256))
    var results: [CaseResult] = []
    for folder in ["fuzz/openssl/cms", "fuzz/openssl/asn1", "fuzz/nss/quickder"] {
      for file in try corpus.files(in: folder) {
        let bytes = try corpus.bytes(file)
        let clock = ContinuousClock()
        let start = clock.now
        _ = await CMSObject.isGood(bytes, DecryptionKeys(passwords: [Password("x")]))
        _ = try? PKCS12.read(bytes, password: Password(""))
        _ = try? key.sharedSecret(with: PublicKey(spki: bytes[...]))
        let time = clock.now - start
        results.append(CaseResult(file, time < .seconds(1) ? nil : "took \(time)"))
      }
    }
    return results
  }

  // MARK: Samples of other implementations

  /// Objects that others wrote are read: as what their outer type says, to the end.
  private static func samples(_ corpus: Corpus) async throws -> [CaseResult] {
    var results: [CaseResult] = []
    for file in try corpus.files(in: "rustcrypto-formats/cms/tests/examples") {
      guard let bytes = try? corpus.der(file), (try? ContentInfo.contentType(of: BufferSource(bytes))) != nil else {
        continue
      }
      do {
        results.append(CaseResult(file, try CMSObject.difference(bytes)))
      } catch let refusal as Unsupported {
        results.append(CaseResult(file, notOffered: refusal.what))
      } catch { results.append(CaseResult(file, "\(error)")) }
    }
    return results
  }

}
