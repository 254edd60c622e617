#if OpenSSL
  import ByteIO
  import COpenSSL

  /// A key in libcrypto's hands. What is here is about RSA; other keys are in `EVPKey+Curves.swift`.
  ///
  /// `@unchecked Sendable`: the handle is made once, never changed and freed with the last reference; EVP_PKEY counts its
  /// own references atomically and each operation works in a context of its own (OpenSSL's threading rules).
  @safe final class EVPKey: @unchecked Sendable {
    let key: OpaquePointer

    /// - Parameter privateKey: a PKCS#1 RSAPrivateKey whose sizes were checked.
    init(rsaPrivateKey privateKey: ArraySlice<UInt8>) throws(Unsupported) {
      let key = unsafe privateKey.withUnsafeBufferPointer { bytes in
        var start = bytes.baseAddress
        return LibCrypto.isReady ? unsafe d2i_PrivateKey(EVP_PKEY_RSA, nil, &start, bytes.count) : nil
      }
      LibCrypto.clearErrors()
      guard let key = unsafe key else { throw Unsupported("this RSA key") }
      unsafe self.key = unsafe key
    }

    /// Takes a key over that libcrypto made; nil is what it says for a key that it refuses.
    init?(_ key: OpaquePointer?) {
      LibCrypto.clearErrors()
      guard let key = unsafe key else { return nil }
      unsafe self.key = unsafe key
    }

    init(rsa numbers: RSAPublicNumbers) throws(Unsupported) {
      let encoded = numbers.encoded
      let key = unsafe encoded.withUnsafeBufferPointer { bytes in
        var start = bytes.baseAddress
        return LibCrypto.isReady ? unsafe d2i_PublicKey(EVP_PKEY_RSA, nil, &start, bytes.count) : nil
      }
      LibCrypto.clearErrors()
      guard let key = unsafe key else { throw Unsupported("this RSA key") }
      unsafe self.key = unsafe key
    }

    deinit { unsafe EVP_PKEY_free(key) }

    var byteCount: Int { Int(unsafe EVP_PKEY_get_size(key)) }

    // MARK: Signatures

    /// False for whatever is not exactly such a signature, parameters that no signature can have included.
    func isValid(_ signature: ArraySlice<UInt8>, _ digest: [UInt8], _ algorithm: SignatureAlgorithm) -> Bool {
      guard let context = try? unsafe Context(key) else { return false }
      defer { LibCrypto.clearErrors() }
      guard unsafe EVP_PKEY_verify_init(context.pointer) == 1, context.set(algorithm) else { return false }
      return unsafe signature.withUnsafeBufferPointer { signature in
        unsafe EVP_PKEY_verify(context.pointer, signature.baseAddress, signature.count, digest, digest.count) == 1
      }
    }

    func sign(_ digest: [UInt8], _ algorithm: SignatureAlgorithm) throws(Unsupported) -> [UInt8] {
      let context = try unsafe Context(key)
      defer { LibCrypto.clearErrors() }
      var result = [UInt8](repeating: 0, count: byteCount)
      var count = result.count
      guard unsafe EVP_PKEY_sign_init(context.pointer) == 1, context.set(algorithm),
        unsafe EVP_PKEY_sign(context.pointer, &result, &count, digest, digest.count) == 1
      else { throw Unsupported("\(algorithm.name) with this key") }
      return Array(result[..<count])
    }

    // MARK: Decryption

    /// OAEP decryption; nil for whatever goes wrong.
    func decrypt(_ encrypted: ArraySlice<UInt8>, _ parameters: OAEPParameters) -> [UInt8]? {
      decrypt(encrypted) { context in context.set(parameters) }
    }

    private func decrypt(_ encrypted: ArraySlice<UInt8>, _ setUp: (borrowing Context) -> Bool) -> [UInt8]? {
      guard let context = try? unsafe Context(key) else { return nil }
      defer { LibCrypto.clearErrors() }
      var result = [UInt8](repeating: 0, count: byteCount)
      var count = result.count
      guard unsafe EVP_PKEY_decrypt_init(context.pointer) == 1, setUp(context) else { return nil }
      let done = unsafe encrypted.withUnsafeBufferPointer { encrypted in
        unsafe EVP_PKEY_decrypt(context.pointer, &result, &count, encrypted.baseAddress, encrypted.count)
      }
      return done == 1 ? Array(result[..<count]) : nil
    }

    // MARK: Contexts

    /// One operation's context.
    @safe struct Context: ~Copyable {
      let pointer: OpaquePointer

      init(_ key: OpaquePointer) throws(Unsupported) {
        guard let pointer = unsafe EVP_PKEY_CTX_new(key, nil) else { throw Unsupported("this key") }
        unsafe self.pointer = unsafe pointer
      }

      deinit { unsafe EVP_PKEY_CTX_free(pointer) }

      func set(_ algorithm: SignatureAlgorithm) -> Bool {
        guard let digest = algorithm.digest, unsafe EVP_PKEY_CTX_set_signature_md(pointer, digest.evp) == 1 else {
          return false
        }
        guard case .rsaPSS(let parameters) = algorithm else {
          return unsafe EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_PADDING) == 1
        }
        return unsafe EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_PSS_PADDING) == 1
          && EVP_PKEY_CTX_set_rsa_mgf1_md(pointer, parameters.maskDigest.evp) == 1
          && EVP_PKEY_CTX_set_rsa_pss_saltlen(pointer, Int32(parameters.saltByteCount)) == 1
      }

      func set(_ parameters: OAEPParameters) -> Bool {
        guard unsafe EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_OAEP_PADDING) == 1,
          unsafe EVP_PKEY_CTX_set_rsa_oaep_md(pointer, parameters.digest.evp) == 1,
          unsafe EVP_PKEY_CTX_set_rsa_mgf1_md(pointer, parameters.maskDigest.evp) == 1
        else { return false }
        guard !parameters.label.isEmpty else { return true }
        // The context takes the copy over and frees it.
        let count = parameters.label.count
        guard let copy = unsafe CRYPTO_memdup(parameters.label, count, "", 0) else { return false }
        if unsafe EVP_PKEY_CTX_set0_rsa_oaep_label(pointer, copy, Int32(count)) == 1 { return true }
        unsafe CRYPTO_free(copy, "", 0)
        return false
      }
    }
  }

  /// An RSA private key for libcrypto's plain functions, which work without looking algorithms up.
  ///
  /// `@unchecked Sendable`: as ``EVPKey``; what the first use adds, and the blinding, are under the key's own locks.
  @safe final class RSAPrivateHandle: @unchecked Sendable {
    private let key: OpaquePointer
    private let byteCount: Int

    /// - Parameter pkcs1: an RSAPrivateKey whose numbers were checked.
    init(pkcs1: SymmetricKey) throws(Unsupported) {
      let key = unsafe pkcs1.octets.withUnsafeBufferPointer { bytes in
        var start = bytes.baseAddress
        return LibCrypto.isReady ? unsafe d2i_RSAPrivateKey(nil, &start, bytes.count) : nil
      }
      LibCrypto.clearErrors()
      guard let key = unsafe key else { throw Unsupported("this RSA key") }
      unsafe self.key = unsafe key
      byteCount = Int(unsafe RSA_size(key))
    }

    deinit { unsafe RSA_free(key) }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.1) over a digest of SHA-1 or SHA-2; nil for any other digest, and when the key is
    /// too short for it.
    func sign(_ digest: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8]? {
      guard let name = algorithm.plainName, digest.count == algorithm.byteCount else { return nil }
      defer { LibCrypto.clearErrors() }
      var result = [UInt8](repeating: 0, count: byteCount)
      var count = UInt32(byteCount)
      let done = unsafe RSA_sign(name, digest, UInt32(digest.count), &result, &count, key)
      return done == 1 && Int(count) == byteCount ? result : nil
    }

    /// The bare private-key operation (RFC 8017 §5.1.2), blinded: as many octets as the modulus has, nil if the number is
    /// not below it.
    func decryptRaw(_ encrypted: ArraySlice<UInt8>) -> [UInt8]? {
      guard encrypted.count == byteCount else { return nil }
      defer { LibCrypto.clearErrors() }
      var result = [UInt8](repeating: 0, count: byteCount)
      let count = unsafe encrypted.withUnsafeBufferPointer { encrypted in
        unsafe RSA_private_decrypt(Int32(encrypted.count), encrypted.baseAddress, &result, self.key, RSA_NO_PADDING)
      }
      return Int(count) == byteCount ? result : nil
    }
  }

  extension DigestAlgorithm {
    /// What libcrypto's plain functions call this digest.
    fileprivate var plainName: Int32? {
      switch self {
      case .sha1: NID_sha1
      case .sha224: NID_sha224
      case .sha256: NID_sha256
      case .sha384: NID_sha384
      case .sha512: NID_sha512
      default: nil
      }
    }
  }

  /// The public half of an RSA key for libcrypto's plain functions: made in a microsecond, where an EVP key takes five, and
  /// used without a context. The first use computes what Montgomery's multiplication needs, a quarter of all the work; it
  /// is kept for the next.
  ///
  /// `@unchecked Sendable`: as ``EVPKey``; what the first use adds is added under the key's own lock.
  @safe final class RSAPublicHandle: @unchecked Sendable {
    private let key: OpaquePointer
    /// The size of the modulus.
    let byteCount: Int

    /// - Parameter numbers: of a key that there is no objection to.
    init(_ numbers: RSAPublicNumbers) throws(Unsupported) {
      let (modulus, exponent) = (Array(numbers.modulus), Array(numbers.exponent))
      guard LibCrypto.isReady,
        let key = unsafe smime_rsa_public_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count))
      else { throw Unsupported("this RSA key") }
      unsafe self.key = unsafe key
      byteCount = modulus.count
    }

    deinit { unsafe RSA_free(key) }

    /// The bare public-key operation (RFC 8017 §5.2.2) on as many octets as the modulus has; nil if the number is not below
    /// it.
    func encryptRaw(_ number: ArraySlice<UInt8>) -> [UInt8]? { encrypt(number, padding: RSA_NO_PADDING) }

    /// nil when the message is too long for the key.
    func encrypt(_ message: [UInt8], _ transport: KeyTransport) throws(Unsupported) -> [UInt8]? {
      guard case .rsaOAEP(let parameters) = transport else {
        return encrypt(message[...], padding: RSA_PKCS1_PADDING)
      }
      guard var block = try OAEPPadding.block(of: message, byteCount: byteCount, parameters) else { return nil }
      defer { wipe(&block) }
      return encryptRaw(block[...])
    }

    private func encrypt(_ message: ArraySlice<UInt8>, padding: Int32) -> [UInt8]? {
      guard message.count <= byteCount else { return nil }
      var done: Int32 = 0
      let result = unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        done = unsafe message.withUnsafeBufferPointer { message in
          unsafe RSA_public_encrypt(Int32(message.count), message.baseAddress, buffer.baseAddress, self.key, padding)
        }
        count = Int(max(0, done))
      }
      guard done == byteCount else {
        LibCrypto.clearErrors()
        return nil
      }
      return result
    }
  }
#endif
