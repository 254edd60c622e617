public import PKIX
import Synchronization

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// An authority's certificate that is kept because it helps to find paths. It is not trusted for that.
public struct StoredAuthority: Hashable, Sendable {
  public let certificate: Certificate
  public let added: Date
}

extension Store {
  /// The certificates that may help to find a path: those that were kept for that, and those above the identities'. None is
  /// trusted for being here.
  public func authorities() throws -> [Certificate] {
    try database.read { session in
      try session.rows(
        """
        SELECT sha256, der FROM certificate WHERE sha256 IN
          (SELECT sha256 FROM authority UNION SELECT sha256 FROM identity_chain) ORDER BY sha256
        """, []
      ).map { try $0.certificate() }
    }
  }

  /// Those that were kept for that, in the order in which they came.
  public func keptAuthorities() throws -> [StoredAuthority] {
    try database.read { session in
      try session.rows(
        """
        SELECT c.sha256 AS sha256, c.der AS der, a.added AS added FROM authority a
          JOIN certificate c ON c.sha256 = a.sha256 ORDER BY a.added, a.sha256
        """, []
      ).map { StoredAuthority(certificate: try $0.certificate(), added: try $0.date("added")) }
    }
  }

  /// Keeps certificates of authorities, for paths that lack them.
  public func add(authorities: [Certificate], at instant: Date) throws {
    guard !authorities.isEmpty else { return }
    try database.write { session in
      for certificate in authorities {
        try session.add(certificate)
        try session.run(
          "INSERT INTO authority (sha256, added) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING",
          [.bytes(certificate.fingerprint), StoredValue(instant)])
      }
    }
  }

  /// Keeps the authority's certificate with this fingerprint no longer. One that stands above an identity stays for that.
  public func removeAuthority(fingerprint: [UInt8]) throws {
    try database.write { session in
      try session.run("DELETE FROM authority WHERE sha256 = ?", [.bytes(fingerprint)])
      try session.dropCertificate(fingerprint)
    }
  }
}

/// The authorities of a store, read when a path first lacks one.
public final class StoredAuthorities: CertificateSource {
  private let store: @Sendable () throws -> Store?
  private let known = Mutex<[DistinguishedName: [Certificate]]?>(nil)

  /// - Parameter store: opens the store; nil where there is none.
  public init(_ store: @escaping @Sendable () throws -> Store?) { self.store = store }

  public var isLocal: Bool { true }

  public func issuers(of certificate: Certificate) async -> [IssuerEvidence] {
    do { return [IssuerEvidence(try named(certificate.issuer), from: .given)] } catch {
      return [IssuerEvidence([], failure: "\(error)", from: .given)]
    }
  }

  public func certificates(named name: DistinguishedName) async -> [Certificate] {
    // That the store cannot be read was said when an issuer was looked for; a list without a signer says of itself why.
    (try? named(name)) ?? []
  }

  private func named(_ name: DistinguishedName) throws -> [Certificate] {
    try known.withLock { known in
      if let known { return known[name] ?? [] }
      let all = Dictionary(grouping: try store()?.authorities() ?? []) { $0.subject }
      known = all
      return all[name] ?? []
    }
  }
}
