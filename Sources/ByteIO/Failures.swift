/// The system refused to read or write.
public struct IOFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was refused.
  public enum Reason: Hashable, Sendable {
    case cannotOpen, cannotCreate, exists, isDirectory, cannotRead, cannotWrite, truncated
  }

  public let reason: Reason
  /// The file's path, or the place in it.
  public let place: String
  /// The system's own words, if it gave any.
  public let detail: String?

  public init(_ reason: Reason, _ place: String, detail: String? = nil) {
    self.reason = reason
    self.place = place
    self.detail = detail
  }

  public var description: String {
    let what =
      switch reason {
      case .cannotOpen: "cannot open"
      case .cannotCreate: "cannot create"
      case .exists: "exists already"
      case .isDirectory: "is a directory"
      case .cannotRead: "cannot read"
      case .cannotWrite: "cannot write"
      case .truncated: "ends early"
      }
    return "\(place): \(what)" + (detail.map { " (\($0))" } ?? "")
  }
}

/// A budget is used up. Budgets are counts, never times; the work stops where it was.
public struct LimitExceeded: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was counted.
  public enum Resource: String, Hashable, Sendable {
    case size, nesting, parts, headerBytes, lineLength, elements, signers, recipients, signatures, pathSteps
    case keyDerivationRounds, inflation
  }

  public let resource: Resource
  public let limit: Int

  public init(_ resource: Resource, limit: Int) {
    self.resource = resource
    self.limit = limit
  }

  public var description: String {
    resource == .size ? "more than \(limit) bytes" : "more than \(limit) of \(resource.rawValue)"
  }
}
