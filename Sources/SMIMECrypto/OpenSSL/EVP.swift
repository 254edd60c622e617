#if OpenSSL
  import COpenSSL

  /// The door to libcrypto. It is opened at the first use, since that costs a millisecond that small jobs need not pay.
  enum LibCrypto {
    /// True once libcrypto is ready.
    static let isReady = smime_openssl_start() == 1

    /// Forgets what went wrong, so that nothing of it is found by the next caller of this thread.
    static func clearErrors() { ERR_clear_error() }
  }

  extension DigestAlgorithm {
    /// libcrypto's object for this digest; static, not to be freed.
    var evp: OpaquePointer? {
      guard LibCrypto.isReady else { return nil }
      return switch self {
      case .md5: unsafe EVP_md5()
      case .sha1: unsafe EVP_sha1()
      case .sha224: unsafe EVP_sha224()
      case .sha256: unsafe EVP_sha256()
      case .sha384: unsafe EVP_sha384()
      case .sha512: unsafe EVP_sha512()
      }
    }
  }

  /// A digest in the making, in libcrypto.
  @safe final class EVPDigest {
    private let context: OpaquePointer
    private let byteCount: Int

    init(_ algorithm: DigestAlgorithm) throws(Unsupported) {
      guard let digest = unsafe algorithm.evp, let context = unsafe EVP_MD_CTX_new() else {
        throw Unsupported("\(algorithm.name) in this libcrypto")
      }
      unsafe self.context = unsafe context
      byteCount = algorithm.byteCount
      guard unsafe EVP_DigestInit_ex(context, digest, nil) == 1 else {
        throw Unsupported("\(algorithm.name) in this libcrypto")
      }
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    func update(_ bytes: UnsafeRawBufferPointer) {
      _ = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    func finalize() -> [UInt8] {
      var result = [UInt8](repeating: 0, count: byteCount)
      _ = unsafe EVP_DigestFinal_ex(context, &result, nil)
      return result
    }
  }
#endif
