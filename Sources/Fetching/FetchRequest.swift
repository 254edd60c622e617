/// One thing that is asked of the network.
public struct FetchRequest: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
    /// The certificates of an issuer (RFC 5280 §4.2.2.1).
    case issuers
    /// A CRL (RFC 5280 §4.2.1.13).
    case revocationList
    /// An OCSP response (RFC 6960 A.1).
    case ocsp
    /// A time stamp (RFC 3161 §3.4).
    case timestamp
    /// The certificates of a user, of a directory or of an HTTP store (RFC 4523 §2, RFC 4387 §2).
    case certificates
    /// SMIMEA records (RFC 8162); the URL is one of RFC 4501.
    case associations
  }

  public let kind: Kind
  public let url: String
  /// The OCSP or time stamp request in DER; empty for the other kinds.
  public let body: [UInt8]
  public let freshness: Freshness

  /// Whether an answer that was kept will do.
  public enum Freshness: String, Hashable, Sendable, Codable {
    case kept
    /// The network is asked, and nothing stands in for it.
    case new
  }

  public init(_ kind: Kind, url: String, body: [UInt8] = [], freshness: Freshness = .kept) {
    self.kind = kind
    self.url = url
    self.body = body
    self.freshness = freshness
  }
}

/// Whatever answers requests: the network itself, or the process that asks it.
public protocol AnswerSource: Sendable {
  func answer(to request: FetchRequest) async -> Result<FetchAnswer, FetchFailure>
}
