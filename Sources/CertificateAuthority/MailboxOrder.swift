public import Issuance
public import SMIMECrypto

/// A certificate for a person's or a function's mailbox that the authority is told to issue.
public struct MailboxOrder: Sendable {
  /// Each of them shown to be the holder's.
  public var addresses: [String]
  /// The common name; the first address when nil.
  public var name: String?
  public var publicKey: PublicKey
  public var use: MailboxUse
  public var days: Int

  public init(
    addresses: [String], name: String? = nil, publicKey: PublicKey, use: MailboxUse = .signingAndEncryption,
    days: Int = 365
  ) {
    self.addresses = addresses
    self.name = name
    self.publicKey = publicKey
    self.use = use
    self.days = days
  }
}
