import Crypto
import SwiftASN1

/// AES key wrap (RFC 3394, RFC 3565 §2.3.2) by the size of the wrapping key.
public enum KeyWrap: Hashable, Sendable, CaseIterable {
  case aes128, aes192, aes256

  /// - Throws: ``Unsupported`` for another algorithm; ``Malformed`` for parameters.
  public init(_ identifier: AlgorithmIdentifier) throws {
    guard let wrap = Self.allCases.first(where: { $0.oid == identifier.algorithm }) else {
      throw Unsupported("the key wrap \(OID.name(identifier.algorithm))")
    }
    // QUIRK: some software writes NULL here; RFC 3565 §2.3.2 wants the parameters absent.
    guard identifier.hasNoParameters else { throw Malformed("\(wrap.name) has parameters") }
    self = wrap
  }

  /// The wrap whose key has as many bytes as a content key of `keyByteCount` (RFC 8551 §2.3: the sizes are the same).
  public init(keyByteCount: Int) { self = keyByteCount >= 32 ? .aes256 : keyByteCount >= 24 ? .aes192 : .aes128 }

  private var oid: ASN1ObjectIdentifier {
    switch self {
    case .aes128: OID.aes128Wrap
    case .aes192: OID.aes192Wrap
    case .aes256: OID.aes256Wrap
    }
  }

  public var identifier: AlgorithmIdentifier { AlgorithmIdentifier(oid) }

  /// The size of the wrapping key in bytes.
  public var keyByteCount: Int {
    switch self {
    case .aes128: 16
    case .aes192: 24
    case .aes256: 32
    }
  }

  public var name: String { "AES-\(keyByteCount * 8) key wrap" }

  public func wrap(_ key: SymmetricKey, with wrappingKey: SymmetricKey) throws -> [UInt8] {
    guard wrappingKey.byteCount == keyByteCount, key.byteCount >= 16, key.byteCount % 8 == 0 else {
      throw Unsupported("\(name) of a key of \(key.byteCount * 8) bits")
    }
    return [UInt8](try AES.KeyWrap.wrap(key.storage, using: wrappingKey.storage))
  }

  public func unwrap(_ wrapped: ArraySlice<UInt8>, with wrappingKey: SymmetricKey) throws(DecryptionFailed)
    -> SymmetricKey
  {
    guard wrappingKey.byteCount == keyByteCount, wrapped.count >= 24, wrapped.count % 8 == 0,
      let key = try? AES.KeyWrap.unwrap(wrapped, using: wrappingKey.storage)
    else { throw DecryptionFailed() }
    return SymmetricKey(key)
  }
}
