import ByteIO

/// Bytes that are not what their format demands: what, where in the structure, and at which byte.
public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, in words.
  public let reason: String
  /// Where in the structure, such as `SignedData.signerInfos[0].sid`; empty when that is not known.
  public let path: String
  /// The offset of the offending byte in the object that was read, if known.
  public let offset: Int?

  public init(_ reason: String, path: String = "", offset: Int? = nil) {
    self.reason = reason
    self.path = path
    self.offset = offset
  }

  public var description: String {
    (path.isEmpty ? "" : "\(path): ") + reason + (offset.map { " at byte \($0)" } ?? "")
  }
}

/// Something well-formed that is not offered here, named.
///
/// Two are equal when they name the same, wherever it stood.
public struct Unsupported: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is not offered: an algorithm's name or OID, a key type, a structure.
  public let what: String
  /// Where in the structure, such as `EnvelopedData.recipientInfos[0].ktri`; empty when that is not known.
  public let path: String
  /// The offset of its encoding in the object that was read, if known.
  public let offset: Int?
  /// True for what is refused because it is outdated, and read under ``AlgorithmPolicy/legacy``.
  public let isOutdated: Bool

  public init(_ what: String, path: String = "", offset: Int? = nil) {
    self.init(what, path, offset, isOutdated: false)
  }

  private init(_ what: String, _ path: String, _ offset: Int?, isOutdated: Bool) {
    self.what = what
    self.path = path
    self.offset = offset
    self.isOutdated = isOutdated
  }

  /// What is refused because it is outdated, and read under ``AlgorithmPolicy/legacy``.
  public static func outdated(_ what: String, path: String = "", offset: Int? = nil) -> Unsupported {
    Unsupported(what, path, offset, isOutdated: true)
  }

  /// The same in another place.
  fileprivate func moved(to path: String, _ offset: Int?) -> Unsupported {
    Unsupported(what, path, offset, isOutdated: isOutdated)
  }

  public static func == (left: Unsupported, right: Unsupported) -> Bool { left.what == right.what }

  public func hash(into hasher: inout Hasher) { hasher.combine(what) }

  /// What and that it is not offered, without the place.
  public var words: String { isOutdated ? "\(what) is outdated, and not accepted" : "\(what) is not supported" }

  public var description: String {
    (path.isEmpty ? "" : "\(path): ") + words + (offset.map { " at byte \($0)" } ?? "")
  }
}

/// The one answer to everything that goes wrong from the first private-key operation on (RFC 3218): wrong key, wrong
/// padding, wrong tag are not told apart.
public struct DecryptionFailed: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "the content cannot be decrypted" }
}

/// Where something stands in a structure, for errors that were thrown by what knows nothing of the structure.
package struct FaultPlace: Sendable {
  /// What stands before an error's own path.
  private let path: String
  /// The offset of errors that have none.
  private let offset: Int?
  /// What is added to an error's own offset.
  private let shift: Int

  package init(_ path: String, offset: Int? = nil, shift: Int = 0) {
    self.path = path
    self.offset = offset
    self.shift = shift
  }

  /// `error` in this place. Errors that have none stay as they are.
  package func placed(_ error: any Error) -> any Error {
    switch error {
    case let fault as Malformed: placed(fault)
    case let refusal as Unsupported:
      refusal.moved(to: path(before: refusal.path), offset(for: refusal.offset))
    case let limit as LimitExceeded:
      LimitExceeded(
        limit.resource, limit: limit.limit, path: path(before: limit.path), offset: offset(for: limit.offset))
    default: error
    }
  }

  /// `fault` in this place.
  package func placed(_ fault: Malformed) -> Malformed {
    Malformed(fault.reason, path: path(before: fault.path), offset: offset(for: fault.offset))
  }

  private func offset(for own: Int?) -> Int? { own.map { $0 + shift } ?? offset }

  private func path(before inner: String) -> String {
    guard !path.isEmpty, let first = inner.first else { return path + inner }
    return first == "." || first == "[" ? path + inner : "\(path).\(inner)"
  }
}
