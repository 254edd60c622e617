import Issuance
import PKIX

extension Ledger {
  /// The list as it was, or will be, signed: the same lines before its number give the same bytes.
  func template(_ edition: ListBook.Edition) throws -> RevocationListTemplate {
    RevocationListTemplate(
      number: edition.number, thisUpdate: edition.thisUpdate, nextUpdate: edition.nextUpdate,
      entries: try entries(edition.kind, from: edition.base?.revocationCount ?? 0, to: edition.revocationCount),
      distributionPoint: edition.url, deltaBase: edition.base?.number)
  }
}
