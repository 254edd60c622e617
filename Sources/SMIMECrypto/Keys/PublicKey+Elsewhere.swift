import Crypto

/// What must be known of a public key whose private half is elsewhere, on a token.
extension PublicKey {
  /// RSA's modulus, big-endian, without leading zeros; nil for other keys.
  package var modulus: [UInt8]? { RSAPublicNumbers(keyBytes).map { Array($0.modulus) } }

  /// The point in SEC 1's uncompressed form, on its curve for certain: a token may not check that, and an answer to a
  /// point beside the curve tells of the key.
  ///
  /// - Throws: ``DecryptionFailed`` when it is no such point.
  package func checkedPoint() throws(DecryptionFailed) -> [UInt8] {
    do {
      switch kind {
      case .ec(.p256):
        return [UInt8](try P256.KeyAgreement.PublicKey(x963Representation: uncompressedPoint()).x963Representation)
      case .ec(.p384):
        return [UInt8](try P384.KeyAgreement.PublicKey(x963Representation: uncompressedPoint()).x963Representation)
      case .ec(.p521):
        return [UInt8](try P521.KeyAgreement.PublicKey(x963Representation: uncompressedPoint()).x963Representation)
      default: break
      }
      #if OpenSSL
        if case .ec = kind, keyBytes.first == 4 {
          _ = try EVPKey.of(self)
          return Array(keyBytes)
        }
      #endif
    } catch { throw DecryptionFailed() }
    throw DecryptionFailed()
  }

  /// RFC 8017 A.2.4   DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
  package static func digestInfo(_ digest: [UInt8], _ algorithm: DigestAlgorithm) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        algorithm.identifierWithNull.write(to: &der)
        der.octets(digest)
      }
    }
  }

  /// r and s, each in half of the octets, as a signature that a SignerInfo carries.
  package static func ecdsaSignature(_ numbers: [UInt8]) -> [UInt8] { ECDSAValue.encode(numbers) }
}
