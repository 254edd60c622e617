import ByteIO
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a user of S/MIME keeps: identities with every key ever held, correspondents' certificates, anchors, and what
/// messages were worth when they were first opened.
///
/// It lies in one file, `store.db`, which any number of processes may use at once. What a call wrote is on the disk when
/// it returns, and nothing of it is when it throws. Calls are synchronous, since each is a few rows of a local file.
public struct Store: Sendable {
  package let database: any StoreDatabase

  package init(_ database: any StoreDatabase) { self.database = database }

  /// Opens the store in `folder`, and makes both if they are not there: for their owner only.
  ///
  /// - Throws: ``StoreFailure``, or `IOFailure` where the folder cannot be made.
  public init(folder: String) throws {
    try Folder.make(folder)
    self.init(try SQLiteDatabase(path: Self.path(in: folder)))
  }

  /// Runs `work` while no other process opens a store in `folder` or does this: for what is done once to a whole folder.
  public static func alone<Result>(in folder: String, _ work: () throws -> Result) throws -> Result {
    try FolderLock(ofDatabase: path(in: folder)).hold(work)
  }

  /// The path of the database of a store in `folder`.
  public static func path(in folder: String) -> String { "\(folder)/store.db" }
}

// MARK: - Certificates

extension StoreSession {
  func add(_ certificate: Certificate) throws {
    try run(
      "INSERT INTO certificate (sha256, der) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING",
      [.bytes(certificate.fingerprint), .bytes(Array(certificate.derBytes))])
  }

  /// Drops the bytes of a certificate that nothing needs any more.
  func dropCertificate(_ fingerprint: [UInt8]) throws {
    let users = ["identity", "identity_chain", "correspondent", "anchor", "authority"]
    let unused = users.map { "NOT EXISTS (SELECT 1 FROM \($0) WHERE \($0).sha256 = certificate.sha256)" }
    try run(
      "DELETE FROM certificate WHERE sha256 = ? AND \(unused.joined(separator: " AND "))", [.bytes(fingerprint)])
  }
}

extension StoredRow {
  /// The certificate whose encoding is in the column `der`, and whose fingerprint in `sha256`.
  func certificate() throws -> Certificate {
    let certificate: Certificate
    do { certificate = try Certificate(der: try bytes("der")[...]) } catch let error as Malformed {
      throw damaged("certificate", "\(error)")
    }
    guard try certificate.fingerprint == bytes("sha256") else {
      throw damaged("certificate", "has another fingerprint")
    }
    return certificate
  }

  func date(_ column: String) throws(StoreFailure) -> Date {
    Date(timeIntervalSince1970: Double(try integer(column)))
  }
}

extension StoredValue {
  init(_ date: Date) { self = .integer(Int64(date.timeIntervalSince1970.rounded(.down))) }
}
