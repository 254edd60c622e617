/// A token that is there: a card, a stick, or software in its place.
public struct Token: Hashable, Sendable {
  /// What a user calls it.
  public let label: String
  public let manufacturer: String
  public let model: String
  public let serial: String
  /// The module that reaches it, if one was named.
  public let modulePath: String?
  /// True when its private keys are behind a PIN.
  public let needsPIN: Bool
  /// True when the PIN is typed on the token, and nowhere else.
  public let hasKeypad: Bool
  /// True when it takes no PIN any more.
  public let isLocked: Bool
  /// True when a wrong PIN locks it.
  public let isLastTry: Bool
  /// True when nothing can be written to it.
  public let isWriteProtected: Bool

  /// The address that names it and no other.
  public var address: TokenAddress { TokenAddress(attributes, modulePath: modulePath) }

  var attributes: [TokenAddress.Attribute: String] {
    [.token: label, .manufacturer: manufacturer, .model: model, .serial: serial].filter { !$0.value.isEmpty }
  }
}

/// A certificate on a token.
public struct TokenCertificate: Hashable, Sendable {
  public let label: String
  /// What it has in common with its private key (CKA_ID).
  public let id: [UInt8]
  public let derBytes: [UInt8]

  /// The address that names it, with ``Token/address`` of the token that it is on.
  public func address(on token: Token) -> TokenAddress {
    var attributes = token.attributes
    if !label.isEmpty { attributes[.object] = label }
    return TokenAddress(attributes, id: id.isEmpty ? nil : id, modulePath: token.modulePath)
  }
}
