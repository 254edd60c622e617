import SwiftASN1

/// A private key that is kept and not used: of an algorithm that is not offered here, or in a form that is not. Its bytes
/// go out as they came in, so that nothing is lost on the way to software that can use it.
public struct OpaquePrivateKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The algorithm by its name, such as `ML-DSA-44`.
  public let name: String
  /// What keeps the key from being used: the ``Unsupported/what`` of its reading.
  public let what: String
  /// The same in words.
  public var reason: String { Unsupported(what).description }
  /// The key's public half, where the file states it.
  public let publicKeyBytes: ArraySlice<UInt8>?
  private let algorithm: ASN1ObjectIdentifier
  private let bytes: SymmetricKey

  /// - Throws: ``Malformed`` for what is no PKCS#8, and for a key that ``PrivateKey`` reads or finds broken: that one is
  ///   used or refused, not kept.
  public init(pkcs8: ArraySlice<UInt8>) throws {
    let info = try PrivateKeyInfo(pkcs8)
    do {
      _ = try PrivateKey(pkcs8: pkcs8)
    } catch let unsupported as Unsupported {
      name = OID.name(info.algorithm.algorithm)
      what = unsupported.what
      publicKeyBytes = info.publicKey
      algorithm = info.algorithm.algorithm
      bytes = SymmetricKey(octets: pkcs8)
      return
    }
    throw Malformed("a key that is offered is not kept unread")
  }

  /// Reads a key from a PEM block of PKCS#8, encrypted or not.
  ///
  /// - Parameter password: for an encrypted block; without it such a block is a ``WrongPassword``.
  public init(pem block: PEMBlock, password: Password? = nil) throws {
    switch block.label {
    case "PRIVATE KEY": try self.init(pkcs8: block.bytes[...])
    case "ENCRYPTED PRIVATE KEY":
      guard let password else { throw WrongPassword() }
      try self.init(pkcs8: PasswordEncryption.decryptedPrivateKey(block.bytes[...], password: password)[...])
    default: throw Unsupported("a private key in a PEM block \(block.label)")
    }
  }

  /// False when the key is not that of `publicKey`, as far as it can be seen: by its algorithm, by the public half that its
  /// file states, and by what an expanded ML-DSA or ML-KEM key has of that.
  package func mayBelong(to publicKey: PublicKey) -> Bool {
    guard algorithm == publicKey.algorithm.algorithm else { return false }
    if let publicKeyBytes { return publicKeyBytes.elementsEqual(publicKey.keyBytes) }
    return LatticeExpansion(pkcs8[...])?.mayBelong(to: publicKey.keyBytes) ?? true
  }

  /// The PKCS#8 that was read, not encrypted: secret bytes.
  public var pkcs8: [UInt8] { bytes.octets }

  /// The key as PEM: encrypted under `password`, in the clear if that is empty.
  public func pem(password: Password) throws -> String {
    guard !password.isEmpty else { return PEMBlock(label: "PRIVATE KEY", bytes: pkcs8).text }
    return PEMBlock(
      label: "ENCRYPTED PRIVATE KEY", bytes: try PasswordEncryption.encryptedPrivateKey(pkcs8, password: password)
    ).text
  }

  public var description: String { "private key, \(name)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
