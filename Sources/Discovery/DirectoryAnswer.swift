import CMS
import Fetching
import PKIX
import SMIMECrypto

/// What a directory's attributes are, by what is asked for (RFC 4523 §2, RFC 2798 §2.8), and their values as a file of
/// certificates or lists has them.
enum DirectoryAnswer {
  /// The attributes that hold what `kind` asks for, in lower case; none where directories have no such thing.
  static func attributes(_ kind: FetchRequest.Kind) -> [String] {
    switch kind {
    case .issuers: ["cacertificate", "crosscertificatepair"]
    case .revocationList: ["certificaterevocationlist", "authorityrevocationlist", "deltarevocationlist"]
    case .certificates: ["usercertificate", "usersmimecertificate"]
    case .ocsp, .timestamp, .associations: []
    }
  }

  /// What is asked of the directory: of the attributes that the URL names those of the kind, or all of the kind. Their
  /// values are transferred as `;binary`, whatever the URL says (RFC 4523 §2).
  static func attributes(_ kind: FetchRequest.Kind, namedBy url: DirectoryURL) throws(FetchFailure) -> [String] {
    let known = attributes(kind)
    guard !known.isEmpty else { throw FetchFailure(.scheme, "directories are not asked for this") }
    let named = url.attributes.map { $0.prefix { $0 != ";" }.lowercased() }
    let wanted = named.isEmpty ? known : known.filter(named.contains)
    guard !wanted.isEmpty else { throw FetchFailure(.url, "the URL names attributes that hold nothing of the kind") }
    // userSMIMECertificate has octets as its syntax, and some directories know it by its plain name only.
    return wanted.flatMap { $0 == "usersmimecertificate" ? ["\($0);binary", $0] : ["\($0);binary"] }
  }

  /// - Throws: ``FetchFailure``: `.absent` when there are no values, `.malformed` when none of them can be read.
  static func bytes(of values: [DirectorySearch.Value], _ kind: FetchRequest.Kind) throws(FetchFailure) -> [UInt8] {
    let known = Set(attributes(kind))
    let values = values.filter { known.contains($0.attribute) }
    guard !values.isEmpty else { throw FetchFailure(.absent, "nothing of the kind is there") }
    if kind == .revocationList, values.count == 1 { return values[0].bytes }
    var blocks: [PEMBlock] = []
    var fault: (any Error)?
    for value in values {
      do { blocks += try Self.blocks(value) } catch { fault = error }
    }
    guard !blocks.isEmpty else {
      throw FetchFailure(.malformed, "the answer is not what was asked for\(fault.map { ": \($0)" } ?? "")")
    }
    return blocks.flatMap { Array($0.text.utf8) }
  }

  private static func blocks(_ value: DirectorySearch.Value) throws -> [PEMBlock] {
    switch value.attribute {
    case "crosscertificatepair":
      return try pair(value.bytes).map { PEMBlock(label: "CERTIFICATE", bytes: Array($0.derBytes)) }
    case "certificaterevocationlist", "authorityrevocationlist", "deltarevocationlist":
      let list = try CertificateRevocationList(der: value.bytes[...])
      return [PEMBlock(label: "X509 CRL", bytes: Array(list.derBytes))]
    default:
      return try CertificateBundle(value.bytes).certificates.map {
        PEMBlock(label: "CERTIFICATE", bytes: Array($0.derBytes))
      }
    }
  }

  /// X.509 11.2.3   CertificatePair ::= SEQUENCE { issuedToThisCA [0] Certificate OPTIONAL,
  ///                  issuedByThisCA [1] Certificate OPTIONAL }
  ///
  /// QUIRK: what one authority issued to another helps in both directions, and directories mix them up.
  private static func pair(_ bytes: [UInt8]) throws(Malformed) -> [Certificate] {
    var top = try ASN1Cursor(bytes[...], as: "CertificatePair", rules: .ber)
    var fields = try top.enter()
    var found: [Certificate] = []
    for number: UInt in [0, 1] {
      guard var one = try fields.context(ifPresent: number, "certificate") else { continue }
      found.append(try Certificate(der: try one.raw("certificate")))
      try one.finish()
    }
    try fields.finish()
    try top.finish()
    return found
  }
}
