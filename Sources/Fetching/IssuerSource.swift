import CMS
public import PKIX

/// Finds issuers where a certificate says that they are (RFC 5280 §4.2.2.1).
public struct IssuerSource: CertificateSource {
  private let network: any AnswerSource

  public init(_ network: any AnswerSource) { self.network = network }

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
    return found
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
