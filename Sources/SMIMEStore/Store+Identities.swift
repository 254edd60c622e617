public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// An identity that the store holds: its certificates, and its private key at rest.
public struct StoredIdentity: Hashable, Sendable {
  public let certificate: Certificate
  /// The certificates above, the issuer first; the root may be missing.
  public let chain: [Certificate]
  public let key: StoredKey

  public init(certificate: Certificate, chain: [Certificate], key: StoredKey) {
    self.certificate = certificate
    self.chain = chain
    self.key = key
  }
}

/// A request whose key waits for a certificate.
public struct StoredRequest: Sendable {
  public let request: CertificateSigningRequest
  public let key: StoredKey

  public init(_ request: CertificateSigningRequest, key: StoredKey) {
    self.request = request
    self.key = key
  }
}

extension Store {
  private static let keyColumns = """
    k.id AS key_id, k.form AS form, k.content AS content, l.id AS lock_id, l.content AS lock_content, l.place AS lock_place
    """

  /// The key that `column` names, and its lock if it has one.
  private static func key(_ column: String) -> String {
    "JOIN private_key k ON k.id = \(column) LEFT JOIN secret_lock l ON l.id = k.secret_lock"
  }

  /// Every identity ever held, in the order in which they came.
  public func identities() throws -> [StoredIdentity] {
    try database.read { session in
      var chains: [[UInt8]: [Certificate]] = [:]
      let links = try session.rows(
        """
        SELECT h.identity AS identity, c.sha256 AS sha256, c.der AS der FROM identity_chain h
          JOIN certificate c ON c.sha256 = h.sha256 ORDER BY h.identity, h.position
        """, [])
      for link in links { chains[try link.bytes("identity"), default: []].append(try link.certificate()) }
      return try session.rows(
        """
        SELECT c.sha256 AS sha256, c.der AS der, \(Self.keyColumns) FROM identity i
          JOIN certificate c ON c.sha256 = i.sha256 \(Self.key("i.private_key"))
          ORDER BY i.added, i.sha256
        """, []
      ).map { row in
        let certificate = try row.certificate()
        let key = try row.key()
        guard key.id == StoredKey.id(of: certificate.publicKey) else {
          throw row.damaged("identity", "has a key that is not its certificate's")
        }
        return StoredIdentity(certificate: certificate, chain: chains[certificate.fingerprint] ?? [], key: key)
      }
    }
  }

  /// Keeps an identity. One with the same certificate stays as it is, and so does a key that is kept already; a request for
  /// the key is no longer waiting.
  public func add(_ identity: StoredIdentity, at instant: Date) throws {
    try database.write { session in try session.add(identity, at: instant) }
  }

  /// The requests whose keys wait for their certificates, in the order in which they came.
  public func requests() throws -> [StoredRequest] {
    try database.read { session in
      try session.rows(
        """
        SELECT r.der AS der, \(Self.keyColumns) FROM request r \(Self.key("r.private_key"))
          ORDER BY r.added, r.private_key
        """, []
      ).map { row in
        do {
          return StoredRequest(try CertificateSigningRequest(der: try row.bytes("der")[...]), key: try row.key())
        } catch let error as Malformed { throw row.damaged("request", "\(error)") }
      }
    }
  }

  /// Keeps a request and its key.
  public func add(_ request: StoredRequest, at instant: Date) throws {
    try database.write { session in
      try session.add(request.key, at: StoredValue(instant))
      try session.run(
        "INSERT INTO request (private_key, der, added) VALUES (?, ?, ?) ON CONFLICT (private_key) DO NOTHING",
        [.bytes(request.key.id), .bytes(Array(request.request.derBytes)), StoredValue(instant)])
    }
  }

  /// Keeps `sealed` in the place of the same key in the form in which it was found, and adds the identities that were in
  /// the same file.
  public func seal(_ found: StoredKey, as sealed: StoredKey, with others: [StoredIdentity] = [], at instant: Date)
    throws
  {
    try database.write { session in
      try session.replace(found, by: sealed)
      for identity in others { try session.add(identity, at: instant) }
    }
  }

  /// Keeps every key in `keys` sealed anew, all of them or none, and forgets the locks that seal nothing any more.
  ///
  /// - Parameter keys: each as it is kept, and the same key as it is to be kept.
  /// - Throws: ``StoreFailure/Reason/busy`` when one is no longer kept so: another process was at it.
  public func reseal(_ keys: [(kept: StoredKey, sealed: StoredKey)]) throws {
    try database.write { session in
      for (kept, sealed) in keys {
        guard try session.keeps(kept) else {
          throw StoreFailure(.busy, session.place, detail: "a key was sealed anew meanwhile")
        }
        try session.replace(kept, by: sealed)
      }
      try session.run(
        """
        DELETE FROM secret_lock WHERE NOT EXISTS (SELECT 1 FROM private_key k WHERE k.secret_lock = secret_lock.id)
        """, [])
    }
  }

  /// The locks that seal keys.
  public func locks() throws -> [StoredLock] {
    try database.read { session in
      try session.rows(
        "SELECT id AS lock_id, content AS lock_content, place AS lock_place FROM secret_lock ORDER BY id", []
      ).map { try $0.lock() }
    }
  }
}

extension StoreSession {
  fileprivate func add(_ identity: StoredIdentity, at instant: Date) throws {
    let fingerprint = StoredValue.bytes(identity.certificate.fingerprint)
    try add(identity.certificate)
    try add(identity.key, at: StoredValue(instant))
    try run(
      "INSERT INTO identity (sha256, private_key, added) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
      [fingerprint, .bytes(identity.key.id), StoredValue(instant)])
    try add(chain: identity.chain, of: fingerprint)
    try run("DELETE FROM request WHERE private_key = ?", [.bytes(identity.key.id)])
  }

  /// Keeps the certificates above an identity's, unless as many are known.
  private func add(chain: [Certificate], of fingerprint: StoredValue) throws {
    let known = try rows("SELECT position FROM identity_chain WHERE identity = ?", [fingerprint]).count
    guard chain.count > known else { return }
    try run("DELETE FROM identity_chain WHERE identity = ?", [fingerprint])
    for (position, certificate) in chain.enumerated() {
      try add(certificate)
      try run(
        "INSERT INTO identity_chain (identity, position, sha256) VALUES (?, ?, ?)",
        [fingerprint, .integer(Int64(position)), .bytes(certificate.fingerprint)])
    }
  }
}
