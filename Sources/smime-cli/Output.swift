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

  /// Opens `path`; nil is standard output.
  init(_ path: String?, overwrite: AtomicFile.Overwrite, _ secrecy: Secrecy) throws {
    file = try path.map { try Self.file($0, overwrite: overwrite, secrecy) }
    sink = file ?? Self.standardOutput
  }

  private static func file(
    _ path: String, overwrite: AtomicFile.Overwrite, _ secrecy: Secrecy
  ) throws -> AtomicFile {
    if path.hasSuffix("/") || Files.isFolder(path) {
      throw IOFailure(.cannotCreate, path, detail: "it is a folder")
    }
    // First, since it clears the list that the file may be put on.
    Signals.removeTemporaryFiles()
    return try AtomicFile(path: path, overwrite: overwrite, mode: secrecy == .secret ? 0o600 : 0o644)
  }

  /// True if what is written can still be taken back.
  var isHeldBack: Bool { file != nil }

  /// What was written to the file so far.
  func written() throws -> any ByteSource { file?.source() ?? BufferSource([]) }

  /// Where content goes that is too large for memory: straight into the file, which has no name yet.
  var overflow: (() throws -> any RereadableSink)? { file.map { file in { file } } }

  /// Writes what is inside all layers of `opened`, unless it is in the file already, and makes the file appear.
  func writeContent(of opened: OpenedMessage) throws {
    if let content = opened.content, try written().count == 0 { try content.canonical.copy(to: sink) }
    try commit()
  }

  /// Makes the file appear under its name.
  func commit() throws { try file?.commit() }

  static let standardOutput: any ByteSink & Sendable = StandardOutput()

  static func flushStandardOutput() throws { try (standardOutput as? StandardOutput)?.flush() }
}
