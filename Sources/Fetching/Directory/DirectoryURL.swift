import SMIMECrypto

/// An ldap or ldaps URL (RFC 4516): which directory, which entries, and what of them.
package struct DirectoryURL: Hashable, Sendable, CustomStringConvertible {
  package enum Scheme: String, Hashable, Sendable {
    case ldap, ldaps

    package var port: Int { self == .ldap ? 389 : 636 }
  }

  package enum Scope: String, Hashable, Sendable { case base, one, sub }

  /// When the connection becomes a private one.
  package enum Privacy: Hashable, Sendable {
    case none
    /// By an extended operation first of all (RFC 4511 §4.14), as the URL extension of that name or number asks for.
    case startTLS
    /// From the first byte on: ldaps.
    case always
  }

  package let scheme: Scheme
  package let host: NetworkHost
  /// A distinguished name in text form (RFC 4514).
  package let base: String
  /// As they were named, with options; empty when none are.
  package let attributes: [String]
  /// nil where nothing is said, which means the base.
  package private(set) var scope: Scope?
  /// nil where nothing is said, which means any entry.
  package private(set) var filter: DirectoryFilter?
  package let privacy: Privacy

  private static let lengthLimit = 4_096
  private static let startTLS = ["starttls", "1.3.6.1.4.1.1466.20037"]

  package static func isOne(_ text: String) -> Bool {
    ["ldap://", "ldaps://"].contains { text.prefix($0.utf8.count).lowercased() == $0 }
  }

  /// - Throws: ``FetchFailure``: `.scheme` or `.url`
  package init(_ text: String) throws(FetchFailure) {
    guard text.utf8.count <= Self.lengthLimit else { throw FetchFailure(.url, "the URL is too long") }
    guard text.utf8.allSatisfy({ $0 > 0x1F && $0 != 0x7F }) else {
      throw FetchFailure(.url, "the URL has characters that may not stand in one")
    }
    guard let colon = text.firstIndex(of: ":"), let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
      throw FetchFailure(.scheme, "this is no directory's URL")
    }
    let rest = text[text.index(after: colon)...]
    guard rest.hasPrefix("//") else { throw FetchFailure(.url, "the URL names no host") }
    let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
    self.scheme = scheme
    host = try NetworkHost(authority, defaultPort: scheme.port)
    var tail = rest[authority.endIndex...]
    if tail.first == "/" { tail = tail.dropFirst() }
    let fields = tail.split(separator: "?", omittingEmptySubsequences: false)
    guard fields.count <= 5 else { throw FetchFailure(.url, "the URL has more than five parts") }
    func field(_ index: Int) -> Substring { index < fields.count ? fields[index] : "" }

    base = try Self.text(field(0), "base")
    var attributes: [String] = []
    for name in field(1).split(separator: ",") where name != "*" { attributes.append(try Self.text(name, "attribute")) }
    guard attributes.count <= 16, attributes.allSatisfy(Self.isAttribute) else {
      throw FetchFailure(.url, "the URL names no attributes")
    }
    self.attributes = attributes
    if !field(2).isEmpty {
      guard let scope = Scope(rawValue: field(2).lowercased()) else {
        throw FetchFailure(.url, "the URL's scope is none of base, one and sub")
      }
      self.scope = scope
    }
    if !field(3).isEmpty {
      guard let bytes = PercentEncoding.decode(field(3)) else { throw Self.badPercent("filter") }
      do throws(Malformed) { filter = try DirectoryFilter(bytes) } catch { throw FetchFailure(.url, "\(error)") }
    }
    privacy = try Self.privacy(scheme, field(4))
  }

  private static func badPercent(_ part: String) -> FetchFailure {
    FetchFailure(.url, "a percent sign in the URL's \(part) is followed by something else than two digits")
  }

  private static func text(_ field: Substring, _ part: String) throws(FetchFailure) -> String {
    guard let bytes = PercentEncoding.decode(field) else { throw badPercent(part) }
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw FetchFailure(.url, "the URL's \(part) is not text")
    }
    return text
  }

  private static func isAttribute(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 128
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: ";"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  /// RFC 4516 §2: an extension that is critical and not known makes the URL one that cannot be used.
  private static func privacy(_ scheme: Scheme, _ extensions: Substring) throws(FetchFailure) -> Privacy {
    var privacy = scheme == .ldaps ? Privacy.always : .none
    for one in extensions.split(separator: ",") {
      let isCritical = one.first == "!"
      let name = one.drop { $0 == "!" }.prefix { $0 != "=" }.lowercased()
      if startTLS.contains(name) {
        guard scheme == .ldap else { throw FetchFailure(.url, "the URL asks for TLS within TLS") }
        privacy = .startTLS
      } else if isCritical {
        throw FetchFailure(.url, "the URL demands an extension that is not known: \(name.prefix(80))")
      }
    }
    return privacy
  }

  /// The entries below this place that also match `filter`; all of the subtree unless the URL says otherwise.
  package func searching(for wanted: DirectoryFilter) -> DirectoryURL {
    var url = self
    url.filter = filter.map { .all([$0, wanted]) } ?? wanted
    url.scope = scope ?? .sub
    return url
  }

  package var description: String {
    var fields = [
      PercentEncoding.encode(base.utf8), attributes.joined(separator: ","), scope?.rawValue ?? "",
      filter.map { PercentEncoding.encode($0.description.utf8) } ?? "", privacy == .startTLS ? "!StartTLS" : "",
    ]
    while fields.count > 1, fields.last == "" { fields.removeLast() }
    return "\(scheme.rawValue)://\(host.text(usualPort: scheme.port))/" + fields.joined(separator: "?")
  }
}
