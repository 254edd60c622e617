import Issuance
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What an authority knows: the sum of its journal's lines. A value; the same lines give the same ledger.
struct Ledger {
  private(set) var identity: AuthorityIdentity?
  private(set) var settings = AuthorityPlan.Settings()
  /// Every certificate that was ever prepared, in order.
  private(set) var records: [IssuedRecord] = []
  private var places: [SerialNumber: Int] = [:]
  /// The places of the revoked ones, in the order in which they were revoked: what a list says is a beginning of this.
  private(set) var revocations: [Int] = []
  private(set) var lists = ListBook()
  private(set) var queue = RequestQueue()

  /// The record of that certificate.
  func record(_ serialNumber: SerialNumber) -> IssuedRecord? { places[serialNumber].map { records[$0] } }

  /// Takes in what happened.
  ///
  /// - Parameter offset: where its line begins.
  /// - Throws: ``JournalFault`` when it cannot have happened after all that is known. The ledger is as it was then.
  mutating func apply(_ event: JournalEvent, at offset: Int) throws(JournalFault) {
    try check(event)
    switch event.content {
    case .created(let creation):
      identity = try AuthorityIdentity(creation)
      settings = creation.settings
      lists = ListBook(lastNumber: creation.listNumber)
    case .settings(let baseURL, let revocationListURL):
      settings = AuthorityPlan.Settings(
        baseURL: baseURL, revocationListURL: revocationListURL, shardCount: settings.shardCount)
    case .prepared(let one): prepare(one, event.date, offset)
    case .issued(let serialNumber, _):
      guard let place = places[serialNumber] else { return }
      records[place].stage = .issued
      records[place].issuedAt = offset
      queue.answer(with: serialNumber)
    case .revoked(let serialNumbers, let reason, let date):
      for serialNumber in serialNumbers {
        guard let place = places[serialNumber] else { continue }
        records[place].revoked = RevokedCertificate(date: date, reason: reason)
        revocations.append(place)
      }
    case .listNumbered(let list): lists.number(list, revocationCount: revocations.count, settings)
    case .listSigned(let kind, let number, let signature): try lists.sign(kind, number, signature)
    case .requested, .coded, .proved, .approved, .rejected: try queue.apply(event)
    case .healed: break
    }
  }

  private mutating func prepare(_ one: JournalEvent.Preparation, _ date: Date, _ offset: Int) {
    places[one.serialNumber] = records.count
    records.append(
      IssuedRecord(
        serialNumber: one.serialNumber, subject: one.subject, addresses: one.addresses, notAfter: one.notAfter,
        purpose: one.purpose, date: date, stage: .prepared, revoked: nil, preparedAt: offset, issuedAt: nil))
    if let request = one.request { queue.prepare(request, one.serialNumber, at: date) }
  }

  // MARK: What cannot have happened

  func check(_ event: JournalEvent) throws(JournalFault) {
    if case .created = event.content {
      guard identity == nil else { throw JournalFault("makes the authority a second time") }
      return
    }
    guard identity != nil else { throw JournalFault("comes before the authority was made") }
    switch event.content {
    case .prepared(let one):
      guard places[one.serialNumber] == nil else { throw JournalFault("gives a serial number a second time") }
      if let request = one.request { try queue.checkPreparation(request) }
    case .issued(let serialNumber, _):
      guard try known(serialNumber).stage == .prepared else { throw JournalFault("signs a certificate a second time") }
    case .revoked(let serialNumbers, _, _):
      guard Set(serialNumbers).count == serialNumbers.count, !serialNumbers.isEmpty else {
        throw JournalFault("revokes nothing, or something twice")
      }
      for serialNumber in serialNumbers {
        guard try known(serialNumber).revoked == nil else {
          throw JournalFault("revokes a certificate a second time")
        }
      }
    case .listNumbered(let list):
      guard list.kind.shard.map({ $0 < settings.shardCount && settings.shardCount > 1 }) ?? true else {
        throw JournalFault("numbers a list that there is not")
      }
      try lists.check(list)
    case .listSigned(let kind, let number, _): try lists.check(kind, number)
    case .requested, .coded, .proved, .approved, .rejected: try queue.check(event)
    case .created, .settings, .healed: break
    }
  }

  private func known(_ serialNumber: SerialNumber) throws(JournalFault) -> IssuedRecord {
    guard let record = record(serialNumber) else {
      throw JournalFault("is about a certificate that was never prepared")
    }
    return record
  }

  // MARK: Revocation

  /// The entries of a list, from the revocation `first` on up to `count`.
  func entries(_ kind: ListKind, from first: Int, to count: Int) throws -> [RevokedEntry] {
    // The root revokes issuing authorities, of which this one has one.
    guard kind.issuer == .issuing else { return [] }
    var result: [RevokedEntry] = []
    result.reserveCapacity(count - first)
    for place in revocations[first..<count] where covers(kind, place) {
      let record = records[place]
      guard let revoked = record.revoked else { continue }
      result.append(
        try RevokedEntry(serialNumber: record.serialNumber, date: revoked.date, reason: revoked.reason))
    }
    return result
  }

  /// True when nothing that the list `kind` should tell came after the first `count` revocations.
  func isCurrent(_ kind: ListKind, revocationCount count: Int) -> Bool {
    kind.issuer == .root || !revocations[count...].contains { covers(kind, $0) }
  }

  private func covers(_ kind: ListKind, _ place: Int) -> Bool {
    kind.shard.map { records[place].serialNumber.shard(of: settings.shardCount) == $0 } ?? true
  }
}

extension SerialNumber {
  /// Which of so many lists covers the certificate: its last, random bits decide.
  func shard(of count: Int) -> Int {
    Int(bytes.suffix(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } % UInt64(max(count, 1)))
  }
}
