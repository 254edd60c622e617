import MIME
import SMIME

/// Prints an opened message to be read: who, to whom, when, the text, and the names of the attachments.
struct MessagePrinter {
  private let opened: OpenedMessage
  private static let textLimit = 1 << 20

  init(_ opened: OpenedMessage) { self.opened = opened }

  func print() throws {
    guard let content = opened.content else { return }
    var text = "\n"
    for header in opened.headers where ["From", "Sender", "To", "Cc", "Subject", "Date"].contains(header.name) {
      text += "\(header.name): \(Outline.printable(header.value))\n"
    }
    text += "\n" + Self.readable(try body(of: content) ?? "")
    if !text.hasSuffix("\n") { text += "\n" }
    for part in content.all where part.isAttachment {
      text +=
        "attachment: \(Attachments.safeName(part.fileName)) (\(part.contentType.name), \(part.bodyRange.count) bytes)\n"
    }
    Terminal.print(text)
  }

  /// The text to read: of alternatives the plain one, else the words of the HTML.
  private func body(of entity: Entity) throws -> String? {
    if entity.isAttachment { return nil }
    switch entity.contentType.name {
    case "text/html": return try entity.text(limit: Self.textLimit).map(HTMLText.words)
    case "multipart/alternative":
      let plain =
        entity.all.first { $0.contentType.name == "text/plain" } ?? entity.all.first { $0.contentType.type == "text" }
      return try plain.flatMap { try body(of: $0) }
    default:
      if entity.contentType.type == "text" { return try entity.text(limit: Self.textLimit) }
      let texts = try entity.parts.compactMap { try body(of: $0) }
      return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }
  }

  /// The text with nothing in it that moves a terminal's cursor.
  private static func readable(_ text: String) -> String {
    text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map { Outline.printable(String($0)) }
        .joined(separator: "\t")
    }.joined(separator: "\n")
  }
}

/// The words of an HTML text, for reading in a terminal. Nothing is fetched, and nothing is run.
enum HTMLText {
  static func words(_ html: String) -> String {
    var result = ""
    var rest = html[...]
    while let open = rest.firstIndex(of: "<") {
      result += rest[..<open]
      let tag = rest[open...].dropFirst()
      let name = tag.prefix { $0.isLetter || $0.isNumber || $0 == "/" }.lowercased()
      guard let close = tag.firstIndex(of: ">") else { return decoded(result) }
      rest = tag[close...].dropFirst()
      switch name {
      case "script", "style", "head":
        guard let end = rest.range(ofClosingTag: name) else { return decoded(result) }
        rest = rest[end...]
      case "br", "/p", "/div", "/li", "/tr", "/h1", "/h2", "/h3": result += "\n"
      default: break
      }
    }
    return decoded(result + rest)
  }

  private static func decoded(_ text: String) -> String {
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    return entities.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}

extension Substring {
  /// The index behind `</name…>`.
  fileprivate func range(ofClosingTag name: String) -> Index? {
    var rest = self
    while let open = rest.firstIndex(of: "<") {
      let tag = rest[open...].dropFirst()
      if tag.prefix(name.count + 1).lowercased() == "/\(name)" {
        return tag.firstIndex(of: ">").map { index(after: $0) }
      }
      rest = tag
    }
    return nil
  }
}
