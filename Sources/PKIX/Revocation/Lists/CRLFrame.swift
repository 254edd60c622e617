import SMIMECrypto
import SwiftASN1

/// Where the parts of a CRL lie, as offsets from its first byte, found by a few headers.
struct CRLLayout {
  /// The TBSCertList.
  let tbs: Range<Int>
  /// Its fields.
  let fields: Range<Int>
  /// The whole of revokedCertificates; empty, at the end of the fields, when it is absent.
  let revoked: Range<Int>
  /// What revokedCertificates holds.
  let entries: Range<Int>
  /// signatureAlgorithm and signatureValue.
  let signature: Range<Int>

  /// How many bytes a header takes at most.
  static let headerLimit = 16

  /// - Parameter head: some bytes from an offset on: ``headerLimit``, or fewer at the end.
  init(count: Int, _ head: (Int) throws(Malformed) -> ArraySlice<UInt8>) throws(Malformed) {
    func value(_ start: Int, _ limit: Int) throws(Malformed) -> (tag: ASN1Identifier, content: Int, end: Int) {
      guard start < limit, let header = try TLVHeader.read(head(start), rules: .der), let length = header.length,
        length <= limit - start - header.headerCount
      else { throw Malformed("ends early", path: "CertificateList", offset: start) }
      let content = start + header.headerCount
      return (header.tag, content, content + length)
    }
    func sequence(_ start: Int, _ limit: Int) throws(Malformed) -> Range<Int> {
      let found = try value(start, limit)
      guard found.tag == .sequence else {
        throw Malformed("expected SEQUENCE, found \(found.tag.name)", path: "CertificateList", offset: start)
      }
      return found.content..<found.end
    }
    let list = try sequence(0, count)
    guard list.upperBound == count else {
      throw Malformed("data follows the CRL", path: "CertificateList", offset: list.upperBound)
    }
    fields = try sequence(list.lowerBound, list.upperBound)
    tbs = list.lowerBound..<fields.upperBound
    signature = fields.upperBound..<list.upperBound
    // The entries are the SEQUENCE that follows a time directly; nothing but [0] follows them.
    var at = fields.lowerBound
    var previous: ASN1Identifier?
    var found: (whole: Range<Int>, content: Range<Int>)?
    while at < fields.upperBound {
      let (tag, content, end) = try value(at, fields.upperBound)
      if found != nil, tag != .context(0) {
        throw Malformed("\(tag.name) follows the entries", path: "TBSCertList", offset: at)
      }
      if tag == .sequence, previous == .utcTime || previous == .generalizedTime {
        guard content < end else { throw Malformed("revokedCertificates is empty", path: "TBSCertList", offset: at) }
        found = (at..<end, content..<end)
      }
      previous = tag
      at = end
    }
    revoked = found?.whole ?? at..<at
    entries = found?.content ?? at..<at
  }
}

/// The parts of a CRL in memory.
struct CRLFrame {
  let tbs: ArraySlice<UInt8>
  /// The content of revokedCertificates; empty when it is absent.
  let entries: ArraySlice<UInt8>
  /// The TBSCertList as if it had no revokedCertificates.
  let tbsWithoutEntries: [UInt8]
  /// signatureAlgorithm and signatureValue in a SEQUENCE of their own.
  let signatureParts: [UInt8]

  init(_ der: ArraySlice<UInt8>) throws(Malformed) {
    let layout = try CRLLayout(count: der.count) { offset throws(Malformed) in
      der[shifted: offset..<min(offset + CRLLayout.headerLimit, der.count)]
    }
    tbs = der[shifted: layout.tbs]
    entries = der[shifted: layout.entries]
    tbsWithoutEntries = Self.sequence(
      der[shifted: layout.fields.lowerBound..<layout.revoked.lowerBound],
      der[shifted: layout.revoked.upperBound..<layout.fields.upperBound])
    signatureParts = Self.sequence(der[shifted: layout.signature], [])
  }

  /// A SEQUENCE of what is encoded already.
  static func sequence(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> [UInt8] {
    TLVHeader.sequence(length: first.count + second.count) + first + second
  }
}
