import ByteIO
import PKIX
import SMIMECrypto
import SwiftASN1

/// One key as a recipient of ours gets it, ready to be opened: all that can be known before it has been looked at.
///
/// What is wrong with the recipient's algorithms has its place in the RecipientInfo; ``KeyManagement`` adds the object's.
struct SealedKey: Sendable {
  private enum Method: Sendable {
    case transport(any DecryptionKey, KeyTransport)
    case agreement(any DecryptionKey, KeyAgreement, ephemeral: PublicKey, userKeyingMaterial: ArraySlice<UInt8>?)
    case encapsulation(
      any DecryptionKey, KeyEncapsulation, ciphertext: ArraySlice<UInt8>, KEMKeyDerivation, info: [UInt8], KeyWrap)
    case shared(SymmetricKey, KeyWrap)
    case password(Password, PBKDF2, PasswordKeyWrap)
  }

  private let encryptedKey: ArraySlice<UInt8>
  private let method: Method

  /// False for RSA v1.5: whether its key is the one that was encrypted cannot be told from the key.
  var isChecked: Bool { if case .transport(_, .rsaPKCS1) = method { false } else { true } }

  /// Rounds of its key derivation.
  var rounds: Int { if case .password(_, let derivation, _) = method { derivation.rounds } else { 0 } }

  init(_ info: KeyTransRecipientInfo, for identity: Identity, policy: AlgorithmPolicy = .standard) throws {
    encryptedKey = info.encryptedKey
    // Malformed OAEP parameters are an error here, and never become PKCS #1 v1.5.
    let transport = try info.keyEncryptionAlgorithm.reading(as: "keyEncryptionAlgorithm") { try KeyTransport($0) }
    method = .transport(identity.decryptionKey, transport)
    let publicKey = identity.certificate.publicKey
    switch publicKey.kind {
    case .rsa, .rsaPSS: try policy.check(publicKey)
    default: throw Unsupported("key transport to \(publicKey.summary)")
    }
  }

  init(
    _ info: KeyAgreeRecipientInfo, _ recipientKey: KeyAgreeRecipientInfo.RecipientKey, for identity: Identity,
    policy: AlgorithmPolicy = .standard
  ) throws {
    encryptedKey = recipientKey.encryptedKey
    guard case .key(_, let point) = info.originator else {
      throw Unsupported("key agreement with a static key of the sender", path: "originator")
    }
    let publicKey = identity.certificate.publicKey
    switch publicKey.kind {
    case .ec, .x25519, .x448: break
    default: throw Unsupported("key agreement with \(publicKey.summary)")
    }
    // RFC 5753 §3.1.1: the originator's parameters may be absent, NULL or the curve: it is the recipient's own.
    let ephemeral = try PublicKey(ofKindOf: publicKey, keyBytes: point)
    let scheme = try info.keyEncryptionAlgorithm.reading(as: "keyEncryptionAlgorithm") { identifier in
      let scheme = try KeyAgreement(identifier)
      try policy.check(scheme.wrap)
      return scheme
    }
    method = .agreement(
      identity.decryptionKey, scheme, ephemeral: ephemeral, userKeyingMaterial: info.userKeyingMaterial)
  }

  init(_ info: KEMRecipientInfo, for identity: Identity, policy: AlgorithmPolicy = .standard) throws {
    encryptedKey = info.encryptedKey
    let publicKey = identity.certificate.publicKey
    let (kem, count) = try info.kem.reading(as: "kem") { identifier in
      let kem = try KeyEncapsulation(identifier)
      guard let count = kem.ciphertextByteCount(for: publicKey) else {
        throw Unsupported("\(kem.name) with \(publicKey.summary)")
      }
      return (kem, count)
    }
    try policy.check(publicKey)
    let wrap = try info.wrap.reading(as: "wrap") { identifier in
      let wrap = try KeyWrap(identifier)
      try policy.check(wrap)
      return wrap
    }
    // RFC 9629 §3: kekLength is the wrap's key size.
    guard info.keyByteCount == wrap.keyByteCount else {
      throw info.failure("is \(info.keyByteCount) for \(wrap.name)", .kekLength)
    }
    guard info.ciphertext.count == count else {
      throw info.failure("has \(info.ciphertext.count) octets, not \(count)", .kemct)
    }
    let derivation = try info.keyDerivation.reading(as: "kdf") { try KEMKeyDerivation($0) }
    method = .encapsulation(
      identity.decryptionKey, kem, ciphertext: info.ciphertext, derivation, info: info.otherInfo, wrap)
  }

  init(_ info: KEKRecipientInfo, for key: SymmetricKey, policy: AlgorithmPolicy = .standard) throws {
    encryptedKey = info.encryptedKey
    let wrap = try info.keyEncryptionAlgorithm.reading(as: "keyEncryptionAlgorithm") { identifier in
      let wrap = try KeyWrap(identifier)
      try policy.check(wrap)
      guard key.byteCount == wrap.keyByteCount else {
        throw Unsupported("\(wrap.name) with a shared key of \(key.byteCount * 8) bits")
      }
      return wrap
    }
    method = .shared(key, wrap)
  }

  init(_ info: PasswordRecipientInfo, for password: Password, policy: AlgorithmPolicy = .standard) throws {
    encryptedKey = info.encryptedKey
    let (derivation, wrap) = try info.methods(policy)
    method = .password(password, derivation, wrap)
  }

  /// The key operation. What the bytes make fail is a `DecryptionFailed`.
  ///
  /// - Parameter byteCount: the size that a key has which RSA v1.5 transports. v1.5 opens no key of another size, since
  ///   it must not tell what it found.
  func open(byteCount: Int) async throws -> SymmetricKey {
    switch method {
    case .transport(let key, let transport):
      return try await key.decrypt(encryptedKey, transport, keyByteCount: byteCount)
    case .agreement(let key, let scheme, let ephemeral, let material):
      let secret = try await key.sharedSecret(with: ephemeral)
      let wrappingKey = try scheme.keyEncryptionKey(from: secret, userKeyingMaterial: material)
      return try scheme.wrap.unwrap(encryptedKey, with: wrappingKey)
    case .encapsulation(let key, let kem, let ciphertext, let derivation, let info, let wrap):
      let secret = try await key.decapsulate(ciphertext, kem)
      let wrappingKey = try derivation.derive(from: secret, info: info, byteCount: wrap.keyByteCount)
      return try wrap.unwrap(encryptedKey, with: wrappingKey)
    case .shared(let key, let wrap): return try wrap.unwrap(encryptedKey, with: key)
    case .password(let password, let derivation, let wrap):
      let wrappingKey = try derivation.derive(from: password.utf8, byteCount: wrap.keyByteCount)
      return try wrap.unwrap(encryptedKey, with: wrappingKey)
    }
  }
}

extension AlgorithmPolicy {
  fileprivate func check(_ wrap: KeyWrap) throws(Unsupported) {
    if wrap.isWeak, self != .legacy { throw Unsupported.outdated(wrap.name) }
  }

  fileprivate func check(_ key: PublicKey) throws(Unsupported) {
    if let refusal = objection(to: key) { throw Unsupported.outdated(refusal) }
  }
}

// MARK: - Finding and opening

extension KeyManagement {
  /// What the recipients hold for `keys`: matched by what the recipients name, never guessed.
  func sealedKeys(
    for keys: DecryptionKeys, policy: AlgorithmPolicy, limits: CMSLimits
  ) throws -> [SealedKey] {
    var sealed: [SealedKey] = []
    var rounds = 0
    var refusal: (any Error)?
    func take(_ index: Int, _ make: @autoclosure () throws -> SealedKey) throws {
      do {
        let key = try make()
        sealed.append(key)
        rounds += key.rounds
      } catch { refusal = refusal ?? placed(error, atRecipient: index) }
      guard sealed.count <= limits.keyOperations else {
        throw LimitExceeded(.keyOperations, limit: limits.keyOperations)
      }
      guard rounds <= limits.keyDerivationRounds else {
        throw LimitExceeded(.keyDerivationRounds, limit: limits.keyDerivationRounds)
      }
    }
    for identity in keys.identities {
      for (index, recipient) in recipients.enumerated() {
        switch recipient {
        case .keyTransport(let info) where info.recipient.names(identity.certificate):
          try take(index, SealedKey(info, for: identity, policy: policy))
        case .keyAgreement(let info):
          for key in info.recipientKeys where key.recipient.names(identity.certificate) {
            try take(index, SealedKey(info, key, for: identity, policy: policy))
          }
        case .kem(let info) where info.recipient.names(identity.certificate):
          try take(index, SealedKey(info, for: identity, policy: policy))
        case .keyTransport, .kem, .keyEncryptionKey, .password, .other: break
        }
      }
    }
    for (index, recipient) in recipients.enumerated() {
      switch recipient {
      case .keyEncryptionKey(let info):
        for shared in keys.sharedKeys where info.keyIdentifier.elementsEqual(shared.identifier) {
          try take(index, SealedKey(info, for: shared.key, policy: policy))
        }
      case .password(let info):
        for password in keys.passwords { try take(index, SealedKey(info, for: password, policy: policy)) }
      case .keyTransport, .keyAgreement, .kem, .other: break
      }
    }
    guard sealed.isEmpty else { return sealed }
    throw refusal
      ?? KeyMissing(recipients: recipients.flatMap(\.descriptions), kinds: Set(recipients.compactMap(\.keyKind)))
  }
}

/// A key that came out of a sealed one, and what is known of it.
struct OpenedKey {
  enum Standing {
    /// Its unwrapping was checked: it is the key that was sealed.
    case checked
    /// RSA v1.5: the sealed key, or a random one in its place.
    case unchecked
    /// A random key where a checked unwrapping failed. It takes part in the work and opens nothing.
    case substituted
  }

  let key: SymmetricKey
  let standing: Standing
}

/// The keys that came out of sealed ones. There is one for each, whatever happened: what cannot be opened becomes a random
/// key (RFC 3218), so that failure shows at the end of the content and nowhere else.
struct OpenedKeys {
  private(set) var keys: [OpenedKey] = []
  /// What a key that is out of reach (a token, an agent) answered: it says nothing about the message.
  private(set) var failure: (any Error)?

  /// - Parameters:
  ///   - byteCount: the size that a key usually has.
  ///   - takes: which sizes it may have.
  init(_ sealed: [SealedKey], byteCount: Int, taking takes: (Int) -> Bool) async {
    for candidate in sealed {
      var key = SecureRandom.key(byteCount: byteCount)
      var standing = candidate.isChecked ? OpenedKey.Standing.substituted : .unchecked
      do {
        let opened = try await candidate.open(byteCount: byteCount)
        if takes(opened.byteCount) {
          key = opened
          standing = candidate.isChecked ? .checked : .unchecked
        }
      } catch {
        if !(error is DecryptionFailed) {
          failure = failure ?? error
          standing = .substituted
        }
      }
      keys.append(OpenedKey(key: key, standing: standing))
    }
  }
}
