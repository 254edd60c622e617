import ByteIO

/// A value in an ``Outline``. It stands by itself, since the compiler loses its way in types that nest both ways.
indirect enum OutlineNode {
  case text(String)
  case number(Int)
  case flag(Bool)
  case list([OutlineNode])
  case outline(Outline)
}

/// Named values in the order they were put in: what `show` prints, as text for people or as JSON for programs.
struct Outline {
  typealias Node = OutlineNode

  private(set) var entries: [(name: String, value: Node)] = []

  init() {}

  init(_ entries: KeyValuePairs<String, Node>) { self.entries = entries.map { (name: $0.key, value: $0.value) } }

  /// The value of that name. Setting nil changes nothing, so that what is not there is not mentioned.
  subscript(name: String) -> Node? {
    get { entries.first { $0.name == name }?.value }
    set {
      guard let newValue else { return }
      if let index = entries.firstIndex(where: { $0.name == name }) {
        entries[index].value = newValue
      } else {
        entries.append((name: name, value: newValue))
      }
    }
  }
}

extension Outline: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (String, OutlineNode)...) {
    self.init()
    entries = elements.map { (name: $0.0, value: $0.1) }
  }
}

extension OutlineNode: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
  init(stringLiteral value: String) { self = .text(value) }
  init(arrayLiteral elements: Outline.Node...) { self = .list(elements) }

  static func texts(_ values: some Sequence<String>) -> Outline.Node? {
    let values = values.map(Outline.Node.text)
    return values.isEmpty ? nil : .list(values)
  }

  static func outlines(_ values: [Outline]) -> Outline.Node? {
    values.isEmpty ? nil : .list(values.map(Outline.Node.outline))
  }
}

// MARK: - Text

extension Outline {
  /// One line for each value, what lies inside another indented below it.
  var text: String {
    var lines: [String] = []
    Self.append(self, to: &lines, indent: "")
    return lines.map { $0 + "\n" }.joined()
  }

  private static func append(_ outline: Outline, to lines: inout [String], indent: String) {
    for (name, value) in outline.entries { append(value, named: name, to: &lines, indent: indent) }
  }

  private static func append(_ value: Node, named name: String, to lines: inout [String], indent: String) {
    switch value {
    case .text(let text): lines.append("\(indent)\(name): \(printable(text))")
    case .number(let number): lines.append("\(indent)\(name): \(number)")
    case .flag(let flag): lines.append("\(indent)\(name): \(flag ? "yes" : "no")")
    case .outline(let outline):
      lines.append("\(indent)\(name):")
      append(outline, to: &lines, indent: indent + "  ")
    case .list(let values):
      for value in values { append(value, named: name, to: &lines, indent: indent) }
    }
  }

  /// `text` without what would move a terminal's cursor or hide what follows.
  static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}

// MARK: - JSON

extension Outline {
  /// The outline as one JSON object in one line.
  var json: String { Self.json(.outline(self)) }

  private static func json(_ value: Node) -> String {
    switch value {
    case .text(let text): JSONText.quoted(text)
    case .number(let number): String(number)
    case .flag(let flag): flag ? "true" : "false"
    case .list(let values): "[" + values.map(json).joined(separator: ",") + "]"
    case .outline(let outline):
      "{" + outline.entries.map { JSONText.quoted($0.name) + ":" + json($0.value) }.joined(separator: ",") + "}"
    }
  }
}
