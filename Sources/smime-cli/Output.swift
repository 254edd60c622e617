import ByteIO
import Glibc

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
    let file = try AtomicFile(path: path, overwrite: overwrite, mode: secrecy == .secret ? 0o600 : 0o644)
    Signals.removeTemporaryFiles()
    return file
  }

  /// True if what is written can still be taken back.
  var isHeldBack: Bool { file != nil }

  /// What was written to the file so far.
  func written() throws -> any ByteSource { file?.source() ?? BufferSource([]) }

  /// Makes the file appear under its name.
  func commit() throws { try file?.commit() }

  static let standardOutput: any ByteSink & Sendable = StandardOutput()

  static func flushStandardOutput() throws { try (standardOutput as? StandardOutput)?.flush() }
}
