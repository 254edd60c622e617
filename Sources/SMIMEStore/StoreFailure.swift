/// Why a store does not do what it was asked for.
public struct StoreFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is the matter.
  public enum Reason: Hashable, Sendable {
    /// The system does not let the database be opened or read.
    case cannotOpen
    /// It cannot be written: the disk is full, or nobody may write there.
    case cannotWrite
    /// Another process holds it for longer than anybody would wait.
    case busy
    /// It is no database, or what lies in it cannot be what was put there.
    case damaged
    /// A newer version of this software made it, and this one might break it.
    case newer
  }

  public let reason: Reason
  /// The path of the database, or the place in it.
  public let place: String
  /// More words, if there are any.
  public let detail: String?

  public init(_ reason: Reason, _ place: String, detail: String? = nil) {
    self.reason = reason
    self.place = place
    self.detail = detail
  }

  public var description: String {
    let what =
      switch reason {
      case .cannotOpen: "the store cannot be opened"
      case .cannotWrite: "the store cannot be written"
      case .busy: "another process holds the store"
      case .damaged: "the store is damaged"
      case .newer: "a newer version of smime made the store"
      }
    return "\(place): \(what)" + (detail.map { " (\($0))" } ?? "")
  }
}
