import Crypto

/// A secret at rest, sealed by AES-256-GCM (NIST SP 800-38D) under a key that is kept elsewhere.
///
///     version, 1 ‖ nonce, 12 octets ‖ ciphertext ‖ tag, 16 octets
///
/// What the secret is of is authenticated with it, so that one cannot be put in another's place.
public struct SealedSecret: Hashable, Sendable {
  private static let version: UInt8 = 1
  private static let overhead = 1 + 12 + 16

  /// The form above.
  public let bytes: [UInt8]

  /// Reads the form above.
  public init(bytes: [UInt8]) throws(Malformed) {
    guard bytes.count >= Self.overhead else { throw Malformed("a sealed secret of \(bytes.count) octets") }
    guard bytes[0] == Self.version else { throw Malformed("a sealed secret of version \(bytes[0])") }
    self.bytes = bytes
  }

  /// Seals `secret`.
  ///
  /// - Parameters:
  ///   - key: of 32 octets.
  ///   - subject: what the secret is of; the same must be said to open it.
  public init(_ secret: [UInt8], under key: SymmetricKey, of subject: [UInt8]) throws {
    let nonce = SecureRandom.bytes(12)
    let box = try AES.GCM.seal(
      secret, using: key.storage, nonce: AES.GCM.Nonce(data: nonce), authenticating: [Self.version] + subject)
    bytes = [Self.version] + nonce + Array(box.ciphertext) + Array(box.tag)
  }

  /// The secret.
  ///
  /// - Throws: ``WrongPassword`` when the key is another, or the bytes or their subject are not what was sealed.
  public func opened(with key: SymmetricKey, of subject: [UInt8]) throws(WrongPassword) -> [UInt8] {
    do {
      let box = try AES.GCM.SealedBox(
        nonce: AES.GCM.Nonce(data: bytes[1..<13]), ciphertext: bytes[13..<bytes.count - 16], tag: bytes.suffix(16))
      return Array(try AES.GCM.open(box, using: key.storage, authenticating: [Self.version] + subject))
    } catch { throw WrongPassword() }
  }
}
