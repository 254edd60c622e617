import Foundation
import SMIMECrypto
import SMIMEPKCS11
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: all of it is read, or refused by an error that says why.
@Suite struct `Inputs of the fuzzing entry for addresses of tokens` {
  /// What lies there for `entry`, by name.
  private func inputs(_ entry: String) throws -> [(name: String, bytes: [UInt8])] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fuzz/Corpus/\(entry)").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(!names.isEmpty)
    return try names.map { ($0, [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")))) }
  }

  @Test func `are read, or refused by name`() throws {
    for (name, bytes) in try inputs("fuzz-token-address") {
      do {
        let address = try TokenAddress(String(decoding: bytes, as: UTF8.self))
        let text = "\(address)"
        // Percent signs make an address longer, up to the size that is refused.
        guard text.utf8.count <= 4_096 else { continue }
        let again = try TokenAddress(text)
        #expect("\(again)" == text && again.id == address.id && again.attributes == address.attributes, "\(name)")
      } catch { #expect(error is Malformed || error is Unsupported, "\(name): \(error)") }
    }
  }
}
