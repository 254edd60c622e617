/// The host and port of a URL (RFC 3986 §3.2), taken apart once, so that what is checked is what is connected to.
package struct NetworkHost: Hashable, Sendable {
  /// In lower case; an IPv6 address without its brackets.
  package let name: String
  package let isIPv6Literal: Bool
  package let port: Int

  /// - Parameter authority: what stands between `//` and the path.
  package init(_ authority: Substring, defaultPort: Int) throws(FetchFailure) {
    guard !authority.contains("@") else { throw FetchFailure(.url, "the URL names a user") }
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
    var port = defaultPort
    if let digits, !digits.isEmpty {
      guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
        (1...65_535).contains(number)
      else { throw FetchFailure(.url, "the URL names no port") }
      port = number
    }
    name = host.lowercased()
    isIPv6Literal = isBracketed
    self.port = port
  }

  /// As it stands in a URL whose scheme has the port `usual`.
  package func text(usualPort usual: Int) -> String {
    (isIPv6Literal ? "[\(name)]" : name) + (port == usual ? "" : ":\(port)")
  }
}
