public import PKIX

/// Asks certificate stores for the list of a certificate's issuer (RFC 4387 §2.2), whatever places the certificate names.
public struct RevocationStoreSource: RevocationSource {
  private let network: any AnswerSource
  private let stores: [String]

  /// - Parameter stores: the http and https URLs of the stores' lists, in the order in which they are asked.
  public init(_ network: any AnswerSource, stores: [String]) {
    self.network = network
    self.stores = Array(stores.prefix(FetchedURLs.limit))
  }

  public var isLocal: Bool { false }

  /// Each store is a place.
  public func place(_ index: Int, for certificate: Certificate) -> (any RevocationSource)? {
    index < stores.count ? RevocationStoreSource(network, stores: [stores[index]]) : nil
  }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, .kept)
  }

  public func freshEvidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, .new)
  }

  private func evidence(
    on certificate: Certificate, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    for store in stores {
      do throws(FetchFailure) {
        let url = try StoreQuery.issuer(certificate.issuer).url(at: store)
        let answer = try await network.answer(to: FetchRequest(.revocationList, url: url, freshness: freshness)).get()
        let provenance = Provenance(answer, askedAt: url)
        do {
          found += try CertificateRevocationList.all(in: answer.bytes)
            .map { RevocationEvidence(.list($0), from: provenance) }
          return found
        } catch { found.append(RevocationEvidence(.failure(.crl, "\(error)"), from: provenance)) }
      } catch {
        found.append(RevocationEvidence(.failure(.crl, error.words), from: Provenance(.network, url: store)))
      }
    }
    return found
  }
}
