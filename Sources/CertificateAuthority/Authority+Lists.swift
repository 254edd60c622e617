import Issuance
public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Authority {
  /// The complete lists that are published: the root's first.
  public var lists: [ListKind] {
    let count = settings.shardCount
    return [.root] + (count > 1 ? (0..<count).map(ListKind.shard) : [.issuing])
  }

  /// Makes the next list, which then stands in the folder as well. Its number is on record before it is signed, so that
  /// it neither repeats nor goes back.
  ///
  /// - Parameters:
  ///   - base: for a delta, the number of the complete list that it is about; nil for the last one.
  ///   - days: when the next list will be there at the latest.
  ///   - issuer: ``identity(_:password:)`` of the authority whose list it is.
  /// - Throws: ``AuthorityFailure/notFound(_:)`` for a list that this authority does not have, and for a delta's base.
  public func publishList(
    _ kind: ListKind, base: Int? = nil, days: Int, with issuer: Identity, at date: Date = Date()
  ) async throws -> CertificateRevocationList {
    guard lists.contains(kind.complete) else { throw AuthorityFailure.notFound("there is no list '\(kind)' here") }
    try checkIssuer(issuer, kind.issuer)
    let template = try transact { work in try work.number(kind, base: base, days: days, at: date) }
    let list = try await template.signed(by: issuer)
    let signature = Base64Text(encoding: list.signature)
    try transact { work in
      try work.record(.listSigned(kind, number: template.number, signature: signature), at: date)
      work.keep(list, kind, number: template.number)
      // Of two that were made at once, the later one stays.
      if work.ledger.lists.current[kind]?.number == template.number { try work.files.write(list, as: kind) }
    }
    return list
  }

  /// The list that was signed last, and whether nothing was revoked since that it should tell; nil before the first.
  public func currentList(_ kind: ListKind) throws -> (list: CertificateRevocationList, isCurrent: Bool)? {
    try read { work in
      guard let list = try work.currentList(kind), let edition = work.ledger.lists.current[kind] else { return nil }
      return (list, work.ledger.isCurrent(kind, revocationCount: edition.revocationCount))
    }
  }
}

extension OpenJournal {
  /// Gives the next list its number.
  fileprivate mutating func number(
    _ kind: ListKind, base: Int?, days: Int, at date: Date
  ) throws -> RevocationListTemplate {
    let found = kind.isDelta ? ledger.lists.base(for: kind, number: base) : nil
    guard kind.isDelta == (found != nil) else {
      let which = base.map { "number \($0)" } ?? "any number"
      throw AuthorityFailure.notFound("there is no list '\(kind.complete)' with \(which) to make a delta for")
    }
    let start = Date(timeIntervalSince1970: date.timeIntervalSince1970.rounded(.down))
    let numbering = JournalEvent.ListNumbering(
      kind: kind, number: ledger.lists.nextNumber(kind.issuer), thisUpdate: start,
      nextUpdate: start.addingTimeInterval(Double(days) * 86_400), base: found?.number)
    try record(.listNumbered(numbering), at: date)
    guard let edition = ledger.lists.numbered(kind, numbering.number) else {
      throw AuthorityFailure.notFound("the list '\(kind)' was not numbered")
    }
    return try ledger.template(edition)
  }
}
