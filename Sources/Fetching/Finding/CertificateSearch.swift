import CMS
public import MIME
public import PKIX
import SMIMECrypto

/// Looks for the certificates of an address. What is found is not judged: `PathValidator` does that.
public struct CertificateSearch: Sendable {
  private let network: any AnswerSource

  public init(_ network: any AnswerSource) { self.network = network }

  /// The values of `userCertificate` and `userSMIMECertificate` (RFC 4523 §2, RFC 2798 §2.8) of the entries of a directory
  /// whose `mail` is `address`.
  ///
  /// - Parameter url: an ldap or ldaps URL (RFC 4516): where to search, and what else an entry must match.
  /// - Returns: what was found, or why nothing was; ``FetchFailure/Reason/absent`` where nobody is known by that address.
  public func certificates(of address: String, inDirectory url: String) async -> Result<[Certificate], FetchFailure> {
    do throws(FetchFailure) {
      let search = try DirectoryURL(url).searching(for: .equality("mail", address))
      return await certificates(FetchRequest(.certificates, url: "\(search)"))
    } catch { return .failure(error) }
  }

  /// What an HTTP certificate store has by `email` (RFC 4387 §2.1, and its example in §3.1).
  ///
  /// - Parameter url: an http or https URL of the store's certificates, to which the query is added.
  public func certificates(of address: String, inStore url: String) async -> Result<[Certificate], FetchFailure> {
    await certificates(by: .email(address), inStore: url)
  }

  /// What an HTTP certificate store has by another query.
  public func certificates(by query: StoreQuery, inStore url: String) async -> Result<[Certificate], FetchFailure> {
    do throws(FetchFailure) {
      return await certificates(FetchRequest(.certificates, url: try query.url(at: url)))
    } catch { return .failure(error) }
  }

  private func certificates(_ request: FetchRequest) async -> Result<[Certificate], FetchFailure> {
    await network.answer(to: request).flatMap { answer in
      do {
        return .success(try CertificateBundle(answer.bytes).certificates)
      } catch { return .failure(FetchFailure(.malformed, "the answer is not what was asked for: \(error)")) }
    }
  }

  /// What DNS says of the certificates of an address (RFC 8162), and what in it cannot be used, in words.
  ///
  /// - Returns: only what DNSSEC vouches for (§6).
  public func associations(
    of address: EmailAddress
  ) async -> Result<(associations: [CertificateAssociation], faults: [String]), FetchFailure> {
    let name: AssociationName
    do throws(FetchFailure) {
      name = try AssociationName(localPart: address.localPart, domain: address.domain)
    } catch { return .failure(error) }
    return await network.answer(to: FetchRequest(.associations, url: "\(name)", freshness: .new)).flatMap { answer in
      var found: [CertificateAssociation] = []
      var faults: [String] = []
      do {
        for record in try AssociationRecords.decode(answer.bytes) {
          do { found.append(try CertificateAssociation(record: record)) } catch { faults.append("\(error)") }
        }
        return .success((found, faults))
      } catch { return .failure(FetchFailure(.malformed, "\(error)")) }
    }
  }
}
