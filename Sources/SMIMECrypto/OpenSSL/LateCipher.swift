#if OpenSSL
  import ByteIO
  import Synchronization

  /// A cipher that waits to see how much content there is. What is small when it ends is swift-crypto's, in one call;
  /// anything more goes to libcrypto, which must look its algorithms up first: 1.7 ms, a quarter of what a command takes
  /// for a small message.
  ///
  /// Only the first few jobs of a process are taken so, and none once libcrypto's algorithms are in use: on the long run
  /// it is the faster one.
  final class LateCipher: CipherEngine {
    private static let limit = 16 << 10
    private static let jobs = Atomic(0)

    private let parameters: ContentCipherParameters
    private let key: SymmetricKey
    private let direction: CipherDirection
    private let associatedData: [UInt8]
    /// What came so far, as long as nobody works on it.
    private var held: [UInt8] = []
    private var engine: (any CipherEngine)?

    /// Whether a process so young gains by waiting. Asked once for each job.
    static var isWorthwhile: Bool { !LibCrypto.isInUse && jobs.wrappingAdd(1, ordering: .relaxed).newValue <= 4 }

    /// nil for what swift-crypto does not offer.
    init?(
      _ parameters: ContentCipherParameters, key: SymmetricKey, direction: CipherDirection, associatedData: [UInt8]
    ) {
      switch parameters.encryption {
      case .aesCBC: break
      case .aesGCM, .chaCha20Poly1305:
        guard parameters.initialValue.count == 12, parameters.tagByteCount == 16 else { return nil }
      default: return nil
      }
      self.parameters = parameters
      self.key = key
      self.direction = direction
      self.associatedData = associatedData
    }

    func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
      if engine == nil, held.count + bytes.count <= Self.limit {
        unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
        return
      }
      let engine =
        try engine
        ?? start(
          EVPCipher(parameters, key: key, direction: direction, associatedData: associatedData), into: &output)
      try engine.update(bytes, into: &output)
    }

    func finishEncrypting(into output: inout [UInt8]) throws -> [UInt8]? {
      try (engine ?? start(small(), into: &output)).finishEncrypting(into: &output)
    }

    func finishDecrypting(into output: inout [UInt8], tag: ArraySlice<UInt8>) throws {
      try (engine ?? start(small(), into: &output)).finishDecrypting(into: &output, tag: tag)
    }

    private func small() throws -> any CipherEngine {
      guard case .aesCBC = parameters.encryption else {
        return try WholeAEAD(parameters, key: key, associatedData: associatedData)
      }
      return try BlockChain(parameters, key: key, direction: direction)
    }

    private func start(_ engine: any CipherEngine, into output: inout [UInt8]) throws -> any CipherEngine {
      self.engine = engine
      let waiting = held
      held = []
      try engine.update(waiting.span, into: &output)
      return engine
    }
  }
#endif
