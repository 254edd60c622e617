public import PKIX

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// What an authority remembers of one certificate.
public struct IssuedRecord: Hashable, Sendable {
  /// A certificate is prepared from before it is signed until its signature is on record. One that stays prepared may
  /// exist, and can be revoked like any other.
  public enum Stage: String, Hashable, Sendable { case prepared, issued }

  public enum Purpose: String, Hashable, Sendable {
    case mailbox
    /// Signs OCSP responses for the issuing authority.
    case responder
  }

  public let serialNumber: SerialNumber
  public let subject: String
  public let addresses: [String]
  public let notAfter: Date
  public let purpose: Purpose
  /// When it was prepared.
  public let date: Date
  public internal(set) var stage: Stage
  public internal(set) var revoked: RevokedCertificate?
  /// Where the two lines that make up the certificate begin in the journal.
  var preparedAt: Int
  var issuedAt: Int?
}
