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
public struct CertificateRevocationList: Hashable, Sendable {
  public let derBytes: ArraySlice<UInt8>
  private let tbsBytes: ArraySlice<UInt8>
  public let issuer: DistinguishedName
  private let innerSignatureAlgorithm: AlgorithmIdentifier
  private let signatureBlock: SignatureBlock
  public let thisUpdate: Date
  /// nil when the list does not say when the next one comes.
  public let nextUpdate: Date?
  public let extensions: Extensions
  /// The entries without the SEQUENCE around them.
  private let entries: ArraySlice<UInt8>
  private let isVersion2: Bool

  public static func == (left: Self, right: Self) -> Bool { left.derBytes == right.derBytes }

  public func hash(into hasher: inout Hasher) { hasher.combine(signatureBlock) }

  public var signatureAlgorithm: AlgorithmIdentifier { signatureBlock.algorithm }
  public var signature: ArraySlice<UInt8> { signatureBlock.octets }

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    // swift-asn1 makes a node of every element; the entries are cut out first, so that it sees none of them.
    let frame = try CRLFrame(der)
    var tbs = try ASN1Cursor(ArraySlice(frame.tbsWithoutEntries), as: "TBSCertList")
    var fields = try tbs.enter()
    derBytes = der
    tbsBytes = frame.tbs
    entries = frame.entries
    if fields.tag == .integer {
      let version = try fields.int("version")
      guard version == 1 else { throw fields.failure("the version is not 2", "version") }
      isVersion2 = true
    } else {
      isVersion2 = false
    }
    innerSignatureAlgorithm = try AlgorithmIdentifier(from: &fields, "signature")
    issuer = try DistinguishedName(from: &fields, "issuer")
    thisUpdate = try fields.time("thisUpdate")
    nextUpdate = fields.tag == .utcTime || fields.tag == .generalizedTime ? try fields.time("nextUpdate") : nil
    var list: [Certificate.Extension] = []
    if var wrapper = try fields.context(ifPresent: 0, "crlExtensions") {
      var all = try wrapper.sequence("extensions")
      while !all.isAtEnd { list.append(try Certificate.Extension(from: &all)) }
      try wrapper.finish()
      guard isVersion2 else { throw fields.failure("a version 1 list has extensions", "crlExtensions") }
    }
    extensions = Extensions(list)
    try fields.finish()
    var rest = try ASN1Cursor(ArraySlice(frame.signatureParts), as: "CertificateList")
    var parts = try rest.enter()
    signatureBlock = try SignatureBlock(from: &parts)
    try parts.finish()
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
  public var number: SerialNumber? {
    get throws(Malformed) {
      guard let one = extensions[OID.crlNumber] else { return nil }
      var top = try ASN1Cursor(one.value, as: "cRLNumber")
      return SerialNumber(try top.integer("number"))
    }
  }

  /// Verifies the signature.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm.
  public func isSigned(by key: PublicKey) throws -> Bool {
    guard signatureAlgorithm == innerSignatureAlgorithm else { return false }
    return try signatureBlock.holds(over: tbsBytes, by: key)
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
    var walker = EntryWalker(entries)
    var found: Entry?
    while let parts = try walker.next() {
      try parts.check(isVersion2: isVersion2)
      guard found == nil, SerialNumber(parts.serial) == serialNumber else { continue }
      found = try Entry(parts.encoded)
    }
    return found
  }

  /// How many entries there are.
  public var entryCount: Int {
    get throws(Malformed) {
      var walker = EntryWalker(entries)
      var count = 0
      while try walker.next() != nil { count += 1 }
      return count
    }
  }

  /// Why the list is no evidence about any certificate; nil when it may be.
  ///
  /// - Throws: ``Malformed`` when an entry cannot be read.
  public var objection: String? {
    get throws(Malformed) {
      if let objection = frameObjection { return objection }
      _ = try entry(for: SerialNumber([]))
      return nil
    }
  }

  /// Why the list is no evidence, as far as that stands outside its entries.
  private var frameObjection: String? {
    if extensions[OID.deltaCRLIndicator] != nil { return "it is a delta without its base" }
    for one in extensions.all where one.isCritical && one.oid != OID.issuingDistributionPoint {
      return "its critical extension \(one.oid) is not known"
    }
    guard extensions.duplicates.isEmpty else { return "an extension stands twice" }
    guard signatureAlgorithm == innerSignatureAlgorithm else { return "it names two signature algorithms" }
    do {
      if let number = try number, number.bytes.count > 20 || number.bytes.first.map({ $0 >= 0x80 }) ?? true {
        return "its number is negative or longer than 20 octets"
      }
      return try scope?.objection
    } catch { return "\(error)" }
  }

  /// The issuingDistributionPoint; nil when the list covers all that its issuer issued.
  private var scope: IssuingDistributionPoint? {
    get throws(Malformed) { try extensions[OID.issuingDistributionPoint].map(IssuingDistributionPoint.init) }
  }

  /// Why the list cannot say that a certificate is good, such as an extension that narrows what it covers; nil when it can.
  func objection(for certificate: Certificate) -> String? {
    if let objection = frameObjection { return objection }
    do { return try scope?.objection(for: certificate) } catch { return "\(error)" }
  }
}

/// RFC 5280 §5.2.5   IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0], onlyContainsUserCerts [1] BOOLEAN,
///                     onlyContainsCACerts [2] BOOLEAN, onlySomeReasons [3], indirectCRL [4] BOOLEAN, onlyContainsAttributeCerts [5] }
struct IssuingDistributionPoint {
  private let fullNames: [GeneralName]
  private let hasName: Bool
  private let onlyUsers: Bool
  private let onlyAuthorities: Bool
  private let onlySomeReasons: Bool
  private let isIndirect: Bool
  private let onlyAttributes: Bool

  init(_ one: Certificate.Extension) throws(Malformed) {
    var top = try ASN1Cursor(one.value, as: "issuingDistributionPoint")
    var fields = try top.enter()
    guard !fields.isAtEnd else { throw fields.failure("is empty") }
    var names: [GeneralName] = []
    hasName = fields.tag == .context(0)
    if var point = try fields.context(ifPresent: 0, "distributionPoint") {
      if var full = try point.context(ifPresent: 0, "fullName") {
        names = try Certificate.Extension.names(&full)
        guard !names.isEmpty else { throw point.failure("is empty", "fullName") }
      } else {
        _ = try point.constructed(.context(1), "nameRelativeToCRLIssuer")
      }
      try point.finish()
    }
    fullNames = names
    onlyUsers = try Self.flag(1, &fields, "onlyContainsUserCerts")
    onlyAuthorities = try Self.flag(2, &fields, "onlyContainsCACerts")
    onlySomeReasons = try fields.raw(ifPresent: .context(3)) != nil
    isIndirect = try Self.flag(4, &fields, "indirectCRL")
    onlyAttributes = try Self.flag(5, &fields, "onlyContainsAttributeCerts")
    try fields.finish()
    guard [onlyUsers, onlyAuthorities, onlyAttributes].count(where: { $0 }) <= 1 else {
      throw fields.failure("covers only this and only that")
    }
  }

  /// A BOOLEAN DEFAULT FALSE, which DER writes only when it is true (X.690 §11.5).
  private static func flag(_ tag: UInt, _ fields: inout ASN1Cursor, _ name: StaticString) throws(Malformed) -> Bool {
    guard fields.tag == .context(tag) else { return false }
    let before = fields
    guard try fields.boolean(name, tag: .context(tag)) else { throw before.failure("FALSE is written", name) }
    return true
  }

  /// Why a list of this scope is no evidence at all here.
  var objection: String? {
    if isIndirect { return "it is an indirect list" }
    if onlyAttributes { return "it covers attribute certificates" }
    return onlySomeReasons ? "it covers some reasons only" : nil
  }

  func objection(for certificate: Certificate) -> String? {
    if let objection { return objection }
    let isAuthority = (try? certificate.extensions.basicConstraints)??.isAuthority ?? false
    if onlyUsers && isAuthority { return "it covers end entities only" }
    if onlyAuthorities && !isAuthority { return "it covers authorities only" }
    // §5.2.5 speaks of version 3 certificates: others do not say which they are.
    if onlyUsers || onlyAuthorities, certificate.version < 3 { return "it covers certificates that say what they are" }
    guard hasName else { return nil }
    // RFC 5280 §6.3.3 (b)(2)(i): one of the names must be one of the certificate's.
    let uris = (try? certificate.extensions.crlURIs) ?? []
    let isNamed = fullNames.contains { if case .uri(let uri) = $0 { uris.contains(uri) } else { false } }
    return isNamed ? nil : "it is for another distribution point"
  }
}
