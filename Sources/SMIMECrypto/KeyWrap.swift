import Crypto
import SwiftASN1

/// AES key wrap (RFC 3394, RFC 3565 §2.3.2) by the size of the wrapping key, and what came before it.
public enum KeyWrap: Hashable, Sendable, CaseIterable {
  case aes128, aes192, aes256
  /// RFC 3217 §3. Reading only.
  case tripleDES

  /// Those that are written.
  public static let allCases: [KeyWrap] = [.aes128, .aes192, .aes256]

  /// - Throws: ``Unsupported`` for another algorithm; ``Malformed`` for parameters.
  public init(_ identifier: AlgorithmIdentifier) throws {
    guard let wrap = (Self.allCases + [.tripleDES]).first(where: { $0.oid == identifier.algorithm }) else {
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
    case .tripleDES: TripleDESKeyWrap.oid
    }
  }

  /// As it is written. RFC 3370 §4.3.1: triple-DES has NULL for parameters.
  public var identifier: AlgorithmIdentifier {
    AlgorithmIdentifier(oid, parameters: self == .tripleDES ? AlgorithmIdentifier.null : nil)
  }

  /// True for wraps that are only read, and only under ``AlgorithmPolicy/legacy``.
  public var isWeak: Bool { self == .tripleDES }

  /// The size of the wrapping key in bytes.
  public var keyByteCount: Int {
    switch self {
    case .aes128: 16
    case .aes192, .tripleDES: 24
    case .aes256: 32
    }
  }

  public var name: String { self == .tripleDES ? "3DES key wrap" : "AES-\(keyByteCount * 8) key wrap" }

  public func wrap(_ key: SymmetricKey, with wrappingKey: SymmetricKey) throws -> [UInt8] {
    guard !isWeak, wrappingKey.byteCount == keyByteCount, key.byteCount >= 16, key.byteCount % 8 == 0 else {
      throw Unsupported("\(name) of a key of \(key.byteCount * 8) bits")
    }
    return [UInt8](try AES.KeyWrap.wrap(key.storage, using: wrappingKey.storage))
  }

  public func unwrap(_ wrapped: ArraySlice<UInt8>, with wrappingKey: SymmetricKey) throws(DecryptionFailed)
    -> SymmetricKey
  {
    if self == .tripleDES { return try TripleDESKeyWrap.unwrap(wrapped, with: wrappingKey) }
    guard wrappingKey.byteCount == keyByteCount, wrapped.count >= 24, wrapped.count % 8 == 0,
      let key = try? AES.KeyWrap.unwrap(wrapped, using: wrappingKey.storage)
    else { throw DecryptionFailed() }
    return SymmetricKey(key)
  }
}
