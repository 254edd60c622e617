import ArgumentParser
import PKIX
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct TrustCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract: "Whom to trust to vouch for others: the anchors.",
    discussion: """
      Messages are judged by the store's anchors and by those that the system trusts for e-mail. --anchor FILE of a \
      command takes the place of both.

      EXAMPLES:
        smime trust add root.pem
        smime trust list
        smime trust remove 4f1c09a3d6e2
      """,
    subcommands: [TrustAdd.self, TrustList.self, TrustRemove.self])
}

struct TrustAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add",
    abstract: "Trust the certificates in a file from now on.",
    discussion: """
      An anchor is any certificate: of an authority, self-signed or not, or of one person. Whoever holds its key can vouch \
      for anyone, so compare the SHA-256 that is printed with what the holder says it is.

      EXAMPLES:
        smime trust add root.pem
        smime trust add --name 'Example Org' root.pem
      """)

  @Argument(help: ArgumentHelp("The certificates: PEM, DER or .p7c; all in it are trusted.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("What to call it; its subject if left out.", valueName: "name"))
  var name: String?

  func run() async throws {
    for certificate in try CertificateFile.certificates(in: file) {
      try Home.trust(certificate, name: name ?? "\(certificate.subject)")
      Terminal.note("trusted: \(certificate.subject), SHA-256 \(certificate.fingerprint.hexText)")
    }
  }
}

struct TrustList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the anchors, the store's and the system's.",
    discussion: """
      EXAMPLES:
        smime trust list
        smime trust list --json
      """)

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let own = try Home.storeIfAny()?.anchors() ?? []
    let rows =
      own.map { Self.row($0.certificate, from: "store", name: $0.name) }
      + SystemTrust.anchors().filter { system in !own.contains { $0.certificate == system } }
      .map { Self.row($0, from: "system", name: nil) }
    if format.json {
      Terminal.print(Outline(["version": .number(1), "anchors": .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint("no anchor yet: add one with 'smime trust add FILE'")
    } else {
      Terminal.print(rows.map(\.text).joined(separator: "\n"))
    }
  }

  private static func row(_ certificate: Certificate, from: String, name: String?) -> Outline {
    var row: Outline = ["from": .text(from)]
    row["name"] = name.map(Outline.Node.text)
    row["subject"] = .text("\(certificate.subject)")
    row["notAfter"] = .text(certificate.validity.notAfter.rfc3339)
    row["sha256"] = .text(certificate.fingerprint.hexText)
    return row
  }
}

struct TrustRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Trust an anchor of the store no longer.",
    discussion: """
      EXAMPLES:
        smime trust remove 4f1c09a3d6e2
        smime trust remove root.pem
        smime trust remove 'Example Org'
      """)

  @Argument(
    help: ArgumentHelp(
      "The beginning of its SHA-256, its name, or a file with it.", valueName: "sha256|name|file"))
  var anchor: String

  func run() async throws {
    let all = try Home.storeIfAny()?.anchors() ?? []
    let fitting: [StoredAnchor]
    if Files.exists(anchor) {
      let named = try CertificateFile.certificates(in: anchor)
      fitting = all.filter { named.contains($0.certificate) }
    } else {
      let prefix = FingerprintPrefix(anchor)
      fitting = all.filter { $0.name == anchor || prefix?.matches($0.certificate) == true }
    }
    guard let first = fitting.first else {
      let isSystems = FingerprintPrefix(anchor).map { SystemTrust.anchors().contains(where: $0.matches) } ?? false
      throw CommandFailure(
        .noInput, "\(anchor): no such anchor in the store",
        hint: isSystems
          ? "it is one of the system's: see trust(1), or judge with --anchor"
          : "'smime trust list' shows those there are")
    }
    guard fitting.count == 1 || Files.exists(anchor) else {
      throw CommandFailure(.usage, "\(anchor): means \(fitting.count) anchors", hint: "name one by its SHA-256")
    }
    for one in fitting { try Home.store().removeAnchor(fingerprint: one.certificate.fingerprint) }
    Terminal.note("no longer trusted: \(first.name)")
  }
}
