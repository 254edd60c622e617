import SMIMECrypto
import SwiftASN1

/// Where the parts of a CRL lie, found by its headers.
struct CRLFrame {
  let tbs: ArraySlice<UInt8>
  /// The content of revokedCertificates; empty when it is absent.
  let entries: ArraySlice<UInt8>
  /// The TBSCertList as if it had no revokedCertificates.
  let tbsWithoutEntries: [UInt8]
  /// signatureAlgorithm and signatureValue in a SEQUENCE of their own.
  let signatureParts: [UInt8]

  init(_ der: ArraySlice<UInt8>) throws(Malformed) {
    let list = try Self.value(der, at: der.startIndex, .sequence)
    guard list.end == der.endIndex else {
      throw Malformed("data follows the CRL", path: "CertificateList", offset: list.end)
    }
    let body = try Self.value(der, at: list.content, .sequence)
    tbs = der[list.content..<body.end]
    // The entries are the SEQUENCE that follows a time directly; nothing but [0] follows them.
    var at = body.content
    var previous: ASN1Identifier?
    var entriesRange: Range<Int>?
    var contentOfEntries: ArraySlice<UInt8> = []
    while at < body.end {
      let (tag, content, end) = try Self.any(der, at: at)
      guard end <= body.end else { throw Malformed("a field is longer than the list", path: "TBSCertList", offset: at) }
      if entriesRange != nil, tag != .context(0) {
        throw Malformed("\(tag.name) follows the entries", path: "TBSCertList", offset: at)
      }
      if tag == .sequence, previous == .utcTime || previous == .generalizedTime {
        entriesRange = at..<end
        contentOfEntries = der[content..<end]
        guard content < end else { throw Malformed("revokedCertificates is empty", path: "TBSCertList", offset: at) }
      }
      previous = tag
      at = end
    }
    entries = contentOfEntries
    let cut = entriesRange ?? body.end..<body.end
    let rest = der[body.content..<cut.lowerBound] + der[cut.upperBound..<body.end]
    tbsWithoutEntries = DER.Serializer.encode { $0.sequence { $0.raw(rest) } }
    let tail = der[body.end..<list.end]
    signatureParts = DER.Serializer.encode { $0.sequence { $0.raw(tail) } }
  }

  static func any(_ bytes: ArraySlice<UInt8>, at start: Int) throws(Malformed) -> (
    tag: ASN1Identifier, content: Int, end: Int
  ) {
    guard start < bytes.endIndex, let header = try TLVHeader.read(bytes[start...], rules: .der),
      let length = header.length,
      length <= bytes.endIndex - start - header.headerCount
    else { throw Malformed("ends early", path: "CertificateList", offset: start) }
    let content = start + header.headerCount
    return (header.tag, content, content + length)
  }

  private static func value(
    _ bytes: ArraySlice<UInt8>, at start: Int, _ tag: ASN1Identifier
  ) throws(Malformed) -> (content: Int, end: Int) {
    let found = try any(bytes, at: start)
    guard found.tag == tag else {
      throw Malformed("expected \(tag), found \(found.tag)", path: "CertificateList", offset: start)
    }
    return (found.content, found.end)
  }
}

/// Walks the entries of a CRL without making anything of those that are not asked for.
struct EntryWalker {
  private let entries: ArraySlice<UInt8>
  private var at: Int

  /// One entry's parts, as they are encoded.
  struct Parts {
    let serial: ArraySlice<UInt8>
    let encoded: ArraySlice<UInt8>
    /// crlEntryExtensions; empty when they are absent.
    let extensions: ArraySlice<UInt8>
  }

  init(_ entries: ArraySlice<UInt8>) {
    self.entries = entries
    at = entries.startIndex
  }

  mutating func next() throws(Malformed) -> Parts? {
    guard at < entries.endIndex else { return nil }
    let entry = try CRLFrame.any(entries, at: at)
    guard entry.tag == .sequence else {
      throw Malformed("an entry is no SEQUENCE", path: "revokedCertificates", offset: at)
    }
    let content = entries[..<entry.end]
    let serial = try CRLFrame.any(content, at: entry.content)
    guard serial.tag == .integer, serial.content < serial.end else {
      throw Malformed("an entry has no serial number", path: "revokedCertificates", offset: entry.content)
    }
    let date = try CRLFrame.any(content, at: serial.end)
    guard date.tag == .utcTime || date.tag == .generalizedTime else {
      throw Malformed("an entry has no date", path: "revokedCertificates", offset: serial.end)
    }
    defer { at = entry.end }
    return Parts(
      serial: content[serial.content..<serial.end], encoded: entries[at..<entry.end], extensions: content[date.end...])
  }
}

extension EntryWalker.Parts {
  /// Why the whole list is useless with this entry in it: an extension that is critical and not known (§5.3), or another
  /// issuer in a list that does not say that it has such (§5.3.3).
  func check(isVersion2: Bool) throws(Malformed) {
    guard !extensions.isEmpty else { return }
    let at = encoded.startIndex
    guard isVersion2 else {
      throw Malformed("an entry of a version 1 list has extensions", path: "revokedCertificates", offset: at)
    }
    // Most entries have a reason and nothing else, in the one way that DER has for it.
    if extensions.count == Self.reasonPrefix.count + 1, extensions.starts(with: Self.reasonPrefix),
      let reason = extensions.last, RevocationReason(rawValue: Int(reason)) != nil
    {
      return
    }
    let parsed = try CertificateRevocationList.Entry(encoded)
    for one in parsed.extensions.all where one.isCritical && one.oid != OID.reasonCode {
      throw Malformed("has the critical extension \(one.oid)", path: "revokedCertificates", offset: at)
    }
    guard parsed.extensions[OID.certificateIssuer] == nil else {
      throw Malformed("names another issuer", path: "revokedCertificates", offset: at)
    }
  }

  /// SEQUENCE { SEQUENCE { 2.5.29.21, OCTET STRING { ENUMERATED … } } } up to its one octet.
  private static let reasonPrefix: [UInt8] = [
    0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01,
  ]
}

extension CertificateRevocationList.Entry {
  init(_ encoded: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(encoded, as: "revokedCertificates")
    var fields = try top.enter()
    serialNumber = SerialNumber(try fields.integer("userCertificate"))
    date = try fields.time("revocationDate")
    var list: [Certificate.Extension] = []
    if var all = try fields.constructed(ifPresent: .sequence, "crlEntryExtensions") {
      while !all.isAtEnd { list.append(try Certificate.Extension(from: &all)) }
    }
    try fields.finish()
    extensions = Extensions(list)
    var reason = RevocationReason.unspecified
    if let one = extensions[OID.reasonCode] {
      var value = try ASN1Cursor(one.value, as: "reasonCode")
      let code = try value.int("reason", tag: .enumerated)
      guard let known = RevocationReason(rawValue: code) else { throw value.failure("\(code) is no reason") }
      reason = known
    }
    self.reason = reason
  }
}
