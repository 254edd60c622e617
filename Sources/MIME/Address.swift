import ByteIO

/// `local@domain` (RFC 5322 §3.4.1, RFC 6532).
public struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
  public let localPart: String
  public let domain: String

  public init(localPart: String, domain: String) {
    self.localPart = localPart
    self.domain = domain
  }

  /// Reads a bare address, such as a certificate carries it; nil when it has no `@` or an empty side.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let at = bytes.lastIndex(of: 0x40), at > 0, at + 1 < bytes.count else { return nil }
    var local = bytes[..<at]
    if local.count > 2, local.first == 0x22, local.last == 0x22 {
      // A quoted local part and a plain one are the same text (RFC 5322 §3.2.4).
      var unquoted: [UInt8] = []
      var isEscaped = false
      for byte in local.dropFirst().dropLast() {
        isEscaped = byte == 0x5C && !isEscaped
        if !isEscaped { unquoted.append(byte) }
      }
      local = unquoted[...]
    }
    self.init(
      localPart: String(decoding: local, as: UTF8.self), domain: String(decoding: bytes[(at + 1)...], as: UTF8.self))
  }

  /// `local@domain`; a local part that is no dot-atom stands in quotes.
  public var description: String { "\(Self.quotedIfNeeded(localPart))@\(domain)" }

  private static func quotedIfNeeded(_ local: String) -> String {
    let special = Set("()<>[]:;@\\,\" \t".utf8)
    let isDotAtom =
      !local.hasPrefix(".") && !local.hasSuffix(".") && !local.contains("..") && !local.isEmpty
      && local.utf8.allSatisfy { !special.contains($0) && $0 > 0x20 && $0 != 0x7F }
    guard !isDotAtom else { return local }
    return "\"" + local.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }

  /// True when both name the same mailbox: the domain as A-labels without case, an ASCII local part without case, one
  /// beyond ASCII exactly (RFC 8550 §3, RFC 9598 §5).
  public func matches(_ other: EmailAddress) -> Bool {
    guard DomainName.canonical(domain) == DomainName.canonical(other.domain) else { return false }
    if localPart == other.localPart && Array(localPart.utf8) == Array(other.localPart.utf8) { return true }
    guard localPart.utf8.allSatisfy({ $0 < 0x80 }), other.localPart.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
    return Text.equalIgnoringCase(localPart, other.localPart)
  }
}

/// One mailbox of an address field.
public struct Mailbox: Hashable, Sendable, CustomStringConvertible {
  /// As it is shown, decoded; nil when there is none.
  public let displayName: String?
  public let address: EmailAddress

  public init(displayName: String? = nil, address: EmailAddress) {
    self.displayName = displayName
    self.address = address
  }

  public var description: String { displayName.map { "\($0) <\(address)>" } ?? "\(address)" }

  /// An address in the display name that is not the mailbox's own: what a reader sees instead of the real sender.
  public var foreignAddressInDisplayName: String? {
    guard let displayName, !displayName.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x40 }) else { return nil }
    // Look-alikes of the at sign count as one.
    var text = String.UnicodeScalarView()
    for scalar in displayName.unicodeScalars {
      text.append(scalar == "\u{FF20}" || scalar == "\u{FE6B}" ? "@" : scalar)
    }
    for word in text.split(whereSeparator: { Self.separators.contains($0) || $0.properties.isWhitespace }) {
      guard let found = EmailAddress(String(Self.trimmed(word))), found.domain.utf8.contains(0x2E) else { continue }
      if !found.matches(address) { return "\(found)" }
    }
    return nil
  }

  private static let separators = Set("<>()[]{}\",;:|/\u{200B}\u{FEFF}".unicodeScalars)

  /// QUIRK: Outlook puts the own address, in single quotes, where there is no name.
  private static func trimmed(_ word: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    let marks = "'`.!?*_\u{2018}\u{2019}\u{201C}\u{201D}\u{AB}\u{BB}".unicodeScalars
    var word = word.drop { marks.contains($0) }
    while let last = word.last, marks.contains(last) { word.removeLast() }
    return word
  }
}

/// The list of an address field (RFC 5322 §3.4, obsolete forms of §4.4 included).
public struct AddressList: Hashable, Sendable {
  public let mailboxes: [Mailbox]
  /// How many entries could not be read.
  public let unreadableCount: Int

  public init(_ value: String) {
    var reader = AddressReader(value)
    (mailboxes, unreadableCount) = reader.list()
  }
}

/// Reads an address list in one pass; comments and folding white space are passed over.
private struct AddressReader {
  private var rest: Substring.UnicodeScalarView

  init(_ text: String) { rest = Substring(text).unicodeScalars }

  private enum Token {
    case word(String, isQuoted: Bool)
    case special(Unicode.Scalar)
  }

  mutating func list() -> ([Mailbox], Int) {
    var mailboxes: [Mailbox] = []
    var unreadable = 0
    var phrase: [Token] = []
    /// What stands between `<` and `>`, once that began.
    var angle: [Token]?
    var closedAngle: [Token]?
    /// True when something stands between `>` and the next comma.
    var hasTrail = false
    func finish() {
      if hasTrail { unreadable += 1 }
      defer {
        hasTrail = false
        phrase = []
        angle = nil
        closedAngle = nil
      }
      if let inside = closedAngle ?? angle {
        guard let address = Self.address(inside) else {
          if !inside.isEmpty || !phrase.isEmpty { unreadable += 1 }
          return
        }
        mailboxes.append(Mailbox(displayName: Self.phraseText(phrase), address: address))
      } else if !phrase.isEmpty {
        guard let address = Self.address(phrase) else {
          unreadable += 1
          return
        }
        mailboxes.append(Mailbox(address: address))
      }
    }
    while let token = next() {
      switch token {
      case .special(","), .special(";"):
        // A comma inside the brackets parts the hosts of an obsolete route.
        if angle != nil, closedAngle == nil, case .special(",") = token { angle?.append(token) } else { finish() }
      case .special(":"):
        // A group's name ends, or a route inside the brackets.
        if angle != nil && closedAngle == nil { angle = [] } else { phrase = [] }
      case .special("<"):
        if closedAngle != nil {
          // Two addresses without a comma: both are told, and that it is so, since readers differ in which they show.
          hasTrail = true
          finish()
        }
        if angle == nil { angle = [] }
      case .special(">"):
        if closedAngle == nil { closedAngle = angle ?? [] }
      default:
        if closedAngle != nil {
          hasTrail = true
        } else if angle != nil {
          angle?.append(token)
        } else {
          phrase.append(token)
        }
      }
    }
    finish()
    return (mailboxes, unreadable)
  }

  private mutating func next() -> Token? {
    while let scalar = rest.first {
      switch scalar {
      case " ", "\t": rest.removeFirst()
      case "(": skipComment()
      case "\"": return .word(quoted(), isQuoted: true)
      case "[":
        let text = rest.prefix { $0 != "]" }
        rest = rest[text.endIndex...].dropFirst()
        return .word(String(text) + "]", isQuoted: false)
      case ",", ";", ":", "<", ">", "@":
        rest.removeFirst()
        return .special(scalar)
      default:
        let text = rest.prefix { !" \t(\"[,;:<>@".unicodeScalars.contains($0) }
        if text.isEmpty {
          rest.removeFirst()
          continue
        }
        rest = rest[text.endIndex...]
        return .word(String(text), isQuoted: false)
      }
    }
    return nil
  }

  private mutating func skipComment() {
    var depth = 0
    while let scalar = rest.popFirst() {
      if scalar == "\\" {
        rest = rest.dropFirst()
      } else if scalar == "(" {
        depth += 1
      } else if scalar == ")" {
        depth -= 1
        if depth == 0 { return }
      }
    }
  }

  private mutating func quoted() -> String {
    rest.removeFirst()
    var text = String.UnicodeScalarView()
    while let scalar = rest.popFirst(), scalar != "\"" {
      if scalar == "\\", let escaped = rest.popFirst() { text.append(escaped) } else { text.append(scalar) }
    }
    return String(text)
  }

  /// `local@domain` with exactly one at sign; words before it are joined (obsolete `a . b @ c`).
  private static func address(_ tokens: [Token]) -> EmailAddress? {
    var tokens = tokens[...]
    // An obsolete route `@host,@host:` lost its colon's side already; what is left of it begins with an at sign.
    if case .special("@")? = tokens.first {
      tokens = tokens.drop { if case .special(",") = $0 { false } else { true } }.dropFirst()
    }
    var sides: [[String]] = [[]]
    for token in tokens {
      switch token {
      case .word(let text, _): sides[sides.count - 1].append(text)
      case .special("@"): sides.append([])
      case .special: return nil
      }
    }
    guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { return nil }
    for side in sides where side.count > 1 {
      // Only dots may join words: `a b@c` is not an address.
      for (left, right) in zip(side, side.dropFirst()) where !left.hasSuffix(".") && !right.hasPrefix(".") {
        return nil
      }
    }
    return EmailAddress(localPart: sides[0].joined(), domain: sides[1].joined())
  }

  /// The words with a space between them. An at sign joins: `alice@bank.example <mallory@evil.test>` shows an address.
  private static func phraseText(_ tokens: [Token]) -> String? {
    var text = ""
    var joins = true
    for token in tokens {
      switch token {
      case .word(let word, _):
        if !joins { text += " " }
        text += word
        joins = false
      case .special(let scalar):
        text.unicodeScalars.append(scalar)
        joins = scalar == "@"
      }
    }
    return text.isEmpty ? nil : EncodedWord.decode(text)
  }
}
