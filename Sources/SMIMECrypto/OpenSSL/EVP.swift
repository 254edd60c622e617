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
      case .sha3_224: unsafe EVP_sha3_224()
      case .sha3_256: unsafe EVP_sha3_256()
      case .sha3_384: unsafe EVP_sha3_384()
      case .sha3_512: unsafe EVP_sha3_512()
      case .shake128: unsafe EVP_shake128()
      case .shake256: unsafe EVP_shake256()
      }
    }
  }

  /// A digest in the making, in libcrypto. A copy goes on for itself.
  struct EVPDigest {
    /// Owns the handle; its methods hold on to it while libcrypto works.
    @safe private final class Context {
      private let pointer: OpaquePointer

      init?(_ digest: OpaquePointer) {
        guard let pointer = unsafe EVP_MD_CTX_new() else { return nil }
        unsafe self.pointer = unsafe pointer
        guard unsafe EVP_DigestInit_ex(pointer, digest, nil) == 1 else { return nil }
      }

      init?(copying other: Context) {
        guard let pointer = unsafe EVP_MD_CTX_new() else { return nil }
        unsafe self.pointer = unsafe pointer
        guard unsafe EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1 else { return nil }
      }

      deinit { unsafe EVP_MD_CTX_free(pointer) }

      func update(_ bytes: UnsafeRawBufferPointer) {
        _ = unsafe EVP_DigestUpdate(pointer, bytes.baseAddress, bytes.count)
      }

      func finalize(into result: inout [UInt8], isExtendable: Bool) {
        if isExtendable {
          _ = unsafe EVP_DigestFinalXOF(pointer, &result, result.count)
        } else {
          _ = unsafe EVP_DigestFinal_ex(pointer, &result, nil)
        }
      }
    }

    private var context: Context
    private let algorithm: DigestAlgorithm

    init(_ algorithm: DigestAlgorithm) throws(Unsupported) {
      guard let digest = unsafe algorithm.evp, let context = unsafe Context(digest) else {
        throw Unsupported("\(algorithm.name) in this libcrypto")
      }
      self.context = context
      self.algorithm = algorithm
    }

    private func copy() -> Context {
      guard let copy = Context(copying: context) else { preconditionFailure("libcrypto has no memory for a digest") }
      return copy
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      if !isKnownUniquelyReferenced(&context) { context = copy() }
      unsafe context.update(bytes)
    }

    /// The digest so far; more may follow.
    ///
    /// - Parameter byteCount: for SHAKE, how much output is wanted if it is not the digest's own size.
    func finalize(byteCount: Int? = nil) -> [UInt8] {
      var result = [UInt8](repeating: 0, count: byteCount ?? algorithm.byteCount)
      copy().finalize(into: &result, isExtendable: algorithm.isExtendable)
      return result
    }
  }
#endif
