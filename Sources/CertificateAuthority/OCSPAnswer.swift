import Issuance
public import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A response to an OCSP request, and what a cache may do with it.
public struct OCSPAnswer: Sendable {
  public enum Kind: Hashable, Sendable {
    /// The same for everybody who asks, until there is news.
    case preSigned
    /// Made for this request: it has a nonce, or asks about several certificates, or about one that is not known.
    case live
    /// Not signed: why there is no answer.
    case refused(OCSPResponse.Status)
  }

  public let bytes: [UInt8]
  public let kind: Kind
  /// When what it says was right; nil for a refusal.
  public let thisUpdate: Date?
  /// When there will be news at the latest; nil for a refusal.
  public let nextUpdate: Date?

  static func refused(_ status: OCSPResponse.Status) -> OCSPAnswer {
    OCSPAnswer(
      bytes: OCSPResponseTemplate.refusal(status), kind: .refused(status), thisUpdate: nil, nextUpdate: nil)
  }
}
