import SMIMECrypto

/// The forms of names that constraints are for. Both forms of mailboxes are one (RFC 9598 §6).
enum NameForm: Hashable {
  case mailbox, host, directory, uri, address
  case other(UInt)

  init(_ name: GeneralName) {
    switch name {
    case .rfc822Name, .smtpUTF8Mailbox: self = .mailbox
    case .dnsName: self = .host
    case .directoryName: self = .directory
    case .uri: self = .uri
    case .ipAddress: self = .address
    case .other(let tag, _): self = .other(tag)
    }
  }
}

/// The base of a constraint, folded once for all comparisons.
struct NameSubtree {
  enum Space {
    case mailbox(local: Substring, host: [UInt8])
    /// A host itself; for dNSName with all that lies below.
    case host([UInt8])
    /// Written with a leading full stop: what lies below, and not the host.
    case below([UInt8])
    case directory(DistinguishedName)
    case network(address: [UInt8], mask: [UInt8])
    /// Every name of the form.
    case all
    case none
  }

  let form: NameForm
  let space: Space
  /// Why the RFC does not allow it; nil when it does.
  let fault: String?
  private(set) var isEmptyURI = false
  /// True when nothing can be compared with it.
  var isUnusable: Bool { if case .none = space { true } else { false } }

  init(_ base: GeneralName) {
    form = NameForm(base)
    switch base {
    case .rfc822Name(let text): (space, fault) = Self.mailbox(text)
    case .dnsName(let text): (space, fault) = Self.host(text)
    case .uri(let text):
      // An empty host is no host: everything lies within it where it is excluded, and nothing where it is permitted.
      (space, fault) = Self.plain(text, whenEmpty: .none)
      if fault == nil, case .none = space { isEmptyURI = true }
    case .directoryName(let name): (space, fault) = (.directory(name), nil)
    case .ipAddress(let bytes):
      let half = bytes.count / 2
      guard bytes.count == 8 || bytes.count == 32 else {
        (space, fault) = (.none, "a network of \(bytes.count) octets")
        return
      }
      let (address, mask) = (Array(bytes[..<half]), Array(bytes[half...]))
      space = .network(address: address, mask: mask)
      fault = Self.isPrefix(mask) ? nil : "a network whose mask is no prefix"
    // RFC 9598 §6: constraints on mailboxes are written as rfc822Name.
    case .smtpUTF8Mailbox(let text): (space, fault) = (.none, "\(text), a constraint in the form SmtpUTF8Mailbox")
    // Not processed; that is no fault of it as long as no such name is met.
    case .other: (space, fault) = (.none, nil)
    }
  }

  private static func mailbox(_ text: String) -> (Space, String?) {
    guard text.utf8.contains(UInt8(ascii: "@")) else { return plain(text, whenEmpty: .all) }
    guard let mailbox = Mailbox(text) else { return (.none, "\(text) is not a mailbox") }
    return (.mailbox(local: mailbox.local, host: mailbox.host), nil)
  }

  private static func host(_ text: String) -> (Space, String?) {
    let (space, fault) = plain(text, whenEmpty: .all)
    // QUIRK: dNSName constraints with a leading full stop, which OpenSSL takes and RFC 5280 §4.2.1.10 has for URIs only.
    if case .below = space { return (space, "\(text) begins with a full stop") }
    return (space, fault)
  }

  /// A host, or with a leading full stop what lies below it.
  private static func plain(_ text: String, whenEmpty empty: Space) -> (Space, String?) {
    let folded = HostName.folded(text)
    if folded.isEmpty { return (empty, nil) }
    let isBelow = folded.first == UInt8(ascii: ".")
    let host = isBelow ? Array(folded.dropFirst()) : folded
    guard HostName.isPlausible(host), !host.contains(UInt8(ascii: "*")) else { return (.none, "\(text) is not a host") }
    return (isBelow ? .below(host) : .host(host), nil)
  }

  private static func isPrefix(_ mask: [UInt8]) -> Bool {
    guard let end = mask.firstIndex(where: { $0 != 0xFF }) else { return true }
    return mask[end].leadingZeroBitCount == (mask[end] == 0 ? 8 : 0)
      && (~mask[end] & (~mask[end] &+ 1)) == 0 && mask[(end + 1)...].allSatisfy { $0 == 0 }
  }
}

/// A name of a certificate, folded once for all comparisons.
enum ConstrainedName {
  case mailbox(local: Substring, host: [UInt8], isUTF8: Bool)
  case host([UInt8])
  /// `*.` before a host.
  case wildcard([UInt8])
  case directory(DistinguishedName)
  case uri(host: [UInt8])
  case address([UInt8])
  /// Of a form, or so written, that it can be compared with nothing.
  case unknown(NameForm)

  init(_ name: GeneralName) {
    self = Self.folded(name) ?? .unknown(NameForm(name))
  }

  private static func folded(_ name: GeneralName) -> ConstrainedName? {
    switch name {
    case .rfc822Name(let text):
      return Mailbox(text).map { .mailbox(local: $0.local, host: $0.host, isUTF8: false) }
    case .smtpUTF8Mailbox(let text):
      return Mailbox(text).map { .mailbox(local: $0.local, host: $0.host, isUTF8: true) }
    case .dnsName(let text):
      var host = HostName.folded(text)
      let isWildcard = host.starts(with: Array("*.".utf8))
      if isWildcard { host.removeFirst(2) }
      guard HostName.isPlausible(host) else { return nil }
      return isWildcard ? .wildcard(host) : .host(host)
    case .directoryName(let name): return .directory(name)
    // A URI without a host that is a name must be refused where URIs are constrained.
    case .uri(let text): return URIText(text)?.host.map { .uri(host: $0) }
    case .ipAddress(let bytes): return bytes.count == 4 || bytes.count == 16 ? .address(bytes) : nil
    case .other: return nil
    }
  }

  var form: NameForm {
    switch self {
    case .mailbox: .mailbox
    case .host, .wildcard: .host
    case .directory: .directory
    case .uri: .uri
    case .address: .address
    case .unknown(let form): form
    }
  }

  func isWithin(_ subtree: NameSubtree) -> Bool {
    switch (self, subtree.space) {
    case (_, .all): true
    // RFC 9598 §6: a constraint with a local part is for addresses in ASCII.
    case (.mailbox(let local, let host, let isUTF8), .mailbox(let baseLocal, let baseHost)):
      !isUTF8 && local == baseLocal && host == baseHost
    case (.mailbox(_, let host, _), .host(let base)), (.uri(let host), .host(let base)): host == base
    case (.mailbox(_, let host, _), .below(let base)), (.uri(let host), .below(let base)):
      HostName.isHost(host, below: base)
    case (.host(let host), .host(let base)), (.wildcard(let host), .host(let base)):
      HostName.isHost(host, within: base)
    case (.host(let host), .below(let base)): HostName.isHost(host, below: base)
    case (.wildcard(let host), .below(let base)): HostName.isHost(host, within: base)
    case (.directory(let name), .directory(let base)): name.isWithin(base)
    case (.address(let bytes), .network(let address, let mask)):
      bytes.count == mask.count && zip(zip(bytes, address), mask).allSatisfy { $0.0 & $1 == $0.1 & $1 }
    default: false
    }
  }

  /// Whether it, or a name that it stands for, lies within `subtree` (CVE-2025-61727).
  func mayBeWithin(_ subtree: NameSubtree) -> Bool {
    if isWithin(subtree) || subtree.isEmptyURI { return true }
    // Readers find a mailbox whatever its case, quotes or form, so an excluded one is meant in all of them.
    if case .mailbox(let local, let host, _) = self, case .mailbox(let baseLocal, let baseHost) = subtree.space {
      return host == baseHost && Self.plain(local) == Self.plain(baseLocal)
    }
    guard case .wildcard(let host) = self, case .host(let base) = subtree.space else { return false }
    return HostName.isHost(base, below: host)
      && !base.prefix(base.count - host.count - 1).contains(UInt8(ascii: "."))
  }

  /// A local part without the quotes and escapes that mean nothing (RFC 5321 §4.1.2), in small letters.
  private static func plain(_ local: Substring) -> String {
    guard local.utf8.count > 2, local.first == "\"", local.last == "\"" else { return local.lowercased() }
    var result = ""
    var isEscaped = false
    for character in local.dropFirst().dropLast() {
      if character == "\\", !isEscaped {
        isEscaped = true
        continue
      }
      result.append(character)
      isEscaped = false
    }
    return result.lowercased()
  }
}
