#if OpenSSL
  import COpenSSL
  import SwiftASN1

  extension EllipticCurve {
    /// libcrypto's name; nil for the curves that are swift-crypto's work.
    var evpName: String? {
      switch self {
      case .p256, .p384, .p521: nil
      case .brainpoolP256r1, .brainpoolP384r1, .brainpoolP512r1: name
      }
    }
  }

  extension EVPKey {
    /// A public key on Brainpool's curves, on curve448, or of DSA.
    static func of(_ publicKey: PublicKey) throws(Unsupported) -> EVPKey {
      let refusal = Unsupported("this \(publicKey.summary) key")
      guard LibCrypto.isReady else { throw refusal }
      let bytes = Array(publicKey.keyBytes)
      let key: OpaquePointer?
      switch publicKey.kind {
      case .ec(let curve):
        guard let name = curve.evpName else { throw refusal }
        unsafe key = unsafe smime_ec_public_key(name, bytes, bytes.count)
      case .ed448: unsafe key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED448, nil, bytes, bytes.count)
      case .x448: unsafe key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_X448, nil, bytes, bytes.count)
      case .dsa:
        guard let numbers = DSAPublicNumbers(publicKey.algorithm, publicKey.keyBytes), numbers.objection == nil else {
          throw refusal
        }
        unsafe key = unsafe numbers.encoded.withUnsafeBufferPointer { bytes in
          var start = bytes.baseAddress
          return unsafe d2i_PublicKey(EVP_PKEY_DSA, nil, &start, bytes.count)
        }
      default: throw refusal
      }
      guard let handle = unsafe EVPKey(key) else { throw refusal }
      return handle
    }

    /// A private key on curve448 from its octets; nil when they are not as many as it wants.
    static func raw(_ kind: PrivateKey.Kind, _ secret: [UInt8]) -> EVPKey? {
      guard LibCrypto.isReady else { return nil }
      let type = kind == .ed448 ? EVP_PKEY_ED448 : EVP_PKEY_X448
      return unsafe EVPKey(EVP_PKEY_new_raw_private_key(type, nil, secret, secret.count))
    }

    /// A private key on one of Brainpool's curves; nil when the number is not between 0 and the curve's order.
    static func ec(_ curve: EllipticCurve, _ secret: [UInt8]) -> EVPKey? {
      guard LibCrypto.isReady, curve.evpName != nil else { return nil }
      let sec1 = DERWriter.encode { der in
        der.sequence { der in
          der.int(1)
          der.octets(secret)
          der.context(0) { $0.oid(curve.oid) }
        }
      }
      let key = unsafe sec1.withUnsafeBufferPointer { bytes in
        var start = bytes.baseAddress
        return unsafe d2i_PrivateKey(EVP_PKEY_EC, nil, &start, bytes.count)
      }
      guard let handle = unsafe EVPKey(key), handle.isConsistent else { return nil }
      return handle
    }

    /// Whether the parts of a private key belong together and are in range.
    var isConsistent: Bool {
      guard let context = try? unsafe Context(key) else { return false }
      defer { LibCrypto.clearErrors() }
      return unsafe EVP_PKEY_check(context.pointer) == 1
    }

    /// The public half as a SubjectPublicKeyInfo carries it: a point, or raw octets.
    var publicBytes: [UInt8]? {
      var bytes: UnsafeMutablePointer<UInt8>?
      let count = unsafe EVP_PKEY_get1_encoded_public_key(key, &bytes)
      LibCrypto.clearErrors()
      guard let start = unsafe bytes else { return nil }
      defer { unsafe CRYPTO_free(start, "", 0) }
      return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }

    // MARK: Signatures

    /// ECDSA and DSA over a digest. The signature must be DER and nothing beside it.
    func isValid(_ signature: ArraySlice<UInt8>, ofDigest digest: [UInt8]) -> Bool {
      guard let context = try? unsafe Context(key) else { return false }
      defer { LibCrypto.clearErrors() }
      guard unsafe EVP_PKEY_verify_init(context.pointer) == 1 else { return false }
      return unsafe signature.withUnsafeBufferPointer { signature in
        unsafe EVP_PKEY_verify(context.pointer, signature.baseAddress, signature.count, digest, digest.count) == 1
      }
    }

    /// ECDSA over a digest, as DER.
    func sign(digest: [UInt8]) throws(Unsupported) -> [UInt8] {
      let context = try unsafe Context(key)
      defer { LibCrypto.clearErrors() }
      var result = [UInt8](repeating: 0, count: byteCount)
      var count = result.count
      guard unsafe EVP_PKEY_sign_init(context.pointer) == 1,
        unsafe EVP_PKEY_sign(context.pointer, &result, &count, digest, digest.count) == 1
      else { throw Unsupported("a signature with this key") }
      return Array(result[..<count])
    }

    /// Ed448 over a whole message.
    func isValid(_ signature: ArraySlice<UInt8>, of message: ArraySlice<UInt8>) -> Bool {
      unsafe withDigestContext { context in
        guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, self.key) == 1 else { return false }
        return unsafe signature.withUnsafeBufferPointer { signature in
          unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_DigestVerify(
              context, signature.baseAddress, signature.count, message.baseAddress, message.count) == 1
          }
        }
      } ?? false
    }

    /// Ed448 over a whole message.
    func sign(_ message: ArraySlice<UInt8>) throws(Unsupported) -> [UInt8] {
      let signature = unsafe withDigestContext { context -> [UInt8]? in
        var result = [UInt8](repeating: 0, count: self.byteCount)
        var count = result.count
        guard unsafe EVP_DigestSignInit(context, nil, nil, nil, self.key) == 1 else { return nil }
        let done = unsafe message.withUnsafeBufferPointer { message in
          unsafe EVP_DigestSign(context, &result, &count, message.baseAddress, message.count)
        }
        return done == 1 ? Array(result[..<count]) : nil
      }
      guard let signature = signature ?? nil else { throw Unsupported("a signature with this key") }
      return signature
    }

    private func withDigestContext<Result>(_ body: (OpaquePointer) -> Result) -> Result? {
      guard let context = unsafe EVP_MD_CTX_new() else { return nil }
      defer {
        unsafe EVP_MD_CTX_free(context)
        LibCrypto.clearErrors()
      }
      return unsafe body(context)
    }

    // MARK: Key agreement

    /// The secret that this key and `peer` share: a coordinate, or the octets of X448. nil for whatever goes wrong, a peer
    /// of low order included.
    func sharedSecret(with peer: EVPKey) -> [UInt8]? {
      guard let context = try? unsafe Context(key) else { return nil }
      defer { LibCrypto.clearErrors() }
      var count = 0
      guard unsafe EVP_PKEY_derive_init(context.pointer) == 1,
        unsafe EVP_PKEY_derive_set_peer(context.pointer, peer.key) == 1,
        unsafe EVP_PKEY_derive(context.pointer, nil, &count) == 1
      else { return nil }
      var secret = [UInt8](repeating: 0, count: count)
      guard unsafe EVP_PKEY_derive(context.pointer, &secret, &count) == 1 else { return nil }
      return Array(secret[..<count])
    }
  }

  /// A private key that libcrypto works with: on Brainpool's curves, Ed448 and X448.
  struct EVPPrivateMaterial: Sendable {
    let kind: PrivateKey.Kind
    /// The number or the octets that a key file has.
    let secret: SymmetricKey
    /// What a SubjectPublicKeyInfo has.
    let publicBytes: [UInt8]
    let handle: EVPKey

    /// nil when `secret` is no such key.
    init?(_ kind: PrivateKey.Kind, secret: [UInt8]) {
      let handle: EVPKey?
      switch kind {
      case .ec(let curve): handle = EVPKey.ec(curve, secret)
      case .ed448, .x448: handle = EVPKey.raw(kind, secret)
      default: handle = nil
      }
      guard let handle, let publicBytes = handle.publicBytes ?? handle.rawPublicBytes else { return nil }
      self.kind = kind
      self.secret = SymmetricKey(octets: secret)
      self.publicBytes = publicBytes
      self.handle = handle
    }

    /// A new key: random octets, as often as it takes until they are one. Of the numbers of a Brainpool curve's size a third
    /// are not below the order; taking new ones keeps all keys equally likely.
    init?(generate kind: PrivateKey.Kind) {
      let count: Int
      switch kind {
      case .ec(let curve): count = curve.fieldByteCount
      case .ed448: count = 57
      case .x448: count = 56
      default: return nil
      }
      for _ in 0..<64 {
        if let key = Self(kind, secret: SecureRandom.bytes(count)) {
          self = key
          return
        }
      }
      return nil
    }
  }

  extension EVPKey {
    /// The public half of an Ed448 key, which has no other encoding.
    fileprivate var rawPublicBytes: [UInt8]? {
      var count = 57
      var bytes = [UInt8](repeating: 0, count: count)
      defer { LibCrypto.clearErrors() }
      guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 else { return nil }
      return Array(bytes[..<count])
    }
  }
#endif
