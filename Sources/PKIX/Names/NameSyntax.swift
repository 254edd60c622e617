import ByteIO
import SMIMECrypto

extension GeneralName {
  /// Why this cannot stand in a subjectAltName (RFC 5280 §4.2.1.6); nil when it can. Forms that have no syntax of their
  /// own here are taken as they are.
  var syntaxFault: String? {
    switch self {
    case .rfc822Name(let text): Mailbox(text)?.isASCII == true ? nil : "\(text) is not a mailbox"
    // RFC 9598 §3: only where the local part asks for it.
    case .smtpUTF8Mailbox(let text): Mailbox(text) == nil ? "\(text) is not a mailbox" : nil
    case .dnsName(let text): HostName.isPreferred(text) ? nil : "\(text) is not a host name"
    case .uri(let text): URIText(text)?.isAbsolute == true ? nil : "\(text) is not a URI"
    case .ipAddress(let bytes): bytes.count == 4 || bytes.count == 16 ? nil : "an address of \(bytes.count) octets"
    case .directoryName(let name): name.isEmpty ? "an empty name" : nil
    case .other: nil
    }
  }
}

/// `local@host` in two parts, the host as it is compared: A-labels in lower case.
struct Mailbox {
  let local: Substring
  let host: [UInt8]
  var isASCII: Bool { local.utf8.allSatisfy { $0 < 0x80 } && hostIsASCII }
  private let hostIsASCII: Bool

  /// nil for what is no mailbox: without exactly one `@` that is not quoted, with an empty part, with white space or
  /// controls outside of quotes.
  init?(_ text: String) {
    guard let at = text.lastIndex(of: "@") else { return nil }
    local = text[..<at]
    let domain = text[text.index(after: at)...]
    hostIsASCII = domain.utf8.allSatisfy { $0 < 0x80 }
    let isQuoted = local.utf8.count > 2 && local.first == "\"" && local.last == "\""
    guard !local.isEmpty,
      isQuoted || !local.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 <= 0x20 || $0 == 0x7F })
    else { return nil }
    // A domain literal (RFC 5321 §4.1.3) is compared as it stands.
    if domain.first == "[", domain.last == "]", domain.utf8.count > 2 {
      host = HostName.folded(String(domain))
      return
    }
    host = HostName.folded(String(domain))
    guard HostName.isPlausible(host) else { return nil }
  }
}

/// Host names as octets: A-labels in lower case, without the full stop of the root.
enum HostName {
  static func folded(_ text: String) -> [UInt8] { Array(DomainName.canonical(text).utf8) }

  /// Labels, none of them empty, and nothing that ends a host name elsewhere.
  static func isPlausible(_ host: [UInt8]) -> Bool {
    guard !host.isEmpty, host.count <= 253 else { return false }
    return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.count <= 63 && label.allSatisfy { $0 > 0x20 && $0 < 0x7F && !excluded.contains($0) }
    }
  }

  private static let excluded = Set("@/:?#[]\\\",;<>()%".utf8)

  /// The preferred name syntax of RFC 1034 §3.5 as RFC 1123 §2.1 has it, with a `*` for the first label or none, and not
  /// an IPv4 address.
  static func isPreferred(_ text: String) -> Bool {
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
    var host = folded(text)
    if host.starts(with: Array("*.".utf8)) { host.removeFirst(2) }
    guard isPlausible(host) else { return false }
    let labels = host.split(separator: UInt8(ascii: "."))
    guard let top = labels.last, top.contains(where: { $0 < 0x30 || $0 > 0x39 }) else { return false }
    return labels.allSatisfy { label in
      label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: "-") }
    }
  }

  /// Whether `host` is `base` or lies below it.
  static func isHost(_ host: [UInt8], within base: [UInt8]) -> Bool { host == base || isHost(host, below: base) }

  /// Whether `host` has labels before `base`.
  static func isHost(_ host: [UInt8], below base: [UInt8]) -> Bool {
    guard host.count > base.count + 1, host[host.count - base.count - 1] == UInt8(ascii: ".") else { return false }
    return host[(host.count - base.count)...].elementsEqual(base)
  }
}

/// The parts of a URI that are judged (RFC 3986 §3).
struct URIText {
  /// The host, folded; nil when there is none, or when it is no name.
  let host: [UInt8]?
  let isAbsolute: Bool

  /// nil for what has no scheme.
  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), let first = text.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A,
      // A backslash ends the host for a browser, and for the RFC it does not: nobody is to be told two things.
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
    else { return nil }
    let rest = text[text.index(after: colon)...]
    isAbsolute = !rest.isEmpty
    guard rest.hasPrefix("//") else {
      host = nil
      return
    }
    var authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    if let port = authority.firstIndex(of: ":"), authority.first != "[" { authority = authority[..<port] }
    let folded = HostName.folded(String(authority))
    let isNumeric = folded.last.map { $0 >= 0x30 && $0 <= 0x39 } ?? true
    host = !isNumeric && HostName.isPlausible(folded) ? folded : nil
  }
}
