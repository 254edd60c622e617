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
      warning each time; one that is revoked is not used. If another key is known for the address, the new one waits \
      for your word: --pin says that it is right, whatever is known, and should be typed only after its SHA-256 was \
      compared with what the correspondent says it is. A certificate whose key only signs is skipped.

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
      let outcome = await validator.validateHearingStrangers(
        certificate, with: all.filter { $0 != certificate }, at: trust.time.date, use: .encryption)
      let found: Correspondent.Trust
      switch outcome {
      case .success(let path):
        // Of what somebody sends along only that is kept which led to an anchor. What was found elsewhere is kept with
        // it: nobody is asked for it when mail is encrypted.
        try keep(authorities.filter(path.certificates.contains))
        try store.add(authorities: Array(path.certificates.dropFirst().dropLast()), at: Date())
        found = .validated
      case .failure(let failure):
        if let problem = failure.problems.first { Terminal.warning("\(certificate.shortName): \(problem.warning)") }
        // Of one that is pinned those who issued it are kept too: they may withdraw it, trusted or not.
        if pin { try store.add(authorities: Array(failure.path.dropFirst()), at: Date()) }
        found = .harvested
      }
      for address in certificate.mailboxes where wanted.isEmpty || wanted.contains(address.lowercased()) {
        let trust = try store.add(
          certificate, for: address, from: .file, place: file, trust: pin ? .pinned : found, at: Date())
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
      no path was good. pending: another key was known for the address, so it waits for 'smime cert pin'.

      With --authorities: the certificates of authorities that 'smime cert import' kept, so that paths are found.

      EXAMPLES:
        smime cert list
        smime cert list bob@example.com --json
        smime cert list --authorities
      """)

  @Argument(help: ArgumentHelp("Only those for this address.", valueName: "address"))
  var address: String?

  @Flag(help: "List the authorities that are kept to find paths, instead of correspondents.")
  var authorities = false

  @OptionGroup var format: FormatOptions

  func validate() throws {
    guard address == nil || !authorities else { throw ValidationError("authorities are of no address") }
  }

  func run() async throws {
    let store = try Home.storeIfAny()
    let kind = authorities ? "authorities" : "certificates"
    let rows: [Outline]
    if authorities {
      rows = try (store?.keptAuthorities() ?? []).map(\.outline)
    } else {
      let known = try address.map { try store?.entry(for: $0).certificates } ?? store?.correspondents()
      rows = (known ?? []).map(\.outline)
    }
    if format.json {
      Terminal.print(Outline(["version": .number(1), kind: .list(rows.map(Outline.Node.outline))]).json)
    } else if rows.isEmpty {
      Terminal.hint(
        authorities ? "no authority is kept" : "no certificate is known\(address.map { " for \($0)" } ?? "")")
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

struct CertificateForget: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Forget a certificate: a correspondent's, or an authority's that is kept to find paths.",
    discussion: """
      If no other certificate is known for an address, the next one that comes is taken as the first. To say that a new key \
      is right, use 'smime cert pin', which keeps the old one in sight. Anchors and identities stay as they are.

      EXAMPLES:
        smime cert forget 4f1c09a3d6e2
        smime cert forget 4f1c09a3d6e2 --for bob@example.com
      """)

  @Argument(
    help: ArgumentHelp("The beginning of the certificate's SHA-256, eight digits or more.", valueName: "sha256"))
  var sha256: String

  @Option(
    name: .customLong("for"), help: ArgumentHelp("Only for this correspondent's address.", valueName: "address"))
  var address: String?

  func run() async throws {
    guard let prefix = FingerprintPrefix(sha256) else {
      throw CommandFailure(.usage, "\(sha256): not the beginning of a SHA-256, eight hexadecimal digits or more")
    }
    let store = try Home.storeIfAny()
    let known = try address.map { try store?.entry(for: $0).certificates } ?? store?.correspondents()
    let people = (known ?? []).filter { prefix.matches($0.certificate) }
    let kept = try address == nil ? store?.keptAuthorities() ?? [] : []
    let authorities = kept.map(\.certificate).filter(prefix.matches)
    let meant = Set(people.map(\.certificate) + authorities)
    guard let certificate = meant.first, meant.count == 1 else {
      throw CommandFailure(
        .noInput,
        "\(sha256): \(meant.isEmpty ? "no" : "more than one") such certificate is known"
          + (address.map { " for \($0)" } ?? ""),
        hint: "'smime cert list' and 'smime cert list --authorities' show those that are known")
    }
    let fingerprint = certificate.fingerprint
    for one in people {
      try Home.store().removeCorrespondent(one.address, fingerprint: fingerprint)
      Terminal.note("forgotten for \(one.address): SHA-256 \(fingerprint.hexText)")
    }
    if !authorities.isEmpty {
      try Home.store().removeAuthority(fingerprint: fingerprint)
      Terminal.note("forgotten: \(certificate.subject), SHA-256 \(fingerprint.hexText)")
    }
  }
}

extension StoredAuthority {
  fileprivate var outline: Outline {
    [
      "subject": .text("\(certificate.subject)"), "issuer": .text("\(certificate.issuer)"),
      "notAfter": .text(certificate.validity.notAfter.rfc3339), "key": .text(certificate.publicKey.summary),
      "sha256": .text(certificate.fingerprint.hexText), "added": .text(added.rfc3339),
    ]
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
