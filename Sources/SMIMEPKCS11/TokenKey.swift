#if PKCS11
  import PKIX
  import SMIMECrypto

  /// A private key that stays on its token, by the certificate beside it.
  struct TokenKey: SigningKey, DecryptionKey {
    let publicKey: PublicKey
    let session: TokenSession
    let id: [UInt8]

    /// Signs, and verifies what comes back: the key on the token may be another than the certificate says, or the token
    /// may be broken.
    func signature(_ input: SigningInput, _ algorithm: SignatureAlgorithm) async throws -> [UInt8] {
      guard algorithm.isUsable(with: publicKey) else {
        throw Unsupported("\(algorithm.name) with \(publicKey.summary)")
      }
      guard let digestAlgorithm = algorithm.digest, let mechanism = TokenMechanism(algorithm) else {
        throw Unsupported("\(algorithm.name) on a token")
      }
      if case .rsa(let bits) = publicKey.kind, bits < 2048 {
        throw Unsupported("a new signature by RSA with \(bits) bits")
      }
      guard digestAlgorithm != .md5 else { throw Unsupported("a new signature with MD5") }
      let digest: [UInt8] =
        switch input {
        case .message(let message): try MessageDigest.hash(message, digestAlgorithm)
        case .digest(let given): given
        }
      guard digest.count == digestAlgorithm.byteCount else { throw Unsupported("a digest of \(digest.count) bytes") }
      var octets = digest
      var limit = publicKey.modulus?.count ?? 0
      switch (algorithm, publicKey.kind) {
      case (.rsaPKCS1, _): octets = PublicKey.digestInfo(digest, digestAlgorithm)
      case (.ecdsa, .ec(let curve)):
        limit = 2 * curve.fieldByteCount
        // PKCS#11 2.40 §2.3.1: not every token cuts a longer digest off by itself (FIPS 186-4 §6.4).
        octets = Array(digest.prefix(curve.fieldByteCount))
      default: break
      }
      let made = try await session.sign(octets, mechanism, named: algorithm.name, by: publicKey, id, limit: limit)
      let signature = if case .ecdsa = algorithm { PublicKey.ecdsaSignature(made) } else { made }
      guard try publicKey.isValid(signature[...], ofDigest: digest, algorithm) else {
        throw TokenFailure.keyMismatch(token: session.token.label)
      }
      return signature
    }

    func decrypt(
      _ encrypted: ArraySlice<UInt8>, _ transport: KeyTransport, keyByteCount: Int
    ) async throws -> SymmetricKey {
      guard case .rsa = publicKey.kind, let size = publicKey.modulus?.count else { throw DecryptionFailed() }
      // Longer ones are no numbers below the modulus, which their sender knows; QUIRK: some drop leading zeros.
      let fits = encrypted.count <= size
      let whole = fits ? [UInt8](repeating: 0, count: size - encrypted.count) + encrypted : []
      switch transport {
      case .rsaPKCS1:
        let substitute = SecureRandom.bytes(keyByteCount)
        let block = fits ? try await session.block(pkcs1: whole, by: publicKey, id) : nil
        var work = 0
        return KeyUnpadding.select(block, keyByteCount: keyByteCount, else: substitute, work: &work)
      case .rsaOAEP(let parameters):
        guard fits else { throw DecryptionFailed() }
        if let mechanism = TokenMechanism(parameters),
          let decrypted = try await session.decrypt(whole, mechanism, by: publicKey, id)
        {
          return SymmetricKey(octets: try decrypted.get())
        }
        guard let block = try await session.block(raw: whole, by: publicKey, id) else {
          throw Unsupported("\(transport.name) on this token")
        }
        guard let message = try OAEPUnpadding.message(in: block, parameters) else { throw DecryptionFailed() }
        return SymmetricKey(octets: message)
      }
    }

    func sharedSecret(with peer: PublicKey) async throws -> SymmetricKey {
      guard case .ec(let curve) = publicKey.kind, peer.kind == publicKey.kind else { throw DecryptionFailed() }
      let point = try peer.checkedPoint()
      return SymmetricKey(
        octets: try await session.derive(point, byteCount: curve.fieldByteCount, by: publicKey, id))
    }

    func decapsulate(_ ciphertext: ArraySlice<UInt8>, _ kem: KeyEncapsulation) async throws -> SymmetricKey {
      throw Unsupported("\(kem.name) on a token")
    }
  }
#endif
