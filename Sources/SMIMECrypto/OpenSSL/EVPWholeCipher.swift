#if OpenSSL
  import ByteIO
  import COpenSSL
  import Crypto

  /// AES-CCM on reading: its mac begins with the content's length, so all of it is held until the end.
  final class EVPWholeCipher: CipherEngine {
    private let parameters: ContentCipherParameters
    private let key: SymmetricKey
    private let associatedData: [UInt8]
    private var held: [UInt8] = []

    init(_ parameters: ContentCipherParameters, key: SymmetricKey, associatedData: [UInt8]) throws {
      self.parameters = parameters
      self.key = key
      self.associatedData = associatedData
    }

    func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
      guard held.count + bytes.count <= WholeContent.limit else {
        throw LimitExceeded(.size, limit: WholeContent.limit)
      }
      unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
    }

    func finishEncrypting(into output: inout [UInt8]) throws -> [UInt8]? {
      throw Unsupported("\(parameters.encryption.name) for new content")
    }

    func finishDecrypting(into output: inout [UInt8], tag: ArraySlice<UInt8>) throws {
      guard LibCrypto.isReady, let context = unsafe EVP_CIPHER_CTX_new() else { throw Unsupported("libcrypto") }
      defer {
        unsafe EVP_CIPHER_CTX_free(context)
        LibCrypto.clearErrors()
      }
      let nonce = parameters.initialValue
      var tag = Array(tag)
      guard let cipher = unsafe EVPCipher.cipher(parameters.encryption),
        unsafe EVP_CipherInit_ex(context, cipher, nil, nil, nil, 0) == 1,
        unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(nonce.count), nil) == 1,
        unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
      else { throw DecryptionFailed() }
      let keyed = unsafe key.storage.withUnsafeBytes { key in
        unsafe EVP_CipherInit_ex(context, nil, nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce, 0)
      }
      var count: Int32 = 0
      guard keyed == 1, associatedData.count <= WholeContent.limit,
        // CCM wants the content's length before everything else.
        unsafe EVP_CipherUpdate(context, nil, &count, nil, Int32(held.count)) == 1,
        unsafe associatedData.isEmpty
          || EVP_CipherUpdate(context, nil, &count, associatedData, Int32(associatedData.count)) == 1
      else { throw DecryptionFailed() }
      // One call decrypts and compares the mac; nothing of a failure is handed out. An empty content needs a place too.
      var plain = [UInt8](repeating: 0, count: max(held.count, 1))
      guard unsafe EVP_CipherUpdate(context, &plain, &count, held, Int32(held.count)) == 1, Int(count) == held.count
      else {
        throw DecryptionFailed()
      }
      output.append(contentsOf: plain[..<held.count])
    }
  }
#endif
