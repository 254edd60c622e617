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

  public init(_ network: any AnswerSource, nonce: Nonce = .none) {
    self.network = network
    self.nonce = nonce
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
    for url in FetchedURLs.of({ try certificate.extensions.ocspURIs }) {
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

/// Fetches the CRL that a certificate names; of several places the first that has one (RFC 5280 §4.2.1.13).
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

  private func evidence(
    on certificate: Certificate, _ freshness: FetchRequest.Freshness
  ) async -> [RevocationEvidence] {
    var found: [RevocationEvidence] = []
    for url in FetchedURLs.of({ try certificate.extensions.crlURIs }) {
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
