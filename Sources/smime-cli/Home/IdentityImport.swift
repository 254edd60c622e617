import CMS
import PKIX
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What `id import` reads: keys with their certificates, or a certificate for a key that the store has.
struct IdentityImport {
  private let path: String
  private let bytes: [UInt8]

  init(_ path: String) throws {
    self.path = path
    bytes = try Input.bytes(of: path)
  }

  /// The certificates of an issued certificate's file: the one for a key of the store first. nil when keys are in the file.
  private var issued: [Certificate]? {
    let hasKey = (try? PEMBlock.all(in: bytes))?.contains { $0.label.hasSuffix("PRIVATE KEY") } ?? false
    guard !hasKey, let bundle = try? CertificateBundle(bytes), !bundle.certificates.isEmpty else { return nil }
    return bundle.certificates
  }

  /// Stores what is in the file.
  ///
  /// - Parameter options: what protects the keys that come in, and those that were there if it is named.
  /// - Returns: what was stored, or was there already.
  func store(unlock: Unlock, protection options: ProtectionOptions) throws -> [Certificate] {
    if let issued { return [try attach(issued)] }
    let (keys, leftOut) = try IdentityFile(path).contents(with: unlock)
    for words in leftOut { Terminal.warning("\(path): left out: \(words)") }
    guard !keys.isEmpty else {
      throw CommandFailure(.unreadable, "\(path): there is no private key with its certificate in it")
    }
    let protection = try options.forImport(openedBy: unlock.used, path)
    let store = try Home.store()
    let lock = try protection.lock(in: store)
    let known = try store.identities().map(\.key) + store.requests().map(\.key)
    for key in keys {
      let identity = try StoredIdentity(key, lock: lock)
      try store.add(identity, at: Date())
      if let kept = known.first(where: { $0.id == identity.key.id }) {
        try seal(kept, as: identity, options, in: store)
      }
    }
    return keys.map(\.certificate)
  }

  /// Seals a key anew that was there already: when it is still as it was taken over, and when another protection is named.
  private func seal(
    _ kept: StoredKey, as identity: StoredIdentity, _ options: ProtectionOptions, in store: Store
  ) throws {
    let name = identity.certificate.shortName
    if case .sealed(_, let old) = kept.form {
      guard case .sealed(_, let new) = identity.key.form, old.id != new.id else { return }
      guard options.isNamed else {
        Terminal.note("\(name): the key was here already, and is protected as it was: \(kept.protection)")
        return
      }
    }
    try store.seal(kept, as: identity.key, at: Date())
    Terminal.note("\(name): the key was here already; what protects it now: \(identity.key.protection)")
  }

  /// Attaches a certificate to the key that it is for. The key stays closed.
  private func attach(_ certificates: [Certificate]) throws -> Certificate {
    let keys =
      try Home.requests().map { ($0.request.publicKey, $0.key) }
      + Home.identities().map { ($0.certificate.publicKey, $0.stored.key) }
    for certificate in certificates {
      guard let key = keys.first(where: { $0.0 == certificate.publicKey })?.1 else { continue }
      let chain = certificates.filter { $0 != certificate }
      try Home.store().add(StoredIdentity(certificate: certificate, chain: chain, key: key), at: Date())
      return certificate
    }
    throw CommandFailure(
      .noKey, "\(path): no key in \(Home.folder) belongs to this certificate",
      hint: "another person's certificate is brought in with 'smime cert import \(path)'")
  }
}
