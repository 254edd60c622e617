import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Everything that a CRL says beside its entries.
struct RevocationListHead: Hashable {
  let isVersion2: Bool
  let innerSignatureAlgorithm: AlgorithmIdentifier
  let issuer: DistinguishedName
  let thisUpdate: Date
  let nextUpdate: Date?
  let extensions: Extensions
  let signatureBlock: SignatureBlock

  init(_ frame: CRLFrame) throws(Malformed) {
    // What makes a value of every element sees none of the entries, which were cut out.
    try self.init(tbs: ArraySlice(frame.tbsWithoutEntries), signature: ArraySlice(frame.signatureParts))
  }

  /// - Parameters:
  ///   - bytes: the TBSCertList without its revokedCertificates.
  ///   - signature: signatureAlgorithm and signatureValue in a SEQUENCE of their own.
  init(tbs bytes: ArraySlice<UInt8>, signature: ArraySlice<UInt8>) throws(Malformed) {
    var tbs = try ASN1Cursor(bytes, as: "TBSCertList")
    var fields = try tbs.enter()
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
    var rest = try ASN1Cursor(signature, as: "CertificateList")
    var parts = try rest.enter()
    signatureBlock = try SignatureBlock(from: &parts)
    try parts.finish()
  }

  // MARK: Extensions

  /// The cRLNumber (§5.2.3); nil when it is absent.
  var number: SerialNumber? { get throws(Malformed) { try counter(OID.crlNumber, "cRLNumber") } }

  /// The number of the complete list that this one adds to (§5.2.4); nil for a complete list.
  var baseNumber: SerialNumber? { get throws(Malformed) { try counter(OID.deltaCRLIndicator, "deltaCRLIndicator") } }

  private func counter(_ oid: ASN1ObjectIdentifier, _ name: StaticString) throws(Malformed) -> SerialNumber? {
    guard let one = extensions[oid] else { return nil }
    var top = try ASN1Cursor(one.value, as: name)
    return SerialNumber(try top.integer("number"))
  }

  /// The issuingDistributionPoint; nil when the list covers all that its issuer issued.
  var scope: IssuingDistributionPoint? {
    get throws(Malformed) {
      guard let one = extensions[OID.issuingDistributionPoint] else { return nil }
      return try IssuingDistributionPoint(one)
    }
  }

  /// True when entries may name other issuers.
  var isIndirect: Bool { (try? scope)??.isIndirect ?? false }

  /// True when the list only adds to another.
  var isDelta: Bool { extensions[OID.deltaCRLIndicator] != nil }

  var rules: EntryRules { EntryRules(isVersion2: isVersion2, isIndirect: isIndirect) }

  /// Why the list is no evidence about anything, as far as that stands outside its entries; nil when it may be.
  var objection: String? {
    let processed: Set = [
      OID.issuingDistributionPoint, OID.deltaCRLIndicator, OID.crlNumber, OID.authorityKeyIdentifier, OID.freshestCRL,
    ]
    for one in extensions.all where one.isCritical && !processed.contains(one.oid) {
      return "its critical extension \(one.oid.digits) is not known"
    }
    guard extensions.duplicates.isEmpty else { return "an extension stands twice" }
    guard signatureBlock.algorithm == innerSignatureAlgorithm else { return "it names two signature algorithms" }
    do {
      for (number, words) in [(try number, "its number"), (try baseNumber, "the number of its base")] {
        guard let number else { continue }
        if number.bytes.count > 20 || number.bytes.first.map({ $0 >= 0x80 }) ?? true {
          return "\(words) is negative or longer than 20 octets"
        }
      }
      if isDelta {
        guard let number = try number, let base = try baseNumber else { return "it is a delta without a number" }
        guard base < number else { return "it is a delta of no earlier list" }
      }
      _ = try scope
      _ = try extensions.authorityKeyIdentifier
      return nil
    } catch { return "\(error)" }
  }

  /// The same, and also when it is about certificates of another kind.
  var wholeObjection: String? {
    get throws(Malformed) {
      if let objection { return objection }
      return try scope?.onlyAttributes ?? false ? "it covers attribute certificates" : nil
    }
  }

  /// True when this delta may be combined with the complete list `base`: the same issuer, scope and key, and no list between
  /// them is missing (§5.2.4).
  func adds(to base: RevocationListHead) -> Bool {
    guard let number = try? number, let from = try? baseNumber, let known = try? base.number else { return false }
    return !base.isDelta && issuer == base.issuer
      && extensions[OID.issuingDistributionPoint]?.value == base.extensions[OID.issuingDistributionPoint]?.value
      && extensions[OID.authorityKeyIdentifier]?.value == base.extensions[OID.authorityKeyIdentifier]?.value
      && known >= from && known < number
  }
}
