public import PKIX
import Issuance
import SMIMECrypto
import Synchronization

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Answers OCSP requests about the certificates of an issuing authority (RFC 6960, RFC 5019).
///
/// It signs with a key of its own, which never leaves this process and which the authority certifies for a week at a time.
/// What is asked without a nonce is signed ahead and kept. Every answer is held against the authority's records before it
/// goes out, so that a revocation counts from the moment that it is on record.
public final class OCSPResponder: Sendable {
  private let authority: Authority
  private let issuer: Identity
  /// The authority's name and key in the digests that requests may name them by.
  private let names: [OCSPCertificateID]
  private let state = Mutex(State())

  private struct State {
    var signer: OCSPSigner?
    var kept: [RequestKey: Kept] = [:]
  }

  /// An answer that was signed ahead.
  private struct Kept {
    let answer: OCSPAnswer
    let serialNumber: SerialNumber
    let status: CertificateStatus
    /// When a new one is to be signed.
    let renewal: Date
  }

  private static let responderHours = 7 * 24
  /// S/MIME BR 4.9.10: from eight hours to ten days.
  private static let answerLifetime: TimeInterval = 24 * 3_600
  /// Of an answer about a certificate that nobody issued yet.
  private static let unknownLifetime: TimeInterval = 300
  /// Answers that are kept: about a kilobyte each.
  private static let keptLimit = 16_384

  /// Until ``renew(at:)`` was called, every answer is tryLater.
  ///
  /// - Parameter issuer: the issuing authority with its key.
  public init(authority: Authority, issuer: Identity) throws {
    self.authority = authority
    self.issuer = issuer
    names = try [DigestAlgorithm.sha1, .sha256, .sha384, .sha512].map { digest in
      try OCSPCertificateID(issuer.certificate.serialNumber, of: issuer.certificate, digest: digest)
    }
  }

  /// When the certificate that answers are signed under runs out; nil before there is one.
  public var responderExpiry: Date? { state.withLock { $0.signer?.certificate.validity.notAfter } }

  // MARK: Ahead of time

  /// Gets a new key certified when half of the old one's time is over, and signs ahead what is missing or half as old as it
  /// may become. To be called before the first answer, and then every few minutes.
  public func renew(at instant: Date) async throws {
    let signer = try await currentSigner(at: instant)
    let records = try authority.records.lazy.filter {
      $0.stage == .issued && $0.purpose == .mailbox && $0.notAfter > instant
    }
    let wanted = records.suffix(Self.keptLimit / 2).map(\.serialNumber)
    for serial in wanted {
      // The request that RFC 5019 §2.1.1 asks clients to send.
      let certificate = try OCSPCertificateID(serial, of: issuer.certificate)
      let key = RequestKey(OCSPRequest([certificate]).encoded[...])
      if keptAnswer(key, at: instant) == nil {
        _ = try await signAhead(certificate, key, by: signer, at: instant)
      }
    }
    state.withLock { state in state.kept = state.kept.filter { $0.value.renewal > instant } }
  }

  private func currentSigner(at instant: Date) async throws -> OCSPSigner {
    let halfway = instant.addingTimeInterval(Double(Self.responderHours) * 1_800)
    if let signer = state.withLock(\.signer), signer.certificate.validity.notAfter > halfway { return signer }
    let key = try PrivateKey(generate: .ec(.p256))
    let certificate = try await authority.issueResponder(
      for: key.publicKey, hours: Self.responderHours, with: issuer, at: instant)
    let signer = OCSPSigner(try Identity(certificate: certificate, chain: [issuer.certificate], privateKey: key))
    state.withLock { $0.signer = signer }
    return signer
  }

  // MARK: Answers

  /// Answers `request`, the DER of an OCSPRequest, at `instant`. Whatever comes in, an OCSPResponse goes out.
  public func answer(_ request: ArraySlice<UInt8>, at instant: Date) async -> OCSPAnswer {
    let key = RequestKey(request)
    if let kept = keptAnswer(key, at: instant) { return kept }
    guard let signer = state.withLock(\.signer), signer.certificate.validity.notAfter > instant else {
      return .refused(.tryLater)
    }
    guard let parsed = try? OCSPRequest(der: request), !parsed.hasUnknownCriticalExtension else {
      return .refused(.malformedRequest)
    }
    // RFC 5019 §2.2.3: of another authority's certificates nothing is known here.
    guard parsed.certificates.allSatisfy(isOurs) else { return .refused(.unauthorized) }
    do {
      // Kept under the client's own octets are only those of the plain request, of which there is one for each certificate.
      if parsed.nonce == nil, parsed.certificates.count == 1,
        request.elementsEqual(OCSPRequest(parsed.certificates).encoded)
      {
        return try await signAhead(parsed.certificates[0], key, by: signer, at: instant)
      }
      return try await sign(parsed.certificates, nonce: parsed.nonce, by: signer, at: instant).answer
    } catch { return .refused(.internalError) }
  }

  private func isOurs(_ certificate: OCSPCertificateID) -> Bool {
    names.contains {
      $0.hashAlgorithm.algorithm == certificate.hashAlgorithm.algorithm
        && $0.issuerKeyHash == certificate.issuerKeyHash && $0.issuerNameHash == certificate.issuerNameHash
    }
  }

  /// What was signed ahead for that request, if it is still what the records say.
  private func keptAnswer(_ key: RequestKey, at instant: Date) -> OCSPAnswer? {
    guard let kept = state.withLock({ $0.kept[key] }), kept.renewal > instant,
      (try? authority.status(of: kept.serialNumber)) == kept.status
    else { return nil }
    return kept.answer
  }

  private func signAhead(
    _ certificate: OCSPCertificateID, _ key: RequestKey, by signer: OCSPSigner, at instant: Date
  ) async throws -> OCSPAnswer {
    let (answer, statuses) = try await sign([certificate], nonce: nil, by: signer, at: instant)
    guard let status = statuses.first, status != .unknown, let end = answer.nextUpdate else { return answer }
    let ahead = OCSPAnswer(
      bytes: answer.bytes, kind: .preSigned, thisUpdate: answer.thisUpdate, nextUpdate: answer.nextUpdate)
    let kept = Kept(
      answer: ahead, serialNumber: certificate.serialNumber, status: status,
      renewal: instant.addingTimeInterval(end.timeIntervalSince(instant) / 2))
    state.withLock { state in
      if state.kept.count >= Self.keptLimit, let any = state.kept.keys.first { state.kept[any] = nil }
      state.kept[key] = kept
    }
    return ahead
  }

  private func sign(
    _ certificates: [OCSPCertificateID], nonce: ArraySlice<UInt8>?, by signer: OCSPSigner, at instant: Date
  ) async throws -> (answer: OCSPAnswer, statuses: [CertificateStatus]) {
    let now = Date(timeIntervalSince1970: instant.timeIntervalSince1970.rounded(.down))
    let statuses = try certificates.map { try authority.status(of: $0.serialNumber) }
    let lifetime = statuses.contains(.unknown) ? Self.unknownLifetime : Self.answerLifetime
    let end = min(now.addingTimeInterval(lifetime), signer.certificate.validity.notAfter)
    let template = OCSPResponseTemplate(
      zip(certificates, statuses).map { certificate, status in
        OCSPResponseTemplate.Answer(certificate, status, thisUpdate: now, nextUpdate: end)
      }, producedAt: now, nonce: nonce)
    let bytes = try await template.signed(by: signer)
    return (OCSPAnswer(bytes: bytes, kind: .live, thisUpdate: now, nextUpdate: end), statuses)
  }
}

/// The bytes of a request, hashed in one go.
private struct RequestKey: Hashable {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  func hash(into hasher: inout Hasher) {
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }
}
