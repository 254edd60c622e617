import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto

/// ML-KEM and ML-DSA in certificates, keys and messages of other implementations, by what their manifest says of each.
enum PostQuantumSuite {
  static let all = [Suite(name: "post-quantum", run: run)]

  private struct Manifest: Decodable {
    let cases: [Case]
    let rfc: [Case]
  }

  private struct Case: Decodable {
    let file: String
    let op: String
    /// False for drafts: what comes of them is free.
    let standard: Bool?
    let algorithm: String?
    let certificate: String?
    let private_keys: [String: String]?
    let expected_plaintext: String?
    let trust_anchor: String?
    let expected: String
  }

  private static let folder = "pqc-cms/"

  private static func run(_ corpus: Corpus) async throws -> [CaseResult] {
    let manifest: Manifest = try corpus.manifest(folder + "manifest.json")
    var results: [CaseResult] = []
    for item in manifest.cases + manifest.rfc {
      let keys = item.op == "decrypt" ? (item.private_keys ?? [:]).sorted { $0.key < $1.key } : [("", "")]
      for (form, key) in keys {
        let id = form.isEmpty ? item.file : "\(item.file)#\(form)"
        results.append(await result(of: item, key: key, id: id, corpus))
      }
    }
    return results
  }

  private static func result(of item: Case, key: String, id: String, _ corpus: Corpus) async -> CaseResult {
    do {
      let difference = try await difference(item, key: key, corpus)
      guard item.expected == "ok" else {
        return CaseResult(id, difference == nil ? "is accepted, and should be refused" : nil)
      }
      return item.standard == false ? CaseResult(id, nil) : CaseResult(id, difference)
    } catch let refusal as Unsupported {
      guard item.expected == "ok" else { return CaseResult(id, nil) }
      return CaseResult(id, notOffered: item.standard == false ? "composite algorithms of drafts" : refusal.what)
    } catch {
      return CaseResult(id, item.expected == "ok" && item.standard != false ? "\(error)" : nil)
    }
  }

  private static func difference(_ item: Case, key: String, _ corpus: Corpus) async throws -> String? {
    let path = folder + item.file
    switch item.op {
    case "decrypt":
      guard let certificate = item.certificate, let plaintext = item.expected_plaintext else {
        return "is not complete"
      }
      let identity = try Identity(
        certificate: Certificate(der: corpus.der(folder + certificate)[...]),
        privateKey: privateKey(corpus, folder + key))
      let sink = BufferSink()
      let reader = try EnvelopedDataReader(BufferSource(corpus.der(path)))
      _ = try await reader.decrypt(with: [identity], to: sink)
      return try sink.bytes == corpus.bytes(folder + plaintext) ? nil : "other content"
    case "verify": return try verification(item, try corpus.der(path), corpus)
    case "parse-private-key": return try roundTrip(privateKey(corpus, path))
    case "parse-public-key": return try use(PublicKey(spki: corpus.der(path)[...]))
    case "parse-certificate": return try use(Certificate(der: corpus.der(path)[...]).publicKey)
    default:
      switch try PEMBlock.all(in: corpus.bytes(path)).first?.label {
      case "CERTIFICATE": return try use(Certificate(der: corpus.der(path)[...]).publicKey)
      case "PUBLIC KEY": return try use(PublicKey(spki: corpus.der(path)[...]))
      case "PRIVATE KEY": return try roundTrip(privateKey(corpus, path))
      default: return "is nothing that is known"
      }
    }
  }

  private static func privateKey(_ corpus: Corpus, _ path: String) throws -> PrivateKey {
    let bytes = try corpus.bytes(path)
    guard bytes.first != 0x30, let block = try PEMBlock.all(in: bytes).first else {
      return try PrivateKey(pkcs8: bytes[...])
    }
    return try PrivateKey(pem: block)
  }

  private static func roundTrip(_ key: PrivateKey) throws -> String? {
    try PrivateKey(pkcs8: key.pkcs8[...]).publicKey == key.publicKey ? nil : "is another key when it is written"
  }

  /// A key that can only be kept is refused by name.
  private static func use(_ key: PublicKey) throws -> String? {
    if case .other(let name) = key.kind { throw Unsupported(name) }
    return key.summary.isEmpty ? "has no name" : nil
  }

  /// Good by its certificate, and not when a bit of the signature differs.
  private static func verification(_ item: Case, _ object: [UInt8], _ corpus: Corpus) throws -> String? {
    let data = try SignedDataReader(BufferSource(object)).read()
    let pool =
      try data.certificates
      + [item.certificate, item.trust_anchor].compactMap(\.self).map {
        try Certificate(der: corpus.der(folder + $0)[...])
      }
    guard !data.signerInfos.isEmpty else { return "no signer" }
    for signer in data.signerInfos {
      let signer = try signer.get()
      let verdicts = signer.certificates(in: pool).map { signer.verify(in: data, certificate: $0) }
      if verdicts.contains(.valid) { continue }
      if case .unsupported(let refusal)? = verdicts.first { throw refusal }
      return verdicts.first.map { "\($0)" } ?? "no certificate"
    }
    var changed = object
    guard let place = place(of: try data.signerInfos[0].get().signature, in: object) else { return "no signature" }
    changed[place + 100] ^= 1
    let other = try SignedDataReader(BufferSource(changed)).read()
    for case .success(let signer) in other.signerInfos.prefix(1) {
      for certificate in signer.certificates(in: pool)
      where signer.verify(in: other, certificate: certificate) == .valid { return "a changed signature is good" }
    }
    return nil
  }

  private static func place(of part: ArraySlice<UInt8>, in bytes: [UInt8]) -> Int? {
    guard part.count > 100, bytes.count >= part.count else { return nil }
    return (0...(bytes.count - part.count)).first { bytes[$0..<($0 + part.count)] == part }
  }
}
