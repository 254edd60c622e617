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
    // Up to the times, then SEQUENCE OF entries if a SEQUENCE follows them.
    var at = body.content
    var entriesRange: Range<Int>?
    var sawTime = false
    var contentOfEntries: ArraySlice<UInt8> = []
    while at < body.end {
      let (tag, content, end) = try Self.any(der, at: at)
      guard end <= body.end else { throw Malformed("a field is longer than the list", path: "TBSCertList", offset: at) }
      if tag == .utcTime || tag == .generalizedTime { sawTime = true }
      if sawTime, tag == .sequence, entriesRange == nil {
        entriesRange = at..<end
        contentOfEntries = der[content..<end]
        guard content < end else { throw Malformed("revokedCertificates is empty", path: "TBSCertList", offset: at) }
      }
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

  init(_ entries: ArraySlice<UInt8>) {
    self.entries = entries
    at = entries.startIndex
  }

  /// The next entry's serial number and whole encoding.
  mutating func next() throws(Malformed) -> (serial: ArraySlice<UInt8>, encoded: ArraySlice<UInt8>)? {
    guard at < entries.endIndex else { return nil }
    let entry = try CRLFrame.any(entries, at: at)
    guard entry.tag == .sequence else {
      throw Malformed("an entry is no SEQUENCE", path: "revokedCertificates", offset: at)
    }
    let serial = try CRLFrame.any(entries[..<entry.end], at: entry.content)
    guard serial.tag == .integer, serial.content < serial.end else {
      throw Malformed("an entry has no serial number", path: "revokedCertificates", offset: entry.content)
    }
    defer { at = entry.end }
    return (entries[serial.content..<serial.end], entries[at..<entry.end])
  }
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
      reason = RevocationReason(rawValue: try value.int("reason", tag: .enumerated)) ?? .unspecified
    }
    self.reason = reason
  }
}
