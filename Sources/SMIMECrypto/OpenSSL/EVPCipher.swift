#if OpenSSL
  import ByteIO
  import COpenSSL
  import Crypto

  /// A cipher of libcrypto at work.
  @safe final class EVPCipher: CipherEngine {
    private let context: OpaquePointer
    private let direction: CipherDirection
    private let tagByteCount: Int
    private let blockByteCount: Int

    init(
      _ parameters: ContentCipherParameters, key: SymmetricKey, direction: CipherDirection, associatedData: [UInt8]
    ) throws {
      guard LibCrypto.isReady, let context = unsafe EVP_CIPHER_CTX_new() else { throw Unsupported("libcrypto") }
      unsafe self.context = unsafe context
      self.direction = direction
      tagByteCount = parameters.tagByteCount
      blockByteCount = parameters.encryption.blockByteCount
      defer { LibCrypto.clearErrors() }
      var refusal: Unsupported { Unsupported("\(parameters.encryption.name) in this libcrypto") }
      guard let cipher = unsafe Self.cipher(parameters.encryption) else { throw refusal }
      let encrypting: Int32 = direction == .encrypt ? 1 : 0
      guard unsafe EVP_CipherInit_ex(context, cipher, nil, nil, nil, encrypting) == 1 else { throw refusal }
      if case .rc2CBC(let bits) = parameters.encryption {
        guard unsafe EVP_CIPHER_CTX_set_key_length(context, Int32(key.byteCount)) == 1,
          unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_SET_RC2_KEY_BITS, Int32(bits), nil) == 1
        else { throw refusal }
      }
      let iv = parameters.initialValue
      if parameters.encryption.isAuthenticated, iv.count != 12 {
        guard unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(iv.count), nil) == 1 else {
          throw refusal
        }
      }
      let keyed = unsafe key.storage.withUnsafeBytes { key in
        unsafe EVP_CipherInit_ex(
          context, nil, nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), iv, encrypting)
      }
      guard keyed == 1 else { throw refusal }
      if !associatedData.isEmpty {
        var count: Int32 = 0
        guard associatedData.count <= Int(Int32.max),
          unsafe EVP_CipherUpdate(context, nil, &count, associatedData, Int32(associatedData.count)) == 1
        else { throw refusal }
      }
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    static func cipher(_ encryption: ContentEncryption) -> OpaquePointer? {
      switch encryption {
      case .aesCBC(128): unsafe Fetched.aes128CBC
      case .aesCBC(192): unsafe Fetched.aes192CBC
      case .aesCBC: unsafe Fetched.aes256CBC
      case .aesGCM(128): unsafe Fetched.aes128GCM
      case .aesGCM(192): unsafe Fetched.aes192GCM
      case .aesGCM: unsafe Fetched.aes256GCM
      case .chaCha20Poly1305: unsafe Fetched.chaCha20Poly1305
      case .aesCCM(128): unsafe Fetched.aes128CCM
      case .aesCCM(192): unsafe Fetched.aes192CCM
      case .aesCCM: unsafe Fetched.aes256CCM
      case .tripleDESCBC: unsafe Fetched.tripleDES
      case .rc2CBC: unsafe LegacyCiphers.rc2
      case .desCBC: unsafe LegacyCiphers.des
      }
    }

    func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
      // libcrypto counts in 32 bits, and a caller may hand over anything.
      var at = 0
      while at < bytes.count {
        let piece = min(bytes.count - at, windowSize)
        try unsafe append(piece + blockByteCount, to: &output) { target, count in
          unsafe bytes.extracting(at..<at + piece).withUnsafeBufferPointer { source in
            unsafe EVP_CipherUpdate(self.context, target, &count, source.baseAddress, Int32(piece))
          }
        }
        at += piece
      }
    }

    func finishEncrypting(into output: inout [UInt8]) throws -> [UInt8]? {
      try finish(into: &output)
      guard tagByteCount > 0 else { return nil }
      var tag = [UInt8](repeating: 0, count: tagByteCount)
      guard unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1 else {
        throw Unsupported("a mac of \(tagByteCount) octets")
      }
      return tag
    }

    func finishDecrypting(into output: inout [UInt8], tag: ArraySlice<UInt8>) throws {
      if tagByteCount > 0 {
        var tag = Array(tag)
        guard unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1 else {
          throw DecryptionFailed()
        }
      }
      try finish(into: &output)
    }

    private func finish(into output: inout [UInt8]) throws {
      try unsafe append(blockByteCount, to: &output) { target, count in
        unsafe EVP_CipherFinal_ex(self.context, target, &count)
      }
    }

    /// Lets libcrypto write up to `most` bytes behind what `output` holds, straight into its storage.
    private func append(
      _ most: Int, to output: inout [UInt8], _ body: (UnsafeMutablePointer<UInt8>?, inout Int32) -> Int32
    ) throws {
      var done: Int32 = 0
      output.append(addingCapacity: most) { (span: inout OutputSpan<UInt8>) in
        unsafe span.withUnsafeMutableBufferPointer { buffer, written in
          var count: Int32 = 0
          done = unsafe body(buffer.baseAddress, &count)
          if done == 1 { written = Int(count) }
        }
      }
      guard done == 1 else {
        LibCrypto.clearErrors()
        throw DecryptionFailed()
      }
    }
  }

  /// What only OpenSSL's legacy provider has. It lives in a library context of its own, made at the first use.
  enum LegacyCiphers {
    nonisolated(unsafe) private static let context: OpaquePointer? = {
      guard LibCrypto.isReady, let context = unsafe OSSL_LIB_CTX_new() else { return nil }
      guard unsafe OSSL_PROVIDER_load(context, "legacy") != nil, unsafe OSSL_PROVIDER_load(context, "default") != nil
      else {
        LibCrypto.clearErrors()
        return unsafe Optional<OpaquePointer>.none
      }
      return unsafe context
    }()

    nonisolated(unsafe) static let rc2: OpaquePointer? = unsafe context.flatMap {
      unsafe EVP_CIPHER_fetch($0, "RC2-CBC", nil)
    }
    nonisolated(unsafe) static let des: OpaquePointer? = unsafe context.flatMap {
      unsafe EVP_CIPHER_fetch($0, "DES-CBC", nil)
    }
  }
#endif
