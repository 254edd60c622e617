import ByteIO
import MIME

/// What is written into a folder by `open --save`.
enum Attachments {
  /// Saves every attachment of `entity` into `folder`, and returns the paths. A file that exists is never replaced.
  ///
  /// - Parameter input: what the attachments are read from; when it is changed meanwhile, nothing of that is saved.
  static func save(_ entity: Entity, of input: Input, in folder: String) throws -> [String] {
    try Files.makeFolder(folder)
    var paths: [String] = []
    for part in entity.all where part.isAttachment {
      let path = free(safeName(part.fileName), in: folder)
      let file = try AtomicFile(path: path, overwrite: .refuse, mode: 0o600)
      try part.decodedBody.copy(to: file)
      try input.checkUnchanged()
      try file.commit()
      paths.append(path)
    }
    return paths
  }

  /// A name that stays in its folder and hides nothing: the last component, no leading full stop or hyphen, no
  /// controls, no characters that reverse or disguise what is shown.
  static func safeName(_ name: String?) -> String {
    let last = (name ?? "").split(whereSeparator: { $0 == "/" || $0 == "\\" || $0 == ":" }).last ?? ""
    let shown = Outline.printable(String(last)).map { $0 == "\u{FFFD}" || $0 == " " ? "_" : $0 }
    var result = String(String(shown).drop { $0 == "." || $0 == "-" })
    while result.utf8.count > 200 { result.removeLast() }
    return result.isEmpty ? "attachment" : result
  }

  /// The name, or with a number before its ending, so that there is no such file yet.
  private static func free(_ name: String, in folder: String) -> String {
    guard Files.exists("\(folder)/\(name)") else { return "\(folder)/\(name)" }
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    var number = 2
    while Files.exists("\(folder)/\(name[..<dot])-\(number)\(name[dot...])") { number += 1 }
    return "\(folder)/\(name[..<dot])-\(number)\(name[dot...])"
  }
}

extension Entity {
  /// True for a leaf that is a file of its own rather than text to be read.
  var isAttachment: Bool {
    guard parts.isEmpty || contentType.name == "message/rfc822", !contentType.isMultipart else { return false }
    if mayHoldCMS { return false }
    return disposition == "attachment" || fileName != nil || contentType.type != "text" && !contentType.isMultipart
  }
}
