import ByteIO
import PKIX
import SMIMECrypto
import SMIMEStore
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `$SMIME_HOME`: the store with identities, other people's certificates and anchors, and a folder of revocation lists.
enum Home {
  static var folder: String {
    if let folder = Environment["SMIME_HOME"], !folder.isEmpty { return folder }
    return "\(Environment["HOME"] ?? ".")/.local/share/smime"
  }

  /// Revocation lists are files, however large; what fetches them may put them there.
  static var revocationLists: String { "\(folder)/crls" }
  /// What the network answered, by `smime-net`.
  static var cache: String { "\(folder)/cache" }

  // MARK: The store

  private static let opened = Mutex<Store?>(nil)

  /// The store, opened when it is first needed: a command that is given all its files does not touch it.
  ///
  /// What an earlier version left as files is taken over first.
  static func store() throws -> Store {
    try opened.withLock { opened in
      if let opened { return opened }
      let store = try Store(folder: folder)
      try EarlierHome(folder: folder).move(into: store)
      opened = store
      return store
    }
  }

  /// True if there is neither a store nor what one would take over.
  static var isEmpty: Bool { !Files.exists(Store.path(in: folder)) && EarlierHome(folder: folder).isEmpty }

  /// The store, if there is anything in it: a command that only looks makes none.
  static func storeIfAny() throws -> Store? { isEmpty ? nil : try store() }

  private static let known = Mutex<Settings?>(nil)

  /// What the user set, read once in a process.
  static func settings() throws -> Settings {
    try known.withLock { known in
      if let known { return known }
      let settings = Settings(try storeIfAny()?.settings() ?? [:])
      known = settings
      return settings
    }
  }

  // MARK: Trust

  /// The store's anchors and the system's for e-mail.
  static func anchorCertificates() throws -> [Certificate] {
    try (storeIfAny()?.anchors().map(\.certificate) ?? []) + SystemTrust.anchors()
  }

  /// Puts `certificate` into the store's anchors.
  static func trust(_ certificate: Certificate, name: String) throws {
    try store().trust(certificate, name: name, at: Date())
  }

  /// The certificates of authorities that the store keeps, read when a path lacks one.
  static let authorities = StoredAuthorities { try storeIfAny() }

  /// The files with lists in the store's folder.
  static var listFiles: [String] { Files.list(revocationLists, endings: [".pem", ".crl", ".der"]) }

  /// The lists in the store's folder. A file that cannot be read is left out, with a warning: what it would tell is unknown,
  /// and the others count.
  static func lists() -> [GivenList] {
    listFiles.flatMap { path -> [GivenList] in
      do { return try GivenList.all(in: path) } catch {
        Terminal.warning("left out: \(CommandFailure(error, in: path).message)")
        return []
      }
    }
  }

  // MARK: Certificates

  /// Every certificate for `address`, of the user's own and of correspondents.
  static func certificates(for address: String) throws -> [Certificate] {
    let own = try identities().map(\.certificate).filter { $0.names(address) }
    return try own + (storeIfAny()?.entry(for: address).certificates.map(\.certificate) ?? [])
  }

  /// Those of correspondents that are trusted just so far, such as those that wait for the user's word.
  static func certificates(for address: String, trusted trust: Correspondent.Trust) throws -> Set<Certificate> {
    let known = try storeIfAny()?.entry(for: address).certificates ?? []
    return Set(known.filter { $0.trust == trust }.map(\.certificate))
  }

  /// The certificate to encrypt with for `address`, and why: the newest of the user's own, or the correspondent's that
  /// is trusted.
  static func certificate(for address: String) throws -> (Certificate, NamedRecipient.Origin) {
    let own = try identities().filter { $0.certificate.names(address) && $0.certificate.isForEncryption }
    if let newest = own.newest { return (newest.certificate, .own) }
    switch try storeIfAny()?.entry(for: address).choice ?? .unknown {
    case .use(let known, let pending):
      if !pending.isEmpty {
        Terminal.warning(
          "\(address): another key came since, and waits for your word",
          hint: "'smime cert list \(address)' shows both; 'smime cert pin' takes the new one")
      }
      return (known.certificate, .correspondent(known.trust))
    case .changed(_, let pending):
      let latest = pending.max { $0.firstSeen < $1.firstSeen }
      throw CommandFailure(
        .noKey, "\(address): the key has changed\(latest.map { ", at \($0.firstSeen.rfc3339)" } ?? "")",
        hint: "ask whether it is right, then take it with 'smime cert pin', or 'smime cert import --pin FILE'; "
          + "'smime cert list \(address)' shows what is known")
    case .unknown:
      throw CommandFailure(
        .noKey, "\(address): no certificate is known",
        hint: "name a file with --recipient FILE, or bring it in with 'smime cert import FILE'")
    }
  }

  /// What the software of `address` reads, by its verified messages, and when it said so.
  static func capabilities(of address: String) throws -> (Capabilities, Date)? {
    try storeIfAny()?.entry(for: address).capabilities
  }

  // MARK: Identities

  /// Every identity ever held.
  static func identities() throws -> [HeldIdentity] {
    try storeIfAny()?.identities().map { HeldIdentity($0) } ?? []
  }

  static func requests() throws -> [StoredRequest] { try storeIfAny()?.requests() ?? [] }

  /// The store's identity to sign with for `addresses`, the newest if there are several; any if no address is asked for.
  static func identity(for addresses: [String]) throws -> HeldIdentity {
    let all = try identities()
    guard !all.isEmpty else {
      throw CommandFailure(
        .noKey, "no identity in \(folder)",
        hint: "name one with --identity FILE, or bring one in with 'smime id import FILE'")
    }
    let fitting = all.filter { one in addresses.isEmpty || addresses.contains { one.certificate.names($0) } }
    // Who has a key for each use has two certificates for the address.
    guard let newest = fitting.filter(\.certificate.allowsSigning).newest ?? fitting.newest else {
      throw CommandFailure(
        .noKey, "no identity for \(addresses.joined(separator: ", ")) in \(folder)",
        hint: "name one with --identity FILE; 'smime id list' shows those that are here")
    }
    return newest
  }

  /// The identity in the file `name`; else the store's newest for the address `name`, or the one whose fingerprint begins so.
  static func identity(named name: String) throws -> any LockedIdentity {
    if Files.exists(name) { return try IdentityFile(name) }
    let all = try identities()
    let byPrint = FingerprintPrefix(name).map { prefix in all.filter { prefix.matches($0.certificate) } } ?? []
    guard let found = all.filter({ $0.certificate.names(name) }).newest ?? byPrint.newest else {
      throw CommandFailure(
        .noInput, "\(name): no such file, and no such identity in \(folder)",
        hint: "'smime id list' shows those that are here")
    }
    return found
  }
}

extension [HeldIdentity] {
  /// The one whose certificate began last.
  var newest: HeldIdentity? {
    self.max { $0.certificate.validity.notBefore < $1.certificate.validity.notBefore }
  }
}

extension Certificate {
  /// True if the certificate is for the mailbox `address`.
  func names(_ address: String) -> Bool {
    emailAddresses.contains { $0.lowercased() == address.lowercased() }
  }

  /// What to call it: the first address, or the subject.
  var shortName: String { emailAddresses.first ?? "\(subject)" }
}

/// The beginning of a certificate's SHA-256 in hexadecimal, as somebody types it.
struct FingerprintPrefix {
  private let digits: String

  /// nil when `text` is no hexadecimal, or too short to mean one certificate.
  init?(_ text: String) {
    let digits = text.lowercased().filter { $0 != ":" }
    guard (8...64).contains(digits.utf8.count), digits.allSatisfy(\.isHexDigit) else { return nil }
    self.digits = digits
  }

  func matches(_ certificate: Certificate) -> Bool { certificate.fingerprint.hexText.hasPrefix(digits) }
}

extension Sequence<UInt8> {
  /// Two lower-case digits for each byte.
  var hexText: String {
    var result = ""
    for byte in self {
      result.append(byte < 16 ? "0" : "")
      result.append(String(byte, radix: 16))
    }
    return result
  }
}
