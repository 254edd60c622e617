import ByteIO
import Issuance
import PKIX
public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Authority {
  /// Makes the two keys and certificates of a new authority, and their first lists.
  ///
  /// - Parameter password: protects both keys; an empty one leaves them in the clear.
  /// - Throws: ``AuthorityFailure`` `.exists` when there is one in the folder, `.refused` for a plan that cannot be.
  public static func create(
    in folder: String, _ plan: AuthorityPlan, password: Password, at date: Date = Date()
  ) async throws -> Authority {
    try plan.settings.check()
    let files = AuthorityFiles(folder: folder)
    try checkIsNew(files)
    let rootKey = try PrivateKey(generate: plan.key)
    let issuingKey = try PrivateKey(generate: plan.key)
    let algorithm = rootKey.publicKey.defaultSignatureAlgorithm
    let root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "\(plan.name) Root"), publicKey: rootKey.publicKey,
      validity: Validity(from: date, days: 20 * 365)
    ).prepared(issuer: nil, signatureAlgorithm: algorithm).signed(by: rootKey)
    let issuing = try await CertificateTemplate.issuingAuthority(
      subject: DistinguishedName(commonName: "\(plan.name) Issuing"), publicKey: issuingKey.publicKey,
      validity: Validity(from: date, days: 10 * 365), publication: plan.settings.issuingPublication
    ).prepared(issuer: root, signatureAlgorithm: algorithm).signed(by: rootKey)
    let creation = JournalEvent.Creation(
      name: plan.name, root: Base64Text(encoding: root.derBytes), issuing: Base64Text(encoding: issuing.derBytes),
      rootKey: try rootKey.pem(password: password), issuingKey: try issuingKey.pem(password: password),
      settings: plan.settings, listNumber: 0)
    try Folder.make(folder)
    try files.lock.hold(.exclusive) {
      try checkIsNew(files)
      try files.begin([JournalEvent(date: date, content: .created(creation))])
    }
    let authority = try Authority(folder: folder)
    try authority.transact { try $0.files.write(authority.who) }
    try await authority.publishFirstLists(
      root: Identity(certificate: root, privateKey: rootKey),
      issuing: Identity(certificate: issuing, privateKey: issuingKey), at: date)
    return authority
  }

  /// The root's list lasts half a year: its key comes out of the safe rarely.
  public static let rootListDays = 180

  private func publishFirstLists(root: Identity, issuing: Identity, at date: Date) async throws {
    for kind in lists {
      let issuer = kind.issuer == .root ? root : issuing
      _ = try await publishList(kind, days: kind == .root ? Self.rootListDays : 7, with: issuer, at: date)
    }
  }

  /// - Throws: ``AuthorityFailure/exists(folder:)`` when there is an authority in the folder.
  public static func checkIsNew(in folder: String) throws { try checkIsNew(AuthorityFiles(folder: folder)) }

  private static func checkIsNew(_ files: AuthorityFiles) throws {
    if files.exists("journal") || EarlierFolder.exists(files) { throw AuthorityFailure.exists(folder: files.folder) }
  }
}

extension AuthorityFiles {
  /// Writes a new journal, which appears whole or not at all.
  func begin(_ events: [JournalEvent]) throws {
    let file = try AtomicFile(path: path("journal"), overwrite: .refuse, mode: 0o600)
    try file.write(Journal.opening(events))
    try file.commit()
    Folder.synchronise(of: path("journal"))
  }
}

extension AuthorityPlan.Settings {
  /// What the certificate of the issuing authority says.
  var issuingPublication: PublicationPoints {
    PublicationPoints(revocationList: url(of: .root), issuerCertificate: certificateURL(of: .root))
  }

  /// What a mailbox certificate with that number says.
  func publication(for serialNumber: SerialNumber) -> PublicationPoints {
    PublicationPoints(
      revocationList: url(of: shardCount > 1 ? .shard(serialNumber.shard(of: shardCount)) : .issuing),
      issuerCertificate: certificateURL(of: .issuing), ocsp: ocspURL)
  }

  /// - Throws: ``AuthorityFailure/refused(_:)``
  public func check() throws(AuthorityFailure) {
    for url in [baseURL, revocationListURL].compactMap(\.self) where !Self.isPlain(url) {
      throw AuthorityFailure.refused("'\(url)' is not the http URL of a host, with nothing to be quoted in it")
    }
    guard Self.shardCounts.contains(shardCount) else {
      throw AuthorityFailure.refused("there may be 1 to \(Self.shardCounts.upperBound) lists")
    }
    guard shardCount == 1 || baseURL != nil && revocationListURL == nil else {
      throw AuthorityFailure.refused("lists are spread below one URL, which must be known, and not over another")
    }
  }

  /// http, since who checks a certificate must not need another one to do so (S/MIME BR 7.1.2.3 b, c).
  private static func isPlain(_ url: String) -> Bool {
    let start = "http://"
    guard url.hasPrefix(start), let first = url.utf8.dropFirst(start.utf8.count).first else { return false }
    return first != UInt8(ascii: "/")
      && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("\"<>\\^`{|}".utf8).contains($0) }
  }
}
