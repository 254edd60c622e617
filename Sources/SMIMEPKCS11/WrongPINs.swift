import SMIMECrypto
import Synchronization

/// PINs that tokens refused in this process. A token may be named by several addresses, and three wrong tries lock most of
/// them for good: the same PIN is not tried again, another is.
final class WrongPINs: Sendable {
  static let known = WrongPINs()

  /// By what a token says of itself; of the PINs their digests.
  private let digests = Mutex<[[TokenAddress.Attribute: String]: Set<[UInt8]>]>([:])

  func add(_ pin: Password, of token: Token) {
    let digest = MessageDigest.sha256(pin.utf8[...])
    digests.withLock { _ = $0[token.attributes, default: []].insert(digest) }
  }

  func contains(_ pin: Password, of token: Token) -> Bool {
    let digest = MessageDigest.sha256(pin.utf8[...])
    return digests.withLock { $0[token.attributes]?.contains(digest) ?? false }
  }
}
