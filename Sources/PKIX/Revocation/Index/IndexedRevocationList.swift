import ByteIO
public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A CRL that lies in a file in DER, with an index beside it: one entry is found by a few small reads, however many there
/// are. The index is made when it is missing, when the list's file is another than it was made for, and when it is damaged.
///
/// An index remembers by which key the list's signature was verified, and is believed: the folder must be one that only
/// its owner writes to.
public struct IndexedRevocationList: Sendable, RevocationListing {
  private let index: RevocationListIndex
  let head: RevocationListHead

  public var path: String { index.file.path }
  public var issuer: DistinguishedName { head.issuer }
  public var thisUpdate: Date { head.thisUpdate }
  public var nextUpdate: Date? { head.nextUpdate }
  public var extensions: Extensions { head.extensions }
  /// How many entries there are.
  public var entryCount: Int { index.entryCount }

  /// Where the index of the list at `path` lies.
  public static func indexPath(of path: String) -> String { path + ".index" }

  /// Opens the list at `path`, and makes its index if there is none that fits.
  ///
  /// - Throws: ``IOFailure``; ``Malformed`` for what is no CRL in DER, or one whose entries make it useless.
  public init(path: String) throws {
    let file = try FileSource(path: path)
    if let opened = Self(file) {
      self = opened
    } else {
      try self.init(file, IndexBuilder(file), signer: IndexLayout.nobody)
    }
  }

  /// Opens the list at `path` once its signature is verified with `key`, which its index remembers.
  ///
  /// - Throws: as ``init(path:)``; ``Malformed`` when the signature is not by that key.
  public init(path: String, signedBy key: PublicKey) throws {
    let file = try FileSource(path: path)
    let signer = MessageDigest.sha256(key.spki)
    if let opened = Self(file), opened.index.layout.signer == signer {
      self = opened
      return
    }
    let builder = try IndexBuilder(file)
    guard try builder.isSigned(by: key) else { throw Malformed("the list is not signed by that key", path: path) }
    try self.init(file, builder, signer: signer)
  }

  private init(_ file: FileSource, _ builder: IndexBuilder, signer: [UInt8]) throws {
    try builder.write(to: Self.indexPath(of: file.path), signer: signer)
    guard let opened = Self(file) else { throw IOFailure(.cannotRead, Self.indexPath(of: file.path)) }
    self = opened
  }

  /// The list with the index that is there; nil when that does not fit.
  private init?(_ file: FileSource) {
    guard let index = RevocationListIndex(file), let head = (try? index.head()) ?? nil else { return nil }
    self.index = index
    self.head = head
  }

  /// Verifies the signature, which takes reading the whole list unless it was verified with that key before.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm; ``IOFailure``.
  public func isSigned(by key: PublicKey) throws -> Bool {
    let signer = MessageDigest.sha256(key.spki)
    if index.layout.signer == signer { return true }
    let builder = try IndexBuilder(index.file)
    guard try builder.isSigned(by: key) else { return false }
    // Where nothing can be written it is verified again the next time.
    try? builder.write(to: Self.indexPath(of: path), signer: signer)
    return true
  }

  /// The entry for a certificate of this list's issuer; nil when it is not revoked.
  ///
  /// - Throws: ``Malformed`` when the list cannot be read any more, or was changed since it was opened.
  public func entry(for serialNumber: SerialNumber) throws(Malformed) -> CertificateRevocationList.Entry? {
    try entry(for: serialNumber, issuedBy: issuer)
  }

  public func entry(
    for serialNumber: SerialNumber, issuedBy issuer: DistinguishedName
  ) throws(Malformed) -> CertificateRevocationList.Entry? {
    // The dates and the signature that are known belong to what was there before.
    guard index.isCurrent else { throw Malformed("the file was changed since it was opened", path: path) }
    do {
      return try index.entry(for: serialNumber) { issuerEntry in
        try issuerEntry.map { try $0.issuers.contains(issuer) } ?? (issuer == self.issuer)
      }
    } catch {
      return try scannedEntry(for: serialNumber, issuedBy: issuer)
    }
  }

  /// What the list itself says, read from its first entry to its last; and a new index for the next who asks.
  private func scannedEntry(
    for serialNumber: SerialNumber, issuedBy issuer: DistinguishedName
  ) throws(Malformed) -> CertificateRevocationList.Entry? {
    do {
      try? IndexBuilder(index.file).write(to: Self.indexPath(of: path), signer: index.layout.signer)
      return try RevocationListFile(index.file).list().entry(for: serialNumber, issuedBy: issuer)
    } catch let error as Malformed {
      throw error
    } catch { throw Malformed("\(error)", path: path) }
  }
}
