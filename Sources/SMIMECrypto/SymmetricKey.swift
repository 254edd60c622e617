import Crypto

/// A secret key. Its octets are overwritten when the last copy goes, and they are never shown.
public struct SymmetricKey: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
  let storage: Crypto.SymmetricKey

  init(_ storage: Crypto.SymmetricKey) { self.storage = storage }

  /// A key made of `octets`, such as a token gave.
  public init(octets: some Sequence<UInt8>) { storage = Crypto.SymmetricKey(data: Array(octets)) }

  public var byteCount: Int { storage.bitCount / 8 }

  /// The octets themselves: for handing the key on, never for showing it.
  package var octets: [UInt8] { unsafe storage.withUnsafeBytes { unsafe Array($0) } }

  /// Compares in a time that depends on the lengths only.
  public static func == (left: SymmetricKey, right: SymmetricKey) -> Bool { left.storage == right.storage }

  public var description: String { "key of \(storage.bitCount) bits" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
