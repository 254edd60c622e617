import ArgumentParser

/// A command line written in the plain way: names of options with their values behind them, and at most one file.
///
/// To describe a mail command by reflection, as the argument parser must, takes 4 ms: more than reading a small message
/// and checking it. So a mail command takes a plain line by itself. Whatever is not plain, and every mistake, is left to
/// the parser, which alone explains; a test holds that both understand the same.
struct PlainArguments {
  private let words: [String]
  private var isTaken: [Bool]
  /// False as soon as something is met that the parser must judge.
  private var isPlain = true

  init(_ words: some Sequence<String>) {
    self.words = Array(words)
    isTaken = Array(repeating: false, count: self.words.count)
  }

  /// Every value of the option, in order.
  mutating func values(_ names: String...) -> [String] { take(names) }

  /// The value of an option that is given once or not at all.
  mutating func value(_ names: String...) -> String? {
    let values = take(names)
    if values.count > 1 { isPlain = false }
    return values.first
  }

  /// The value of an option that has a few values, which is `standard` if the option is left out.
  mutating func value<Value: RawRepresentable<String>>(_ name: String, _ standard: Value) -> Value {
    guard let text = value(name) else { return standard }
    guard let value = Value(rawValue: text) else {
      isPlain = false
      return standard
    }
    return value
  }

  mutating func flag(_ names: String...) -> Bool {
    guard let index = words.firstIndex(where: names.contains) else { return false }
    isTaken[index] = true
    return true
  }

  /// The one word that belongs to no option. Every option must have been taken before.
  mutating func file() -> String? {
    guard let index = words.indices.first(where: { !isTaken[$0] && Self.isValue(words[$0]) }) else { return nil }
    isTaken[index] = true
    return words[index]
  }

  /// Whether all was understood.
  var isUnderstood: Bool { isPlain && !isTaken.contains(false) }

  mutating func leaveToParser() { isPlain = false }

  /// What options refuse, the parser explains.
  mutating func leaveToParser(unlessValid options: some ParsableArguments) {
    var options = options
    do { try options.validate() } catch { isPlain = false }
  }

  private mutating func take(_ names: [String]) -> [String] {
    var values: [String] = []
    for index in words.indices where names.contains(words[index]) {
      guard index + 1 < words.count, Self.isValue(words[index + 1]) else {
        isPlain = false
        return values
      }
      isTaken[index] = true
      isTaken[index + 1] = true
      values.append(words[index + 1])
    }
    return values
  }

  private static func isValue(_ word: String) -> Bool { word.utf8.first != UInt8(ascii: "-") }
}

/// Options, or a command, that a plain line can be taken for.
protocol PlainOptions: ParsableArguments {
  /// Takes what belongs to these options, and gives each of them a value.
  init(_ plain: inout PlainArguments)
}

extension PlainOptions {
  /// The options that `words` stand for; nil if that is for the parser to say.
  static func plain(_ words: some Sequence<String>) -> Self? {
    var arguments = PlainArguments(words)
    let options = Self(&arguments)
    arguments.leaveToParser(unlessValid: options)
    return arguments.isUnderstood ? options : nil
  }
}
