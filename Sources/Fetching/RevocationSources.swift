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

  private func evidence(
    on certificate: Certificate, issuedBy issuer: Certificate, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    guard let identifier = try? OCSPCertificateID(certificate.serialNumber, of: issuer) else { return [] }
    var found: [RevocationEvidence] = []
    for url in FetchedURLs.of({ try responders ?? certificate.extensions.ocspURIs }) {
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
/// and what was added to it since (§4.2.1.15, §5.2.6).
public struct RevocationListSource: RevocationSource {
  private let network: any AnswerSource

  public init(_ network: any AnswerSource) { self.network = network }

  public var isLocal: Bool { false }

  public func evidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, .kept)
  }

  public func freshEvidence(on certificate: Certificate, issuedBy issuer: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, .new)
  }

  /// Every list that `certificate` names, asked for anew.
  public func evidence(namedBy certificate: Certificate) async -> [RevocationEvidence] {
    await evidence(on: certificate, .new)
  }

  /// The lists at one place, asked for anew.
  public func lists(at url: String) async -> [RevocationEvidence] { await lists(at: [url], .new) }

  private func evidence(
    on certificate: Certificate, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    var asked: Set<String> = []
    for places in ((try? certificate.extensions.listPlaces) ?? []).prefix(FetchedURLs.limit) {
      found += await lists(at: FetchedURLs.of { places }.filter { asked.insert($0).inserted }, freshness)
    }
    let namers = [certificate.extensions] + found.compactMap(\.content.listExtensions)
    let deltas = FetchedURLs.of { namers.flatMap { (try? $0.deltaURIs) ?? [] } }
    // A delta that cannot be had leaves its base as it is.
    return found + (await lists(at: deltas.filter { asked.insert($0).inserted }, freshness))
  }

  /// What the first of `urls` has that has anything, and why those before it had nothing.
  private func lists(at urls: [String], _ freshness: FetchRequest.Freshness) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    for url in urls {
      switch await network.answer(to: FetchRequest(.revocationList, url: url, freshness: freshness)) {
      case .success(let answer):
        do {
          let lists = try CertificateRevocationList.all(in: answer.bytes)
          return found + lists.map { RevocationEvidence(.list($0), from: Provenance(answer, askedAt: url)) }
        } catch {
          found.append(RevocationEvidence(.failure(.crl, "\(error)"), from: Provenance(answer, askedAt: url)))
        }
      case .failure(let failure):
        found.append(RevocationEvidence(.failure(.crl, failure.words), from: Provenance(.network, url: url)))
      }
    }
    return found
  }
}

extension RevocationEvidence.Content {
  /// Of a CRL.
  fileprivate var listExtensions: Extensions? { if case .list(let list) = self { list.extensions } else { nil } }
}
