import SMIMECrypto
import SwiftASN1

/// Content ciphers, key wraps, codes and derivations.
enum SymmetricVectors {
  /// By the identifier that a contentEncryptionAlgorithm has.
  static func isDecrypted(_ item: VectorCase) throws -> Bool {
    let key = item.hex(item.vector.key)
    let tag = item.hex(item.vector.tag)
    let iv = item.hex(item.vector.iv)
    let parameters = try ContentCipherParameters(
      identifier(item.algorithm, keyBits: key.count * 8, iv: iv, tagByteCount: tag.count))
    let decryptor = try ContentDecryptor(
      parameters, key: SymmetricKey(octets: key), associatedData: item.hex(item.vector.aad))
    var plain: [UInt8] = []
    try decryptor.update(item.hex(item.vector.ct).span, into: &plain)
    try decryptor.finish(into: &plain, tag: item.group.type == "AeadTest" ? tag[...] : nil)
    return plain == item.hex(item.vector.msg)
  }

  private static func identifier(
    _ name: String, keyBits: Int, iv: [UInt8], tagByteCount: Int
  ) throws -> AlgorithmIdentifier {
    let sizes = [128: 0, 192: 20, 256: 40]
    guard let size = sizes[keyBits] else { throw Malformed("a key of \(keyBits) bits") }
    func aes(_ mode: Int) -> ASN1ObjectIdentifier {
      ASN1ObjectIdentifier(arrayLiteral: 2, 16, 840, 1, 101, 3, 4, 1, UInt(size + mode))
    }
    switch name {
    case "AES-CBC-PKCS5":
      return AlgorithmIdentifier(aes(2), parameters: DERWriter.encode { $0.octets(iv) }[...])
    case "AES-GCM", "AES-CCM":
      // Nonces of 12 octets are what RFC 5084 asks for; some leniency is granted, and no more.
      guard iv.count <= 16 else { throw Unsupported("\(name) with a nonce of more than 16 octets") }
      // RFC 5084 §3   SEQUENCE { nonce OCTET STRING, ICVlen INTEGER DEFAULT 12 }
      let encoded = DERWriter.encode { der in
        der.sequence { der in
          der.octets(iv)
          if tagByteCount != 12 { der.int(tagByteCount) }
        }
      }
      return AlgorithmIdentifier(aes(name == "AES-GCM" ? 6 : 7), parameters: encoded[...])
    case "CHACHA20-POLY1305":
      return AlgorithmIdentifier(
        [1, 2, 840, 113549, 1, 9, 16, 3, 18], parameters: DERWriter.encode { $0.octets(iv) }[...])
    default: throw Unsupported(name)
    }
  }

  static func isUnwrapped(_ item: VectorCase) throws -> Bool {
    guard item.algorithm == "AES-WRAP" || item.algorithm == "AES-KW" else { throw Unsupported(item.algorithm) }
    let key = SymmetricKey(octets: item.hex(item.vector.key))
    return try KeyWrap(keyByteCount: key.byteCount).unwrap(item.hex(item.vector.ct)[...], with: key).octets
      == item.hex(item.vector.msg)
  }

  /// HMAC, cut to the tag's size.
  static func isAuthentic(_ item: VectorCase) throws -> Bool {
    guard item.algorithm.hasPrefix("HMAC") else { throw Unsupported(item.algorithm) }
    let code = try HMACode.code(
      of: item.hex(item.vector.msg)[...], key: item.hex(item.vector.key),
      item.digest(String(item.algorithm.dropFirst("HMAC".count))))
    let tag = item.hex(item.vector.tag)
    return Array(code.prefix(tag.count)) == tag
  }

  static func isDerived(_ item: VectorCase) throws -> Bool {
    let vector = item.vector
    if item.group.type == "HkdfTest" {
      let digest = try item.digest(String(item.algorithm.dropFirst("HKDF-".count)))
      return try HKDF.derive(
        from: SymmetricKey(octets: item.hex(vector.ikm)), salt: item.hex(vector.salt)[...],
        info: item.hex(vector.info), byteCount: vector.size ?? 0, digest
      ).octets == item.hex(vector.okm)
    }
    guard item.algorithm.hasPrefix("PBKDF2-HMAC") else { throw Unsupported(item.algorithm) }
    let derivation = try PBKDF2(
      salt: item.hex(vector.salt), rounds: vector.iterationCount ?? 0,
      try item.digest(String(item.algorithm.dropFirst("PBKDF2-HMAC".count))))
    return try derivation.derive(from: item.hex(vector.password), byteCount: vector.dkLen ?? 0).octets
      == item.hex(vector.dk)
  }

  /// PBES2, as an encrypted private key has it; the name is that of Java: `PbeWithHmacSha256AndAes_128`.
  static func isDecryptedByPassword(_ item: VectorCase) throws -> Bool {
    let vector = item.vector
    let names = item.algorithm.dropFirst("PbeWithHmac".count).split(separator: "AndAes_")
    guard names.count == 2, let bits = Int(names[1]) else { throw Unsupported(item.algorithm) }
    guard let password = String(validating: item.hex(vector.password), as: UTF8.self) else {
      throw Unsupported("a password that is not UTF-8")
    }
    guard let prf = prfs[try item.digest(String(names[0]))] else { throw Unsupported(item.algorithm) }
    let cipher = try identifier("AES-CBC-PKCS5", keyBits: bits, iv: item.hex(vector.iv), tagByteCount: 0)
    // RFC 8018 A.2   SEQUENCE { salt OCTET STRING, iterationCount INTEGER, prf AlgorithmIdentifier }
    let derivation = DERWriter.encode { der in
      der.sequence { der in
        der.octets(item.hex(vector.salt))
        der.int(vector.iterationCount ?? 0)
        AlgorithmIdentifier(prf, parameters: AlgorithmIdentifier.null).write(to: &der)
      }
    }
    let parameters = DERWriter.encode { der in
      der.sequence { der in
        AlgorithmIdentifier([1, 2, 840, 113549, 1, 5, 12], parameters: derivation[...]).write(to: &der)
        cipher.write(to: &der)
      }
    }
    let encryption = try PasswordEncryption(
      AlgorithmIdentifier([1, 2, 840, 113549, 1, 5, 13], parameters: parameters[...]))
    return try encryption.decrypt(item.hex(vector.ct)[...], password: Password(password)) == item.hex(vector.msg)
  }

  /// RFC 8018 B.1.2: id-hmacWith*
  private static let prfs: [DigestAlgorithm: ASN1ObjectIdentifier] = [
    .sha1: [1, 2, 840, 113549, 2, 7], .sha224: [1, 2, 840, 113549, 2, 8], .sha256: [1, 2, 840, 113549, 2, 9],
    .sha384: [1, 2, 840, 113549, 2, 10], .sha512: [1, 2, 840, 113549, 2, 11],
  ]
}
