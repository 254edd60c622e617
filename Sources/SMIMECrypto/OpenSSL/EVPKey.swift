#if OpenSSL
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
#endif
