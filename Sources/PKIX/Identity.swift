public import SMIMECrypto

/// A key that signs: in memory, or on a token.
public protocol SigningKey: Sendable {
  var publicKey: PublicKey { get }

  /// - Throws: ``Unsupported`` when the algorithm does not fit the key, or whatever keeps a token from signing.
  func signature(_ input: SigningInput, _ algorithm: SignatureAlgorithm) async throws -> [UInt8]
}

/// A key that opens content-encryption keys: in memory, or on a token.
public protocol DecryptionKey: Sendable {
  var publicKey: PublicKey { get }

  /// Decrypts a key that was transported. With RSA v1.5 nothing fails: a random key comes back instead (RFC 3218).
  func decrypt(_ encrypted: ArraySlice<UInt8>, _ transport: KeyTransport, keyByteCount: Int) async throws
    -> SymmetricKey

  /// ECDH with the peer's key.
  func sharedSecret(with peer: PublicKey) async throws -> SymmetricKey

  /// The secret that was encapsulated to this key; `Unsupported` from tokens that know no such KEM.
  func decapsulate(_ ciphertext: ArraySlice<UInt8>, _ kem: KeyEncapsulation) async throws -> SymmetricKey
}

extension PrivateKey: SigningKey, DecryptionKey {
  public func signature(_ input: SigningInput, _ algorithm: SignatureAlgorithm) async throws -> [UInt8] {
    try sign(input, algorithm)
  }
}

/// Somebody's certificate with its private key and the certificates that lead up to an anchor.
public struct Identity: Sendable {
  public let certificate: Certificate
  /// The certificates above, the issuer first; the root may be missing.
  public let chain: [Certificate]
  public let signingKey: any SigningKey
  public let decryptionKey: any DecryptionKey

  /// - Throws: ``KeyMismatch`` when the key is not the certificate's.
  public init(certificate: Certificate, chain: [Certificate] = [], privateKey: PrivateKey) throws(KeyMismatch) {
    try self.init(certificate: certificate, chain: chain, signingKey: privateKey, decryptionKey: privateKey)
  }

  /// - Throws: ``KeyMismatch`` when a key is not the certificate's.
  public init(
    certificate: Certificate, chain: [Certificate], signingKey: any SigningKey, decryptionKey: any DecryptionKey
  ) throws(KeyMismatch) {
    for key in [signingKey.publicKey, decryptionKey.publicKey] where key.keyBytes != certificate.publicKey.keyBytes {
      throw KeyMismatch()
    }
    self.certificate = certificate
    self.chain = chain
    self.signingKey = signingKey
    self.decryptionKey = decryptionKey
  }
}

/// A private key stands beside a certificate for another key.
public struct KeyMismatch: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "the private key is not the certificate's" }
}

/// Where identities come from.
public protocol IdentitySource: Sendable {
  /// Every identity ever held: old keys open old mail.
  func identities() async throws -> [Identity]
}

extension Array: IdentitySource where Element == Identity {
  public func identities() async throws -> [Identity] { self }
}
