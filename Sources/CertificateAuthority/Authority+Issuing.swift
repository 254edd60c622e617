import Issuance
public import PKIX
public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Authority {
  /// Issues a mailbox certificate. Serial number and TBSCertificate are on record before the signature is made.
  ///
  /// - Parameter issuer: ``identity(_:password:)`` of the issuing authority.
  /// - Throws: `IssuanceRefusal` with the rule that forbids it.
  public func issue(
    _ order: MailboxOrder, with issuer: Identity, at date: Date = Date()
  ) async throws -> Certificate {
    try await issue(order, answering: nil, with: issuer, at: date)
  }

  /// Issues a certificate for a key that answers OCSP requests for the issuing authority. It cannot be revoked by those
  /// who rely on it, so that it lasts hours or days.
  public func issueResponder(
    for key: PublicKey, hours: Int, with issuer: Identity, at date: Date = Date()
  ) async throws -> Certificate {
    let start = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    let end = min(start.addingTimeInterval(Double(hours) * 3_600 - 1), issuer.certificate.validity.notAfter)
    let template = CertificateTemplate.ocspResponder(
      subject: DistinguishedName(commonName: "\(name) OCSP"), publicKey: key,
      validity: Validity(notBefore: start, notAfter: end))
    return try await sign(template, addresses: [], .responder, answering: nil, with: issuer, at: date)
  }

  func issue(
    _ order: MailboxOrder, answering request: String?, with issuer: Identity, at date: Date
  ) async throws -> Certificate {
    let template = template(order, at: date)
    return try await sign(
      template, addresses: order.addresses, .mailbox, answering: request, with: issuer, at: date)
  }

  func template(_ order: MailboxOrder, at date: Date) -> CertificateTemplate {
    let serialNumber = SerialNumber.random()
    var template = CertificateTemplate.mailbox(
      addresses: order.addresses, name: order.name, publicKey: order.publicKey, use: order.use,
      validity: Validity(from: date, days: order.days), publication: settings.publication(for: serialNumber))
    template.serialNumber = serialNumber
    return template
  }

  private func sign(
    _ template: CertificateTemplate, addresses: [String], _ purpose: IssuedRecord.Purpose, answering request: String?,
    with issuer: Identity, at date: Date
  ) async throws -> Certificate {
    try checkIssuer(issuer, .issuing)
    let prepared = try template.prepared(
      issuer: issuer.certificate, signatureAlgorithm: issuer.signingKey.publicKey.defaultSignatureAlgorithm)
    let preparation = JournalEvent.Preparation(
      serialNumber: template.serialNumber, subject: template.subject.description, addresses: addresses,
      notAfter: template.validity.notAfter, purpose: purpose, request: request,
      tbs: Base64Text(encoding: prepared.tbsBytes))
    try transact { try $0.record(.prepared(preparation), at: date) }
    let certificate = try await prepared.signed(by: issuer.signingKey)
    try transact { work in
      try work.record(
        .issued(certificate.serialNumber, signature: Base64Text(encoding: certificate.signature)), at: date)
      try work.files.write(certificate)
    }
    return certificate
  }

  func checkIssuer(_ issuer: Identity, _ level: Level) throws {
    guard issuer.certificate == certificate(level) else {
      throw AuthorityFailure.refused("the key that is to sign is not that of \(certificate(level).subject)")
    }
  }

  // MARK: Revoking

  /// Withdraws every certificate that `isMeant` picks and that is not withdrawn yet, all of them or none. They may be
  /// prepared only: such a certificate may exist.
  ///
  /// - Returns: what was withdrawn.
  @discardableResult
  public func revoke(
    reason: RevocationReason, at date: Date = Date(), where isMeant: (IssuedRecord) -> Bool
  ) throws -> [IssuedRecord] {
    guard reason != .removeFromCRL else {
      throw AuthorityFailure.refused("removeFromCRL is no reason to revoke (RFC 5280 §5.3.1)")
    }
    return try transact { work in
      let chosen = work.ledger.records.filter { $0.revoked == nil && isMeant($0) }.map(\.serialNumber)
      guard !chosen.isEmpty else { return [] }
      try work.record(.revoked(chosen, reason, at: date), at: date)
      return chosen.compactMap { work.ledger.record($0) }
    }
  }
}
