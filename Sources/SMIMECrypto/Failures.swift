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
public struct Unsupported: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is not offered: an algorithm's name or OID, a key type, a structure.
  public let what: String

  public init(_ what: String) { self.what = what }

  public var description: String { "\(what) is not supported" }
}

/// The one answer to everything that goes wrong from the first private-key operation on (RFC 3218): wrong key, wrong
/// padding, wrong tag are not told apart.
public struct DecryptionFailed: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "the content cannot be decrypted" }
}
