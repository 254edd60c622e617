import ArgumentParser
import ByteIO
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct RevocationListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "crl",
    abstract: "Look into certificate revocation lists, and fetch them.",
    discussion: """
      What a list is worth about a certificate is told by 'smime cert validate --crl FILE'; an authority makes its own \
      with 'smime ca crl'.

      EXAMPLES:
        smime crl show example.crl
        smime crl show --serial 4f1c09a3d6e2b877 example.crl
        smime crl fetch alice.pem --out example.crl
      """,
    subcommands: [RevocationListShow.self, RevocationListFetch.self])
}

struct RevocationListShow: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what revocation lists say.",
    discussion: """
      Prints who issued each list, when, what it covers and how many certificates it revokes; the entries themselves only \
      with --entries, or the one of --serial. Nothing is judged: neither the signature nor the times.

      EXAMPLES:
        smime crl show example.crl
        smime crl show --serial 4f:1c:09:a3:d6:e2:b8:77 example.crl
        smime crl show --entries --json example.crl
      """)

  @Argument(help: ArgumentHelp("The lists: PEM with any number of them, DER, or .p7c.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("Show the entries for this serial number, in hexadecimal.", valueName: "hex"))
  var serial: String?

  @Flag(help: "Show every entry, however many there are.")
  var entries = false

  @OptionGroup var format: FormatOptions

  func validate() throws {
    if let serial, SerialNumber(hex: serial) == nil {
      throw ValidationError("'\(serial)' is no serial number in hexadecimal")
    }
    if serial != nil && entries { throw ValidationError("--serial and --entries exclude each other") }
  }

  func run() async throws {
    let number = serial.flatMap { SerialNumber(hex: $0) }
    do {
      let lists = try GivenList.all(in: file).map { try outline(of: $0, number) }
      var report = Outline()
      report["version"] = .number(1)
      report["lists"] = .list(lists.map(Outline.Node.outline))
      Terminal.print(format.json ? report.json : lists.map { Shown("crl", $0).text }.joined(separator: "\n"))
    } catch { throw CommandFailure(error, in: file) }
  }

  private func outline(of list: GivenList, _ number: SerialNumber?) throws -> Outline {
    switch list {
    case .indexed(let list):
      // Every entry is in the list itself only.
      if entries { return try outline(of: .whole(CertificateRevocationList(der: Input.bytes(of: file)[...])), nil) }
      var result = try list.summary
      guard let number else { return result }
      add(try list.entries(for: number).map { $0.entry.outline(issuer: $0.issuer, in: list) }, to: &result)
      return result
    case .whole(let list):
      var result = try list.summary
      guard entries || number != nil else { return result }
      var found: [Outline] = []
      try list.forEachEntry(of: number) { entry, issuer throws(Malformed) in
        found.append(entry.outline(issuer: issuer, in: list))
      }
      add(found, to: &result)
      return result
    }
  }

  private func add(_ found: [Outline], to result: inout Outline) {
    if serial != nil { result["listed"] = .flag(!found.isEmpty) }
    result["revoked"] = .list(found.map(Outline.Node.outline))
  }
}

/// A CRL, however it is read.
private protocol ShownList {
  var issuer: DistinguishedName { get }
  var number: SerialNumber? { get throws(Malformed) }
  var baseNumber: SerialNumber? { get throws(Malformed) }
  var thisUpdate: Date { get }
  var nextUpdate: Date? { get }
  var scopeSummary: String? { get throws(Malformed) }
  var signatureAlgorithm: AlgorithmIdentifier { get }
  var entryCount: Int { get throws(Malformed) }
  var objection: String? { get throws(Malformed) }
}

extension CertificateRevocationList: ShownList {}
extension IndexedRevocationList: ShownList {}

extension ShownList {
  /// What the list says of itself.
  var summary: Outline {
    get throws {
      var result: Outline = ["issuer": .text(issuer.description)]
      result["number"] = try number.map { .text($0.description) }
      result["base"] = try baseNumber.map { .text($0.description) }
      result["thisUpdate"] = .text(thisUpdate.rfc3339)
      result["nextUpdate"] = nextUpdate.map { .text($0.rfc3339) }
      result["scope"] = try scopeSummary.map(Outline.Node.text)
      result["signature"] = .text(AlgorithmName.signature(signatureAlgorithm, nil))
      result["entries"] = .number(try entryCount)
      result["useless"] = try objection.map(Outline.Node.text)
      return result
    }
  }
}

extension CertificateRevocationList.Entry {
  /// - Parameter issuer: of the entry's certificate.
  fileprivate func outline(issuer: DistinguishedName, in list: some ShownList) -> Outline {
    var result: Outline = [
      "serial": .text(serialNumber.description), "date": .text(date.rfc3339), "reason": .text(reason.name),
    ]
    if issuer != list.issuer { result["issuer"] = .text(issuer.description) }
    return result
  }
}
