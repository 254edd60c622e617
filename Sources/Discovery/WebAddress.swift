import Fetching

/// An http or https URL (RFC 9110 §4.2), taken apart once, so that what is checked is what is connected to.
struct WebAddress: Hashable, CustomStringConvertible {
  enum Scheme: String { case http, https }

  let scheme: Scheme
  /// In lower case; an IPv6 address without its brackets.
  let host: String
  let isIPv6Literal: Bool
  let port: Int
  /// From the first slash on, in ASCII; what may not stand there is percent-encoded.
  let path: String

  private static let lengthLimit = 4_096

  init(_ text: String) throws(FetchFailure) {
    guard text.utf8.count <= Self.lengthLimit else { throw FetchFailure(.url, "the URL is too long") }
    guard text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw FetchFailure(.url, "the URL has characters that may not stand in one")
    }
    guard let colon = text.firstIndex(of: ":") else { throw FetchFailure(.url, "the URL has no scheme") }
    guard let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
      throw FetchFailure(.scheme, "only http and https are fetched")
    }
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { throw FetchFailure(.url, "the URL names no host") }
    let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.contains("@") else { throw FetchFailure(.url, "the URL names a user") }
    self.scheme = scheme
    (host, isIPv6Literal, port) = try Self.host(authority, scheme)
    path = Self.encoded(rest[authority.endIndex...])
  }

  private static func host(
    _ authority: Substring, _ scheme: Scheme
  ) throws(FetchFailure) -> (String, isIPv6: Bool, port: Int) {
    let malformed = FetchFailure(.url, "the URL names no host")
    let isBracketed = authority.first == "["
    var host = authority
    var digits: Substring?
    if isBracketed {
      guard let close = authority.firstIndex(of: "]") else { throw malformed }
      host = authority[authority.index(after: authority.startIndex)..<close]
      let tail = authority[authority.index(after: close)...]
      guard tail.isEmpty || tail.first == ":" else { throw malformed }
      if !tail.isEmpty { digits = tail.dropFirst() }
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      digits = authority[authority.index(after: colon)...]
    }
    let allowed: (UInt8) -> Bool = { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."):
        true
      case UInt8(ascii: "-"), UInt8(ascii: "_"): !isBracketed
      case UInt8(ascii: ":"): isBracketed
      default: false
      }
    }
    guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(allowed) else { throw malformed }
    var port = scheme == .http ? 80 : 443
    if let digits, !digits.isEmpty {
      guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
        (1...65_535).contains(number)
      else { throw FetchFailure(.url, "the URL names no port") }
      port = number
    }
    return (host.lowercased(), isBracketed, port)
  }

  /// RFC 3986 §3.3, §3.4: pchar, slashes and one query; a fragment is not sent.
  private static func encoded(_ text: Substring) -> String {
    let text = Array(text.prefix { $0 != "#" }.utf8)
    var result: [UInt8] = text.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    let plain = Set("-._~!$&'()*+,;=:@/?".utf8)
    func isHex(_ index: Int) -> Bool { index < text.count && hexadecimal.contains(text[index]) }
    for (index, byte) in text.enumerated() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"):
        result.append(byte)
      case UInt8(ascii: "%") where isHex(index + 1) && isHex(index + 2): result.append(byte)
      case let byte where plain.contains(byte): result.append(byte)
      default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static let digits = Array("0123456789ABCDEF".utf8)
  private static let hexadecimal = Set("0123456789abcdefABCDEF".utf8)

  /// Scheme, host and port, as they stand in front of the path.
  var origin: String {
    let host = isIPv6Literal ? "[\(host)]" : host
    let isUsual = port == (scheme == .http ? 80 : 443)
    return "\(scheme.rawValue)://\(host)\(isUsual ? "" : ":\(port)")"
  }

  var description: String { origin + path }

  /// The same place with a segment after its path (RFC 6960 A.1); the segment is base64 of those bytes.
  func appending(base64 characters: [UInt8]) throws(FetchFailure) -> WebAddress {
    var segment = ""
    for byte in characters {
      switch byte {
      case UInt8(ascii: "+"): segment += "%2B"
      case UInt8(ascii: "/"): segment += "%2F"
      case UInt8(ascii: "="): segment += "%3D"
      default: segment.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return try WebAddress(description + (path.hasSuffix("/") ? "" : "/") + segment)
  }

  /// Where a Location field of an answer from here leads (RFC 9110 §10.2.2).
  func resolving(_ location: String) throws(FetchFailure) -> WebAddress {
    let head = location.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if head.contains(":") { return try WebAddress(location) }
    if location.hasPrefix("//") { return try WebAddress("\(scheme.rawValue):\(location)") }
    if location.hasPrefix("/") { return try WebAddress(origin + location) }
    let folder = path.prefix { $0 != "?" }
    let slash = folder.lastIndex(of: "/").map { folder[...$0] } ?? "/"
    return try WebAddress(origin + slash + location)
  }
}
