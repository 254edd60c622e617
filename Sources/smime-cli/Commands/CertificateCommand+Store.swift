import ArgumentParser
import MIME
import PKIX
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct CertificateImport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Keep a correspondent's certificate, to encrypt to the address.",
    discussion: """
      The certificate is validated as 'smime cert validate' does. One that is not good is kept too, and used with a \
      warning. If another key is known for the address, the new one waits for your word: --pin says that it is right, \
      whatever is known, and should be typed only after its SHA-256 was compared with what the correspondent says it is. \
      A certificate whose key only signs is skipped.

      Certificates of authorities in the file are kept as well, so that paths are found later that lack them. They are not \
      trusted for that: 'smime trust add' trusts one.

      Signers of good messages are kept by themselves when 'smime verify' or 'smime open' judged them.

      EXAMPLES:
        smime cert import bob.pem
        smime cert import --pin bob.pem
      """)

  @Argument(help: ArgumentHelp("The certificate: PEM, DER or .p7c, with or without its chain.", valueName: "file"))
  var file: String

  @Flag(help: "This is the correspondent's key: use it, whatever else is known.")
  var pin = false

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Only for this address of those that the certificate names. May be repeated; needed with --pin when there are several.",
      valueName: "address"))
  var addresses: [String] = []

  @OptionGroup var trust: TrustOptions

  func run() async throws {
    let all = try CertificateFile.certificates(in: file)
    let mailboxes = all.filter { !$0.mailboxes.isEmpty && !$0.isAuthority }
    let authorities = all.filter(\.isAuthority)
    if mailboxes.isEmpty, addresses.isEmpty, !pin, !authorities.isEmpty {
      try keep(authorities)
      if authorities.contains(where: \.isSelfIssued) {
        Terminal.hint("an authority's certificate is trusted with 'smime trust add'")
      }
      return
    }
    guard !mailboxes.isEmpty else {
      throw CommandFailure(
        .notGood, "\(file): no certificate in it is for a mailbox",
        hint: "an authority's certificate is trusted with 'smime trust add'")
    }
    let people = mailboxes.forEncryption
    guard !people.isEmpty else {
      throw CommandFailure(.notGood, "\(file): no certificate in it can be encrypted to")
    }
    let named = Set(people.flatMap(\.mailboxes).map { $0.lowercased() })
    let wanted = Set(addresses.map { $0.lowercased() })
    if let missing = wanted.subtracting(named).min() {
      throw CommandFailure(.notGood, "\(file): no certificate in it is for \(missing)")
    }
    // Whoever makes a certificate writes what he likes into it: what was compared with one person is not for another.
    guard !pin || named.count == 1 || !wanted.isEmpty else {
      throw CommandFailure(
        .usage, "\(file): names \(named.sorted().joined(separator: ", "))",
        hint: "say whose key it is with --for ADDRESS")
    }
    let validator = try trust.validator()
    let store = try Home.store()
    for certificate in people {
      let outcome = await validator.validate(
        certificate, with: all.filter { $0 != certificate }, at: trust.time.date, use: .encryption)
      let validation = Validation(certificate, outcome, at: trust.time.date)
      // Of what somebody sends along only that is kept which led to an anchor.
      if case .success(let path) = outcome { try keep(authorities.filter(path.certificates.contains)) }
      if !validation.isValid { Terminal.warning("\(certificate.shortName): the certificate does not validate") }
      let found: Correspondent.Trust = pin ? .pinned : validation.isValid ? .validated : .harvested
      for address in certificate.mailboxes where wanted.isEmpty || wanted.contains(address.lowercased()) {
        let trust = try store.add(certificate, for: address, from: .file, place: file, trust: found, at: Date())
        Terminal.note("\(address.lowercased()): \(trust.rawValue), SHA-256 \(certificate.fingerprint.hexText)")
        if trust == .pending {
          Terminal.hint("another key is known for \(address.lowercased()): if this one is right, repeat with --pin")
        }
      }
    }
  }

  private func keep(_ authorities: [Certificate]) throws {
    guard !authorities.isEmpty else { return }
    try Home.store().add(authorities: authorities, at: Date())
    for one in authorities { Terminal.note("\(one.subject): kept to find paths, not trusted") }
  }
}

struct CertificateList: ReadingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the certificates of correspondents: where each came from, and how far it is trusted.",
    discussion: """
      pinned: you said that it is right. validated: a path to an anchor was good when it came. harvested: it came, and \
      nothing is known against it. pending: another key was known for the address, so it waits for 'smime cert pin'.

      EXAMPLES:
        smime cert list
        smime cert list bob@example.com --json
      """)

  @Argument(help: ArgumentHelp("Only those for this address.", valueName: "address"))
  var address: String?

  @OptionGroup var format: FormatOptions

  func run() async throws {
    let store = try Home.storeIfAny()
    let known = try address.map { try store?.entry(for: $0).certificates } ?? store?.correspondents()
    let rows = (known ?? []).map(\.outline)
    if format.json {
      Terminal.print(Outline(["version": .number(1), "certificates": .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint("no certificate is known\(address.map { " for \($0)" } ?? "")")
    } else {
      Terminal.print(rows.map(\.text).joined(separator: "\n"))
    }
  }
}

struct CertificatePin: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pin",
    abstract: "Say that a certificate which is known is the correspondent's: it is used from now on.",
    discussion: """
      Compare its SHA-256, which 'smime cert list' shows, with what the correspondent says it is: by telephone, not by mail.

      EXAMPLES:
        smime cert pin bob@example.com 4f1c09a3d6e2
      """)

  @Argument(help: ArgumentHelp("The correspondent's address.", valueName: "address"))
  var address: String

  @Argument(
    help: ArgumentHelp("The beginning of the certificate's SHA-256, eight digits or more.", valueName: "sha256"))
  var sha256: String

  func run() async throws {
    guard let prefix = FingerprintPrefix(sha256) else {
      throw CommandFailure(.usage, "\(sha256): not the beginning of a SHA-256, eight hexadecimal digits or more")
    }
    let fitting =
      try Home.storeIfAny()?.entry(for: address).certificates.filter { prefix.matches($0.certificate) } ?? []
    guard let one = fitting.first, fitting.count == 1 else {
      throw CommandFailure(
        .noInput, "\(sha256): \(fitting.isEmpty ? "no" : "more than one") such certificate is known for \(address)",
        hint: "'smime cert list \(address)' shows those that are known")
    }
    try Home.store().add(one.certificate, for: address, from: one.source, place: one.place, trust: .pinned, at: Date())
    Terminal.note("pinned for \(one.address): SHA-256 \(one.certificate.fingerprint.hexText)")
  }
}

extension Correspondent {
  fileprivate var outline: Outline {
    var row: Outline = [
      "address": .text(address), "trust": .text(trust.rawValue), "source": .text(source.rawValue),
    ]
    row["place"] = place.map(Outline.Node.text)
    row["subject"] = .text("\(certificate.subject)")
    row["issuer"] = .text("\(certificate.issuer)")
    row["notAfter"] = .text(certificate.validity.notAfter.rfc3339)
    row["key"] = .text(certificate.publicKey.summary)
    row["sha256"] = .text(certificate.fingerprint.hexText)
    row["firstSeen"] = .text(firstSeen.rfc3339)
    row["lastSeen"] = .text(lastSeen.rfc3339)
    return row
  }
}

extension Certificate {
  /// True of an authority's certificate, as it says itself.
  fileprivate var isAuthority: Bool { (try? extensions.basicConstraints)?.isAuthority ?? false }

  /// The addresses that mail can be sent to. An authority may have written anything into a certificate.
  var mailboxes: [String] {
    emailAddresses.filter { text in
      EmailAddress(text) != nil && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
  }

  /// True if nothing in the certificate keeps mail from being encrypted with its key.
  var isForEncryption: Bool {
    guard publicKey.receivesKeys else { return false }
    guard let usage = try? extensions.keyUsage else { return true }
    return !usage.isDisjoint(with: [.keyEncipherment, .keyAgreement])
  }
}

extension [Certificate] {
  /// Those that mail can be encrypted with; the others are told.
  var forEncryption: [Certificate] {
    filter { certificate in
      guard !certificate.isForEncryption else { return true }
      Terminal.warning(
        "\(certificate.shortName): skipped, since mail cannot be encrypted to its key: SHA-256 "
          + certificate.fingerprint.hexText)
      return false
    }
  }
}
