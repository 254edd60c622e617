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
    let algorithm = responder.signingKey.publicKey.defaultSignatureAlgorithm
    let tbs = encoded(by: responder.certificate)
    let signature = try await responder.signingKey.signature(.message(tbs[...]), algorithm)
    let isDelegated = responder.certificate.extensions[OID.ocspNoCheck] != nil
    return DER.Serializer.encode { der in
      der.sequence { der in
        der.int(OCSPResponse.Status.successful.rawValue, tag: .enumerated)
        der.context(0) { der in
          der.sequence { der in
            der.oid(OID.ocspBasic)
            der.octets(
              DER.Serializer.encode { der in
                der.sequence { der in
                  der.raw(tbs)
                  algorithm.identifier.write(to: &der)
                  der.bits(signature)
                  if isDelegated { der.context(0) { der in der.sequence { $0.raw(responder.certificate.derBytes) } } }
                }
              })
          }
        }
      }
    }
  }

  /// ResponseData. The responder is named by its key, which is shorter than its name (RFC 5019 §2.2.1).
  private func encoded(by responder: Certificate) -> [UInt8] {
    DER.Serializer.encode { der in
      der.sequence { der in
        der.context(2) { $0.octets(responder.publicKey.subjectKeyIdentifier) }
        der.generalizedTime(producedAt)
        der.sequence { der in for answer in answers { answer.write(to: &der) } }
        if let nonce {
          der.context(1) { der in der.sequence { OCSPNonce.extension(nonce).write(to: &$0) } }
        }
      }
    }
  }

  /// A response that says only why there is none (RFC 6960 §2.3). It is not signed.
  public static func refusal(_ status: OCSPResponse.Status) -> [UInt8] {
    [0x30, 0x03, 0x0A, 0x01, UInt8(status.rawValue)]
  }
}

extension OCSPResponseTemplate.Answer {
  fileprivate func write(to der: inout DER.Serializer) {
    der.sequence { der in
      certificate.write(to: &der)
      switch status {
      case .good: der.octets([], tag: .context(0))
      case .revoked(let revocation):
        der.context(1) { der in
          der.generalizedTime(revocation.date)
          // RFC 6960 §4.2.2.1 as RFC 5280 §5.3.1: an unspecified reason is left out.
          if revocation.reason != .unspecified {
            der.context(0) { $0.int(revocation.reason.rawValue, tag: .enumerated) }
          }
        }
      case .unknown: der.octets([], tag: .context(2))
      }
      der.generalizedTime(thisUpdate)
      if let nextUpdate { der.context(0) { $0.generalizedTime(nextUpdate) } }
    }
  }
}
