public import PKIX
import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What a responder says of certificates, before it signs it (RFC 6960 §4.2.1).
public struct OCSPResponseTemplate: Sendable {
  /// What is said of one certificate.
  public struct Answer: Hashable, Sendable {
    public let certificate: OCSPCertificateID
    public let status: CertificateStatus
    /// When the status was known to be right.
    public let thisUpdate: Date
    /// When there will be news at the latest; nil when there may be at any time.
    public let nextUpdate: Date?
    /// Since when certificates that ran out are remembered (§4.4.4); nil when that is not said.
    public var archiveCutoff: Date?

    public init(
      _ certificate: OCSPCertificateID, _ status: CertificateStatus, thisUpdate: Date, nextUpdate: Date?
    ) {
      self.certificate = certificate
      self.status = status
      self.thisUpdate = thisUpdate
      self.nextUpdate = nextUpdate
    }
  }

  /// In the order of the request.
  public var answers: [Answer]
  public var producedAt: Date
  /// The request's nonce, which comes back as it was (§4.4.1).
  public var nonce: ArraySlice<UInt8>?

  public init(_ answers: [Answer], producedAt: Date, nonce: ArraySlice<UInt8>? = nil) {
    self.answers = answers
    self.producedAt = producedAt
    self.nonce = nonce
  }

  /// The whole response, signed by `responder` and with its certificate, unless that is the authority's own.
  ///
  /// - Throws: what the key throws.
  public func signed(by responder: Identity) async throws -> [UInt8] {
    try await signed(by: OCSPSigner(responder))
  }

  /// The whole response, by a signer of many.
  public func signed(by signer: OCSPSigner) async throws -> [UInt8] {
    // ResponseData. The responder is named by its key, which is shorter than its name (RFC 5019 §2.2.1).
    let extensions = nonce.map { DERWriter.value(0xA1, DERWriter.value(0x30, OCSPNonce.encode($0))) } ?? []
    let tbs = DERWriter.value(
      0x30, signer.responderID, DERWriter.value(0x18, ASN1Time.generalized(producedAt).bytes),
      DERWriter.value(0x30, answers.flatMap(\.encoded)), extensions)
    let signature = try await signer.key.signature(.message(tbs[...]), signer.algorithm)
    let basic = DERWriter.value(
      0x30, tbs, signer.algorithmIdentifier, DERWriter.value(0x03, [0], signature), signer.certificates)
    return DERWriter.value(
      0x30, [0x0A, 0x01, UInt8(OCSPResponse.Status.successful.rawValue)],
      DERWriter.value(0xA0, DERWriter.value(0x30, Self.basicType, DERWriter.value(0x04, basic))))
  }

  private static let basicType = DERWriter.encode { $0.oid(OID.ocspBasic) }

  /// A response that says only why there is none (RFC 6960 §2.3). It is not signed.
  public static func refusal(_ status: OCSPResponse.Status) -> [UInt8] {
    [0x30, 0x03, 0x0A, 0x01, UInt8(status.rawValue)]
  }
}

extension OCSPResponseTemplate.Answer {
  fileprivate var encoded: [UInt8] {
    let next = nextUpdate.map { DERWriter.value(0xA0, DERWriter.value(0x18, ASN1Time.generalized($0).bytes)) } ?? []
    let cutoff = archiveCutoff.map { date in
      DERWriter.value(
        0xA1,
        DERWriter.encode { der in
          der.sequence { der in
            Certificate.Extension(
              oid: OID.ocspArchiveCutoff, isCritical: false,
              value: DERWriter.encode { $0.generalizedTime(date) }[...]
            ).write(to: &der)
          }
        })
    }
    return DERWriter.value(
      0x30, Array(certificate.encoded), encodedStatus, DERWriter.value(0x18, ASN1Time.generalized(thisUpdate).bytes),
      next,
      cutoff ?? [])
  }

  private var encodedStatus: [UInt8] {
    switch status {
    case .good: return [0x80, 0]
    case .unknown: return [0x82, 0]
    case .revoked(let revocation):
      // RFC 6960 §4.2.2.1 as RFC 5280 §5.3.1: an unspecified reason is left out.
      let reason =
        revocation.reason == .unspecified
        ? [] : DERWriter.value(0xA0, DERWriter.value(0x0A, [UInt8(revocation.reason.rawValue)]))
      return DERWriter.value(0xA1, DERWriter.value(0x18, ASN1Time.generalized(revocation.date).bytes), reason)
    }
  }
}

/// Who signs responses: everything that is the same in each of them.
public struct OCSPSigner: Sendable {
  public let certificate: Certificate
  let key: any SigningKey
  let algorithm: SignatureAlgorithm
  let algorithmIdentifier: [UInt8]
  /// ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash }
  let responderID: [UInt8]
  /// [0] EXPLICIT SEQUENCE OF Certificate
  let certificates: [UInt8]

  public init(_ responder: Identity) {
    certificate = responder.certificate
    key = responder.signingKey
    algorithm = key.publicKey.defaultSignatureAlgorithm
    algorithmIdentifier = algorithm.identifier.encoded
    responderID = DERWriter.value(0xA2, DERWriter.value(0x04, certificate.publicKey.subjectKeyIdentifier))
    // The authority's own certificate is at hand wherever its answers are of use.
    let purposes = (try? certificate.extensions.extendedKeyUsage) ?? nil
    let isDelegated = certificate.extensions[OID.ocspNoCheck] != nil || purposes?.contains(.ocspSigning) ?? false
    certificates = isDelegated ? DERWriter.value(0xA0, DERWriter.value(0x30, Array(certificate.derBytes))) : []
  }
}
