import ByteIO
import Issuance
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A journal and what follows from the lines that were read of it.
struct OpenJournal: Sendable {
  let files: AuthorityFiles
  private(set) var journal: Journal
  private(set) var ledger = Ledger()
  /// What was healed, in words.
  private(set) var notes: [String] = []
  /// Lists that were put together already.
  private var built: [ListKind: (number: Int, list: CertificateRevocationList)] = [:]
  private let lock: FolderLock

  /// Opens the journal in the folder, which is made first if the folder has the form before there was one.
  init(_ files: AuthorityFiles) throws {
    self.files = files
    lock = files.lock
    if !files.exists("journal") {
      guard EarlierFolder.exists(files) else { throw AuthorityFailure.missing(folder: files.folder) }
      let isNew = try lock.hold(.exclusive) { try EarlierFolder.importIfNeeded(files) }
      if isNew { notes.append("\(files.folder): a journal was made from state.json, which is no longer used") }
    }
    journal = try Journal(path: files.path("journal"))
  }

  // MARK: Reading

  /// - Returns: true when there was something new.
  @discardableResult mutating func refresh() throws -> Bool {
    if journal.isAtEnd { return false }
    let before = journal.offset
    // What is just being written looks torn, and what a writer took back looks damaged: neither under its lock.
    if let tail = try? follow(), tail == .none { return journal.offset != before }
    if try lock.hold(.shared, { try settle() }) != .none { try lock.hold(.exclusive) { try catchUp() } }
    return true
  }

  private mutating func follow() throws -> Journal.Tail { try Self.follow(&journal, &ledger) }

  private static func follow(_ journal: inout Journal, _ ledger: inout Ledger) throws -> Journal.Tail {
    try journal.follow { event, offset throws(JournalFault) in try ledger.apply(event, at: offset) }
  }

  /// Reads to the end; all of it once more if that does not continue what was read.
  private mutating func settle() throws -> Journal.Tail {
    let isFresh = journal.offset == 0
    do {
      let tail = try follow()
      if tail != .replaced { return tail }
    } catch  where !isFresh {}
    journal = try Journal(path: journal.path)
    ledger = Ledger()
    built = [:]
    let tail = try follow()
    guard isFresh || ledger.identity != nil else {
      throw AuthorityFailure.damaged(
        JournalDamage(file: journal.path, line: 1, offset: 0, words: "no longer says who the authority is"))
    }
    return tail
  }

  // MARK: Writing

  mutating func transact<Result>(_ body: (inout OpenJournal) throws -> Result) throws -> Result {
    try lock.hold(.exclusive) {
      try catchUp()
      return try body(&self)
    }
  }

  /// Reads to the end, under the exclusive lock: what is torn now stays torn, and is taken out.
  private mutating func catchUp() throws {
    guard case .torn(let byteCount) = try settle() else { return }
    let line = journal.line
    let kept = try journal.heal(byteCount: byteCount)
    notes.append(
      "\(journal.path): line \(line) was not written to its end; its \(byteCount) bytes were moved to \(kept)")
    guard ledger.identity != nil else { return }
    let name = String(kept[(kept.lastIndex(of: "/").map { kept.index(after: $0) } ?? kept.startIndex)...])
    try record(.healed(byteCount: byteCount, kept: name), at: Date())
  }

  /// Writes down that something happens. When this returns it has happened, whatever comes.
  mutating func record(_ content: JournalEvent.Content, at date: Date) throws {
    let event = JournalEvent(date: date, content: content)
    do { try ledger.check(event) } catch { throw AuthorityFailure.refused("the journal's next line \(error)") }
    let offset = journal.offset
    try journal.append(event)
    do { try ledger.apply(event, at: offset) } catch {
      throw AuthorityFailure.damaged(
        JournalDamage(file: journal.path, line: journal.line - 1, offset: offset, words: error.description))
    }
  }

  // MARK: What was made

  /// The certificate of `record`; nil unless it was issued.
  func certificate(of record: IssuedRecord) throws -> Certificate? {
    guard let issuedAt = record.issuedAt, let issuer = ledger.identity?.issuing,
      case .prepared(let preparation) = try journal.event(at: record.preparedAt).content,
      case .issued(_, let signature) = try journal.event(at: issuedAt).content
    else { return nil }
    let encoded = SignedStructure.encode(
      try preparation.tbs.bytes, issuer.publicKey.defaultSignatureAlgorithm, try signature.bytes)
    return try Certificate(der: ArraySlice(encoded))
  }

  /// The list that was signed last.
  mutating func currentList(_ kind: ListKind) throws -> CertificateRevocationList? {
    guard let edition = ledger.lists.current[kind], let signature = edition.signature else { return nil }
    if let (number, list) = built[kind], number == edition.number { return list }
    guard let issuer = ledger.identity?.certificate(kind.issuer) else { return nil }
    let list = try ledger.template(edition)
      .prepared(issuer: issuer, signatureAlgorithm: issuer.publicKey.defaultSignatureAlgorithm)
      .completed(signature: try signature.bytes, by: issuer.publicKey)
    built[kind] = (edition.number, list)
    return list
  }

  /// Keeps a list that was just signed, so that it need not be put together again.
  mutating func keep(_ list: CertificateRevocationList, _ kind: ListKind, number: Int) {
    if ledger.lists.current[kind]?.number == number { built[kind] = (number, list) }
  }
}
