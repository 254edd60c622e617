import CMS
import PKIX
import SMIMECrypto

/// The identities to read with. A file of the store, whose certificate is known without a password, is opened when a
/// message first needs its key; another file at once, because only then its certificate is known.
actor IdentityKeys: IdentitySource {
  private let files: [IdentityFile]
  private let unlock: Unlock
  private var found: [Identity]?

  /// Why some of the identities could not be opened.
  private(set) var failures: [CommandFailure] = []

  init(files: [IdentityFile], unlock: Unlock) {
    self.files = files
    self.unlock = unlock
  }

  /// No keys at all, for a command that only verifies.
  static let none = IdentityKeys(files: [], unlock: Unlock(given: []))

  func identities() async throws -> [Identity] {
    if let found { return found }
    var result: [Identity] = []
    for file in files {
      do {
        if let certificate = file.certificate {
          let key = DeferredKey(file, certificate.publicKey, keys: self)
          result.append(try Identity(certificate: certificate, chain: [], signingKey: key, decryptionKey: key))
        } else {
          result.append(try file.opened(with: unlock))
        }
      } catch {
        failures.append(CommandFailure(error, in: file.path))
      }
    }
    found = result
    return result
  }

  fileprivate func open(_ file: IdentityFile) throws -> Identity {
    do {
      return try file.opened(with: unlock)
    } catch {
      failures.append(CommandFailure(error, in: file.path))
      throw error
    }
  }

  /// Ends the command if an identity could not be opened: its key may be the one that is missing.
  func reportFailures() throws {
    if let failure = failures.first { throw failure }
  }
}

/// The key of an identity file that is not opened before it is used.
private actor DeferredKey: SigningKey, DecryptionKey {
  nonisolated let publicKey: PublicKey
  private let file: IdentityFile
  private let keys: IdentityKeys
  private var opened: Identity?

  init(_ file: IdentityFile, _ publicKey: PublicKey, keys: IdentityKeys) {
    self.file = file
    self.publicKey = publicKey
    self.keys = keys
  }

  func signature(_ input: SigningInput, _ algorithm: SignatureAlgorithm) async throws -> [UInt8] {
    try await identity().signingKey.signature(input, algorithm)
  }

  func decrypt(
    _ encrypted: ArraySlice<UInt8>, _ transport: KeyTransport, keyByteCount: Int
  ) async throws -> SymmetricKey {
    try await identity().decryptionKey.decrypt(encrypted, transport, keyByteCount: keyByteCount)
  }

  func sharedSecret(with peer: PublicKey) async throws -> SymmetricKey {
    try await identity().decryptionKey.sharedSecret(with: peer)
  }

  func decapsulate(_ ciphertext: ArraySlice<UInt8>, _ kem: KeyEncapsulation) async throws -> SymmetricKey {
    try await identity().decryptionKey.decapsulate(ciphertext, kem)
  }

  private func identity() async throws -> Identity {
    if let opened { return opened }
    let identity = try await keys.open(file)
    opened = identity
    return identity
  }
}
