public import PKIX
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Everything an authority decides about a CRL before it signs it. The same template and issuer give the same TBSCertList,
/// byte for byte.
///
/// RFC 5280 §5.1   TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate OPTIONAL,
///                   revokedCertificates SEQUENCE OF … OPTIONAL, crlExtensions [0] EXPLICIT Extensions OPTIONAL }
public struct RevocationListTemplate: Sendable {
  /// Rises with every CRL of the authority, complete or delta (RFC 5280 §5.2.3).
  public var number: Int
  public var thisUpdate: Date
  public var nextUpdate: Date
  /// In the order in which they are written; each serial number once.
  public var entries: [RevokedEntry]
  /// The URL of the distribution point whose certificates alone are covered (RFC 5280 §5.2.5); nil for a list of all.
  public var distributionPoint: String?
  /// The number of the complete list that this one only adds to (RFC 5280 §5.2.4); nil for a complete list.
  public var deltaBase: Int?

  public init(
    number: Int, thisUpdate: Date, nextUpdate: Date, entries: [RevokedEntry], distributionPoint: String? = nil,
    deltaBase: Int? = nil
  ) {
    self.number = number
    self.thisUpdate = thisUpdate
    self.nextUpdate = nextUpdate
    self.entries = entries
    self.distributionPoint = distributionPoint
    self.deltaBase = deltaBase
  }

  /// The CRL, signed by `issuer`'s key, read back and verified.
  ///
  /// - Throws: ``IssuanceRefusal`` when the times are out of order or the issuer may not sign CRLs.
  public func signed(by issuer: Identity) async throws -> CertificateRevocationList {
    let algorithm = issuer.signingKey.publicKey.defaultSignatureAlgorithm
    let prepared = try prepared(issuer: issuer.certificate, signatureAlgorithm: algorithm)
    return try prepared.completed(
      signature: await issuer.signingKey.signature(.message(prepared.tbsBytes), algorithm),
      by: issuer.signingKey.publicKey)
  }

  /// The list as `issuer` will sign it, or once signed it: with the signature that was made then, the same list comes out.
  ///
  /// - Throws: ``IssuanceRefusal`` when the times are out of order or the issuer may not sign CRLs.
  public func prepared(
    issuer: Certificate, signatureAlgorithm: SignatureAlgorithm
  ) throws -> PreparedRevocationList {
    guard nextUpdate > thisUpdate else {
      throw IssuanceRefusal("nextUpdate", "RFC 5280 §5.1.2.5", "it is not after thisUpdate")
    }
    if let usage = try issuer.extensions.keyUsage, !usage.contains(.cRLSign) {
      throw IssuanceRefusal("issuer", "RFC 5280 §4.2.1.3", "its key may not sign CRLs")
    }
    if let deltaBase, deltaBase >= number {
      throw IssuanceRefusal("deltaCRLIndicator", "RFC 5280 §5.2.4", "the base is no earlier list")
    }
    let head = DERWriter.encode { der in
      der.int(1)
      signatureAlgorithm.identifier.write(to: &der)
      der.raw(issuer.subject.encoded)
      der.time(thisUpdate)
      der.time(nextUpdate)
    }
    return PreparedRevocationList(head: head, entries: entries, tail: extensions(issuer), signatureAlgorithm)
  }

  private func extensions(_ issuer: Certificate) -> [UInt8] {
    let key = issuer.extensions.subjectKeyIdentifierBytes ?? ArraySlice(issuer.publicKey.subjectKeyIdentifier)
    return DERWriter.encode { der in
      der.context(0) { der in
        der.sequence { der in
          Certificate.Extension.authorityKeyIdentifier(keyIdentifier: key).write(to: &der)
          Certificate.Extension.crlNumber(number).write(to: &der)
          if let deltaBase { Certificate.Extension.deltaCRLIndicator(base: deltaBase).write(to: &der) }
          if let distributionPoint {
            Certificate.Extension.issuingDistributionPoint(uri: distributionPoint).write(to: &der)
          }
        }
      }
    }
  }
}

/// A CRL without its signature, in one buffer that the signature is appended to: a large list is never copied.
public struct PreparedRevocationList: Sendable {
  /// Room for the outer header, the TBSCertList, and later what follows it.
  private var buffer: [UInt8]
  private let algorithm: SignatureAlgorithm

  /// The longest tag and length that are written.
  private static let headerRoom = 6

  fileprivate init(head: [UInt8], entries: [RevokedEntry], tail: [UInt8], _ algorithm: SignatureAlgorithm) {
    self.algorithm = algorithm
    let entriesCount = entries.reduce(0) { $0 + RevokedEntryWriter.byteCount($1) }
    let listHeader = entries.isEmpty ? [] : TLVHeader.sequence(length: entriesCount)
    let tbsCount = head.count + listHeader.count + entriesCount + tail.count
    buffer = [UInt8](repeating: 0, count: Self.headerRoom)
    buffer.reserveCapacity(2 * Self.headerRoom + tbsCount + 2_048)
    buffer += TLVHeader.sequence(length: tbsCount)
    buffer += head
    buffer += listHeader
    var writer = RevokedEntryWriter()
    for entry in entries { writer.write(entry, to: &buffer) }
    buffer += tail
  }

  /// The bytes that are signed.
  public var tbsBytes: ArraySlice<UInt8> { buffer[Self.headerRoom...] }

  /// The list with `signature`, which must be `key`'s over ``tbsBytes``.
  public consuming func completed(
    signature: [UInt8], by key: PublicKey
  ) throws -> CertificateRevocationList {
    let tail = DERWriter.encode { der in
      algorithm.identifier.write(to: &der)
      der.bits(signature)
    }
    buffer += tail
    let header = TLVHeader.sequence(length: buffer.count - Self.headerRoom)
    let start = Self.headerRoom - header.count
    buffer.replaceSubrange(start..<Self.headerRoom, with: header)
    let list = try CertificateRevocationList(der: buffer[start...])
    guard try list.isSigned(by: key) else {
      throw IssuanceRefusal("signature", "RFC 5280 §5.1.1.3", "it does not verify")
    }
    return list
  }
}
