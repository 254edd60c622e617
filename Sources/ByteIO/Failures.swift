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
///
/// Two are equal when the same is counted and the limits are the same, wherever it happened.
public struct LimitExceeded: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was counted.
  public enum Resource: String, Hashable, Sendable {
    case size, nesting, parts, headerBytes, lineLength, elements, signers, recipients, signatures, pathSteps
    case digestAlgorithms, attributes, attributeValues
    case keyOperations, keyDerivationRounds, keyDerivationMemory, inflation
  }

  public let resource: Resource
  public let limit: Int
  /// Where in the structure, such as `EnvelopedData.recipientInfos`; empty when that is not known.
  public let path: String
  /// The offset of what is too much in the object that was read, if known.
  public let offset: Int?

  public init(_ resource: Resource, limit: Int, path: String = "", offset: Int? = nil) {
    self.resource = resource
    self.limit = limit
    self.path = path
    self.offset = offset
  }

  public static func == (left: LimitExceeded, right: LimitExceeded) -> Bool {
    left.resource == right.resource && left.limit == right.limit
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(resource)
    hasher.combine(limit)
  }

  public var description: String {
    (path.isEmpty ? "" : "\(path): ") + words + (offset.map { " at byte \($0)" } ?? "")
  }

  /// What was too much, in words.
  public var words: String {
    let count = Self.grouped(limit)
    return switch resource {
    case .size: "more than \(Self.bytes(limit))"
    case .nesting: "nested deeper than \(count) levels"
    case .parts: "more than \(count) parts"
    case .headerBytes: "a header of more than \(Self.bytes(limit))"
    case .lineLength: "a line of more than \(Self.bytes(limit))"
    case .elements: "more than \(count) elements"
    case .signers: "more than \(count) signers"
    case .recipients: "more than \(count) recipients"
    case .signatures: "more than \(count) signatures"
    case .pathSteps: "more than \(count) steps in search of a path"
    case .digestAlgorithms: "more than \(count) digest algorithms"
    case .attributes: "more than \(count) attributes"
    case .attributeValues: "more than \(count) values of attributes"
    case .keyOperations: "more than \(count) encrypted keys to be tried"
    case .keyDerivationRounds: "more than \(count) rounds of key derivation"
    case .keyDerivationMemory: "a key derivation that takes more than \(Self.bytes(limit))"
    case .inflation: "grows to more than \(count) times its size"
    }
  }

  /// Digits in groups of three: `10 000`.
  private static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(" ") }
      result.append(digit)
    }
    return result
  }

  private static func bytes(_ number: Int) -> String {
    if number >= 1 << 30, number % (1 << 30) == 0 { return "\(grouped(number >> 30)) GiB" }
    if number >= 1 << 20, number % (1 << 20) == 0 { return "\(grouped(number >> 20)) MiB" }
    return "\(grouped(number)) bytes"
  }
}

/// What was read twice was not the same both times, so that what was given out is not what was checked: somebody wrote to
/// it meanwhile.
public struct ContentChanged: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}

  public var description: String { "the content was changed while it was read" }
}
