/// Where CRLs come from.
public protocol RevocationSource: Sendable {
  /// The lists of that issuer, in any order; whether they are good for anything is decided later.
  func lists(issuedBy issuer: DistinguishedName) async throws -> [CertificateRevocationList]
}

/// CRLs that were given.
public struct RevocationFiles: RevocationSource {
  private let lists: [CertificateRevocationList]

  public init(_ lists: [CertificateRevocationList]) { self.lists = lists }

  public func lists(issuedBy issuer: DistinguishedName) async throws -> [CertificateRevocationList] {
    lists.filter { $0.issuer == issuer }
  }
}

/// Whether revocation is asked about, and what it means when nobody knows.
public enum Revocation: Sendable {
  case off
  /// What is not known passes, and is noted.
  case soft(any RevocationSource)
  /// What is not known fails.
  case hard(any RevocationSource)
}
