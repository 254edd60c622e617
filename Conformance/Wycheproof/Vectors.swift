import Foundation
import SMIMECrypto

/// A file of Project Wycheproof, as far as it is used; the fields of all schemas together.
struct VectorFile: Decodable {
  let algorithm: String?
  let testGroups: [VectorGroup]
}

struct VectorGroup: Decodable {
  let type: String
  let sha: String?
  let mgf: String?
  let mgfSha: String?
  let sLen: Int?
  let curve: String?
  let encoding: String?
  let parameterSet: String?
  let publicKeyDer: String?
  let privateKeyPkcs8: String?
  let tests: [Vector]

  /// Some groups give a key as an object, in which case the DER stands beside it.
  private enum CodingKeys: String, CodingKey {
    case type, sha, mgf, mgfSha, sLen, curve, encoding, parameterSet, publicKeyDer, privateKeyPkcs8, tests
  }
}

struct Vector: Decodable {
  let tcId: Int
  let comment: String?
  let result: String
  let msg: String?
  let sig: String?
  let ctx: String?
  let ct: String?
  let label: String?
  let key: String?
  let iv: String?
  let aad: String?
  let tag: String?
  let `public`: String?
  let `private`: String?
  let shared: String?
  let password: String?
  let salt: String?
  let iterationCount: Int?
  let dkLen: Int?
  let dk: String?
  let ikm: String?
  let info: String?
  let size: Int?
  let okm: String?
  let seed: String?
  let ek: String?
  let c: String?
  let K: String?
}

/// One vector with what its file and group say.
struct VectorCase {
  let algorithm: String
  let group: VectorGroup
  let vector: Vector

  /// The value of hexadecimal digits; empty where there are none.
  func hex(_ text: String?) -> [UInt8] {
    let digits = Array((text ?? "").utf8)
    func value(_ digit: UInt8) -> UInt8 { digit >= 0x61 ? digit - 87 : digit >= 0x41 ? digit - 55 : digit - 48 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }

  /// The digest of this name, written in any way: `SHA-256`, `SHA256`, `sha256`.
  func digest(_ name: String?) throws -> DigestAlgorithm {
    // SHA-384 begins like SHA-3 does.
    func key(_ name: String) -> String {
      name.uppercased().replacing("SHA3-", with: "KECCAK").replacing("SHA3_", with: "KECCAK").replacing("-", with: "")
    }
    guard let name, let digest = DigestAlgorithm.allCases.first(where: { key($0.name) == key(name) }) else {
      throw Unsupported("the digest \(name ?? "without a name")")
    }
    return digest
  }
}
