import PKIX
import SMIMECrypto

/// What whoever handed in a request shows to ask after it: 256 random bits, given once. The authority keeps a digest.
public struct RequestToken: Sendable, CustomStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  /// A new one.
  public init() { bytes = SecureRandom.bytes(32) }

  /// The one that `text` spells; nil if it spells none.
  public init?(text: some StringProtocol) {
    guard text.utf8.count == 64, let bytes = Hex.bytes(String(text)) else { return nil }
    self.bytes = bytes
  }

  /// Hexadecimal digits: for the one who handed the request in, and nobody else.
  public var text: String { Hex.text(bytes) }

  var digest: [UInt8] { MessageDigest.sha256(bytes[...]) }

  public var description: String { "token of a request" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
