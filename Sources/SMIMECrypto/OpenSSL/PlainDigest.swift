#if OpenSSL
  import COpenSSL

  /// SHA-1 and SHA-2 by libcrypto's plain functions: no part of the library has to be set up for them, and nothing lies on
  /// the heap. 160 octets take half of the time that they take in swift-crypto, SHA-512 of any size three quarters.
  struct PlainDigest {
    private var state = smime_sha()
    private let byteCount: Int

    /// nil for another algorithm.
    init?(_ algorithm: DigestAlgorithm) {
      switch algorithm {
      case .sha1, .sha224, .sha256, .sha384, .sha512: break
      case .md5, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256: return nil
      }
      byteCount = algorithm.byteCount
      unsafe smime_sha_start(&state, Int32(byteCount * 8))
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      unsafe smime_sha_update(&state, bytes.baseAddress, bytes.count)
    }

    /// The digest so far; more may follow.
    func finalize() -> [UInt8] {
      var last = self
      return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
        unsafe smime_sha_finish(&last.state, buffer.baseAddress)
        count = byteCount
      }
    }
  }
#endif
