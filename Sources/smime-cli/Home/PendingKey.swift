import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// A key in the store that waits for its certificate: an encrypted PKCS#8, and beside it the request.
struct PendingKey {
  let keyPath: String
  let request: CertificateSigningRequest

  /// Makes a key, stores it under `password`, and asks for a certificate for `addresses`.
  static func make(
    addresses: [String], name: String?, kind: PrivateKey.Kind, password: Password
  ) async throws -> PendingKey {
    guard kind.signs else {
      throw CommandFailure(
        .usage, "a key of kind \(kind.name) only encrypts, and cannot sign its own request",
        hint: "have it made with its certificate: 'smime ca issue --key KIND'")
    }
    try Files.makeFolder(Home.identities)
    let base = Home.freeName(for: addresses.first ?? "key")
    let key = try PrivateKey(generate: kind)
    let request = try await CertificateSigningRequest.create(
      subject: DistinguishedName(commonName: name ?? addresses.first ?? ""), addresses: addresses, key: key)
    try Files.write(Array(try key.pem(password: password).utf8), to: base + ".key", overwrite: .refuse)
    try Files.write(Array(request.pem.utf8), to: base + ".csr", overwrite: .refuse, mode: 0o644)
    return PendingKey(keyPath: base + ".key", request: request)
  }

  /// A request that asks for the names of the certificate that `identity` has now.
  static func request(for identity: Identity) async throws -> CertificateSigningRequest {
    try await CertificateSigningRequest.create(
      subject: identity.certificate.subject, addresses: identity.certificate.emailAddresses,
      key: identity.signingKey)
  }

  static func all() throws -> [PendingKey] {
    try Files.list(Home.identities, endings: [".csr"]).compactMap { path -> PendingKey? in
      let keyPath = String(path.dropLast(4)) + ".key"
      guard Files.exists(keyPath) else { return nil }
      do {
        return PendingKey(keyPath: keyPath, request: try CertificateSigningRequest(try Input.bytes(of: path)))
      } catch {
        throw CommandFailure(error, in: path)
      }
    }
  }

  /// The waiting key for the mailbox `address`.
  static func find(_ address: String) throws -> PendingKey? {
    try all().last { pending in pending.request.emailAddresses.contains { $0.lowercased() == address.lowercased() } }
  }

  func opened(with unlock: Unlock) throws -> PrivateKey {
    try PrivateKey.read(keyPath, unlock: unlock)
  }

  /// The path without its ending.
  var basePath: String { String(keyPath.dropLast(4)) }

  /// Removes the waiting key, after it was stored as an identity.
  func remove() {
    Files.remove(keyPath)
    Files.remove(basePath + ".csr")
  }

  var summary: Outline {
    [
      "file": .text(keyPath), "addresses": .list(request.emailAddresses.map(Outline.Node.text)),
      "state": "waits for its certificate", "key": .text(request.publicKey.summary),
    ]
  }
}
