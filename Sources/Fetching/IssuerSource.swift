import CMS
public import PKIX

/// Finds issuers where a certificate says that they are (RFC 5280 §4.2.2.1), and else in certificate stores, by their name
/// (RFC 4387 §2.2).
public struct IssuerSource: CertificateSource {
  private let network: any AnswerSource
  private let stores: [String]

  /// - Parameter stores: the http and https URLs of certificate stores, in the order in which they are asked.
  public init(_ network: any AnswerSource, stores: [String] = []) {
    self.network = network
    self.stores = Array(stores.prefix(FetchedURLs.limit))
  }

  public func issuers(of certificate: Certificate) async -> [IssuerEvidence] {
    var found: [IssuerEvidence] = []
    for url in FetchedURLs.of({ try certificate.extensions.issuerURIs }) {
      switch await network.answer(to: FetchRequest(.issuers, url: url)) {
      case .success(let answer):
        let certificates = (try? CertificateBundle(answer.bytes).certificates) ?? []
        found.append(IssuerEvidence(certificates, from: Provenance(answer, askedAt: url)))
        if !certificates.isEmpty { return found }
      case .failure(let failure):
        found.append(IssuerEvidence([], failure: failure.words, from: Provenance(.network, url: url)))
      }
    }
    for store in stores {
      let one = await issuers(of: certificate, inStore: store)
      found.append(one)
      if !one.certificates.isEmpty { return found }
    }
    return found
  }

  /// Those that a store has, of which only certificates of that name count.
  private func issuers(of certificate: Certificate, inStore store: String) async -> IssuerEvidence {
    let url: String
    do throws(FetchFailure) { url = try StoreQuery.subject(certificate.issuer).url(at: store) } catch {
      return IssuerEvidence([], failure: error.words, from: Provenance(.network, url: store))
    }
    switch await network.answer(to: FetchRequest(.certificates, url: url)) {
    case .success(let answer):
      let certificates = (try? CertificateBundle(answer.bytes).certificates) ?? []
      return IssuerEvidence(
        certificates.filter { $0.subject == certificate.issuer }, from: Provenance(answer, askedAt: url))
    case .failure(let failure):
      return IssuerEvidence([], failure: failure.words, from: Provenance(.network, url: url))
    }
  }
}

/// The places that a certificate names and that can be asked: a few, in its order.
enum FetchedURLs {
  static let limit = 3
  /// In octets. Nobody publishes at longer ones.
  static let lengthLimit = 2_048

  static func of(_ names: () throws -> [String]) -> [String] {
    var seen: Set<String> = []
    let all = ((try? names()) ?? []).filter { url in
      // An ldap URL without a host is meant for those who have one directory of their own.
      let isAskable =
        ["http:", "https:"].contains { url.prefix($0.utf8.count).lowercased() == $0 }
        || DirectoryURL.isOne(url) && !url.lowercased().hasPrefix("ldap:///")
      return isAskable && url.utf8.count <= lengthLimit && seen.insert(url).inserted
    }
    return Array(all.prefix(limit))
  }
}

extension Provenance {
  init(_ answer: FetchAnswer, askedAt url: String) {
    self.init(answer.isFromCache ? .cache : .network, url: url, fetched: answer.fetched)
  }
}
