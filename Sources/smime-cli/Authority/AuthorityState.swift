import PKIX

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What an authority remembers: every certificate it ever decided to sign, every revocation, and the number of its last
/// CRL. Nothing is ever taken out.
struct AuthorityState: Codable {
  /// One certificate. It is `prepared` from before it is signed until it is written down as `issued`; a certificate
  /// that stays prepared may exist, and can be revoked like any other.
  struct Record: Codable {
    enum Stage: String, Codable { case prepared, issued }

    struct Withdrawal: Codable {
      let date: String
      let reason: String
    }

    let serial: String
    let subject: String
    let addresses: [String]
    let notAfter: String
    var stage: Stage
    var revoked: Withdrawal?
  }

  var version = 1
  var revocationListNumber = 0
  /// Where the CRL will be found, as written into certificates.
  var publication: String?
  var records: [Record] = []
}
