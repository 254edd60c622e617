import ByteIO
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A folder of the form before there was a journal: `state.json` with the records, `issued/SERIAL.tbs` and `.pem` beside
/// it. It becomes the beginning of a journal once; `state.json` stays as it was and is not read again.
enum EarlierFolder {
  static func exists(_ files: AuthorityFiles) -> Bool { files.exists("state.json") }

  /// Makes the journal, under the exclusive lock, unless another process made it meanwhile.
  ///
  /// - Returns: true when it was made.
  static func importIfNeeded(_ files: AuthorityFiles) throws -> Bool {
    if files.exists("journal") { return false }
    try files.begin(try events(files))
    return true
  }

  private struct State: Decodable {
    struct Record: Decodable {
      struct Withdrawal: Decodable {
        let date: String
        let reason: String
      }

      let serial: String
      let subject: String
      let addresses: [String]
      let notAfter: String
      let stage: String
      let revoked: Withdrawal?
    }

    let version: Int
    let revocationListNumber: Int
    let publication: String?
    let records: [Record]
  }

  private static func events(_ files: AuthorityFiles) throws -> [JournalEvent] {
    let state: State
    do {
      state = try JSONDecoder().decode(State.self, from: Data(try read("state.json", files)))
    } catch is DecodingError { throw damage("state.json", "cannot be read", files) }
    guard state.version == 1 else { throw damage("state.json", "is of another version", files) }
    let root = try Certificate.all(in: try read("root.pem", files))
    let issuing = try Certificate.all(in: try read("issuing.pem", files))
    guard let root = root.first, let issuing = issuing.first else {
      throw damage("root.pem", "holds no certificate", files)
    }
    let creation = JournalEvent.Creation(
      name: name(of: issuing), root: Base64Text(encoding: root.derBytes),
      issuing: Base64Text(encoding: issuing.derBytes), rootKey: try text("root.key", files),
      issuingKey: try text("issuing.key", files),
      settings: AuthorityPlan.Settings(revocationListURL: state.publication), listNumber: state.revocationListNumber)
    var events = [JournalEvent(date: issuing.validity.notBefore, content: .created(creation))]
    for record in state.records { events += try self.events(record, files) }
    return events
  }

  private static func events(_ record: State.Record, _ files: AuthorityFiles) throws -> [JournalEvent] {
    guard let serialNumber = SerialNumber(hex: record.serial), let notAfter = RFC3339.date(record.notAfter.utf8) else {
      throw damage("state.json", "has a record of '\(record.serial)' that cannot be read", files)
    }
    // The file names are of the number as it is written there.
    let pem = "issued/\(record.serial).pem"
    let certificate = files.exists(pem) ? try Certificate.all(in: try read(pem, files)).first : nil
    let tbs = try certificate.map { Array($0.tbsBytes) } ?? read("issued/\(record.serial).tbs", files)
    let date = certificate?.validity.notBefore ?? notAfter
    var result: [JournalEvent.Content] = [
      .prepared(
        JournalEvent.Preparation(
          serialNumber: serialNumber, subject: record.subject, addresses: record.addresses, notAfter: notAfter,
          purpose: .mailbox, request: nil, tbs: Base64Text(encoding: tbs)))
    ]
    if let certificate { result.append(.issued(serialNumber, signature: Base64Text(encoding: certificate.signature))) }
    if let revoked = record.revoked {
      guard let date = RFC3339.date(revoked.date.utf8), let reason = RevocationReason(name: revoked.reason) else {
        throw damage("state.json", "has a revocation of '\(record.serial)' that cannot be read", files)
      }
      result.append(.revoked([serialNumber], reason, at: date))
    }
    return result.map { JournalEvent(date: date, content: $0) }
  }

  /// Authorities were named after their organisation.
  private static func name(of issuing: Certificate) -> String {
    let name = issuing.subject.commonName ?? ""
    return name.hasSuffix(" Issuing") ? String(name.dropLast(8)) : name
  }

  private static func read(_ name: String, _ files: AuthorityFiles) throws -> [UInt8] {
    try FileSource(path: files.path(name)).readAll(limit: 1 << 30)
  }

  private static func text(_ name: String, _ files: AuthorityFiles) throws -> String {
    String(decoding: try read(name, files), as: UTF8.self)
  }

  private static func damage(_ name: String, _ words: String, _ files: AuthorityFiles) -> AuthorityFailure {
    .damaged(JournalDamage(file: files.path(name), line: nil, offset: 0, words: words))
  }
}
