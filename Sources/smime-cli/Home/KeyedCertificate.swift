import CMS
import PKIX
import SMIMECrypto

/// A private key that was opened, with its certificates, on its way from one place to another.
struct KeyedCertificate: Sendable {
  enum Key: Sendable {
    case offered(PrivateKey)
    /// One that is carried as it came, and cannot be used.
    case kept(OpaquePrivateKey)

    /// The key in a PEM block, whether it is offered or not.
    ///
    /// - Throws: `Unsupported` for a block that nothing is kept of, such as one in a form of its own.
    init(pem block: PEMBlock, password: Password) throws {
      do { self = .offered(try PrivateKey(pem: block, password: password)) } catch let unsupported as Unsupported {
        guard let kept = try? OpaquePrivateKey(pem: block, password: password) else { throw unsupported }
        self = .kept(kept)
      }
    }

    /// The certificate that stands with the key in a file. One that is not offered is held against certificates as far as
    /// that goes; of several that it may be for, one that issued none of the others is meant.
    func certificate(among certificates: [Certificate]) -> Certificate? {
      switch self {
      case .offered(let key): return certificates.first { $0.publicKey == key.publicKey }
      case .kept(let key):
        let fitting = certificates.filter { key.mayBelong(to: $0.publicKey) }
        let lowest = fitting.first { one in !certificates.contains { $0 != one && $0.issuer == one.subject } }
        return lowest ?? fitting.first
      }
    }
  }

  let certificate: Certificate
  let chain: [Certificate]
  let key: Key

  /// - Throws: `KeyMismatch` when the key is not the certificate's, as far as that can be told.
  init(certificate: Certificate, chain: [Certificate], key: Key) throws {
    if case .offered(let key) = key {
      _ = try Identity(certificate: certificate, chain: chain, privateKey: key)
    }
    self.certificate = certificate
    self.chain = chain
    self.key = key
  }

  /// - Parameter pkcs8: of a key that is offered, or is not.
  init(certificate: Certificate, chain: [Certificate], pkcs8: [UInt8]) throws {
    let key: Key
    do { key = .offered(try PrivateKey(pkcs8: pkcs8[...])) } catch is Unsupported {
      key = .kept(try OpaquePrivateKey(pkcs8: pkcs8[...]))
    }
    try self.init(certificate: certificate, chain: chain, key: key)
  }

  /// Every key in a PKCS#12 that stands beside its certificate.
  static func all(in file: PKCS12) throws -> [KeyedCertificate] {
    let offered = try file.identities().compactMap { identity in
      try (identity.signingKey as? PrivateKey).map {
        try KeyedCertificate(certificate: identity.certificate, chain: identity.chain, key: .offered($0))
      }
    }
    let kept = try file.keptKeys.compactMap { key in
      try file.certificates(for: key).map {
        try KeyedCertificate(certificate: $0.certificate, chain: $0.chain, key: .kept(key.privateKey))
      }
    }
    return offered + kept
  }

  var isOffered: Bool { if case .offered = key { true } else { false } }

  /// Secret bytes.
  var pkcs8: [UInt8] {
    switch key {
    case .offered(let key): key.pkcs8
    case .kept(let key): key.pkcs8
    }
  }

  /// The identity, for use.
  ///
  /// - Throws: `Unsupported`, by name, for a key that is not offered.
  func identity() throws -> Identity {
    switch key {
    case .offered(let key): try Identity(certificate: certificate, chain: chain, privateKey: key)
    case .kept(let key): throw Unsupported(key.what)
    }
  }

  func pkcs12(password: Password, profile: PKCS12.Profile) throws -> [UInt8] {
    switch key {
    case .offered: try PKCS12.write(try identity(), password: password, profile: profile)
    case .kept(let key):
      try PKCS12.write(key, certificate: certificate, chain: chain, password: password, profile: profile)
    }
  }
}

extension PKCS12 {
  /// The keys that no certificate in the file is for, in words.
  var keysAlone: [String] {
    let certified = Set(certificates.map(\.certificate.publicKey))
    let offered = keys.filter { !certified.contains($0.privateKey.publicKey) }
      .map { ($0.privateKey.publicKey.summary, $0.friendlyName) }
    let kept = keptKeys.filter { certificates(for: $0) == nil }.map { ($0.privateKey.name, $0.friendlyName) }
    return (offered + kept).map { kind, name in
      "a private key without a certificate: \(kind)\(name.map { ", \(Outline.printable($0))" } ?? "")"
    }
  }

  /// What could not be read, in words. Keys that are carried as they came are not among it.
  var unread: [String] {
    let kept = Set(keptKeys.map(\.privateKey.reason))
    return defects.filter { !kept.contains($0.reason) }.map { Outline.printable("\($0)") }
  }
}
