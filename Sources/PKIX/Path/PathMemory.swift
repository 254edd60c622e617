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

  /// The younger generation is filled; then it becomes the older one, and what was that is forgotten.
  private struct Generations {
    var younger: [Key: Kept] = [:]
    var older: [Key: Kept] = [:]
  }

  private let limit: Int
  private let generations = Mutex(Generations())

  /// - Parameter limit: how many paths are kept, at least half of them the latest.
  init(limit: Int) { self.limit = max(2, limit) }

  /// The path that was found good and still is at `instant`, revocation aside.
  func path(from leaf: Certificate, use: KeyUse, at instant: Date) -> (
    certificates: [Certificate], policies: PolicyOutcome
  )? {
    let key = Key(leaf: leaf, use: use)
    return generations.withLock { generations in
      guard let kept = generations.younger[key] ?? generations.older[key], kept.validity.contains(instant) else {
        return nil
      }
      // Whoever is asked for often stays.
      if generations.younger[key] == nil { keep(kept, key, in: &generations) }
      return (kept.path, kept.policies)
    }
  }

  func keep(_ path: [Certificate], _ policies: PolicyOutcome, use: KeyUse) {
    guard let leaf = path.first else { return }
    let from = path.map(\.validity.notBefore).max() ?? leaf.validity.notBefore
    let until = path.map(\.validity.notAfter).min() ?? leaf.validity.notAfter
    guard from <= until else { return }
    generations.withLock {
      keep(Kept(path: path, policies: policies, validity: from...until), Key(leaf: leaf, use: use), in: &$0)
    }
  }

  private func keep(_ kept: Kept, _ key: Key, in generations: inout Generations) {
    if generations.younger.count >= limit / 2 {
      generations.older = generations.younger
      generations.younger = [:]
    }
    generations.younger[key] = kept
  }
}
