#if OpenSSL
  import COpenSSL
  import Synchronization

  /// The door to libcrypto. It is opened at the first use, since that costs a millisecond that small jobs need not pay.
  enum LibCrypto {
    /// True once libcrypto is ready.
    static let isReady = smime_openssl_start() == 1

    /// True once its algorithms were looked up, which is what takes long.
    static var isInUse: Bool { inUse.load(ordering: .relaxed) }
    fileprivate static let inUse = Atomic(false)

    /// Takes random octets from the kernel from now on, not from a generator of its own that the kernel seeds. To set that
    /// up takes two milliseconds; a process that draws a few octets has no use for it. Only a process that is all ours may
    /// decide so: it holds for every user of libcrypto in it.
    static func useKernelRandom() { smime_openssl_kernel_random() }

    /// Forgets what went wrong, so that nothing of it is found by the next caller of this thread.
    static func clearErrors() { ERR_clear_error() }
  }

  /// libcrypto's algorithms, looked up once each: where one is named by a constant, as `EVP_sha256()` does, it is looked up
  /// at every use, and that takes longer than a short digest.
  enum Fetched {
    static func digest(_ name: String) -> OpaquePointer? {
      guard LibCrypto.isReady else { return nil }
      defer { LibCrypto.clearErrors() }
      return unsafe EVP_MD_fetch(nil, name, nil)
    }

    static func cipher(_ name: String) -> OpaquePointer? {
      guard LibCrypto.isReady else { return nil }
      defer {
        LibCrypto.inUse.store(true, ordering: .relaxed)
        LibCrypto.clearErrors()
      }
      return unsafe EVP_CIPHER_fetch(nil, name, nil)
    }

    nonisolated(unsafe) static let md5 = unsafe digest("MD5")
    nonisolated(unsafe) static let sha1 = unsafe digest("SHA1")
    nonisolated(unsafe) static let sha224 = unsafe digest("SHA2-224")
    nonisolated(unsafe) static let sha256 = unsafe digest("SHA2-256")
    nonisolated(unsafe) static let sha384 = unsafe digest("SHA2-384")
    nonisolated(unsafe) static let sha512 = unsafe digest("SHA2-512")
    nonisolated(unsafe) static let sha3_224 = unsafe digest("SHA3-224")
    nonisolated(unsafe) static let sha3_256 = unsafe digest("SHA3-256")
    nonisolated(unsafe) static let sha3_384 = unsafe digest("SHA3-384")
    nonisolated(unsafe) static let sha3_512 = unsafe digest("SHA3-512")
    nonisolated(unsafe) static let shake128 = unsafe digest("SHAKE-128")
    nonisolated(unsafe) static let shake256 = unsafe digest("SHAKE-256")

    nonisolated(unsafe) static let aes128CBC = unsafe cipher("AES-128-CBC")
    nonisolated(unsafe) static let aes192CBC = unsafe cipher("AES-192-CBC")
    nonisolated(unsafe) static let aes256CBC = unsafe cipher("AES-256-CBC")
    nonisolated(unsafe) static let aes128GCM = unsafe cipher("AES-128-GCM")
    nonisolated(unsafe) static let aes192GCM = unsafe cipher("AES-192-GCM")
    nonisolated(unsafe) static let aes256GCM = unsafe cipher("AES-256-GCM")
    nonisolated(unsafe) static let aes128CCM = unsafe cipher("AES-128-CCM")
    nonisolated(unsafe) static let aes192CCM = unsafe cipher("AES-192-CCM")
    nonisolated(unsafe) static let aes256CCM = unsafe cipher("AES-256-CCM")
    nonisolated(unsafe) static let chaCha20Poly1305 = unsafe cipher("ChaCha20-Poly1305")
    nonisolated(unsafe) static let tripleDES = unsafe cipher("DES-EDE3-CBC")
  }

  extension DigestAlgorithm {
    /// libcrypto's object for this digest; kept for as long as the process runs.
    var evp: OpaquePointer? {
      switch self {
      case .md5: unsafe Fetched.md5
      case .sha1: unsafe Fetched.sha1
      case .sha224: unsafe Fetched.sha224
      case .sha256: unsafe Fetched.sha256
      case .sha384: unsafe Fetched.sha384
      case .sha512: unsafe Fetched.sha512
      case .sha3_224: unsafe Fetched.sha3_224
      case .sha3_256: unsafe Fetched.sha3_256
      case .sha3_384: unsafe Fetched.sha3_384
      case .sha3_512: unsafe Fetched.sha3_512
      case .shake128: unsafe Fetched.shake128
      case .shake256: unsafe Fetched.shake256
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
