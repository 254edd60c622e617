import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The revocation lists that were numbered and signed. Each of the two authorities counts all of its lists in one row.
struct ListBook {
  /// A list: with the ledger, all that is needed to write it again.
  struct Edition: Hashable, Sendable {
    let kind: ListKind
    let number: Int
    let thisUpdate: Date
    let nextUpdate: Date
    /// How many revocations there were.
    let revocationCount: Int
    /// The URL that it was published at; it stands in lists that cover a part.
    let url: String?
    /// For a delta, what it is about.
    let base: BaseList?
    var signature: Base64Text?
  }

  struct BaseList: Hashable, Sendable {
    let number: Int
    let revocationCount: Int
  }

  private var lastNumbers: [Authority.Level: Int]
  /// Numbered and not signed yet, or never.
  private var pending: [ListKind: [Edition]] = [:]
  /// The last that was signed, of each kind.
  private(set) var current: [ListKind: Edition] = [:]
  /// Every complete list that was signed: a delta may be about any of them.
  private var bases: [ListKind: [BaseList]] = [:]

  init(lastNumber: Int = 0) { lastNumbers = [.root: lastNumber, .issuing: lastNumber] }

  func nextNumber(_ level: Authority.Level) -> Int { (lastNumbers[level] ?? 0) + 1 }

  /// The complete list that a delta of `kind` is about: the one with that number, or the last.
  func base(for kind: ListKind, number: Int?) -> BaseList? {
    let all = bases[kind.complete] ?? []
    guard let number else { return all.last }
    return all.last { $0.number == number }
  }

  /// The list `kind` with that number, which waits for its signature.
  func numbered(_ kind: ListKind, _ number: Int) -> Edition? { pending[kind]?.first { $0.number == number } }

  // MARK: What happens

  func check(_ list: JournalEvent.ListNumbering) throws(JournalFault) {
    guard list.number >= nextNumber(list.kind.issuer) else { throw JournalFault("numbers a list backwards") }
    guard list.kind.isDelta == (list.base != nil) else { throw JournalFault("numbers a delta without its base") }
    if let base = list.base, self.base(for: list.kind, number: base) == nil {
      throw JournalFault("numbers a delta to a list that there is not")
    }
  }

  func check(_ kind: ListKind, _ number: Int) throws(JournalFault) {
    guard numbered(kind, number) != nil else { throw JournalFault("signs a list that was not numbered") }
  }

  mutating func number(
    _ list: JournalEvent.ListNumbering, revocationCount: Int, _ settings: AuthorityPlan.Settings
  ) {
    lastNumbers[list.kind.issuer] = list.number
    pending[list.kind, default: []].append(
      Edition(
        kind: list.kind, number: list.number, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate,
        revocationCount: revocationCount, url: list.kind.shard == nil ? nil : settings.url(of: list.kind.complete),
        base: list.base.flatMap { base(for: list.kind, number: $0) }))
  }

  mutating func sign(_ kind: ListKind, _ number: Int, _ signature: Base64Text) throws(JournalFault) {
    guard let place = pending[kind]?.firstIndex(where: { $0.number == number }),
      var edition = pending[kind]?.remove(at: place)
    else { return }
    edition.signature = signature
    if !kind.isDelta {
      bases[kind, default: []].append(BaseList(number: number, revocationCount: edition.revocationCount))
    }
    // Two that are made at once may be signed in any order.
    if current[kind].map({ $0.number < number }) ?? true { current[kind] = edition }
  }
}
