import SMIMECrypto
import Synchronization

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Paths that one validator found good, by leaf and use, for as long as every certificate on them is valid. What is known
/// of revocation is not kept: it is asked for each time.
///
/// It belongs to the validator that made it, since what is good depends on anchors, purpose and policy.
final class PathMemory: Sendable {
  private struct Key: Hashable {
    let leaf: Certificate
    let use: KeyUse
  }

  private struct Kept {
    let path: [Certificate]
    let policies: PolicyOutcome
    let validity: ClosedRange<Date>
  }

  private let kept: Mutex<RecentValues<Key, Kept>>

  /// - Parameter limit: how many paths are kept, at least half of them the latest.
  init(limit: Int) { kept = Mutex(RecentValues(count: limit)) }

  /// The path that was found good and still is at `instant`, revocation aside.
  func path(from leaf: Certificate, use: KeyUse, at instant: Date) -> (
    certificates: [Certificate], policies: PolicyOutcome
  )? {
    guard let one = kept.withLock({ $0.value(Key(leaf: leaf, use: use)) }), one.validity.contains(instant) else {
      return nil
    }
    return (one.path, one.policies)
  }

  func keep(_ path: [Certificate], _ policies: PolicyOutcome, use: KeyUse) {
    guard let leaf = path.first else { return }
    let from = path.map(\.validity.notBefore).max() ?? leaf.validity.notBefore
    let until = path.map(\.validity.notAfter).min() ?? leaf.validity.notAfter
    guard from <= until else { return }
    kept.withLock {
      $0.keep(Kept(path: path, policies: policies, validity: from...until), Key(leaf: leaf, use: use))
    }
  }
}
