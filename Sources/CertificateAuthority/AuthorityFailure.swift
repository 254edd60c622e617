/// Why an authority's folder does not do what it was asked for.
///
/// Beside it stand `IOFailure` (the disk), `WrongPassword`, and `IssuanceRefusal` (a rule of issuing).
public enum AuthorityFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no authority in the folder.
  case missing(folder: String)
  /// There is one already.
  case exists(folder: String)
  /// The journal cannot be believed from here on. Nothing was written.
  case damaged(JournalDamage)
  /// There is no such request, list or certificate; in words.
  case notFound(String)
  /// The rules of the authority forbid it; in words.
  case refused(String)
  /// So many requests wait already.
  case queueFull(limit: Int)

  public var description: String {
    switch self {
    case .missing(let folder): "\(folder): there is no authority"
    case .exists(let folder): "\(folder): there is an authority already"
    case .damaged(let damage): "\(damage)"
    case .notFound(let words), .refused(let words): words
    case .queueFull(let limit): "\(limit) requests wait already"
    }
  }
}

/// Where a journal is damaged, and how.
public struct JournalDamage: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  /// The line, counted from 1; nil when it was found by its offset.
  public let line: Int?
  /// Where the line begins, in bytes.
  public let offset: Int
  public let words: String

  public var description: String { "\(file): \(line.map { "line \($0)" } ?? "the line") at byte \(offset) \(words)" }
}
