import PKIX
import SMIMECrypto

/// `$SMIME_HOME`: identities, other people's certificates, anchors and revocation lists, each a folder of files.
enum Home {
  static var folder: String {
    if let folder = Environment["SMIME_HOME"], !folder.isEmpty { return folder }
    return "\(Environment["HOME"] ?? ".")/.local/share/smime"
  }

  /// One encrypted PKCS#12 per identity, and beside it the certificates in it, so that they can be found without a password.
  static var identities: String { "\(folder)/identities" }
  static var certificates: String { "\(folder)/certificates" }
  static var anchors: String { "\(folder)/anchors" }
  static var revocationLists: String { "\(folder)/crls" }

  // MARK: Trust

  /// The store's anchors and the system's for e-mail.
  static func anchorCertificates() -> [Certificate] {
    read(anchors) + SystemTrust.anchors()
  }

  static func lists() throws -> [CertificateRevocationList] {
    try Files.list(revocationLists, endings: [".pem", ".crl", ".der"]).flatMap { try CertificateFile.lists(in: $0) }
  }

  // MARK: Certificates

  /// The newest certificate for `address`, of the user's own or of a correspondent.
  static func certificate(for address: String) throws -> Certificate {
    let known = read(certificates) + identityFiles().compactMap(\.certificate)
    let fitting = known.filter { $0.names(address) }
    guard let newest = fitting.max(by: { $0.validity.notBefore < $1.validity.notBefore }) else {
      throw CommandFailure(
        .noKey, "\(address): no certificate is known",
        hint: "name a file with --recipient FILE, or put it into \(certificates)")
    }
    return newest
  }

  private static func read(_ folder: String) -> [Certificate] {
    Files.list(folder, endings: [".pem", ".crt", ".cer", ".der", ".p7c"]).flatMap { path in
      do {
        return try CertificateFile.certificates(in: path)
      } catch {
        Terminal.warning(CommandFailure(error, in: path).message)
        return []
      }
    }
  }

  // MARK: Identities

  static func identityFiles() -> [IdentityFile] {
    Files.list(identities, endings: [".p12", ".pfx"]).compactMap { try? IdentityFile(stored: $0) }
  }

  /// The store's identity to sign with for `addresses`, the newest if there are several; any if no address is asked for.
  static func identity(for addresses: [String]) throws -> IdentityFile {
    let all = identityFiles()
    guard !all.isEmpty else {
      throw CommandFailure(
        .noKey, "no identity in \(identities)",
        hint: "name one with --identity FILE, or bring one in with 'smime id import FILE'")
    }
    let fitting = all.filter { file in
      guard let certificate = file.certificate else { return all.count == 1 }
      return addresses.isEmpty || addresses.contains { certificate.names($0) }
    }
    guard
      let newest = fitting.max(by: { $0.begins < $1.begins })
    else {
      throw CommandFailure(
        .noKey, "no identity for \(addresses.joined(separator: ", ")) in \(identities)",
        hint: "name one with --identity FILE; 'smime id list' shows those that are here")
    }
    return newest
  }
}

extension Certificate {
  /// True if the certificate is for the mailbox `address`.
  func names(_ address: String) -> Bool {
    emailAddresses.contains { $0.lowercased() == address.lowercased() }
  }
}
