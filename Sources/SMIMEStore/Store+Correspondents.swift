public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Store {
  private static let columns = """
    SELECT o.address AS address, o.trust AS trust, o.trusted AS trusted, o.source AS source, o.place AS place,
      o.first_seen AS first_seen, o.last_seen AS last_seen, c.sha256 AS sha256, c.der AS der
      FROM correspondent o JOIN certificate c ON c.sha256 = o.sha256
    """

  /// All certificates of correspondents, by address.
  public func correspondents() throws -> [Correspondent] {
    try database.read { session in
      try session.rows("\(Self.columns) ORDER BY o.address, o.first_seen, o.sha256", [])
        .map { try $0.correspondent() }
    }
  }

  /// What is known of `address`; empty when nothing is.
  public func entry(for address: String) throws -> AddressBookEntry {
    let address = address.lowercased()
    return try database.read { session in
      AddressBookEntry(
        address: address, certificates: try session.correspondents(Self.columns, address),
        capabilities: try session.capabilities(of: address))
    }
  }

  /// Notes that `certificate` is said to be for `address`.
  ///
  /// Where another key is known for the address it becomes ``Correspondent/Trust/pending``, unless the user pins it. What
  /// was trusted further already stays so.
  ///
  /// - Parameters:
  ///   - address: any case; kept in lower case.
  ///   - trust: how far to trust it where nothing else is known.
  ///   - place: the file's path, the URL, or whatever says more of the source.
  /// - Returns: how far it is trusted now.
  @discardableResult
  public func add(
    _ certificate: Certificate, for address: String, from source: Correspondent.Source, place: String? = nil,
    trust: Correspondent.Trust, at instant: Date
  ) throws -> Correspondent.Trust {
    let address = address.lowercased()
    return try database.write { session in
      let known = try session.correspondents(Self.columns, address)
      let now = StoredValue(instant)
      let key: [StoredValue] = [.text(address), .bytes(certificate.fingerprint)]
      if let same = known.first(where: { $0.certificate == certificate }) {
        try session.run("UPDATE correspondent SET last_seen = ? WHERE address = ? AND sha256 = ?", [now] + key)
        // A key that waits is let in by the user only.
        guard trust == .pinned || trust < same.trust && same.trust != .pending else { return same.trust }
        try session.run(
          "UPDATE correspondent SET trust = ?, trusted = ? WHERE address = ? AND sha256 = ?",
          [.text(trust.rawValue), now] + key)
        return trust
      }
      let settled = known.filter { $0.trust != .pending }
      let isOther = !known.isEmpty && !settled.contains { $0.certificate.publicKey == certificate.publicKey }
      let trust = isOther && trust != .pinned ? .pending : trust
      try session.add(certificate)
      try session.run(
        """
        INSERT INTO correspondent (address, sha256, trust, trusted, source, place, first_seen, last_seen)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """, key + [.text(trust.rawValue), now, .text(source.rawValue), .optional(place), now, now])
      return trust
    }
  }

  /// Notes what the software of `address` reads; older words than those that are known change nothing.
  public func add(_ capabilities: Capabilities, of address: String, at instant: Date) throws {
    try database.write { session in
      try session.run(
        """
        INSERT INTO capabilities (address, content, seen) VALUES (?, ?, ?)
          ON CONFLICT (address) DO UPDATE SET content = excluded.content, seen = excluded.seen
          WHERE excluded.seen >= capabilities.seen
        """, [.text(address.lowercased()), .bytes(capabilities.encoded), StoredValue(instant)])
    }
  }

  /// Forgets that the certificate with this fingerprint is for `address`.
  public func removeCorrespondent(_ address: String, fingerprint: [UInt8]) throws {
    try database.write { session in
      try session.run(
        "DELETE FROM correspondent WHERE address = ? AND sha256 = ?",
        [.text(address.lowercased()), .bytes(fingerprint)])
      try session.dropCertificate(fingerprint)
    }
  }
}

extension StoreSession {
  fileprivate func correspondents(_ columns: String, _ address: String) throws -> [Correspondent] {
    try rows("\(columns) WHERE o.address = ? ORDER BY o.first_seen, o.sha256", [.text(address)])
      .map { try $0.correspondent() }
  }

  fileprivate func capabilities(of address: String) throws -> (Capabilities, Date)? {
    guard let row = try rows("SELECT content, seen FROM capabilities WHERE address = ?", [.text(address)]).first else {
      return nil
    }
    do { return (try Capabilities(row.bytes("content")[...]), try row.date("seen")) } catch let error as Malformed {
      throw row.damaged("capabilities", "\(error)")
    }
  }
}

extension StoredRow {
  fileprivate func correspondent() throws -> Correspondent {
    guard let trust = Correspondent.Trust(rawValue: try text("trust")) else { throw damaged("trust", "is unknown") }
    return Correspondent(
      address: try text("address"), certificate: try certificate(), trust: trust,
      source: Correspondent.Source(rawValue: try text("source")), place: try optionalText("place"),
      firstSeen: try date("first_seen"), lastSeen: try date("last_seen"), trusted: try date("trusted"))
  }
}
