import SMIMECrypto
import SwiftASN1

/// Signatures, by the algorithm's identifier as a SignerInfo has it.
enum SignatureVectors {
  static func isValid(_ item: VectorCase) throws -> Bool {
    // An ML-DSA signature of CMS has no context (RFC 9882 §3).
    if !(item.vector.ctx ?? "").isEmpty { throw Unsupported("\(item.algorithm) with a context") }
    guard let spki = item.group.publicKeyDer else { throw Malformed("the group's public key has no encoding") }
    let key = try PublicKey(spki: item.hex(spki)[...])
    if case .other(let name) = key.kind { throw Unsupported(name) }
    return try key.isValid(
      item.hex(item.vector.sig)[...], of: item.hex(item.vector.msg)[...], algorithm(item, key))
  }

  /// A vector that tells what a private key signs: ours signs so that the public key agrees, and agrees itself.
  static func isMadeHere(_ item: VectorCase) throws -> Bool {
    if !(item.vector.ctx ?? "").isEmpty { throw Unsupported("\(item.algorithm) with a context") }
    guard let text = item.vector.msg else { throw Unsupported("\(item.algorithm) of a digest (external mu)") }
    guard let pkcs8 = item.group.privateKeyPkcs8 else {
      throw Unsupported("\(item.algorithm) by a key in expanded form only")
    }
    let key = try PrivateKey(pkcs8: item.hex(pkcs8)[...])
    let message = item.hex(text)[...]
    let algorithm = try algorithm(item, key.publicKey)
    if let made = try? key.sign(.message(message), algorithm),
      try !key.publicKey.isValid(made[...], of: message, algorithm)
    {
      return false
    }
    return try key.publicKey.isValid(item.hex(item.vector.sig)[...], of: message, algorithm)
  }

  private static func algorithm(_ item: VectorCase, _ key: PublicKey) throws -> SignatureAlgorithm {
    switch item.group.type {
    case "RsassaPkcs1Verify", "RsassaPkcs1Generate": return .rsaPKCS1(try item.digest(item.group.sha))
    case "EcdsaVerify": return .ecdsa(try item.digest(item.group.sha))
    case "RsassaPssVerify", "RsassaPssWithParametersVerify":
      // RFC 8702 §3.2.1: SHAKE masks by itself, and its identifier says all.
      if let identifier = shakes[item.group.mgf ?? ""] {
        return try SignatureAlgorithm(AlgorithmIdentifier(identifier))
      }
      return .rsaPSS(
        PSSParameters(
          digest: try item.digest(item.group.sha), maskDigest: try item.digest(item.group.mgfSha),
          saltByteCount: item.group.sLen ?? 0))
    case "DsaVerify":
      guard let identifier = dsa[item.group.sha ?? ""] else { throw Unsupported("DSA with \(item.group.sha ?? "")") }
      return try SignatureAlgorithm(AlgorithmIdentifier(identifier))
    default: return key.defaultSignatureAlgorithm
    }
  }

  private static let shakes: [String: ASN1ObjectIdentifier] = [
    "SHAKE128": [1, 3, 6, 1, 5, 5, 7, 6, 30], "SHAKE256": [1, 3, 6, 1, 5, 5, 7, 6, 31],
  ]
  private static let dsa: [String: ASN1ObjectIdentifier] = [
    "SHA-1": [1, 2, 840, 10040, 4, 3], "SHA-224": [2, 16, 840, 1, 101, 3, 4, 3, 1],
    "SHA-256": [2, 16, 840, 1, 101, 3, 4, 3, 2],
  ]
}
