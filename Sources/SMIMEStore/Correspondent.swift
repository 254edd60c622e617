public import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate that is known for a correspondent's address.
public struct Correspondent: Hashable, Sendable {
  /// How far a certificate is trusted to be the correspondent's, from the most to the least.
  public enum Trust: String, Hashable, Sendable, CaseIterable, Comparable {
    /// The user said so.
    case pinned
    /// A path to an anchor was good when it came.
    case validated
    /// It came, and nothing is known against it.
    case harvested
    /// Another key was known for the address when it came: it is not used until the user says so.
    case pending

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  }

  /// Where a certificate came from, such as a file or a directory. The list is open.
  public struct Source: Hashable, Sendable, RawRepresentable {
    public static let file = Source(rawValue: "file")
    public static let message = Source(rawValue: "message")
    public static let ldap = Source(rawValue: "ldap")
    public static let smimea = Source(rawValue: "smimea")
    public static let http = Source(rawValue: "http")

    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  /// In lower case.
  public let address: String
  public let certificate: Certificate
  public let trust: Trust
  public let source: Source
  /// The file's path, the URL, or whatever says more of the source.
  public let place: String?
  public let firstSeen: Date
  public let lastSeen: Date
  /// When ``trust`` was decided.
  public let trusted: Date

  fileprivate var notBefore: Date { certificate.validity.notBefore }
}

/// What is known of an address, and which certificate mail to it is encrypted with.
public struct AddressBookEntry: Hashable, Sendable {
  /// In lower case.
  public let address: String
  /// In the order in which they came.
  public let certificates: [Correspondent]
  /// What the correspondent's software reads, and when it said so.
  public let capabilities: (Capabilities, Date)?

  /// Which certificate to use.
  public enum Choice: Hashable, Sendable {
    case unknown
    /// That one. The others came with other keys, and wait for the user's word.
    case use(Correspondent, pending: [Correspondent])
    /// The correspondent's key seems to have changed, and the user has not said which is right.
    case changed(from: Correspondent?, to: [Correspondent])
  }

  /// What was pinned last, and of those pinned at once the newest; else the newest of those that are good, unless a
  /// certificate with another key waits that is not older. One that is older came with an old message, and is no change.
  public var choice: Choice {
    let pending = certificates.filter { $0.trust == .pending }
    let pinned = certificates.filter { $0.trust == .pinned }
    let last = pinned.max { ($0.trusted, $0.notBefore) < ($1.trusted, $1.notBefore) }
    if let last { return .use(last, pending: pending) }
    let good = certificates.filter { $0.trust == .validated || $0.trust == .harvested }
    let newest = good.max { $0.notBefore < $1.notBefore }
    let later = pending.filter { one in newest.map { $0.notBefore <= one.notBefore } ?? true }
    if !later.isEmpty { return .changed(from: newest, to: later) }
    return newest.map { .use($0, pending: []) } ?? .unknown
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.address == right.address && left.certificates == right.certificates
      && left.capabilities?.0 == right.capabilities?.0 && left.capabilities?.1 == right.capabilities?.1
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(address)
    hasher.combine(certificates)
  }
}
