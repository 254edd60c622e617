import ByteIO
import Foundation
import SMIMECrypto

/// The outside corpora, in the folder that `$SMIME_CORPUS` names.
struct Corpus: Sendable {
  let root: String

  func bytes(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: root + "/" + path) else {
      throw IOFailure(.cannotOpen, path)
    }
    return [UInt8](data)
  }

  /// The DER of a file that may be PEM: its first block.
  func der(_ path: String) throws -> [UInt8] {
    let bytes = try bytes(path)
    guard bytes.first != 0x30 else { return bytes }
    return try PEMBlock.all(in: bytes).first?.bytes ?? bytes
  }

  func manifest<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(try bytes(path)))
  }

  func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder).sorted().map { folder + "/" + $0 }
  }
}

/// What came of one case.
struct CaseResult: Sendable {
  let id: String
  /// nil when it is as the corpus expects, else what was different.
  let difference: String?
  /// What the case needs and was refused by name; such a name needs a reason in the exceptions, not each of its cases.
  let notOffered: String?

  init(_ id: String, _ difference: String?) {
    self.id = id
    self.difference = difference
    notOffered = nil
  }

  init(_ id: String, notOffered: String) {
    self.id = id
    difference = nil
    self.notOffered = notOffered
  }
}

/// Cases that are run together, each from a corpus.
struct Suite: Sendable {
  let name: String
  let run: @Sendable (Corpus) async throws -> [CaseResult]
}
