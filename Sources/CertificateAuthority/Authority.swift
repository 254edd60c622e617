public import Issuance
public import PKIX
public import SMIMECrypto

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

public final class Authority: Sendable {
  public enum Level: String, Hashable, Sendable, CaseIterable { case root, issuing }

  public let folder: String

  public init(folder: String) throws {
    self.folder = folder
    throw AuthorityFailure.missing(folder: folder)
  }

  public var healed: String? { nil }

  public static func create(
    in folder: String, _ plan: AuthorityPlan, password: Password
  ) async throws -> Authority { throw AuthorityFailure.missing(folder: folder) }

  public func certificate(_ level: Level) -> Certificate { preconditionFailure() }
  public func identity(_ level: Level, password: Password) throws -> Identity { throw WrongPassword() }
  public var settings: AuthorityPlan.Settings { AuthorityPlan.Settings() }
  public func change(baseURL: String?) throws {}
  public var lists: [ListKind] { [] }
  /// Rises with everything that happens: what was computed at one revision holds while it stands.
  public var revision: Int { 0 }
  @discardableResult public func refresh() throws -> Bool { false }
  public func status(of serial: SerialNumber) throws -> CertificateStatus { .unknown }
  public var records: [IssuedRecord] { get throws { [] } }
  /// The certificate with that number; nil unless it was issued.
  public func certificate(_ serial: SerialNumber) throws -> Certificate? { nil }

  public func issue(_ order: MailboxOrder, with issuer: Identity) async throws -> Certificate { throw WrongPassword() }
  public func issueResponder(for key: PublicKey, hours: Int, with issuer: Identity) async throws -> Certificate {
    throw WrongPassword()
  }
  @discardableResult
  public func revoke(
    reason: RevocationReason, at date: Date = Date(), where isMeant: (IssuedRecord) -> Bool
  ) throws -> [IssuedRecord] { [] }

  /// - Parameter base: for a delta, the number of the complete list that it is about; nil for the last.
  public func publishList(
    _ kind: ListKind, base: Int? = nil, days: Int, with issuer: Identity
  ) async throws -> CertificateRevocationList { throw WrongPassword() }
  public func currentList(_ kind: ListKind) throws -> (list: CertificateRevocationList, isCurrent: Bool)? { nil }

  public static let queueLimit = 1_000
  public func addRequest(
    _ csr: CertificateSigningRequest, from: String? = nil, token: RequestToken? = nil
  ) throws -> CertificateRequest { throw WrongPassword() }
  public var requests: [CertificateRequest] { get throws { [] } }
  public func request(_ id: String) throws -> CertificateRequest { throw WrongPassword() }
  /// The request, if `token` is its token. Compared in constant time; a request that is not there takes as long.
  public func request(_ id: String, token: RequestToken) throws -> CertificateRequest { throw WrongPassword() }
  public func newCode(for id: String, address: String, at date: Date = Date()) throws -> String { "" }
  /// The address that the code proves.
  @discardableResult
  public func proveMailbox(_ id: String, code: String, at date: Date = Date()) throws -> String { "" }
  public func approve(
    _ id: String, by approver: String, evidence: String? = nil, name: String? = nil,
    use: MailboxUse = .signingAndEncryption, days: Int = 365, with issuer: Identity
  ) async throws -> Certificate { throw WrongPassword() }
  public func reject(_ id: String, by approver: String, reason: String) throws {}
}
