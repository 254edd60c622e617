import ByteIO
import CMS
import Foundation
import PKIX
import SMIME
import SMIMECrypto

/// The examples of RFC 4134: every object verifies or opens, old algorithms allowed; and no signature without.
enum RFC4134Suite {
  static let all = [Suite(name: "rfc4134", run: run)]

  private struct Manifest: Decodable {
    struct Example: Decodable {
      let file: String
      let type: String
      let op: String
      let plaintext: String?
      let key: String?
    }
    let cases: [Example]
    let trust_anchors: [String]
  }

  private static let folder = "rfc-examples/rfc4134/"
  /// As §7.1 prints it.
  private static let contentKey: [UInt8] = [
    0x73, 0x7C, 0x79, 0x1F, 0x25, 0xEA, 0xD0, 0xE0, 0x46, 0x29, 0x25, 0x43, 0x52, 0xF7, 0xDC, 0x62, 0x91, 0xE5, 0xCB,
    0x26, 0x91, 0x7A, 0xDA, 0x32,
  ]

  private static func run(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: Manifest = try corpus.manifest(folder + "manifest.json")
    let people = try People(corpus, anchors: manifest.trust_anchors.map { folder + $0 }, in: folder)
    var results: [CaseResult] = []
    for example in manifest.cases {
      let content = try example.plaintext.map { try corpus.bytes(folder + $0) } ?? []
      let bytes = try corpus.bytes(folder + example.file)
      do {
        let difference =
          example.file.hasSuffix(".eml")
          ? try await mail(bytes, people) : try await object(bytes, example.op, content, people)
        results.append(CaseResult(example.file, difference))
      } catch { results.append(CaseResult(example.file, "\(error)")) }
    }
    return results
  }

  /// Who takes part: whose certificates stand in the folder, and who holds a key.
  private struct People {
    let anchors: [Certificate]
    let certificates: [Certificate]
    let identities: [Identity]

    init(_ corpus: Corpus, anchors: [String], in folder: String) throws {
      self.anchors = try anchors.map { try Certificate(der: corpus.bytes($0)[...]) }
      let files = try corpus.files(in: String(folder.dropLast()))
      let certificates = files.filter { $0.hasSuffix(".cer") }
        .compactMap { try? Certificate(der: corpus.bytes($0)[...]) }
      let keys = files.filter { $0.hasSuffix(".pri") }.compactMap { try? PrivateKey(pkcs8: corpus.bytes($0)[...]) }
      self.certificates = certificates
      identities = keys.flatMap { key in
        certificates.filter { $0.publicKey == key.publicKey }
          .compactMap { try? Identity(certificate: $0, privateKey: key) }
      }
    }
  }

  private static func object(
    _ bytes: [UInt8], _ operation: String, _ content: [UInt8], _ people: People
  ) async throws -> String? {
    let object = BufferSource(bytes)
    let found = BufferSink()
    switch operation {
    case "verify": return try verification(object, nil, content, people)
    case "verify-detached": return try verification(object, BufferSource(content), content, people)
    case "decrypt":
      _ = try await EnvelopedDataReader(object).decrypt(with: people.identities, to: found, policy: .legacy)
    case "decrypt-key":
      _ = try EncryptedDataReader(object).decrypt(
        with: SymmetricKey(octets: contentKey), to: found, policy: .legacy)
    case "verify-digest":
      let data = try DigestedDataReader(object).read(content: found, policy: .legacy)
      guard data.state == .intact else { return "\(data.state)" }
      guard try DigestedDataReader(object).read().state != .intact else { return "believed without .legacy" }
    case "parse-certs-only":
      let data = try SignedDataReader(object).read()
      return data.signerInfos.isEmpty && !data.certificates.isEmpty ? nil : "holds no certificates alone"
    default:
      let type = try ContentInfo.contentType(of: object)
      return operation == "parse" && type == .data ? nil : "\(operation) of \(type)"
    }
    return found.bytes == content ? nil : "other content"
  }

  private static func verification(
    _ object: BufferSource, _ beside: BufferSource?, _ content: [UInt8], _ people: People
  ) throws -> String? {
    let sink = BufferSink()
    let data = try SignedDataReader(object).read(content: sink, detached: beside)
    if beside == nil, sink.bytes != content { return "other content" }
    for signer in data.signerInfos {
      let signer = try signer.get()
      let verdicts = signer.certificates(in: data.certificates + people.certificates).map {
        signer.verify(in: data, certificate: $0, policy: .legacy)
      }
      guard verdicts.contains(.valid) else { return verdicts.first.map { "\($0)" } ?? "no certificate" }
      for certificate in data.certificates {
        guard signer.verify(in: data, certificate: certificate) != .valid else { return "believed without .legacy" }
      }
    }
    return data.signerInfos.isEmpty ? "no signer" : nil
  }

  /// The mails have no senders to hold a certificate against; that their content is what was signed shows in the verdict.
  private static func mail(_ bytes: [UInt8], _ people: People) async throws -> String? {
    let paths = PathValidator(anchors: TrustAnchors(people.anchors), policy: .legacy)
    let reader = Reader(
      identities: people.identities, paths: paths, policy: .legacy, certificates: people.certificates)
    let opened = try await reader.open(BufferSource(bytes), at: Date(timeIntervalSince1970: 1_104_537_600))
    switch (opened.verdict.signature, opened.verdict.encryption) {
    case (.verified, _), (.signerMismatch, _), (_, .decrypted), (_, .decryptedUnauthenticated): return nil
    case (let signature, let encryption): return "\(signature.rawValue), \(encryption.rawValue)"
    }
  }
}
