/// An http or https URL (RFC 9110 §4.2), taken apart once, so that what is checked is what is connected to.
package struct WebAddress: Hashable, CustomStringConvertible {
  package enum Scheme: String {
    case http, https

    package var port: Int { self == .http ? 80 : 443 }
  }

  package let scheme: Scheme
  package let host: NetworkHost
  /// From the first slash on, in ASCII; what may not stand there is percent-encoded.
  package let path: String

  private static let lengthLimit = 4_096

  package init(_ text: String) throws(FetchFailure) {
    guard text.utf8.count <= Self.lengthLimit else { throw FetchFailure(.url, "the URL is too long") }
    guard text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
      throw FetchFailure(.url, "the URL has characters that may not stand in one")
    }
    guard let colon = text.firstIndex(of: ":") else { throw FetchFailure(.url, "the URL has no scheme") }
    guard let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
      throw FetchFailure(.scheme, "only http, https, ldap and ldaps are asked")
    }
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { throw FetchFailure(.url, "the URL names no host") }
    let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    self.scheme = scheme
    host = try NetworkHost(authority, defaultPort: scheme.port)
    path = Self.encoded(rest[authority.endIndex...])
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
  package var origin: String { "\(scheme.rawValue)://\(host.text(usualPort: scheme.port))" }

  package var description: String { origin + path }

  /// The same place with a segment after its path (RFC 6960 A.1); the segment is base64 of those bytes.
  package func appending(base64 characters: [UInt8]) throws(FetchFailure) -> WebAddress {
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
  package func resolving(_ location: String) throws(FetchFailure) -> WebAddress {
    let head = location.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if head.contains(":") { return try WebAddress(location) }
    if location.hasPrefix("//") { return try WebAddress("\(scheme.rawValue):\(location)") }
    if location.hasPrefix("/") { return try WebAddress(origin + location) }
    let folder = path.prefix { $0 != "?" }
    let slash = folder.lastIndex(of: "/").map { folder[...$0] } ?? "/"
    return try WebAddress(origin + slash + location)
  }
}
