public import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate that the user trusts to vouch for others.
public struct StoredAnchor: Hashable, Sendable {
  public let certificate: Certificate
  /// What the user calls it.
  public let name: String
  public let added: Date
}

extension Store {
  /// The anchors, in the order in which they came.
  public func anchors() throws -> [StoredAnchor] {
    try database.read { session in
      try session.rows(
        """
        SELECT c.sha256 AS sha256, c.der AS der, a.name AS name, a.added AS added FROM anchor a
          JOIN certificate c ON c.sha256 = a.sha256 ORDER BY a.added, a.sha256
        """, []
      ).map { StoredAnchor(certificate: try $0.certificate(), name: try $0.text("name"), added: try $0.date("added")) }
    }
  }

  /// Trusts `certificate` from now on. One that is trusted already gets the new name.
  public func trust(_ certificate: Certificate, name: String, at instant: Date) throws {
    try database.write { session in
      try session.add(certificate)
      try session.run(
        """
        INSERT INTO anchor (sha256, name, added) VALUES (?, ?, ?)
          ON CONFLICT (sha256) DO UPDATE SET name = excluded.name
        """, [.bytes(certificate.fingerprint), .text(name), StoredValue(instant)])
    }
  }

  /// Trusts the anchor with this fingerprint no longer.
  public func removeAnchor(fingerprint: [UInt8]) throws {
    try database.write { session in
      try session.run("DELETE FROM anchor WHERE sha256 = ?", [.bytes(fingerprint)])
      try session.dropCertificate(fingerprint)
    }
  }
}
