public import SMIMECrypto

/// RFC 7512: the address of a token, or of what is on it.
///
///     pkcs11:token=Work;object=alice?pin-source=file:/run/pin&module-path=/usr/lib/softhsm/libsofthsm2.so
///
/// What is left out matches everything. It is shown without a PIN.
public struct TokenAddress: Sendable, CustomStringConvertible {
  /// The text attributes of the path, which are compared as they are.
  public enum Attribute: String, Hashable, Sendable, CaseIterable {
    case token, manufacturer, serial, model, object
    case libraryManufacturer = "library-manufacturer"
    case libraryDescription = "library-description"
    case libraryVersion = "library-version"
    case slotManufacturer = "slot-manufacturer"
    case slotDescription = "slot-description"
    case slotID = "slot-id"
  }

  /// The attribute `type`.
  public enum ObjectType: String, Hashable, Sendable {
    case certificate = "cert"
    case data
    case privateKey = "private"
    case publicKey = "public"
    case secretKey = "secret-key"
  }

  /// Where the PIN is.
  public enum PIN: Sendable {
    /// In this file, as its first line.
    case file(String)
    /// In the address itself, where other users of the machine can see it: for tests.
    case value(Password)
  }

  /// How an address begins.
  public static let scheme = "pkcs11:"

  public let attributes: [Attribute: String]
  /// The attribute `id`: octets that a certificate and its key have in common (CKA_ID).
  public let id: [UInt8]?
  public let type: ObjectType?
  public let pin: PIN?
  /// The module to load; else all that the system's configuration names are asked.
  public let modulePath: String?

  public init(
    _ attributes: [Attribute: String], id: [UInt8]? = nil, type: ObjectType? = nil, pin: PIN? = nil,
    modulePath: String? = nil
  ) {
    self.attributes = attributes
    self.id = id
    self.type = type
    self.pin = pin
    self.modulePath = modulePath
  }

  /// True when it says which token, and not only where tokens are or what is on them.
  var namesToken: Bool {
    [Attribute.token, .manufacturer, .model, .serial].contains { attributes[$0] != nil }
  }

  /// True for text that is meant as such an address.
  public static func isAddress(_ text: String) -> Bool { text.lowercased().hasPrefix(scheme) }

  /// - Throws: ``Malformed``, or ``Unsupported`` for attributes that are not known here: they would narrow down what is
  ///   meant (RFC 7512 §2.3).
  public init(_ text: String) throws {
    guard Self.isAddress(text) else { throw Malformed("does not begin with pkcs11:", path: "PKCS#11 URI") }
    let body = text.utf8.dropFirst(Self.scheme.utf8.count)
    guard body.count <= 4_096 else { throw Malformed("has more than 4096 octets", path: "PKCS#11 URI") }
    let halves = body.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    var attributes: [Attribute: String] = [:]
    var id: [UInt8]?
    var type: ObjectType?
    for (name, value) in try Self.pairs(halves[0], separator: ";") {
      if name == "id" {
        id = value
      } else if name == "type" {
        guard let known = ObjectType(rawValue: try Self.text(value, name)) else {
          throw Malformed("is no type of object", path: "type")
        }
        type = known
      } else {
        guard let attribute = Attribute(rawValue: name) else { throw Self.unknown(name) }
        attributes[attribute] = try Self.text(value, name)
      }
    }
    var pin: PIN?
    var modulePath: String?
    for (name, value) in try Self.pairs(halves.dropFirst().first ?? "".utf8[...], separator: "&") {
      switch name {
      case "pin-value", "pin-source":
        // RFC 7512 §2.3: with both an address is refused.
        guard pin == nil else { throw Malformed("names a PIN twice", path: "PKCS#11 URI") }
        pin = name == "pin-value" ? .value(Password(try Self.text(value, name))) : try Self.pinSource(value)
      case "module-path": modulePath = try Self.text(value, name)
      default: throw Self.unknown(name)
      }
    }
    self.init(attributes, id: id, type: type, pin: pin, modulePath: modulePath)
  }

  private static func unknown(_ name: String) -> Unsupported { Unsupported("the attribute \(name) of PKCS#11 URIs") }

  /// RFC 7512 §2.4: a file's URI or its path. Programs that would give a PIN are not run.
  private static func pinSource(_ value: [UInt8]) throws -> PIN {
    var path = try text(value, "pin-source")
    guard !path.hasPrefix("|") else { throw Unsupported("a program as pin-source") }
    if path.hasPrefix("file:") {
      path.removeFirst(5)
      if path.hasPrefix("//") {
        path.removeFirst(2)
        if path.hasPrefix("localhost/") { path.removeFirst(9) }
        guard path.hasPrefix("/") else { throw Unsupported("a file on another host as pin-source") }
      }
    }
    guard !path.isEmpty else { throw Malformed("is empty", path: "pin-source") }
    return .file(path)
  }

  // MARK: Reading

  /// The attributes of one half, with what the percent signs stand for. None may be there twice (RFC 7512 §2.3).
  private static func pairs(
    _ half: some Collection<UInt8>, separator: Unicode.Scalar
  ) throws(Malformed) -> [(name: String, value: [UInt8])] {
    var pairs: [(name: String, value: [UInt8])] = []
    for part in half.split(separator: UInt8(ascii: separator)) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
        throw Malformed("an attribute has no value", path: "PKCS#11 URI")
      }
      let name = part[..<equals]
      guard !name.isEmpty, name.allSatisfy({ isNameByte($0) }) else {
        throw Malformed("an attribute has no name", path: "PKCS#11 URI")
      }
      let text = String(decoding: name, as: UTF8.self)
      guard !pairs.contains(where: { $0.name == text }) else { throw Malformed("is there twice", path: text) }
      pairs.append((text, try decoded(part[part.index(after: equals)...], text)))
    }
    return pairs
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }

  /// RFC 3986 §2.1
  private static func decoded(_ value: some Sequence<UInt8>, _ name: String) throws(Malformed) -> [UInt8] {
    var octets: [UInt8] = []
    var bytes = value.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "%") else {
        octets.append(byte)
        continue
      }
      guard let high = bytes.next().flatMap(digit), let low = bytes.next().flatMap(digit) else {
        throw Malformed("a percent sign stands before no two digits", path: name)
      }
      octets.append(high << 4 | low)
    }
    return octets
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  private static func text(_ octets: [UInt8], _ name: String) throws(Malformed) -> String {
    guard let text = String(validating: octets, as: UTF8.self), !octets.contains(0) else {
      throw Malformed("is not UTF-8", path: name)
    }
    return text
  }

  // MARK: Writing

  /// The address, without a PIN: it can be shown and given again.
  public var description: String {
    var parts = Attribute.allCases.compactMap { name in
      attributes[name].map { "\(name.rawValue)=\(Self.encoded($0.utf8))" }
    }
    if let id { parts.append("id=" + id.map(Self.percent).joined()) }
    if let type { parts.append("type=\(type.rawValue)") }
    let query = modulePath.map { "?module-path=" + Self.encoded($0.utf8, and: "/") } ?? ""
    return Self.scheme + parts.joined(separator: ";") + query
  }

  /// RFC 3986 §2.3: what needs no percent sign anywhere, and `others`.
  private static func encoded(_ octets: some Sequence<UInt8>, and others: String = "") -> String {
    octets.map { byte in
      isNameByte(byte) || ".~\(others)".utf8.contains(byte) ? String(UnicodeScalar(byte)) : percent(byte)
    }.joined()
  }

  private static func percent(_ byte: UInt8) -> String {
    "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}
