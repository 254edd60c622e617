public import PKIX
public import SMIMECrypto

/// What a reader can open objects with. What an object asks for is tried, all of it; nothing is tried on a guess.
public struct DecryptionKeys: Sendable {
  /// A key that sender and recipient share, and the name that it has in objects (RFC 5652 §6.2.3).
  public struct SharedKey: Sendable {
    public let identifier: [UInt8]
    public let key: SymmetricKey

    public init(identifier: [UInt8], key: SymmetricKey) {
      self.identifier = identifier
      self.key = key
    }
  }

  /// Certificates with their keys, old ones included.
  public var identities: [Identity]
  public var sharedKeys: [SharedKey]
  /// Passwords have no names: each is tried on each recipient that asks for one, within
  /// ``CMSLimits/keyDerivationRounds``.
  public var passwords: [Password]

  public init(identities: [Identity] = [], sharedKeys: [SharedKey] = [], passwords: [Password] = []) {
    self.identities = identities
    self.sharedKeys = sharedKeys
    self.passwords = passwords
  }
}

/// None of the keys at hand is asked for. Known before any key is used, so it may be told in full.
public struct KeyMissing: Error, Hashable, Sendable, CustomStringConvertible {
  /// What would open it.
  public enum Kind: Hashable, Sendable, CaseIterable {
    /// The private key of a certificate.
    case certificateKey
    /// A key that is known by an identifier.
    case sharedKey
    case password
  }

  /// Whom the message is encrypted for, one line for each key.
  public let recipients: [String]
  /// What each of several would open it with.
  public let kinds: Set<Kind>

  public init(recipients: [String], kinds: Set<Kind> = []) {
    self.recipients = recipients
    self.kinds = kinds
  }

  /// How many recipients are named in words: a stranger can list thousands.
  private static let namedCount = 8

  public var description: String {
    guard !recipients.isEmpty else { return "encrypted for nobody" }
    var seen: Set<String> = []
    let distinct = recipients.filter { seen.insert($0).inserted }
    let rest = distinct.count - Self.namedCount
    return "encrypted for other keys: " + distinct.prefix(Self.namedCount).joined(separator: "; ")
      + (rest > 0 ? "; and \(rest) more" : "")
  }
}
