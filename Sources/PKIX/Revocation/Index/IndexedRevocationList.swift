import ByteIO
public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A CRL that lies in a file in DER, with an index beside it: one entry is found by a few small reads, however many there
/// are. The index is made when it is missing, when the list's file is another than it was made for or was touched since, and
/// when it is damaged.
///
/// What is trusted: an index that this process's user owns and nobody else may write to is taken at its word about the list
/// as it was when the index was made: where its entries are, and the digest that its signature is verified by. Another
/// user's index is as if there were none.
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
      // Where nothing can be written, that is said before the list is read.
      let output = try Self.indexFile(of: path)
      try self.init(file, IndexBuilder(file), signer: [], output)
    }
  }

  /// Opens the list at `path` once its signature is verified with `key`.
  ///
  /// - Throws: as ``init(path:)``; ``Malformed`` when the signature is not by that key.
  public init(path: String, signedBy key: PublicKey) throws {
    let file = try FileSource(path: path)
    let refusal = Malformed("the list is not signed by that key", path: path)
    if let opened = Self(file) {
      guard try opened.isSigned(by: key) else { throw refusal }
      self = opened
      return
    }
    let output = try Self.indexFile(of: path)
    let builder = try IndexBuilder(file)
    guard try builder.isSigned(by: key) else { throw refusal }
    try self.init(file, builder, signer: MessageDigest.sha256(key.spki), output)
  }

  /// False when the list's file was written since it was opened: then it answers nothing any more.
  public var isCurrent: Bool { index.isCurrent }

  /// Where an index is to be written: only in the place of another, and only beside a list that nobody else may write.
  private static func indexFile(of path: String) throws -> AtomicFile {
    let place = indexPath(of: path)
    guard try FileSource(path: path).state?.isOwn == true else {
      throw IOFailure(.cannotWrite, place, detail: "others may write the list")
    }
    if Folder.has(place) {
      var magic = [UInt8](repeating: 0, count: 8)
      guard let there = try? FileSource(itself: place),
        try there.count == 0 || there.read(at: 0, into: &magic) == 8 && IndexLayout.isMagic(magic)
      else { throw IOFailure(.exists, place, detail: "it is no index") }
    }
    return try AtomicFile(path: place, overwrite: .replace, mode: 0o600)
  }

  private init(_ file: FileSource, _ builder: IndexBuilder, signer: [UInt8], _ output: AtomicFile) throws {
    try builder.write(to: output, signer: signer)
    guard let opened = Self(file) else { throw IOFailure(.cannotRead, Self.indexPath(of: file.path)) }
    self = opened
  }

  /// The list with the index that is there; nil when that does not fit.
  private init?(_ file: FileSource) {
    guard let index = RevocationListIndex(file), let head = (try? index.head()) ?? nil else { return nil }
    self.index = index
    self.head = head
  }

  /// Verifies the signature. The list is read again only where the algorithm takes it whole and the signature was not
  /// verified with that key before.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm; ``IOFailure``.
  public func isSigned(by key: PublicKey) throws -> Bool {
    let block = head.signatureBlock
    guard block.algorithm == head.innerSignatureAlgorithm else { return false }
    if try SignatureAlgorithm(block.algorithm).digest != nil {
      return try block.holds(overDigest: index.layout.seal, by: key)
    }
    let signer = MessageDigest.sha256(key.spki)
    if index.layout.seal == signer { return true }
    let builder = try IndexBuilder(index.file)
    guard try builder.isSigned(by: key) else { return false }
    // Where nothing can be written it is verified again the next time.
    try? builder.write(to: Self.indexFile(of: path), signer: signer)
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
    try asking {
      try index.entry(for: serialNumber) { issuerEntry in
        try issuerEntry.map { try $0.issuers.contains(issuer) } ?? (issuer == self.issuer)
      }
    } orReading: { list in
      try list.entry(for: serialNumber, issuedBy: issuer)
    }
  }

  /// The entries for a serial number, each with the issuer of its certificate; several where the list is indirect. What they
  /// mean for the list is not judged.
  ///
  /// - Throws: ``Malformed`` as ``entry(for:)``.
  public func entries(
    for serialNumber: SerialNumber
  ) throws(Malformed) -> [(entry: CertificateRevocationList.Entry, issuer: DistinguishedName)] {
    try asking {
      var found: [(entry: CertificateRevocationList.Entry, issuer: DistinguishedName)] = []
      try index.forEachEntry(of: serialNumber) { entry, issuerEntry in
        found.append((entry, try issuerEntry?.issuers.first ?? issuer))
      }
      return found
    } orReading: { list in
      var found: [(entry: CertificateRevocationList.Entry, issuer: DistinguishedName)] = []
      try list.forEachEntry(of: serialNumber) { entry, issuer in found.append((entry, issuer)) }
      return found
    }
  }

  /// What the index says; where that is damaged what the list itself says, read from its first entry to its last, and a new
  /// index is left for the next who asks.
  private func asking<Answer>(
    _ question: () throws -> Answer, orReading scan: (CertificateRevocationList) throws -> Answer
  ) throws(Malformed) -> Answer {
    // The dates and the signature that are known belong to what was there before.
    guard isCurrent else { throw changed }
    do {
      let answer = try question()
      guard isCurrent else { throw changed }
      return answer
    } catch {
      do {
        // What is known of the signature belongs to the list that was opened, and to no other.
        if let builder = try? IndexBuilder(index.file), builder.state == index.layout.list {
          try? builder.write(to: Self.indexFile(of: path), signer: index.layout.seal)
        }
        let answer = try scan(RevocationListFile(index.file).list())
        guard isCurrent else { throw changed }
        return answer
      } catch let error as Malformed {
        throw error
      } catch { throw Malformed("\(error)", path: path) }
    }
  }

  private var changed: Malformed { Malformed("the file was changed since it was opened", path: path) }
}

// MARK: What the list says of itself

extension IndexedRevocationList {
  public var signatureAlgorithm: AlgorithmIdentifier { head.signatureBlock.algorithm }

  /// The cRLNumber's content octets (RFC 5280 §5.2.3); nil when it is absent.
  public var number: SerialNumber? { get throws(Malformed) { try head.number } }

  /// The number of the complete list that this one adds to (§5.2.4); nil for a complete list.
  public var baseNumber: SerialNumber? { get throws(Malformed) { try head.baseNumber } }

  /// What the list covers, in words; nil when that is everything its issuer issued (§5.2.5).
  public var scopeSummary: String? { get throws(Malformed) { try head.scope?.summary } }

  /// Why the list is no evidence about any certificate; nil when it may be. Its entries were looked at when it was indexed.
  public var objection: String? { get throws(Malformed) { try head.wholeObjection } }
}
