import CMS
import PKIX
import SMIMECrypto
import SMIMEStore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An identity of the store.
struct HeldIdentity: LockedIdentity {
  let stored: StoredIdentity

  init(_ stored: StoredIdentity) { self.stored = stored }

  var certificate: Certificate { stored.certificate }
  var name: String { certificate.shortName }
  var certificates: [Certificate]? { [certificate] + stored.chain }

  func opened(with unlock: Unlock) throws -> Identity {
    do { return try keyedCertificate(with: unlock).identity() } catch { throw CommandFailure(error, in: name) }
  }

  func keyedCertificate(with unlock: Unlock) throws -> KeyedCertificate {
    do {
      switch stored.key.form {
      case .sealed(_, let lock):
        guard let pkcs8 = try stored.key.pkcs8(openedWith: try unlock.key(of: lock, named: name)) else {
          throw WrongPassword()
        }
        return try KeyedCertificate(certificate: certificate, chain: stored.chain, pkcs8: pkcs8)
      case .pem(let bytes): return try takenOver(pem: bytes, unlock)
      case .pkcs12(let bytes): return try takenOver(pkcs12: bytes, unlock)
      }
    } catch { throw CommandFailure(error, in: name) }
  }

  /// The key in a PKCS#12 that was taken over as it was.
  private func takenOver(pkcs12 file: [UInt8], _ unlock: Unlock) throws -> KeyedCertificate {
    let (all, password) = try unlock.open(named: name) { password in
      (try KeyedCertificate.all(in: try PKCS12.read(file, password: password)), password)
    }
    let own: KeyedCertificate
    if let same = all.first(where: { $0.certificate == certificate }) {
      own = same
    } else if let other = all.first(where: { $0.certificate.publicKey == certificate.publicKey }) {
      // The certificate was renewed, and the file has the key with another one.
      own = try KeyedCertificate(certificate: certificate, chain: stored.chain, key: other.key)
    } else {
      throw Malformed("the file that was taken over has no key for its certificate")
    }
    seal(own, Protection(password), with: all.filter { $0.certificate != certificate })
    return own
  }

  /// The key in a PEM block that was taken over as it was.
  private func takenOver(pem file: [UInt8], _ unlock: Unlock) throws -> KeyedCertificate {
    guard let block = try PEMBlock.all(in: file).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
      throw Malformed("there is no private key in it")
    }
    let (key, password) = try unlock.open(named: name) { (try KeyedCertificate.Key(pem: block, password: $0), $0) }
    let own = try KeyedCertificate(certificate: certificate, chain: stored.chain, key: key)
    // A block that is not encrypted takes any password: it is kept as open as it was.
    seal(own, block.label == "ENCRYPTED PRIVATE KEY" ? Protection(password) : .none, with: [])
    return own
  }

  /// Seals a key that was taken over as all others are, now that its password is known, and keeps what was in the same file.
  private func seal(_ own: KeyedCertificate, _ protection: Protection, with others: [KeyedCertificate]) {
    do {
      let store = try Home.store()
      let lock = try protection.lock(in: store)
      try store.seal(
        stored.key, as: try StoredIdentity(own, lock: lock).key,
        with: try others.map { try StoredIdentity($0, lock: lock) }, at: Date())
    } catch {
      Terminal.warning("\(name): the key was not sealed anew: \(CommandFailure(error).message)")
    }
  }

  /// The identity in a few lines.
  var summary: Outline {
    var result: Outline = ["addresses": .list(certificate.emailAddresses.map(Outline.Node.text))]
    result["subject"] = .text(certificate.subject.description)
    result["issuer"] = .text(certificate.issuer.description)
    result["notAfter"] = .text(certificate.validity.notAfter.rfc3339)
    result["key"] = .text(certificate.publicKey.summary)
    result["sha256"] = .text(certificate.fingerprint.hexText)
    result["protection"] = .text(stored.key.protection)
    return result
  }
}

extension StoredRequest {
  /// The waiting key in a few lines.
  var summary: Outline {
    [
      "addresses": .list(request.emailAddresses.map(Outline.Node.text)), "state": "waits for its certificate",
      "key": .text(request.publicKey.summary), "protection": .text(key.protection),
    ]
  }
}

extension StoredKey {
  /// What opens the key, in words.
  var protection: String {
    switch form {
    case .sealed(_, let lock):
      switch lock.lock.kind {
      case .passphrase: "passphrase"
      case .keyFile: "key file \(lock.keyFile ?? "")"
      case .open: "none"
      }
    case .pkcs12, .pem: "as it was taken over"
    }
  }
}

extension StoredIdentity {
  /// Seals the key of `keyed` for the store.
  init(_ keyed: KeyedCertificate, lock: OpenedLock) throws {
    self.init(
      certificate: keyed.certificate, chain: keyed.chain,
      key: try StoredKey(pkcs8: keyed.pkcs8, of: keyed.certificate.publicKey, lock: lock.lock, key: lock.key))
  }
}
