import CMS
import PKIX
import SMIMECrypto

/// The identities to read with. One of the store, whose certificate is known without a password, is opened when a message
/// first needs its key; a file at once, because only then its certificate is known.
actor IdentityKeys: IdentitySource {
  private let locked: [any LockedIdentity]
  private let tokens: [TokenIdentities]
  private let unlock: Unlock
  private var found: [Identity]?

  /// Why some of the identities could not be opened.
  private(set) var failures: [CommandFailure] = []

  init(_ locked: [any LockedIdentity], tokens: [TokenIdentities] = [], unlock: Unlock) {
    self.locked = locked
    self.tokens = tokens
    self.unlock = unlock
  }

  /// No keys at all, for a command that only verifies.
  static let none = IdentityKeys([], unlock: Unlock(given: []))

  func identities() async throws -> [Identity] {
    if let found { return found }
    var result: [Identity] = []
    for one in locked {
      do {
        if let certificates = one.certificates, let certificate = certificates.first {
          let key = DeferredKey(one, certificate.publicKey, keys: self)
          result.append(try Identity(certificate: certificate, chain: [], signingKey: key, decryptionKey: key))
        } else {
          result += try one.allOpened(with: unlock)
        }
      } catch {
        failures.append(CommandFailure(error, in: one.name))
      }
    }
    for token in tokens {
      do {
        result += try await token.all()
      } catch { failures.append(CommandFailure(error)) }
    }
    found = result
    return result
  }

  fileprivate func open(_ locked: any LockedIdentity) throws -> Identity {
    do {
      return try locked.opened(with: unlock)
    } catch {
      failures.append(CommandFailure(error, in: locked.name))
      throw error
    }
  }

  /// Ends the command if an identity could not be opened: its key may be the one that is missing.
  func reportFailures() throws {
    if let failure = failures.first { throw failure }
  }
}

/// The key of an identity that is not opened before it is used.
private actor DeferredKey: SigningKey, DecryptionKey {
  nonisolated let publicKey: PublicKey
  private let locked: any LockedIdentity
  private let keys: IdentityKeys
  private var opened: Identity?

  init(_ locked: any LockedIdentity, _ publicKey: PublicKey, keys: IdentityKeys) {
    self.locked = locked
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
    let identity = try await keys.open(locked)
    opened = identity
    return identity
  }
}
