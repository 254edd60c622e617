/// Values that are worth keeping for a while, by key: the latest `count` / 2 at least, `count` at most.
///
/// The younger generation is filled; then it becomes the older one, and what was that is forgotten. Whatever is asked for
/// moves to the younger, so that what is used often stays.
package struct RecentValues<Key: Hashable, Value> {
  private var younger: [Key: Value] = [:]
  private var older: [Key: Value] = [:]
  private let limit: Int

  package init(count: Int) { limit = max(1, count / 2) }

  /// How many values are kept.
  package var count: Int { younger.count + older.count }

  package mutating func value(_ key: Key) -> Value? {
    if let value = younger[key] { return value }
    guard let value = older.removeValue(forKey: key) else { return nil }
    keep(value, key)
    return value
  }

  package mutating func keep(_ value: Value, _ key: Key) {
    if younger.count >= limit, younger[key] == nil {
      older = younger
      younger = [:]
    }
    younger[key] = value
  }
}

extension RecentValues: Sendable where Key: Sendable, Value: Sendable {}
