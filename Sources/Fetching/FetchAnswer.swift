#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What the network gave.
public struct FetchAnswer: Hashable, Sendable {
  public let bytes: [UInt8]
  /// Where it was found, after redirects.
  public let url: String
  /// When it was had from the network, or last confirmed by it.
  public let fetched: Date
  /// True when nobody was asked, or nobody answered.
  public let isFromCache: Bool

  package init(_ bytes: [UInt8], url: String, fetched: Date, isFromCache: Bool) {
    self.bytes = bytes
    self.url = url
    self.fetched = fetched
    self.isFromCache = isFromCache
  }
}

/// Why there is no answer.
public struct FetchFailure: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Hashable, Sendable, CaseIterable, Codable {
    /// A scheme that is not asked, or not for this.
    case scheme
    /// A URL that is none, or names a user.
    case url
    /// The name has no address.
    case name
    /// An address that must not be asked.
    case address
    /// Nobody listens, or no secure connection could be made.
    case connection
    case timeout
    /// The connection ended inside the answer.
    case truncated
    case redirectLoop
    case tooManyRedirects
    /// Another HTTP status than 200.
    case status
    case contentType
    case tooLarge
    /// The answer is not what was asked for.
    case malformed
    /// More fetches than one process may make, or more time than they may take together.
    case budget
    /// Whoever was asked answers that there is nothing of the kind.
    case absent
    /// DNS does not vouch for what it says: it is not signed.
    case insecure
    /// DNS's signatures do not hold.
    case bogus
    /// What fetches is itself missing or broken.
    case unavailable
  }

  public let reason: Reason
  /// In words that follow the URL, such as `the connection was refused`.
  public let words: String

  /// What a stranger's answer put into the words is told as far as it is short.
  public init(_ reason: Reason, _ words: String) {
    self.reason = reason
    self.words = words.utf8.count <= Self.wordLimit ? words : "\(words.prefix(Self.wordLimit / 4))…"
  }

  /// In octets; a character has hardly more than four.
  private static let wordLimit = 1_024

  public var description: String { words }
}
