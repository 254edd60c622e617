import Foundation
import SMIMECrypto
import SwiftASN1

/// Project Wycheproof: every primitive that is offered against the vectors of its algorithm. `valid` must pass, `invalid`
/// must not, `acceptable` may do either.
enum WycheproofSuite {
  /// One file; what is not needed is not read.
  private struct File: Decodable {
    var testGroups: [Group]
  }

  private struct Group: Decodable {
    var type: String
    var sha: String?
    var mgfSha: String?
    var sLen: Int?
    var curve: String?
    var encoding: String?
    var publicKeyDer: String?
    var privateKeyPkcs8: String?
    var tests: [Vector]
  }

  private struct Vector: Decodable {
    var tcId: Int
    var comment: String
    var result: String
    var msg: String?
    var sig: String?
    var ct: String?
    var label: String?
    var key: String?
    var iv: String?
    var aad: String?
    var tag: String?
    var `public`: String?
    var `private`: String?
    var shared: String?
    var password: String?
    var salt: String?
    var iterationCount: Int?
    var dkLen: Int?
    var dk: String?
  }

  /// A vector of something that is not offered; it does not count.
  private struct NotOffered: Error {}

  static let all = Suite(name: "wycheproof") { try await run($0) }

  private static func run(_ corpus: Corpus) async throws -> [CaseResult] {
    var results: [CaseResult] = []
    for path in try corpus.files(in: "wycheproof") where isOffered(path) {
      let file: File = try corpus.manifest(path)
      for group in file.testGroups {
        for vector in group.tests {
          let passed: Bool
          do {
            passed = try check(vector, group, String(path.dropFirst("wycheproof/".count)))
          } catch is NotOffered {
            continue
          } catch { passed = false }
          let isWrong = passed && vector.result == "invalid" || !passed && vector.result == "valid"
          let difference = isWrong ? "\(vector.comment) is \(vector.result)" : nil
          results.append(CaseResult("\(path.dropFirst("wycheproof/".count))/\(vector.tcId)", difference))
        }
      }
    }
    return results
  }

  private static func isOffered(_ path: String) -> Bool {
    let name = path.dropFirst("wycheproof/".count)
    let prefixes = [
      "aes_cbc_pkcs5", "aes_gcm_test", "aes_wrap", "ecdh_secp", "ecdsa_secp", "ed25519", "hmac_sha", "pbes2_",
      "pbkdf2_",
      "rsa_oaep", "rsa_pkcs1_", "rsa_pss", "rsa_signature", "rsa_three",
    ]
    return name.hasSuffix(".json") && prefixes.contains { name.hasPrefix($0) }
  }

  private static func check(_ vector: Vector, _ group: Group, _ file: String) throws -> Bool {
    switch group.type {
    case "RsassaPkcs1Verify": return try verify(vector, group, .rsaPKCS1(digest(group.sha)))
    case "EcdsaVerify": return try verify(vector, group, .ecdsa(digest(group.sha)))
    case "EddsaVerify": return try verify(vector, group, .ed25519)
    case "RsassaPssVerify":
      let parameters = PSSParameters(
        digest: try digest(group.sha), maskDigest: try digest(group.mgfSha), saltByteCount: group.sLen ?? 0)
      return try verify(vector, group, .rsaPSS(parameters))
    case "RsassaPkcs1Generate":
      let key = try privateKey(group)
      let signature = hex(vector.sig)[...]
      return try key.publicKey.isValid(signature, of: hex(vector.msg)[...], .rsaPKCS1(digest(group.sha)))
    case "RsaesPkcs1Decrypt":
      let message = hex(vector.msg)
      let size = message.isEmpty ? 16 : message.count
      let found = try privateKey(group).decrypt(hex(vector.ct)[...], .rsaPKCS1, keyByteCount: size)
      return vector.result != "invalid" && (message.isEmpty || found.octets == message)
    case "RsaesOaepDecrypt":
      let parameters = OAEPParameters(
        digest: try digest(group.sha), maskDigest: try digest(group.mgfSha), label: hex(vector.label))
      let message = hex(vector.msg)
      let found = try privateKey(group).decrypt(
        hex(vector.ct)[...], .rsaOAEP(parameters), keyByteCount: message.count)
      return found.octets == message
    case "EcdhTest", "EcdhEcpointTest": return try agree(vector, group)
    case "AeadTest", "IndCpaTest": return try content(vector, isAuthenticated: group.type == "AeadTest")
    case "KeywrapTest":
      let kek = SymmetricKey(octets: hex(vector.key))
      return try KeyWrap(keyByteCount: kek.byteCount).unwrap(hex(vector.ct)[...], with: kek).octets == hex(vector.msg)
    case "MacTest":
      let code = try HMACode.code(of: hex(vector.msg)[...], key: hex(vector.key), digest(file, prefix: "hmac_"))
      let tag = hex(vector.tag)
      return Array(code.prefix(tag.count)) == tag
    case "PbkdfTest":
      let derivation = PBKDF2(
        salt: hex(vector.salt), rounds: vector.iterationCount ?? 0, try digest(file, prefix: "pbkdf2_hmac"))
      return try derivation.derive(from: hex(vector.password), byteCount: vector.dkLen ?? 0).octets == hex(vector.dk)
    default: throw NotOffered()
    }
  }

  private static func verify(_ vector: Vector, _ group: Group, _ algorithm: SignatureAlgorithm) throws -> Bool {
    let key = try PublicKey(spki: hex(group.publicKeyDer)[...])
    if case .other = key.kind { throw NotOffered() }
    return try key.isValid(hex(vector.sig)[...], of: hex(vector.msg)[...], algorithm)
  }

  private static func agree(_ vector: Vector, _ group: Group) throws -> Bool {
    let curves: [String: EllipticCurve] = ["secp256r1": .p256, "secp384r1": .p384, "secp521r1": .p521]
    guard let curve = curves[group.curve ?? ""] else { throw NotOffered() }
    let peer: PublicKey
    switch group.encoding {
    case "asn": peer = try PublicKey(spki: hex(vector.public)[...])
    case "ecpoint": peer = try PublicKey(curve: curve, point: hex(vector.public)[...])
    default: throw NotOffered()
    }
    let sec1 = DER.Serializer.encode { der in
      der.sequence { der in
        der.int(1)
        der.octets(hex(vector.private))
        der.context(0) { $0.oid(curve.oid) }
      }
    }
    return try PrivateKey(sec1: sec1[...]).sharedSecret(with: peer).octets == hex(vector.shared)
  }

  private static func content(_ vector: Vector, isAuthenticated: Bool) throws -> Bool {
    let key = SymmetricKey(octets: hex(vector.key))
    let iv = hex(vector.iv)
    let cipher: ContentEncryption =
      isAuthenticated ? .aesGCM(keyBits: key.byteCount * 8) : .aesCBC(keyBits: key.byteCount * 8)
    let encoded = DER.Serializer.encode { der in
      guard isAuthenticated else { return der.octets(iv) }
      der.sequence { der in
        der.octets(iv)
        der.int(16)
      }
    }
    // RFC 5084 asks for 12; nonces beyond 16 octets are refused by name.
    guard iv.count <= 16 else { throw NotOffered() }
    let parameters = try ContentCipherParameters(AlgorithmIdentifier(cipher.oid, parameters: encoded[...]))
    let decryptor = try ContentDecryptor(parameters, key: key, associatedData: hex(vector.aad))
    var plain: [UInt8] = []
    try decryptor.update(hex(vector.ct).span, into: &plain)
    try decryptor.finish(into: &plain, tag: isAuthenticated ? hex(vector.tag)[...] : nil)
    return plain == hex(vector.msg)
  }

  private static func privateKey(_ group: Group) throws -> PrivateKey {
    do {
      return try PrivateKey(pkcs8: hex(group.privateKeyPkcs8)[...])
    } catch is Unsupported { throw NotOffered() }
  }

  private static func digest(_ name: String?) throws -> DigestAlgorithm {
    guard let digest = DigestAlgorithm.allCases.first(where: { $0.name == name }) else { throw NotOffered() }
    return digest
  }

  /// The digest that a file's name has after `prefix`, such as `hmac_sha256_test.json`.
  private static func digest(_ file: String, prefix: String) throws -> DigestAlgorithm {
    let name = file.dropFirst(prefix.count).dropLast("_test.json".count)
    guard let digest = DigestAlgorithm.allCases.first(where: { $0.name.replacing("-", with: "").lowercased() == name })
    else { throw NotOffered() }
    return digest
  }

  private static func hex(_ text: String?) -> [UInt8] {
    let digits = Array((text ?? "").utf8)
    func value(_ digit: UInt8) -> UInt8 { digit >= 0x61 ? digit - 87 : digit >= 0x41 ? digit - 55 : digit - 48 }
    return stride(from: 0, to: digits.count - 1, by: 2).map { value(digits[$0]) << 4 | value(digits[$0 + 1]) }
  }
}
