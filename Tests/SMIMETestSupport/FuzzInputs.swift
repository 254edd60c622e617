import Foundation

/// What the entries of `Fuzz/` begin with, and whatever ended one of them once.
public enum FuzzInputs {
  /// The folder with one of its own for each entry.
  public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus")

  /// There is nothing for an entry, so that a test of it would show nothing.
  public struct Missing: Error {
    public let entry: String
  }

  /// What lies there for `entry`, by name.
  public static func of(_ entry: String) throws -> [(name: String, bytes: [UInt8])] {
    let own = folder.appendingPathComponent(entry)
    let names = try FileManager.default.contentsOfDirectory(atPath: own.path).sorted()
    guard !names.isEmpty else { throw Missing(entry: entry) }
    return try names.map { ($0, [UInt8](try Data(contentsOf: own.appendingPathComponent($0)))) }
  }
}
