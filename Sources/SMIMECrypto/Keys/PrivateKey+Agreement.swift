import Crypto

extension PrivateKey {
  /// ECDH with `peer` (SEC 1 §3.3.1): the x-coordinate of the shared point. X25519 and X448: the shared octets, which must
  /// not be zeros (RFC 8418 §2).
  ///
  /// - Throws: ``DecryptionFailed`` when the keys are not on one curve or the peer's is no point.
  public func sharedSecret(with peer: PublicKey) throws(DecryptionFailed) -> SymmetricKey {
    do {
      let secret: SharedSecret
      switch (material, peer.kind) {
      case (.p256(let key), .ec(.p256)):
        secret = try key.agreement { try .init(rawRepresentation: $0.rawRepresentation) }
          .sharedSecretFromKeyAgreement(with: .init(x963Representation: peer.uncompressedPoint()))
      case (.p384(let key), .ec(.p384)):
        secret = try key.agreement { try .init(rawRepresentation: $0.rawRepresentation) }
          .sharedSecretFromKeyAgreement(with: .init(x963Representation: peer.uncompressedPoint()))
      case (.p521(let key), .ec(.p521)):
        secret = try key.agreement { try .init(rawRepresentation: $0.rawRepresentation) }
          .sharedSecretFromKeyAgreement(with: .init(x963Representation: peer.uncompressedPoint()))
      case (.x25519(let key), .x25519):
        return try Self.checked(
          Self.key(key.sharedSecretFromKeyAgreement(with: .init(rawRepresentation: peer.keyBytes))))
      #if OpenSSL
        case (.evp(let key), .ec), (.evp(let key), .x448):
          guard key.kind == PrivateKey.Kind(peer.kind), let secret = try key.handle.sharedSecret(with: .of(peer)) else {
            throw DecryptionFailed()
          }
          return peer.kind == .x448 ? try Self.checked(SymmetricKey(octets: secret)) : SymmetricKey(octets: secret)
      #endif
      default: throw DecryptionFailed()
      }
      return Self.key(secret)
    } catch { throw DecryptionFailed() }
  }

  private static func key(_ secret: SharedSecret) -> SymmetricKey {
    unsafe secret.withUnsafeBytes { unsafe SymmetricKey(octets: $0) }
  }

  /// RFC 8418 §2: swift-crypto gives zeros for a peer of low order, and says nothing. On the other curves a point whose
  /// x-coordinate is zero is one like any other.
  private static func checked(_ secret: SymmetricKey) throws(DecryptionFailed) -> SymmetricKey {
    guard secret != SymmetricKey(octets: [UInt8](repeating: 0, count: secret.byteCount)) else {
      throw DecryptionFailed()
    }
    return secret
  }
}

extension PublicKey {
  /// Agrees on a secret with the owner of this key by a fresh one: the secret, and the fresh key's public half, which goes
  /// along with the message.
  ///
  /// On curves by libcrypto where it is there, which makes new keys in a fifth of the time.
  ///
  /// - Throws: ``Unsupported`` when keys of this kind agree on nothing, or this one cannot be used.
  package func agreeFreshly() throws(Unsupported) -> (secret: SymmetricKey, ephemeral: [UInt8]) {
    #if OpenSSL
      if case .ec(let curve) = kind, let agreed = FreshAgreement.agree(curve, with: keyBytes) { return agreed }
    #endif
    guard let kind = PrivateKey.Kind(kind), let ephemeral = try? PrivateKey(generate: kind),
      let secret = try? ephemeral.sharedSecret(with: self)
    else { throw Unsupported("key agreement with \(summary)") }
    return (secret, Array(ephemeral.publicKey.keyBytes))
  }
}

extension PrivateKey.Kind {
  /// The private kind that belongs to a public one; nil for keys that are only read.
  public init?(_ kind: PublicKey.Kind) {
    switch kind {
    case .rsa(let bits), .rsaPSS(let bits, _): self = .rsa(bits: bits)
    case .ec(let curve): self = .ec(curve)
    case .ed25519: self = .ed25519
    case .ed448: self = .ed448
    case .x25519: self = .x25519
    case .x448: self = .x448
    case .mlDSA65: self = .mlDSA65
    case .mlDSA87: self = .mlDSA87
    case .mlKEM768: self = .mlKEM768
    case .mlKEM1024: self = .mlKEM1024
    case .dsa, .other: return nil
    }
  }
}
