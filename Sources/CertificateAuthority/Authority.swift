import ByteIO
public import PKIX
public import SMIMECrypto
import Synchronization

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A root and the issuing authority below it, in one folder: what they are, what they did, and the requests that wait.
///
/// ```
/// journal                 everything that ever happened, a line each; all below can be made from it again
/// root.pem issuing.pem    certificates          root.key issuing.key    encrypted PKCS#8
/// issued/SERIAL.pem       what was issued       crl/NAME.crl            the last list of each kind, DER
/// lock                    held while something is written
/// ```
///
/// Several processes, and several threads of each, may work on one folder: whoever writes holds the lock, whoever reads
/// sees what others wrote with the next ``refresh()``. What was decided is on the disk before anybody acts on it.
public final class Authority: Sendable {
  /// Which of the two authorities.
  public enum Level: String, Hashable, Sendable, CaseIterable { case root, issuing }

  public let folder: String
  let who: AuthorityIdentity
  private let state: Mutex<OpenJournal>

  /// Opens the authority in `folder`. A last line that was never written to its end is taken out of the journal, and a
  /// folder of the form before there was a journal gets one; ``healed`` tells.
  ///
  /// - Throws: ``AuthorityFailure`` `.missing` or `.damaged`; `IOFailure`.
  public init(folder: String) throws {
    self.folder = folder
    let files = AuthorityFiles(folder: folder)
    var opened = try OpenJournal(files)
    try opened.refresh()
    guard let who = opened.ledger.identity else { throw AuthorityFailure.missing(folder: folder) }
    self.who = who
    state = Mutex(opened)
  }

  /// What was healed since it was opened, in words for logs and people; nil if nothing was.
  public var healed: String? {
    state.withLock { $0.notes.isEmpty ? nil : $0.notes.joined(separator: "; ") }
  }

  // MARK: Who it is

  /// The organisation's name.
  public var name: String { who.name }

  public func certificate(_ level: Level) -> Certificate { who.certificate(level) }

  /// One of the two authorities with its key.
  ///
  /// - Throws: `WrongPassword`
  public func identity(_ level: Level, password: Password) throws -> Identity {
    try who.identity(level, password: password)
  }

  /// Where relying parties will look, as certificates that are issued from now on say.
  public var settings: AuthorityPlan.Settings { state.withLock { $0.ledger.settings } }

  /// Changes the URLs in certificates that are issued from now on.
  ///
  /// - Throws: ``AuthorityFailure/refused(_:)`` for what is no URL, and when the lists are spread: those name themselves
  ///   by the URL that stands in the certificates which they cover.
  public func change(baseURL: String?, revocationListURL: String? = nil, at date: Date = Date()) throws {
    try transact { work in
      let settings = AuthorityPlan.Settings(
        baseURL: baseURL, revocationListURL: revocationListURL, shardCount: work.ledger.settings.shardCount)
      guard settings.shardCount == 1 else {
        throw AuthorityFailure.refused("the URL of an authority whose lists are spread cannot change")
      }
      try settings.check()
      try work.record(
        .settings(baseURL: settings.baseURL, revocationListURL: settings.revocationListURL), at: date)
    }
  }

  // MARK: What it did

  /// Reads what other processes appended. When that is nothing, it costs one system call.
  ///
  /// - Returns: true when there was something.
  @discardableResult public func refresh() throws -> Bool { try state.withLock { try $0.refresh() } }

  /// Rises with everything that happens: what was computed at one revision holds while it stands.
  public var revision: Int { state.withLock { $0.journal.offset } }

  /// What is known of the certificate with that number: good only if it was issued and not revoked.
  public func status(of serialNumber: SerialNumber) throws -> CertificateStatus {
    try read { work in
      guard let record = work.ledger.record(serialNumber) else { return .unknown }
      if let revoked = record.revoked { return .revoked(revoked) }
      return record.stage == .issued ? .good : .unknown
    }
  }

  /// Every certificate that was ever prepared, in order.
  public var records: [IssuedRecord] { get throws { try read { $0.ledger.records } } }

  /// The certificate with that number; nil unless it was issued.
  public func certificate(_ serialNumber: SerialNumber) throws -> Certificate? {
    try read { work in
      guard let record = work.ledger.record(serialNumber) else { return nil }
      return try work.certificate(of: record)
    }
  }

  // MARK: Inside

  /// Reads what is new, and then what `body` wants to know.
  func read<Result: Sendable>(_ body: (inout OpenJournal) throws -> Result) throws -> Result {
    try state.withLock { work in
      try work.refresh()
      return try body(&work)
    }
  }

  /// Runs `body` while nobody else writes, with everything known that was written.
  func transact<Result: Sendable>(_ body: (inout OpenJournal) throws -> Result) throws -> Result {
    try state.withLock { try $0.transact(body) }
  }
}
