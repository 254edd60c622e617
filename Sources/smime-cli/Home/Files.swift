import ByteIO
import Glibc

/// The few things a command does with folders.
enum Files {
  static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  static func isFolder(_ path: String) -> Bool { Folder.exists(path) }

  /// Makes the folder `path` and those above it, for its owner only.
  static func makeFolder(_ path: String) throws(IOFailure) { try Folder.make(path) }

  /// The paths of the files in `folder` whose names end in one of `endings`, sorted; none if there is no such folder.
  static func list(_ folder: String, endings: [String]) -> [String] {
    guard let directory = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.first != ".", endings.contains(where: { name.hasSuffix($0) }) { names.append("\(folder)/\(name)") }
    }
    return names.sorted()
  }

  /// Writes a small file so that after a loss of power either the old or the new one is there, whole.
  static func write(_ bytes: [UInt8], to path: String, overwrite: AtomicFile.Overwrite, mode: UInt32 = 0o600) throws {
    let file = try AtomicFile(path: path, overwrite: overwrite, mode: mode)
    try file.write(bytes)
    try file.commit()
    Folder.synchronise(of: path)
  }

  static func remove(_ path: String) { unsafe unlink(path) }

  /// `text` as the name of a file: no separators, no leading full stop, nothing that needs quoting.
  static func name(for text: String) -> String {
    let name = text.lowercased().unicodeScalars.map { scalar -> Character in
      switch scalar {
      case "a"..."z", "0"..."9", "@", ".", "_", "-", "+": Character(scalar)
      default: "_"
      }
    }
    let result = String(name.drop { $0 == "." || $0 == "-" }.prefix(120))
    return result.isEmpty ? "unnamed" : result
  }
}
