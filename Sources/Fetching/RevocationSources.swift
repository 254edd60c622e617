import CMS
public import PKIX
import SMIMECrypto

/// Asks the OCSP responders that a certificate names, one after another until one answers (RFC 6960 §3.1).
public struct OCSPSource: RevocationSource {
  /// Whether an answer must have been made for the question.
  public enum Nonce: Hashable, Sendable {
    /// The answer's times say how fresh it is; it may come from a cache.
    case none
    /// Each question has one of 32 fresh octets (RFC 9654 §2.1).
    case fresh
  }

  private let network: any AnswerSource
  private let nonce: Nonce
  private let responders: [String]?

  /// - Parameter responders: whom to ask instead of those that the certificate names.
  public init(_ network: any AnswerSource, nonce: Nonce = .none, responders: [String]? = nil) {
    self.network = network
    self.nonce = nonce
    self.responders = responders
  }

  public var isLocal: Bool { false }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, issuedBy: issuer, .kept)
  }

  public func freshEvidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, issuedBy: issuer, .new)
  }

  /// One responder.
  public func place(_ index: Int, for certificate: Certificate) -> (any RevocationSource)? {
    let urls = urls(for: certificate)
    return index < urls.count ? OCSPSource(network, nonce: nonce, responders: [urls[index]]) : nil
  }

  private func urls(for certificate: Certificate) -> [String] {
    FetchedURLs.of { try responders ?? certificate.extensions.ocspURIs }
  }

  private func evidence(
    on certificate: Certificate, issuedBy issuer: Certificate, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    guard let identifier = try? OCSPCertificateID(certificate.serialNumber, of: issuer) else { return [] }
    var found: [RevocationEvidence] = []
    for url in urls(for: certificate) {
      let sent = nonce == .fresh ? SecureRandom.bytes(32) : nil
      let request = OCSPRequest([identifier], nonce: sent)
      switch await network.answer(to: FetchRequest(.ocsp, url: url, body: request.encoded, freshness: freshness)) {
      case .success(let answer):
        do {
          let response = try OCSPResponse(der: answer.bytes[...])
          found.append(RevocationEvidence(.response(response, nonce: sent), from: Provenance(answer, askedAt: url)))
          if response.status == .successful { return found }
        } catch {
          found.append(RevocationEvidence(.failure(.ocsp, "\(error)"), from: Provenance(answer, askedAt: url)))
        }
      case .failure(let failure):
        found.append(RevocationEvidence(.failure(.ocsp, failure.words), from: Provenance(.network, url: url)))
      }
    }
    return found
  }
}

/// Fetches the CRLs that a certificate names: of several places of one list the first that has it (RFC 5280 §4.2.1.13),
/// what was added to it since (§4.2.1.15, §5.2.6), and the certificate of a signer who is another than the issuer where the
/// list says that it is (§5.2.7).
public struct RevocationListSource: RevocationSource {
  private let network: any AnswerSource
  /// Which of several places of one list is asked; nil asks one after another.
  private let index: Int?

  public init(_ network: any AnswerSource) { self.init(network, index: nil) }

  private init(_ network: any AnswerSource, index: Int?) {
    self.network = network
    self.index = index
  }

  public var isLocal: Bool { false }

  /// Of every list that is named one place.
  public func place(_ index: Int, for certificate: Certificate) -> (any RevocationSource)? {
    let isNamed = Self.places(of: certificate).contains { index < $0.count }
    // A delta may be all that a certificate names.
    let isFirst = index == 0 && certificate.extensions[OID.freshestCRL] != nil
    return isNamed || isFirst ? RevocationListSource(network, index: index) : nil
  }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, issuedBy: issuer, .kept)
  }

  public func freshEvidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, issuedBy: issuer, .new)
  }

  /// Every list that `certificate` names, asked for anew.
  public func evidence(namedBy certificate: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, issuedBy: nil, .new)
  }

  /// The lists at one place, asked for anew.
  public func lists(at url: String) async -> [RevocationEvidence] { await lists(at: [url], issuer: nil, .new) }

  /// The places of each list.
  private static func places(of certificate: Certificate) -> [[String]] {
    ((try? certificate.extensions.listPlaces) ?? []).prefix(FetchedURLs.limit).map { places in
      FetchedURLs.of { places }
    }
  }

  /// - Parameter issuer: nil where nobody will ask who signed the lists.
  private func evidence(
    on certificate: Certificate, issuedBy issuer: Certificate?, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    var asked: Set<String> = []
    for places in Self.places(of: certificate) {
      let chosen = index.map { $0 < places.count ? [places[$0]] : [] } ?? places
      found += await lists(at: chosen.filter { asked.insert($0).inserted }, issuer: issuer, freshness)
    }
    let extensions = found.compactMap(\.content.listExtensions)
    guard !extensions.isEmpty || (index ?? 0) == 0 else { return found }
    let deltas = FetchedURLs.of { ([certificate.extensions] + extensions).flatMap { (try? $0.deltaURIs) ?? [] } }
    // A delta that cannot be had leaves its base as it is.
    return found + (await lists(at: deltas.filter { asked.insert($0).inserted }, issuer: issuer, freshness))
  }

  /// What the first of `urls` has that has anything, and why those before it had nothing.
  private func lists(
    at urls: [String], issuer: Certificate?, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    for url in urls {
      switch await network.answer(to: FetchRequest(.revocationList, url: url, freshness: freshness)) {
      case .success(let answer):
        let provenance = Provenance(answer, askedAt: url)
        do {
          for list in try CertificateRevocationList.all(in: answer.bytes) {
            let signers = await signers(of: list, otherThan: issuer)
            found.append(RevocationEvidence(.list(list), with: signers, from: provenance))
          }
          return found
        } catch {
          found.append(RevocationEvidence(.failure(.crl, "\(error)"), from: provenance))
        }
      case .failure(let failure):
        found.append(RevocationEvidence(.failure(.crl, failure.words), from: Provenance(.network, url: url)))
      }
    }
    return found
  }

  /// Certificates of the signer of a list that `issuer` did not sign, from where the list says that they are.
  private func signers(of list: CertificateRevocationList, otherThan issuer: Certificate?) async -> [Certificate] {
    guard let issuer, list.extensions[OID.authorityInformationAccess] != nil,
      list.issuer != issuer.subject || !list.mayBeSigned(by: issuer)
    else { return [] }
    for url in FetchedURLs.of({ try list.extensions.issuerURIs }) {
      guard case .success(let answer) = await network.answer(to: FetchRequest(.issuers, url: url)),
        let bundle = try? CertificateBundle(answer.bytes)
      else { continue }
      let named = bundle.certificates.filter { $0.subject == list.issuer }
      if !named.isEmpty { return named }
    }
    return []
  }
}

extension CertificateRevocationList {
  /// False when the list says that its signer has another key.
  package func mayBeSigned(by issuer: Certificate) -> Bool {
    guard let wanted = try? extensions.authorityKeyIdentifier, let own = try? issuer.extensions.subjectKeyIdentifier
    else { return true }
    return wanted.elementsEqual(own)
  }
}

extension RevocationEvidence.Content {
  /// Of a CRL.
  fileprivate var listExtensions: Extensions? { if case .list(let list) = self { list.extensions } else { nil } }
}
