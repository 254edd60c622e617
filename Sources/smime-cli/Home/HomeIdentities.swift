import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// Bringing identities in and finding them again.
extension Home {
  /// The path, without its ending, under which a new identity for `name` is stored.
  static func freeName(for name: String) -> String {
    let base = "\(identities)/\(Files.name(for: name))"
    let isTaken = { (base: String) in [".p12", ".key"].contains { Files.exists(base + $0) } }
    guard isTaken(base) else { return base }
    var number = 2
    while isTaken("\(base)-\(number)") { number += 1 }
    return "\(base)-\(number)"
  }

  /// Stores `identity` under `password` and returns the path. What was there stays: old mail needs old keys.
  static func store(_ identity: Identity, password: Password) throws -> String {
    try Files.makeFolder(identities)
    if let known = identityFiles().first(where: { $0.certificate == identity.certificate }) { return known.path }
    let certificate = identity.certificate
    let pending = try PendingKey.all().filter { $0.request.publicKey == certificate.publicKey }
    let base = pending.first?.basePath ?? freeName(for: certificate.emailAddresses.first ?? "\(certificate.subject)")
    let bytes = try PKCS12.write(identity, password: password)
    let text = ([certificate] + identity.chain).map(\.pem).joined()
    try Files.write(Array(text.utf8), to: base + ".pem", overwrite: .replace)
    try Files.write(bytes, to: base + ".p12", overwrite: .refuse)
    for key in pending { key.remove() }
    return base + ".p12"
  }

  /// Puts `certificate` into the store's anchors.
  static func trust(_ certificate: Certificate, name: String) throws {
    try Files.makeFolder(anchors)
    let fingerprint = certificate.fingerprint.prefix(4).hexText
    try Files.write(
      Array(certificate.pem.utf8), to: "\(anchors)/\(Files.name(for: name))-\(fingerprint).pem", overwrite: .replace,
      mode: 0o644)
  }

  /// The identity in the file `name`, or the store's newest for the address `name`.
  static func identity(named name: String) throws -> IdentityFile {
    if Files.exists(name) { return try IdentityFile(name) }
    guard
      let found = identityFiles().filter({ $0.certificate?.names(name) == true || $0.path.hasSuffix("/\(name).p12") })
        .max(by: { $0.begins < $1.begins })
    else {
      throw CommandFailure(
        .noInput, "\(name): no such identity in \(identities)", hint: "'smime id list' shows those that are here")
    }
    return found
  }
}

/// What `id import` reads.
struct IdentityImportSource {
  private let path: String
  private let bytes: [UInt8]

  init(_ path: String) throws {
    self.path = path
    bytes = try Input.bytes(of: path)
  }

  /// The identity in the file, or the key in the store that the file's certificate is for, with that certificate.
  func identity(unlock: Unlock) throws -> Identity {
    guard let bundle = try? CertificateBundle(bytes), let issued = bundle.certificates.first, !hasPrivateKey else {
      return try IdentityFile(path).opened(with: unlock)
    }
    let chain = Array(bundle.certificates.dropFirst())
    do {
      if let pending = try PendingKey.all().first(where: { $0.request.publicKey == issued.publicKey }) {
        return try Identity(certificate: issued, chain: chain, privateKey: try pending.opened(with: unlock))
      }
      if let known = Home.identityFiles().first(where: { $0.certificate?.publicKey == issued.publicKey }) {
        let opened = try known.opened(with: unlock)
        return try Identity(
          certificate: issued, chain: chain, signingKey: opened.signingKey, decryptionKey: opened.decryptionKey)
      }
    } catch {
      throw CommandFailure(error, in: path)
    }
    throw CommandFailure(
      .noKey, "\(path): no key in \(Home.identities) belongs to this certificate",
      hint: "another person's certificate goes into \(Home.certificates)")
  }

  private var hasPrivateKey: Bool {
    (try? PEMBlock.all(in: bytes))?.contains { $0.label.hasSuffix("PRIVATE KEY") } ?? false
  }
}

extension IdentityFile {
  /// The certificates as PEM. No password is needed for the store's.
  func publicPEM(_ passwords: PasswordOptions) throws -> String {
    let beside = IdentityFile.publicPath(of: path)
    if certificate != nil { return String(decoding: try Input.bytes(of: beside), as: UTF8.self) }
    let opened = try opened(with: Unlock(given: try passwords.given()))
    return ([opened.certificate] + opened.chain).map(\.pem).joined()
  }

  /// The identity in a few lines.
  var summary: Outline {
    var result: Outline = ["file": .text(path)]
    if let certificate {
      result["addresses"] = .texts(certificate.emailAddresses)
      result["subject"] = .text(certificate.subject.description)
      result["issuer"] = .text(certificate.issuer.description)
      result["notAfter"] = .text(certificate.validity.notAfter.rfc3339)
      result["key"] = .text(certificate.publicKey.summary)
      result["sha256"] = .text(certificate.fingerprint.hexText)
    }
    return result
  }
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
