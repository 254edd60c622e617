import CMS
import Discovery
import Fetching
import Foundation
import PKIX
import SMIMECrypto
import SMIMEStore
import SMIMETestSupport

/// PKITS again, each case with its leaf and its anchor alone: everything else is found where the product finds it.
extension PathSuites {
  /// Every certificate that stands above a leaf in any case lies in one store, and every list in its folder, with an index
  /// beside it.
  static func pkitsFromStore(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pkits-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try Store(folder: folder)
    try store.add(authorities: try authorities(corpus).map(\.certificate), at: Date())
    let kept = folder + "/crls"
    try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: false)
    var lists: [IndexedRevocationList] = []
    for file in try corpus.files(in: "pkits/crls") {
      let path = "\(kept)/\(name(file))"
      try Data(try corpus.der(file)).write(to: URL(fileURLWithPath: path))
      // What cannot be read is no evidence, which is what such cases expect.
      do { lists.append(try IndexedRevocationList(path: path)) } catch is Malformed {}
    }
    let (source, files) = (StoredAuthorities { store }, RevocationFiles([], indexed: lists))
    return try await pkits(corpus) { question, _, _, _ in
      question.issuers = [source]
      question.revocation = [files]
    }
  }

  /// Every certificate and every list is fetched from a server on this machine, by the product's own fetching: its rules, its
  /// cache, and its reading of what came. PKITS was made before certificates named such places, so the places are told by
  /// the name of who is looked for, and what is not proven here is that a certificate's own extensions are followed.
  static func pkitsFromHTTP(_ corpus: Corpus) async throws -> [CaseResult] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pkits-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let shelf = try WebShelf(corpus, cache: folder)
    return try await pkits(corpus) { question, _, _, _ in
      question.issuers = [shelf]
      question.revocation = [shelf]
    }
  }

  /// The certificates that stand above a leaf in some case, by their files' names.
  fileprivate static func authorities(_ corpus: Corpus) throws -> [(name: String, certificate: Certificate)] {
    let manifest: PKITS = try corpus.manifest("pkits/manifest.json")
    let wanted = Set(manifest.tests.flatMap(\.chain))
    return try corpus.files(in: "pkits/certs").filter { wanted.contains(name($0)) }.map { file in
      (name(file), try Certificate(der: try corpus.der(file)[...]))
    }
  }
}

/// Certificates and lists that are had by HTTP, by the name of whose they are.
private struct WebShelf: CertificateSource, RevocationSource {
  private let server: ScriptedServer
  private let fetcher: Fetcher
  let isLocal = false
  private var certificates: [DistinguishedName: [String]] = [:]
  private var lists: [DistinguishedName: [String]] = [:]

  /// - Parameter cache: the folder of what was fetched before.
  init(_ corpus: Corpus, cache: String) throws {
    var files: [String: (type: String, bytes: [UInt8])] = [:]
    for (name, certificate) in try PathSuites.authorities(corpus) {
      files["/certs/\(name)"] = ("application/pkix-cert", Array(certificate.derBytes))
      certificates[certificate.subject, default: []].append("/certs/\(name)")
    }
    for file in try corpus.files(in: "pkits/crls") {
      let bytes = try corpus.der(file)
      let path = "/crls/\(PathSuites.name(file))"
      files[path] = ("application/pkix-crl", bytes)
      // One that cannot be read does not say whose it is; nobody would be sent there.
      guard let list = try? CertificateRevocationList(der: bytes[...]) else { continue }
      lists[list.issuer, default: []].append(path)
    }
    let published = files
    server = try ScriptedServer { request in
      guard let file = published[request.path] else { return .http(404) }
      return .http(200, ["Content-Type": file.type, "Cache-Control": "max-age=3600"], file.bytes)
    }
    var rules = FetchRules(.own, cacheFolder: cache)
    rules.fetches = 1_000_000
    rules.allMilliseconds = 600_000
    fetcher = Fetcher(rules)
  }

  func issuers(of certificate: Certificate) async -> [IssuerEvidence] {
    await fetched(certificate.issuer).map { IssuerEvidence([$0], from: Provenance(.network, url: server.url())) }
  }

  private func fetched(_ name: DistinguishedName) async -> [Certificate] {
    var found: [Certificate] = []
    for path in certificates[name] ?? [] {
      if case .success(let answer) = await fetcher.answer(to: FetchRequest(.issuers, url: server.url(path))) {
        found += (try? CertificateBundle(answer.bytes).certificates) ?? []
      }
    }
    return found
  }

  func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    for name in certificate.listIssuers {
      for path in lists[name] ?? [] {
        let url = server.url(path)
        let provenance = Provenance(.network, url: url)
        switch await fetcher.answer(to: FetchRequest(.revocationList, url: url)) {
        case .success(let answer):
          guard let all = try? CertificateRevocationList.all(in: answer.bytes) else { continue }
          let signers = await fetched(name)
          found += all.map { RevocationEvidence(.list($0), with: signers, from: provenance) }
        case .failure(let failure):
          found.append(RevocationEvidence(.failure(.crl, failure.words), from: provenance))
        }
      }
    }
    return found
  }
}
