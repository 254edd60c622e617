public import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate signing request in an authority's queue, and what became of it.
public struct CertificateRequest: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case waiting
    /// Approved; the certificate is there unless its signature failed, and approving again makes another then.
    case approved(by: String, at: Date, evidence: String?, serialNumber: SerialNumber?)
    case rejected(by: String, at: Date, reason: String)
  }

  /// Names the request; no secret.
  public let id: String
  public let received: Date
  /// Who handed it in, as far as is known.
  public let from: String?
  /// The name that it asks for.
  public let subject: String
  /// The mailboxes that it asks for.
  public let addresses: [String]
  /// What kind of key it is for.
  public let key: String
  public internal(set) var state: State
  /// When control of a mailbox was proved by a code that was sent there, by address in lower case.
  public internal(set) var proofs: [String: Date]

  /// The codes that are out, by address in lower case. One address has one at a time.
  var codes: [String: SentCode]
  /// How many codes there were, by address in lower case.
  var codeCounts: [String: Int]
  /// The SHA-256 digest of its token.
  let tokenDigest: [UInt8]?
  /// The request itself; empty once it is decided.
  var encoded: [UInt8]
  /// When a certificate that answers it was last prepared.
  var preparedAt: Date?

  /// A code as it is remembered.
  struct SentCode: Hashable, Sendable {
    let digest: [UInt8]
    let expires: Date
  }

  /// The addresses whose control is not proved.
  public var unproved: [String] { addresses.filter { proofs[$0.lowercased()] == nil } }

  public var isOpen: Bool { state == .waiting }
}
