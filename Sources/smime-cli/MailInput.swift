import ByteIO
import MIME
import SMIMECrypto

/// Input that is mail, or CMS by itself: DER, PEM, or base64.
struct MailInput {
  /// What the input was found to be.
  enum Form { case mail, cms }

  /// What it is read from.
  let input: Input
  let form: Form
  /// The mail; bare CMS as the one part of a mail without other header fields.
  let source: any ByteSource

  init(_ input: Input) throws {
    self.input = input
    let name = input.name
    let source = input.source
    let head = try source.bytes(in: 0..<min(source.count, Armour.headLimit))
    guard !head.isEmpty else { throw CommandFailure(.unreadable, "\(name): is empty") }
    let text = TextMark.count(in: head)
    if head.starts(with: [0x30]) {
      form = .cms
      self.source = JoinedSource(Self.header(encoding: "binary"), source)
    } else if let armour = Armour(in: head, where: Self.labels.contains) {
      guard let content = try armour.content(of: source) else {
        throw CommandFailure(.unreadable, "\(name): the PEM block \(armour.label) does not end")
      }
      form = .cms
      self.source = JoinedSource(Self.header(encoding: "base64"), source.slice(content))
    } else if Self.isBase64(head[text...]) {
      form = .cms
      self.source = JoinedSource(Self.header(encoding: "base64"), source.slice(text..<source.count))
    } else if Self.beginsWithField(head[text...]) {
      form = .mail
      self.source = text == 0 ? source : source.slice(text..<source.count)
    } else {
      throw CommandFailure(
        .unreadable, "\(name): neither mail nor CMS",
        hint: "a mail begins with header fields such as 'From: alice@example.org'")
    }
  }

  var name: String { input.name }

  /// The addresses that the mail names as its senders.
  func senders() throws -> [String] { try Message(source).from.map(\.address.description) }

  /// What `work` makes of the mail. CMS by itself is refused: it has no place for what a mail is wrapped in.
  func write(_ work: (any ByteSource) async throws -> Void) async throws {
    guard form == .mail else {
      throw CommandFailure(.unreadable, "\(name): not a mail", hint: "a mail begins with header fields such as 'From:'")
    }
    do { try await work(source) } catch { throw CommandFailure(error, in: name) }
  }

  /// What `error` means for this input: broken or unknown CMS in a mail that can be read is a message that is not
  /// good; by itself it is input that cannot be read.
  func broken(_ error: any Error) -> CommandFailure {
    let failure = CommandFailure(error, in: name)
    let isInside = form == .mail && (error is Malformed || error is Unsupported)
    return isInside ? CommandFailure(.notGood, failure.message, hints: failure.hints) : failure
  }

  /// The structure of bare CMS.
  func cmsOutline() throws -> Outline { try CMSOutline.outline(of: try Entity(source).decodedBody) }

  private static func header(encoding: String) -> [UInt8] {
    Array("Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: \(encoding)\r\n\r\n".utf8)
  }

  /// Of PEM blocks that hold CMS.
  private static let labels: Set<String> = ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"]

  /// Whether a file that begins with `head` is nothing but base64.
  private static func isBase64(_ head: ArraySlice<UInt8>) -> Bool {
    let line = head.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    // A SEQUENCE with a long or an indefinite length begins with "MI" or "MG" in base64.
    return line.count >= 16 && line.starts(with: Array("M".utf8)) && line.allSatisfy(isBase64Digit)
  }

  private static func isBase64Digit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
      true
    default: false
    }
  }

  /// RFC 5322 §2.2: a field name of printable characters, a colon. An mbox's "From " line may come before it.
  static func beginsWithField(_ head: ArraySlice<UInt8>) -> Bool {
    if head.starts(with: Array("From ".utf8)) || head.starts(with: Array(">From ".utf8)) { return true }
    let name = head.prefix { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
    let rest = head[name.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
    return !name.isEmpty && rest.first == UInt8(ascii: ":")
  }
}

/// A few bytes in memory, and after them another source.
struct JoinedSource: ByteSource {
  private let head: [UInt8]
  private let tail: any ByteSource

  init(_ head: [UInt8], _ tail: any ByteSource) {
    self.head = head
    self.tail = tail
  }

  var count: Int { head.count + tail.count }

  func read(at offset: Int, into buffer: inout [UInt8]) throws(IOFailure) -> Int {
    guard offset >= 0, offset < head.count else { return try tail.read(at: offset - head.count, into: &buffer) }
    let count = min(buffer.count, head.count - offset)
    buffer.replaceSubrange(0..<count, with: head[offset..<offset + count])
    return count
  }
}
