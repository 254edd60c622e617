public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// RFC 5280 §5.1   CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue BIT STRING }
///                 TBSCertList ::= SEQUENCE { version OPTIONAL, signature, issuer, thisUpdate, nextUpdate OPTIONAL,
///                   revokedCertificates SEQUENCE OF … OPTIONAL, crlExtensions [0] OPTIONAL }
///
/// The entries stay bytes: a list may have a million of them, and a look-up scans their headers.
/// ``IndexedRevocationList`` looks one up in a list that lies in a file without reading the others.
public struct CertificateRevocationList: Hashable, Sendable {
  public let derBytes: ArraySlice<UInt8>
  private let tbsBytes: ArraySlice<UInt8>
  let head: RevocationListHead
  /// The entries without the SEQUENCE around them.
  private let entries: ArraySlice<UInt8>

  public static func == (left: Self, right: Self) -> Bool { left.derBytes == right.derBytes }

  public func hash(into hasher: inout Hasher) { hasher.combine(head.signatureBlock) }

  public var issuer: DistinguishedName { head.issuer }
  public var thisUpdate: Date { head.thisUpdate }
  /// nil when the list does not say when the next one comes.
  public var nextUpdate: Date? { head.nextUpdate }
  public var extensions: Extensions { head.extensions }
  public var signatureAlgorithm: AlgorithmIdentifier { head.signatureBlock.algorithm }
  public var signature: ArraySlice<UInt8> { head.signatureBlock.octets }

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    let frame = try CRLFrame(der)
    head = try RevocationListHead(frame)
    derBytes = der
    tbsBytes = frame.tbs
    entries = frame.entries
  }

  /// All lists in `bytes`: PEM with any number of them, or one in DER.
  public static func all(in bytes: [UInt8]) throws(Malformed) -> [CertificateRevocationList] {
    guard bytes.first != 0x30 else { return [try CertificateRevocationList(der: ArraySlice(bytes))] }
    var lists: [CertificateRevocationList] = []
    for block in try PEMBlock.all(in: bytes) where block.label == "X509 CRL" || block.label == "CRL" {
      lists.append(try CertificateRevocationList(der: ArraySlice(block.bytes)))
    }
    guard !lists.isEmpty else { throw Malformed("holds no CRL") }
    return lists
  }

  /// The list as PEM text.
  public var pem: String { PEMBlock(label: "X509 CRL", bytes: Array(derBytes)).text }

  /// The cRLNumber's content octets (§5.2.3); nil when it is absent.
  public var number: SerialNumber? { get throws(Malformed) { try head.number } }

  /// The number of the complete list that this one adds to (§5.2.4); nil for a complete list.
  public var baseNumber: SerialNumber? { get throws(Malformed) { try head.baseNumber } }

  /// What the list covers, in words; nil when that is everything its issuer issued (§5.2.5).
  public var scopeSummary: String? { get throws(Malformed) { try head.scope?.summary } }

  /// Verifies the signature.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm.
  public func isSigned(by key: PublicKey) throws -> Bool {
    guard signatureAlgorithm == head.innerSignatureAlgorithm else { return false }
    return try head.signatureBlock.holds(over: tbsBytes, by: key)
  }

  /// An entry of the list (§5.1.2.6).
  public struct Entry: Hashable, Sendable {
    public let serialNumber: SerialNumber
    public let date: Date
    public let reason: RevocationReason
    public let extensions: Extensions
  }

  /// The entry for a certificate of this list's issuer; nil when it is not revoked. All entries are looked at: a critical
  /// extension that is not known makes the whole list useless (§5.3).
  ///
  /// - Throws: ``Malformed`` when an entry on the way cannot be read.
  public func entry(for serialNumber: SerialNumber) throws(Malformed) -> Entry? {
    try entry(for: serialNumber, issuedBy: issuer)
  }

  /// The same for a certificate of `issuer`, which an indirect list may have entries for (§5.3.3).
  public func entry(
    for serialNumber: SerialNumber, issuedBy issuer: DistinguishedName
  ) throws(Malformed) -> Entry? {
    let rules = head.rules
    let wanted = serialNumber.minimal
    var isTheirs = issuer == self.issuer
    var found: Entry?
    let bytes = entries.span
    var at = 0
    while at < bytes.count {
      let frame = try EntryFrame(bytes, at: at, base: entries.startIndex)
      at = frame.end
      if !frame.extensions.isEmpty, !(rules.isVersion2 && frame.hasOnlyReason(bytes)) {
        let extensions = entries[shifted: frame.extensions]
        if try rules.check(extensions) {
          isTheirs = try Entry(entries[shifted: frame.start..<frame.end]).issuers.contains(issuer)
        }
      }
      // Of two entries the one counts that revokes.
      guard isTheirs, found == nil || found?.reason == .removeFromCRL, frame.names(wanted, in: bytes) else { continue }
      found = try Entry(entries[shifted: frame.start..<frame.end])
    }
    return found
  }

  /// How many entries there are.
  public var entryCount: Int {
    get throws(Malformed) {
      let bytes = entries.span
      var count = 0
      var at = 0
      while at < bytes.count {
        at = try EntryFrame(bytes, at: at, base: entries.startIndex).end
        count += 1
      }
      return count
    }
  }

  /// Hands the entries to `body` in order, each read as it comes and with the issuer of its certificate. What they mean for
  /// the list is not judged.
  ///
  /// - Parameter serialNumber: only the entries for this number.
  /// - Throws: ``Malformed`` when one cannot be read.
  public func forEachEntry(
    of serialNumber: SerialNumber? = nil, _ body: (Entry, DistinguishedName) throws(Malformed) -> Void
  ) throws(Malformed) {
    let bytes = entries.span
    let isIndirect = head.isIndirect
    var issuer = issuer
    var at = 0
    while at < bytes.count {
      let frame = try EntryFrame(bytes, at: at, base: entries.startIndex)
      at = frame.end
      let encoded = entries[shifted: frame.start..<frame.end]
      if isIndirect, !frame.extensions.isEmpty, !frame.hasOnlyReason(bytes) {
        issuer = try Entry(encoded).issuers.first ?? issuer
      }
      if let serialNumber, !frame.names(serialNumber.minimal, in: bytes) { continue }
      try body(Entry(encoded), issuer)
    }
  }

  /// Why the list is no evidence about any certificate; nil when it may be.
  ///
  /// - Throws: ``Malformed`` when an entry cannot be read.
  public var objection: String? {
    get throws(Malformed) {
      if let objection = try head.wholeObjection { return objection }
      _ = try entry(for: SerialNumber([]))
      return nil
    }
  }
}

extension ArraySlice<UInt8> {
  /// The part that offsets from the slice's own start name.
  subscript(shifted range: Range<Int>) -> ArraySlice<UInt8> {
    self[startIndex + range.lowerBound..<startIndex + range.upperBound]
  }
}

extension CertificateRevocationList.Entry {
  init(_ encoded: ArraySlice<UInt8>) throws(Malformed) {
    var top = TLVCursor(encoded, as: "revokedCertificates")
    var fields = try top.enter(0x30, "entry")
    try top.finish()
    let number = try fields.content(0x02, "userCertificate")
    guard !number.isEmpty else { throw fields.failure("has no serial number") }
    serialNumber = SerialNumber(number)
    let isGeneralized = fields.tag == 0x18
    let digits = try fields.content(isGeneralized ? 0x18 : 0x17, "revocationDate")
    guard let date = ASN1Time.date(digits, generalized: isGeneralized) else {
      throw fields.failure("has no valid date")
    }
    self.date = date
    var list: [Certificate.Extension] = []
    if let content = try fields.content(ifPresent: 0x30, "crlEntryExtensions") {
      var all = TLVCursor(content, as: "crlEntryExtensions")
      while !all.isAtEnd { list.append(try Certificate.Extension(from: &all)) }
    }
    try fields.finish()
    extensions = Extensions(list)
    guard !list.isEmpty else {
      reason = .unspecified
      return
    }
    reason =
      try extensions[OID.reasonCode].map { one throws(Malformed) in try EntryRules.reason(one.value) } ?? .unspecified
  }

  /// Who issued the certificates of this entry and of those that follow it, if it says so (§5.3.3).
  public var issuers: [DistinguishedName] {
    get throws(Malformed) {
      guard let one = extensions[OID.certificateIssuer] else { return [] }
      return try EntryRules.issuers(one.value)
    }
  }
}
