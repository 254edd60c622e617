#if OpenSSL
  import COpenSSL
  import Synchronization

  /// An RSA private key that libcrypto gets to see when it is first used: most keys that are read do nothing.
  final class LazyRSAKey: Sendable {
    private let pkcs1: SymmetricKey
    private let plain = Mutex<RSAPrivateHandle?>(nil)
    private let key = Mutex<EVPKey?>(nil)

    /// - Parameter pkcs1: an RSAPrivateKey whose numbers were checked.
    init(pkcs1: SymmetricKey) { self.pkcs1 = pkcs1 }

    /// For PKCS#1 v1.5 and the bare operation.
    func handle() throws(Unsupported) -> RSAPrivateHandle {
      try plain.withLock { (plain: inout RSAPrivateHandle?) throws(Unsupported) -> RSAPrivateHandle in
        if let plain { return plain }
        let new = try RSAPrivateHandle(pkcs1: pkcs1)
        plain = new
        return new
      }
    }

    /// For PSS and OAEP, whose encodings are libcrypto's: it looks its algorithms up first, which takes two milliseconds.
    func evp() throws(Unsupported) -> EVPKey {
      try key.withLock { (key: inout EVPKey?) throws(Unsupported) -> EVPKey in
        if let key { return key }
        let new = try EVPKey(rsaPrivateKey: pkcs1.octets[...])
        key = new
        return new
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
    func encrypt(_ message: [UInt8], _ transport: KeyTransport) -> [UInt8]? {
      guard case .rsaOAEP(let parameters) = transport else {
        return encrypt(message[...], padding: RSA_PKCS1_PADDING)
      }
      guard let digest = unsafe parameters.digest.evp, let maskDigest = unsafe parameters.maskDigest.evp else {
        return nil
      }
      defer { LibCrypto.clearErrors() }
      var block = [UInt8](repeating: 0, count: byteCount)
      let label = parameters.label
      guard
        unsafe RSA_padding_add_PKCS1_OAEP_mgf1(
          &block, Int32(byteCount), message, Int32(message.count), label, Int32(label.count), digest, maskDigest) == 1
      else { return nil }
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
