import ByteIO
public import SMIMECrypto

/// A private key at rest.
public struct StoredKey: Hashable, Sendable {
  /// How the key is kept.
  public enum Form: Hashable, Sendable {
    /// PKCS#8, sealed by the key of a lock.
    case sealed(SealedSecret, StoredLock)
    /// A PKCS#12 file as it was found, which its own password opens.
    case pkcs12([UInt8])
    /// A PEM block with PKCS#8 as it was found, which its own password opens if it has one.
    case pem([UInt8])
  }

  /// The SHA-256 of the public key.
  public let id: [UInt8]
  public let form: Form

  /// Seals `pkcs8`, the private key of `publicKey`, under the key of `lock`.
  public init(pkcs8: [UInt8], of publicKey: PublicKey, lock: StoredLock, key: SymmetricKey) throws {
    id = Self.id(of: publicKey)
    form = .sealed(try SealedSecret(pkcs8, under: key, of: id), lock)
  }

  /// A key in the form in which it was found.
  public init(found form: Form, of publicKey: PublicKey) {
    id = Self.id(of: publicKey)
    self.form = form
  }

  init(id: [UInt8], form: Form) {
    self.id = id
    self.form = form
  }

  /// The PKCS#8 of a sealed key; nil of another form.
  ///
  /// - Throws: `WrongPassword` when `key` is not the one that sealed it.
  public func pkcs8(openedWith key: SymmetricKey) throws(WrongPassword) -> [UInt8]? {
    guard case .sealed(let secret, _) = form else { return nil }
    return try secret.opened(with: key, of: id)
  }

  /// Of the key alone, since its algorithm is written in more than one way: with and without NULL, as RSA and as PSS.
  static func id(of publicKey: PublicKey) -> [UInt8] { MessageDigest.sha256(publicKey.keyBytes) }
}

/// A lock of the store, and what opens it.
public struct StoredLock: Hashable, Sendable {
  /// Random, 16 octets.
  public let id: [UInt8]
  public let lock: SecretLock
  /// The path of the key file that opens it; nil of the other kinds.
  public let keyFile: String?

  /// A new lock, which is kept with the first key that it seals.
  public init(_ lock: SecretLock, keyFile: String? = nil) {
    self.init(id: SecureRandom.bytes(16), lock, keyFile: keyFile)
  }

  init(id: [UInt8], _ lock: SecretLock, keyFile: String?) {
    self.id = id
    self.lock = lock
    self.keyFile = keyFile
  }
}

// MARK: - Rows

extension StoreSession {
  /// Keeps a key, unless one is kept for its public key already: what is there is never put aside.
  func add(_ key: StoredKey, at instant: StoredValue) throws {
    try run(
      """
      INSERT INTO private_key (id, form, content, secret_lock, added) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (id) DO NOTHING
      """, [.bytes(key.id)] + (try values(key.form)) + [instant])
  }

  /// Replaces the form of a key that is kept as it was found: by the same key, sealed.
  func replace(_ found: StoredKey, by sealed: StoredKey) throws {
    let old = try values(found.form)
    try run(
      "UPDATE private_key SET form = ?, content = ?, secret_lock = ? WHERE id = ? AND form = ? AND content = ?",
      try values(sealed.form) + [.bytes(found.id), old[0], old[1]])
  }

  /// True if that key is kept in that form.
  func keeps(_ key: StoredKey) throws -> Bool {
    let row = try rows(
      """
      SELECT k.id AS key_id, k.form AS form, k.content AS content, l.id AS lock_id, l.content AS lock_content,
        l.place AS lock_place FROM private_key k LEFT JOIN secret_lock l ON l.id = k.secret_lock WHERE k.id = ?
      """, [.bytes(key.id)]
    ).first
    return try row?.key() == key
  }

  /// Form, content and lock, which is there when this returns.
  private func values(_ form: StoredKey.Form) throws -> [StoredValue] {
    switch form {
    case .sealed(let secret, let lock):
      try run(
        "INSERT INTO secret_lock (id, content, place) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        [.bytes(lock.id), .bytes(lock.lock.bytes), .optional(lock.keyFile)])
      return [.text("sealed"), .bytes(secret.bytes), .bytes(lock.id)]
    case .pkcs12(let bytes): return [.text("pkcs12"), .bytes(bytes), .null]
    case .pem(let bytes): return [.text("pem"), .bytes(bytes), .null]
    }
  }
}

extension StoredRow {
  /// The key in the columns `key_id`, `form`, `content`, `lock_id`, `lock_content` and `lock_place`.
  func key() throws -> StoredKey {
    let content = try bytes("content")
    let form: StoredKey.Form
    switch try text("form") {
    case "pkcs12": form = .pkcs12(content)
    case "pem": form = .pem(content)
    case "sealed":
      do { form = .sealed(try SealedSecret(bytes: content), try lock()) } catch let error as Malformed {
        throw damaged("private key", "\(error)")
      }
    default: throw damaged("private key", "is of an unknown form")
    }
    return StoredKey(id: try bytes("key_id"), form: form)
  }

  func lock() throws -> StoredLock {
    do {
      return StoredLock(
        id: try bytes("lock_id"), try SecretLock(bytes: bytes("lock_content")), keyFile: try optionalText("lock_place"))
    } catch let error where error is Malformed || error is LimitExceeded { throw damaged("lock", "\(error)") }
  }
}
