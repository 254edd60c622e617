/// A password. It is never printed.
public struct Password: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// How PKCS#12's own key derivation gets the characters.
  private enum Spelling: Sendable {
    case utf16, nothing, widenedUTF8
  }

  private let text: String
  private let spelling: Spelling

  public init(_ text: String) { self.init(text, .utf16) }

  private init(_ text: String, _ spelling: Spelling) {
    self.text = text
    self.spelling = spelling
  }

  /// As PKCS#5 takes it.
  package var utf8: [UInt8] { Array(text.utf8) }

  /// As PKCS#12 takes it: UTF-16 big-endian with two zero octets after it (RFC 7292 B.1).
  package var bmp: [UInt8] {
    switch spelling {
    case .utf16: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } + [0, 0]
    case .nothing: []
    case .widenedUTF8: text.utf8.flatMap { [0, $0] } + [0, 0]
    }
  }

  /// The ways in which software spells this password to PKCS#12, the standard's first.
  package var spellings: [Password] {
    // QUIRK: NSS and Windows take no password for no octets at all; RFC 7292 B.1 wants the two zeros.
    if text.isEmpty { return [self, Password(text, .nothing)] }
    // QUIRK: OpenSSL before 1.1.0 widened each octet of UTF-8; RFC 7292 B.1 wants BMPString.
    if !text.utf8.allSatisfy({ $0 < 0x80 }) { return [self, Password(text, .widenedUTF8)] }
    return [self]
  }

  public var isEmpty: Bool { text.isEmpty }

  public var description: String { "password" }
  public var debugDescription: String { "password" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A password does not open what it was given for.
public struct WrongPassword: Error, Hashable, Sendable, CustomStringConvertible {
  public init() {}
  public var description: String { "the password does not open it" }
}
