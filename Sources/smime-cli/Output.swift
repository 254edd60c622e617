import ByteIO
import Glibc
import MIME
import SMIME

/// Where a command's result goes: standard output, or a file that appears only when it is complete.
struct Output {
  /// Who may read the file.
  enum Secrecy {
    /// Mail and certificates: whoever the umask lets.
    case open
    /// Decrypted text and keys: the owner.
    case secret
  }

  /// What is written goes here.
  let sink: any ByteSink
  private let file: AtomicFile?
  /// Another file for the same place.
  private let again: () throws -> AtomicFile?

  /// Opens `path`; nil is standard output.
  init(_ path: String?, overwrite: AtomicFile.Overwrite, _ secrecy: Secrecy) throws {
    // First, since it clears the list that the file may be put on.
    Signals.removeTemporaryFiles()
    again = { try path.map { try Self.file($0, overwrite: overwrite, secrecy) } }
    file = try again()
    sink = file ?? Self.standardOutput
  }

  private static func file(
    _ path: String, overwrite: AtomicFile.Overwrite, _ secrecy: Secrecy
  ) throws -> AtomicFile {
    if path.hasSuffix("/") || Files.isFolder(path) {
      throw IOFailure(.cannotCreate, path, detail: "it is a folder")
    }
    return try AtomicFile(path: path, overwrite: overwrite, mode: secrecy == .secret ? 0o600 : 0o644)
  }

  /// True if what is written can still be taken back.
  var isHeldBack: Bool { file != nil }

  /// What was written to the file so far.
  func written() throws -> any ByteSource { file?.source() ?? BufferSource([]) }

  /// Where content goes that is too large for memory: straight into the file, which has no name yet.
  /// There is one file, so that it takes one layer.
  var overflow: (() throws -> (any RereadableSink)?)? {
    file.map { file in { file.source().count == 0 ? file : nil } }
  }

  /// Writes what is inside all layers of `opened`, and makes the file appear.
  ///
  /// What is in the file already may be the content itself, or a layer around it, of which not all was signed: then the
  /// content goes into a file of its own.
  func writeContent(of opened: OpenedMessage) throws {
    guard let content = opened.content else {
      throw CommandFailure(.notGood, "what is inside was not kept: it does not open, or is too large for memory")
    }
    let spilled = try written().count
    guard spilled > 0 else {
      try opened.writeContent(to: sink)
      return try commit()
    }
    if content.source.count == spilled, content.range == 0..<spilled { return try commit() }
    guard let other = try again() else { return }
    try opened.writeContent(to: other)
    try other.commit()
  }

  /// Makes the file appear under its name.
  func commit() throws { try file?.commit() }

  static let standardOutput: any ByteSink & Sendable = StandardOutput()

  static func flushStandardOutput() throws { try (standardOutput as? StandardOutput)?.flush() }
}
