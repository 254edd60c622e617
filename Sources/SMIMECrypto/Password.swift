/// A password. It is never printed.
public struct Password: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  private let text: String

  public init(_ text: String) { self.text = text }

  /// As PKCS#5 takes it.
  package var utf8: [UInt8] { Array(text.utf8) }

  /// As PKCS#12 takes it: UTF-16 big-endian with two zero octets after it (RFC 7292 B.1).
  package var bmp: [UInt8] { text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + [0, 0] }

  public var isEmpty: Bool { text.isEmpty }

  public var description: String { "password" }
  public var debugDescription: String { "password" }
}

/// A password does not open what it was given for.
public struct WrongPassword: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "the password does not open it" }
}
