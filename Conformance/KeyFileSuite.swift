import Foundation
import SMIMECrypto

/// Key files of every kind: one that is read writes itself as the same key, and one that is not says what it is.
enum KeyFileSuite {
  static let all = [Suite(name: "private-keys", run: privateKeys), Suite(name: "public-keys", run: publicKeys)]

  private static let folders = [
    "cryptography-vectors/asymmetric", "rfc-examples", "rustcrypto-formats/pkcs1", "rustcrypto-formats/pkcs5",
    "rustcrypto-formats/pkcs8", "rustcrypto-formats/pem-rfc7468", "rustcrypto-formats/sec1",
  ]

  private static func privateKeys(_ corpus: Corpus) async throws -> [CaseResult] {
    let passwords = passwords(corpus)
    return blocks(corpus, folders) { $0.hasSuffix("PRIVATE KEY") }.map { id, block in
      do {
        guard let key = try privateKey(block, passwords) else {
          return CaseResult(id, notOffered: "a password not known")
        }
        let again = try PrivateKey(pkcs8: key.pkcs8[...])
        return CaseResult(id, again.publicKey == key.publicKey ? nil : "is another key when it is written")
      } catch let refusal as Unsupported {
        return CaseResult(id, notOffered: refusal.what)
      } catch { return CaseResult(id, "\(error)") }
    }
  }

  private static func privateKey(_ block: PEMBlock, _ passwords: [Password]) throws -> PrivateKey? {
    guard block.label == "ENCRYPTED PRIVATE KEY" else { return try PrivateKey(pem: block) }
    for password in passwords {
      do { return try PrivateKey(pem: block, password: password) } catch is WrongPassword { continue }
    }
    return nil
  }

  private static func publicKeys(_ corpus: Corpus) async throws -> [CaseResult] {
    blocks(corpus, folders + ["rustcrypto-formats/spki"]) { $0 == "PUBLIC KEY" }.map { id, block in
      do {
        let key = try PublicKey(spki: block.bytes[...])
        if case .other(let name) = key.kind { return CaseResult(id, notOffered: name) }
        return CaseResult(id, Array(key.spki) == block.bytes ? nil : "is another key when it is written")
      } catch let refusal as Unsupported {
        return CaseResult(id, notOffered: refusal.what)
      } catch { return CaseResult(id, "\(error)") }
    }
  }

  // MARK: Files

  private struct Manifest: Decodable {
    struct File: Decodable { let description: String? }
    let files: [File]
  }

  /// What the manifest puts between backticks where it speaks of a password, and the usual ones.
  private static func passwords(_ corpus: Corpus) -> [Password] {
    let manifest: Manifest? = try? corpus.manifest("cryptography-vectors/manifest.json")
    var words: [String] = ["password", "hunter42", "hunter2", "123456", "foobar", "asdf"]
    for text in manifest?.files.compactMap(\.description) ?? [] where text.contains("password") {
      for (index, word) in text.components(separatedBy: "``").enumerated() where index % 2 == 1 && word.count < 40 {
        if !words.contains(word), !word.contains("/") { words.append(word) }
      }
    }
    return words.map { Password($0) }
  }

  /// Every key of `folders`, in PEM or DER, with a label that is asked for.
  private static func blocks(
    _ corpus: Corpus, _ folders: [String], _ isWanted: (String) -> Bool
  ) -> [(String, PEMBlock)] {
    var found: [(String, PEMBlock)] = []
    for folder in folders {
      let path = corpus.root + "/" + folder
      for name in ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted() {
        guard let bytes = try? corpus.bytes(folder + "/" + name) else { continue }
        if bytes.first == 0x30 {
          if let label = label(of: bytes), isWanted(label) {
            found.append(("\(folder)/\(name)", PEMBlock(label: label, bytes: bytes)))
          }
          continue
        }
        guard let blocks = try? PEMBlock.all(in: bytes) else { continue }
        for (index, block) in blocks.enumerated() where isWanted(block.label) {
          found.append(("\(folder)/\(name)#\(index)", block))
        }
      }
    }
    return found
  }

  /// What DER would be called in PEM, by the first tags inside the SEQUENCE: RFC 5958, RFC 8017 A.1, RFC 5915, RFC 5280.
  private static func label(of der: [UInt8]) -> String? {
    let afterHeader = { (at: Int) -> Int in at + 2 + (der[at + 1] > 0x80 ? Int(der[at + 1] & 0x7F) : 0) }
    guard der.count > 8 else { return nil }
    let first = afterHeader(0)
    guard first + 2 < der.count, der[first + 1] < 0x80 || der[first] == 0x30 else { return nil }
    let length = der[first + 1] < 0x80 ? Int(der[first + 1]) : 0
    let second = length == 0 ? nil : first + 2 + length
    guard let second, second < der.count else { return nil }
    switch (der[first], der[second]) {
    case (0x02, 0x30): return "PRIVATE KEY"
    case (0x02, 0x02) where length == 1: return "RSA PRIVATE KEY"
    case (0x02, 0x04): return "EC PRIVATE KEY"
    case (0x30, 0x04): return "ENCRYPTED PRIVATE KEY"
    case (0x30, 0x03): return "PUBLIC KEY"
    default: return nil
    }
  }
}
