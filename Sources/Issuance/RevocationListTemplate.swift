public import PKIX
import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// One revoked certificate (RFC 5280 §5.1.2.6).
public struct RevokedEntry: Hashable, Sendable {
  public let serialNumber: SerialNumber
  public let date: Date
  /// Left out of the CRL when unspecified (RFC 5280 §5.3.1).
  public let reason: RevocationReason

  public init(serialNumber: SerialNumber, date: Date, reason: RevocationReason) {
    self.serialNumber = serialNumber
    self.date = date
    self.reason = reason
  }
}

/// Everything an authority decides about a CRL before it signs it.
///
/// RFC 5280 §5.1   TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate OPTIONAL,
///                   revokedCertificates SEQUENCE OF … OPTIONAL, crlExtensions [0] EXPLICIT Extensions OPTIONAL }
public struct RevocationListTemplate: Sendable {
  /// Rises with every CRL of the authority (RFC 5280 §5.2.3).
  public var number: Int
  public var thisUpdate: Date
  public var nextUpdate: Date
  /// In any order; they are written by serial number.
  public var entries: [RevokedEntry]

  public init(number: Int, thisUpdate: Date, nextUpdate: Date, entries: [RevokedEntry]) {
    self.number = number
    self.thisUpdate = thisUpdate
    self.nextUpdate = nextUpdate
    self.entries = entries
  }

  /// The CRL, signed by `issuer`'s key and read back.
  ///
  /// - Throws: ``IssuanceRefusal`` when the times are out of order or the issuer may not sign CRLs.
  public func signed(by issuer: Identity) async throws -> CertificateRevocationList {
    guard nextUpdate > thisUpdate else {
      throw IssuanceRefusal("nextUpdate", "RFC 5280 §5.1.2.5", "it is not after thisUpdate")
    }
    if let usage = try issuer.certificate.extensions.keyUsage, !usage.contains(.cRLSign) {
      throw IssuanceRefusal("issuer", "RFC 5280 §4.2.1.3", "its key may not sign CRLs")
    }
    let algorithm = issuer.signingKey.publicKey.defaultSignatureAlgorithm
    let tbs = encoded(issuer: issuer.certificate, algorithm)
    let signature = try await issuer.signingKey.signature(.message(ArraySlice(tbs)), algorithm)
    return try CertificateRevocationList(der: ArraySlice(SignedStructure.encode(tbs, algorithm, signature)))
  }

  private func encoded(issuer: Certificate, _ algorithm: SignatureAlgorithm) -> [UInt8] {
    DER.Serializer.encode { der in
      der.sequence { der in
        der.int(1)
        algorithm.identifier.write(to: &der)
        der.raw(issuer.subject.encoded)
        der.time(thisUpdate)
        der.time(nextUpdate)
        if !entries.isEmpty { der.raw(encodedEntries) }
        der.context(0) { der in
          der.sequence { der in
            let key = issuer.extensions.subjectKeyIdentifierBytes ?? ArraySlice(issuer.publicKey.subjectKeyIdentifier)
            Certificate.Extension.authorityKeyIdentifier(keyIdentifier: key).write(to: &der)
            Certificate.Extension.crlNumber(number).write(to: &der)
          }
        }
      }
    }
  }

  /// The revokedCertificates, written flat: an entry's octets are known without nesting, and a list may be long.
  private var encodedEntries: [UInt8] {
    var content: [UInt8] = []
    content.reserveCapacity(entries.count * 48)
    for entry in entries.sorted(by: { $0.serialNumber < $1.serialNumber }) {
      content.append(
        contentsOf: DER.Serializer.encode { der in
          der.sequence { der in
            der.integer(entry.serialNumber.bytes)
            der.time(entry.date)
            if entry.reason != .unspecified {
              der.sequence { Certificate.Extension.reasonCode(entry.reason).write(to: &$0) }
            }
          }
        })
    }
    return DER.Serializer.encode { $0.sequence { $0.raw(content) } }
  }
}
