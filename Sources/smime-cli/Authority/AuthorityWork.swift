import ByteIO
import Issuance
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What an authority does. Each step that must not be lost is on disk before the next one begins.
extension AuthorityFolder {
  /// Makes the two keys and certificates of a new authority.
  func create(
    name: String, keys kind: PrivateKey.Kind, password: Password, publication: PublicationPoints
  ) async throws {
    try checkIsNew()
    try Files.makeFolder(file("issued"))
    let now = Date()
    let rootKey = try PrivateKey(generate: kind)
    let issuingKey = try PrivateKey(generate: kind)
    let root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "\(name) Root"), publicKey: rootKey.publicKey,
      validity: Validity(from: now, days: 20 * 365)
    ).prepared(issuer: nil, signatureAlgorithm: rootKey.publicKey.defaultSignatureAlgorithm).signed(by: rootKey)
    let issuing = try await CertificateTemplate.issuingAuthority(
      subject: DistinguishedName(commonName: "\(name) Issuing"), publicKey: issuingKey.publicKey,
      validity: Validity(from: now, days: 10 * 365), publication: publication
    ).prepared(issuer: root, signatureAlgorithm: rootKey.publicKey.defaultSignatureAlgorithm).signed(by: rootKey)
    try store(rootKey, as: .root, password: password)
    try store(issuingKey, as: .issuing, password: password)
    try store(root, as: .root)
    try store(issuing, as: .issuing)
    var state = AuthorityState()
    state.publication = publication.revocationList
    try store(state)
  }

  /// Issues a certificate for `addresses`. Serial number and TBSCertificate are stored before the signature is made.
  func issue(
    addresses: [String], name: String?, publicKey: PublicKey, use: MailboxUse, days: Int, unlock: Unlock
  ) async throws -> Certificate {
    let issuer = try identity(.issuing, unlock: unlock)
    return try await update { state in
      let template = CertificateTemplate.mailbox(
        addresses: addresses, name: name, publicKey: publicKey, use: use, validity: Validity(from: Date(), days: days),
        publication: PublicationPoints(revocationList: state.publication))
      let prepared = try template.prepared(
        issuer: issuer.certificate, signatureAlgorithm: issuer.signingKey.publicKey.defaultSignatureAlgorithm)
      let serial = prepared.serialNumber.description
      try Files.write(prepared.tbsBytes, to: file("issued/\(serial).tbs"), overwrite: .refuse)
      let index = state.records.count
      state.records.append(
        AuthorityState.Record(
          serial: serial, subject: template.subject.description, addresses: addresses,
          notAfter: template.validity.notAfter.rfc3339, stage: .prepared))
      try store(state)
      let certificate = try await prepared.signed(by: issuer.signingKey)
      try write(certificate.pem, to: "issued/\(serial).pem", mode: 0o644)
      state.records[index].stage = .issued
      return certificate
    }
  }

  /// Withdraws every certificate that `isMeant` picks and that is not withdrawn yet.
  func revoke(reason: RevocationReason, _ isMeant: (AuthorityState.Record) -> Bool) async throws -> [AuthorityState
    .Record]
  {
    try await update { state in
      let chosen = state.records.indices.filter { isMeant(state.records[$0]) && state.records[$0].revoked == nil }
      for index in chosen {
        state.records[index].revoked = .init(date: Date().rfc3339, reason: reason.name)
      }
      return chosen.map { state.records[$0] }
    }
  }

  /// Makes the next CRL of both authorities. Its number is stored before it is signed, so that it never repeats.
  func publish(days: Int, unlock: Unlock) async throws -> [CertificateRevocationList] {
    let issuing = try identity(.issuing, unlock: unlock)
    let root = try identity(.root, unlock: unlock)
    return try await update { state in
      state.revocationListNumber += 1
      try store(state)
      let now = Date()
      let entries = try state.records.compactMap { record in try record.revocation }
      let template = RevocationListTemplate(
        number: state.revocationListNumber, thisUpdate: now, nextUpdate: now.addingTimeInterval(Double(days) * 86_400),
        entries: entries)
      var rootTemplate = template
      rootTemplate.entries = []
      let lists = [try await template.signed(by: issuing), try await rootTemplate.signed(by: root)]
      try write(lists.map(\.pem).joined(), to: "crl.pem", mode: 0o644)
      return lists
    }
  }
}

extension AuthorityState.Record {
  /// The record as an entry of a CRL, nil if it was not withdrawn.
  fileprivate var revocation: RevokedEntry? {
    get throws {
      guard let revoked else { return nil }
      guard let date = Instant(argument: revoked.date)?.date, let reason = RevocationReason(name: revoked.reason),
        let serial = SerialNumber(hex: serial)
      else { throw CommandFailure(.unreadable, "state.json: the record of \(serial) cannot be read") }
      return try RevokedEntry(serialNumber: serial, date: date, reason: reason)
    }
  }
}
