/// One of the revocation lists of an authority.
public enum ListKind: Hashable, Sendable, CustomStringConvertible {
  /// What the root revoked: issuing authorities.
  case root
  /// What the issuing authority revoked, all of it.
  case issuing
  /// What was revoked of one part of the certificates.
  case shard(Int)
  /// What changed since a list of that kind (RFC 5280 §5.2.4).
  case issuingDelta
  case shardDelta(Int)

  /// Who signs it.
  public var issuer: Authority.Level { self == .root ? .root : .issuing }

  /// The complete list that a delta is about; itself for a complete one.
  public var complete: ListKind {
    switch self {
    case .issuingDelta: .issuing
    case .shardDelta(let number): .shard(number)
    default: self
    }
  }

  /// The delta that is about this list; nil for the root's, which hardly changes.
  public var delta: ListKind? {
    switch self {
    case .root: nil
    case .issuing, .issuingDelta: .issuingDelta
    case .shard(let number), .shardDelta(let number): .shardDelta(number)
    }
  }

  public var isDelta: Bool { complete != self }

  /// The name of its file without the ending: `root`, `issuing`, `issuing-3`, `issuing-delta`, `issuing-3-delta`.
  public var description: String {
    switch self {
    case .root: "root"
    case .issuing: "issuing"
    case .shard(let number): "issuing-\(number)"
    case .issuingDelta: "issuing-delta"
    case .shardDelta(let number): "issuing-\(number)-delta"
    }
  }

  /// Where it lies, in the authority's folder and below its base URL alike.
  public var path: String { "crl/\(self).crl" }

  /// The kind that has this name.
  public init?(_ name: some StringProtocol) {
    switch name {
    case "root": self = .root
    case "issuing": self = .issuing
    case "issuing-delta": self = .issuingDelta
    default:
      let parts = name.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2 || parts.count == 3 && parts[2] == "delta", parts[0] == "issuing",
        let number = Int(parts[1]), number >= 0, "\(number)" == parts[1]
      else { return nil }
      self = parts.count == 2 ? .shard(number) : .shardDelta(number)
    }
  }

  /// The part that it covers; nil when it is not one of several.
  var shard: Int? {
    switch self {
    case .shard(let number), .shardDelta(let number): number
    default: nil
    }
  }
}
