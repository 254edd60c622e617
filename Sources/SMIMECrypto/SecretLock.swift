import ByteIO
import Crypto
import CryptoExtras

/// A key of 256 bits that seals secrets, behind a passphrase or a key file, or behind nothing.
///
///     1 ‖ log2 N ‖ r ‖ p ‖ salt, 16 octets ‖ the key, sealed    by scrypt (RFC 7914) of the passphrase
///     2 ‖ salt, 16 octets ‖ the key, sealed                      by HKDF-SHA-256 (RFC 5869) of the key file
///     3 ‖ the key, 32 octets
public struct SecretLock: Hashable, Sendable {
  /// What opens a lock.
  public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
    case passphrase = 1
    case keyFile = 2
    /// Whoever reads the lock has the key.
    case open = 3
  }

  /// How many octets a key file has at least: they are random, and 256 bits.
  public static let keyFileByteCount = 32
  /// The most memory in octets that a lock may ask scrypt for.
  private static let memoryLimit = 64 << 20
  private static let saltByteCount = 16

  public let kind: Kind
  /// The form above. Of an open lock it is secret.
  public let bytes: [UInt8]

  private init(kind: Kind, bytes: [UInt8]) {
    self.kind = kind
    self.bytes = bytes
  }

  // MARK: Making

  /// A fresh key behind `passphrase`, with N = 2^15, r = 8, p = 1: 32 MiB and about a tenth of a second.
  public static func make(passphrase: Password) throws -> (lock: SecretLock, key: SymmetricKey) {
    let key = SecureRandom.key(byteCount: 32)
    let head = [Kind.passphrase.rawValue, 15, 8, 1] + SecureRandom.bytes(saltByteCount)
    let sealed = try SealedSecret(key.octets, under: try derive(head, passphrase), of: head)
    return (SecretLock(kind: .passphrase, bytes: head + sealed.bytes), key)
  }

  /// A fresh key behind the octets of a key file.
  ///
  /// - Throws: ``Malformed`` when there are too few.
  public static func make(keyFile: [UInt8]) throws -> (lock: SecretLock, key: SymmetricKey) {
    let key = SecureRandom.key(byteCount: 32)
    let head = [Kind.keyFile.rawValue] + SecureRandom.bytes(saltByteCount)
    let sealed = try SealedSecret(key.octets, under: try derive(head, keyFile: keyFile), of: head)
    return (SecretLock(kind: .keyFile, bytes: head + sealed.bytes), key)
  }

  /// A fresh key that nothing protects.
  public static func makeOpen() -> (lock: SecretLock, key: SymmetricKey) {
    let key = SecureRandom.key(byteCount: 32)
    return (SecretLock(kind: .open, bytes: [Kind.open.rawValue] + key.octets), key)
  }

  // MARK: Reading

  /// Reads the form above.
  ///
  /// - Throws: ``Malformed``, or ``LimitExceeded`` for a derivation that asks for more than 64 MiB.
  public init(bytes: [UInt8]) throws {
    guard let first = bytes.first, let kind = Kind(rawValue: first) else {
      throw Malformed("a lock of an unknown kind")
    }
    switch kind {
    case .passphrase:
      guard bytes.count > Self.headCount(kind) else { throw Malformed("a lock of \(bytes.count) octets") }
      let (log, blockSize, parallelism) = (Int(bytes[1]), Int(bytes[2]), Int(bytes[3]))
      guard log >= 1, blockSize >= 1, parallelism >= 1 else { throw Malformed("scrypt's parameters are out of range") }
      guard log <= 20, parallelism <= 4, blockSize * 128 << log <= Self.memoryLimit else {
        throw LimitExceeded(.keyDerivationMemory, limit: Self.memoryLimit)
      }
    case .keyFile:
      guard bytes.count > Self.headCount(kind) else { throw Malformed("a lock of \(bytes.count) octets") }
    case .open:
      guard bytes.count == 33 else { throw Malformed("an open lock of \(bytes.count) octets") }
      self.init(kind: kind, bytes: bytes)
      return
    }
    _ = try SealedSecret(bytes: Array(bytes[Self.headCount(kind)...]))
    self.init(kind: kind, bytes: bytes)
  }

  private static func headCount(_ kind: Kind) -> Int {
    switch kind {
    case .passphrase: 4 + saltByteCount
    case .keyFile, .open: 1 + saltByteCount
    }
  }

  // MARK: Opening

  /// The key behind a passphrase.
  ///
  /// - Throws: ``WrongPassword`` when the passphrase is another, or a passphrase is not what opens the lock.
  public func opened(with passphrase: Password) throws -> SymmetricKey {
    guard kind == .passphrase, !passphrase.isEmpty else { throw WrongPassword() }
    return try opened(with: try Self.derive(Array(head), passphrase))
  }

  /// The key behind a key file.
  ///
  /// - Throws: ``WrongPassword`` when it is another file's lock; ``Malformed`` when the file is too short.
  public func opened(withKeyFile keyFile: [UInt8]) throws -> SymmetricKey {
    guard kind == .keyFile else { throw WrongPassword() }
    return try opened(with: try Self.derive(Array(head), keyFile: keyFile))
  }

  /// The key of an open lock; nil of one that is not open.
  public var openKey: SymmetricKey? { kind == .open ? SymmetricKey(octets: bytes.dropFirst()) : nil }

  private var head: ArraySlice<UInt8> { bytes.prefix(Self.headCount(kind)) }

  private func opened(with wrapping: SymmetricKey) throws -> SymmetricKey {
    let sealed = try SealedSecret(bytes: Array(bytes.dropFirst(Self.headCount(kind))))
    let octets = try sealed.opened(with: wrapping, of: Array(head))
    guard octets.count == 32 else { throw Malformed("a key of \(octets.count) octets in a lock") }
    return SymmetricKey(octets: octets)
  }

  private static func derive(_ head: [UInt8], _ passphrase: Password) throws -> SymmetricKey {
    let key = try KDF.Scrypt.deriveKey(
      from: passphrase.utf8, salt: head[4...], outputByteCount: 32, rounds: 1 << Int(head[1]), blockSize: Int(head[2]),
      parallelism: Int(head[3]))
    return SymmetricKey(key)
  }

  private static func derive(_ head: [UInt8], keyFile: [UInt8]) throws -> SymmetricKey {
    guard keyFile.count >= keyFileByteCount else {
      throw Malformed("a key file of \(keyFile.count) octets; it must have \(keyFileByteCount) random ones")
    }
    return try HKDF.derive(
      from: SymmetricKey(octets: keyFile), salt: head[1...], info: Array("smime store key file".utf8), byteCount: 32,
      .sha256)
  }
}
