import ByteIO

/// Encrypts content as it streams by.
public final class ContentEncryptor {
  private let engine: any CipherEngine
  private var budget: ContentBudget

  /// - Parameter associatedData: what GCM authenticates beside the content; nil or empty for CBC.
  /// - Throws: ``Unsupported`` for a cipher that is only read, or not without the OpenSSL trait.
  public init(
    _ parameters: ContentCipherParameters, key: SymmetricKey, associatedData: [UInt8]? = nil
  ) throws {
    guard !parameters.encryption.isReadOnly else { throw Unsupported("\(parameters.encryption.name) for new content") }
    budget = ContentBudget(parameters.encryption)
    engine = try CipherEngines.forContent(
      parameters, key: key, direction: .encrypt, associatedData: associatedData ?? [])
  }

  /// Appends to `output` what `bytes` become; a part of it may be held back until more comes.
  ///
  /// - Throws: `LimitExceeded` beyond what one key and nonce may encrypt.
  public func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
    try budget.take(bytes.count)
    try engine.update(bytes, into: &output)
  }

  /// Appends the rest and returns the mac; nil for CBC.
  public func finish(into output: inout [UInt8]) throws -> [UInt8]? { try engine.finishEncrypting(into: &output) }
}

/// Decrypts content as it streams by. What it gives is *not authenticated* before ``finish(into:tag:)`` returns.
public final class ContentDecryptor {
  private let parameters: ContentCipherParameters
  private let engine: any CipherEngine
  private var budget: ContentBudget

  /// - Throws: ``DecryptionFailed`` for a key of the wrong size, ``Unsupported`` for a cipher that is not offered.
  public init(
    _ parameters: ContentCipherParameters, key: SymmetricKey, associatedData: [UInt8]? = nil
  ) throws {
    guard key.byteCount == parameters.encryption.keyByteCount else { throw DecryptionFailed() }
    self.parameters = parameters
    budget = ContentBudget(parameters.encryption)
    engine = try CipherEngines.forContent(
      parameters, key: key, direction: .decrypt, associatedData: associatedData ?? [])
  }

  /// Appends to `output` what `bytes` become; a part of it may be held back until more comes.
  public func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
    try budget.take(bytes.count)
    try engine.update(bytes, into: &output)
  }

  /// Appends the rest, once the mac (GCM) or the padding (CBC) is right.
  ///
  /// - Parameter tag: the mac; nil for CBC.
  public func finish(into output: inout [UInt8], tag: ArraySlice<UInt8>?) throws(DecryptionFailed) {
    if parameters.encryption.isAuthenticated {
      guard let tag, parameters.objection(toTag: tag) == nil else { throw DecryptionFailed() }
    }
    do {
      try engine.finishDecrypting(into: &output, tag: tag ?? [])
    } catch { throw DecryptionFailed() }
  }
}

/// What one key and one nonce may encrypt: 2³⁶ - 32 octets by GCM (NIST SP 800-38D §5.2.1.1), 2³⁸ - 64 by
/// ChaCha20-Poly1305 (RFC 8439 §2.8), and by CBC 2⁴⁸ blocks of
/// AES or 2³² of the old ciphers, the birthday bound of their blocks.
struct ContentBudget {
  private let limit: Int
  private var left: Int

  init(_ encryption: ContentEncryption) {
    limit =
      switch encryption {
      case .aesGCM: (1 << 36) - 32
      case .chaCha20Poly1305: (1 << 38) - 64
      case .aesCCM: WholeContent.limit
      case .aesCBC: 1 << 52
      case .tripleDESCBC, .rc2CBC, .desCBC: 1 << 35
      }
    left = limit
  }

  mutating func take(_ count: Int) throws(LimitExceeded) {
    guard count <= left else { throw LimitExceeded(.size, limit: limit) }
    left -= count
  }
}

enum CipherDirection: Sendable {
  case encrypt, decrypt
}

/// One cipher at work; libcrypto's, or swift-crypto's where that is all there is or soonest done.
protocol CipherEngine: AnyObject {
  func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws
  func finishEncrypting(into output: inout [UInt8]) throws -> [UInt8]?
  func finishDecrypting(into output: inout [UInt8], tag: ArraySlice<UInt8>) throws
}

enum CipherEngines {
  /// An engine for content from its beginning to its end. What is small may come out at the end only.
  static func forContent(
    _ parameters: ContentCipherParameters, key: SymmetricKey, direction: CipherDirection, associatedData: [UInt8]
  ) throws -> any CipherEngine {
    #if OpenSSL
      if key.byteCount == parameters.encryption.keyByteCount, LateCipher.isWorthwhile,
        let late = LateCipher(parameters, key: key, direction: direction, associatedData: associatedData)
      {
        return late
      }
    #endif
    return try make(parameters, key: key, direction: direction, associatedData: associatedData)
  }

  /// An engine that gives every whole block as soon as it can be had.
  static func make(
    _ parameters: ContentCipherParameters, key: SymmetricKey, direction: CipherDirection, associatedData: [UInt8]
  ) throws -> any CipherEngine {
    guard key.byteCount == parameters.encryption.keyByteCount else {
      throw Unsupported("\(parameters.encryption.name) with a key of \(key.byteCount * 8) bits")
    }
    #if OpenSSL
      if case .aesCCM = parameters.encryption {
        return try EVPWholeCipher(parameters, key: key, associatedData: associatedData)
      }
      return try EVPCipher(parameters, key: key, direction: direction, associatedData: associatedData)
    #else
      switch parameters.encryption {
      case .aesCBC: return try BlockChain(parameters, key: key, direction: direction)
      case .aesGCM, .chaCha20Poly1305: return try WholeAEAD(parameters, key: key, associatedData: associatedData)
      default: throw Unsupported("\(parameters.encryption.name) without the OpenSSL trait")
      }
    #endif
  }
}

/// What is held back of content whose cipher takes it in one piece only.
enum WholeContent {
  static let limit = 32 << 20
}
