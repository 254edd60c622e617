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
    guard let at = text.lastIndex(of: "@"), at != text.startIndex, text.index(after: at) != text.endIndex else {
      return nil
    }
    self.init(localPart: String(text[..<at]), domain: String(text[text.index(after: at)...]))
  }

  public var description: String { "\(localPart)@\(domain)" }

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
    guard let displayName else { return nil }
    // Look-alikes of the at sign count as one.
    let text = String(displayName.map { "＠﹫".contains($0) ? "@" : $0 })
    for word in text.split(whereSeparator: { " \t<>()[]\",;:\u{A0}\u{3000}".contains($0) || $0.isNewline }) {
      guard let found = EmailAddress(String(word)), found.domain.contains(".") else { continue }
      if !found.matches(address) { return "\(found)" }
    }
    return nil
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
    func finish() {
      defer {
        phrase = []
        angle = nil
        closedAngle = nil
      }
      if let inside = closedAngle ?? angle {
        guard let address = Self.address(inside) else {
          if !inside.isEmpty { unreadable += 1 }
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
        if angle == nil { angle = [] }
      case .special(">"):
        if closedAngle == nil { closedAngle = angle ?? [] }
      default:
        if closedAngle != nil { continue }
        if angle != nil { angle?.append(token) } else { phrase.append(token) }
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

  private static func phraseText(_ tokens: [Token]) -> String? {
    var words: [String] = []
    for token in tokens {
      switch token {
      case .word(let text, _): words.append(text)
      case .special(let scalar): words.append(String(Character(scalar)))
      }
    }
    guard !words.isEmpty else { return nil }
    return EncodedWord.decode(words.joined(separator: " "))
  }
}
