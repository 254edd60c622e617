import SMIMECrypto
import SwiftASN1

/// ML-KEM, with keys as PKCS #8 and SubjectPublicKeyInfo have them.
enum EncapsulationVectors {
  static func holds(_ item: VectorCase) throws -> Bool {
    let name = item.group.parameterSet ?? item.algorithm
    let number: UInt
    switch name {
    case "ML-KEM-512": number = 1
    case "ML-KEM-768": number = 2
    case "ML-KEM-1024": number = 3
    default: throw Unsupported(name)
    }
    let algorithm = AlgorithmIdentifier(ASN1ObjectIdentifier(arrayLiteral: 2, 16, 840, 1, 101, 3, 4, 4, number))
    switch item.group.type {
    case "MLKEMEncapsTest": return try encapsulates(item, algorithm)
    case "MLKEMKeyGen":
      return try Array(privateKey(algorithm, seed: item.hex(item.vector.seed)).publicKey.keyBytes)
        == item.hex(item.vector.ek)
    case "MLKEMTest":
      let key = try privateKey(algorithm, seed: item.hex(item.vector.seed))
      return try key.decapsulate(item.hex(item.vector.c)[...], KeyEncapsulation(algorithm)).octets
        == item.hex(item.vector.K)
    default: throw Unsupported("\(name) by a key in expanded form only")
    }
  }

  /// The vector's random octets cannot be given in, so that only which keys are taken is compared.
  private static func encapsulates(_ item: VectorCase, _ algorithm: AlgorithmIdentifier) throws -> Bool {
    let key = try KeyVectors.publicKey(algorithm, item.hex(item.vector.ek))
    let kem = try KeyEncapsulation(algorithm)
    let (secret, ciphertext) = try key.encapsulate(kem)
    return secret.byteCount == 32 && ciphertext.count == kem.ciphertextByteCount(for: key)
  }

  /// RFC 9935 §6: the seed alone.
  private static func privateKey(_ algorithm: AlgorithmIdentifier, seed: [UInt8]) throws -> PrivateKey {
    let pkcs8 = DERWriter.encode { der in
      der.sequence { der in
        der.int(0)
        algorithm.write(to: &der)
        der.octets(DERWriter.encode { $0.octets(seed[...], tag: .primitive(0)) })
      }
    }
    return try PrivateKey(pkcs8: pkcs8[...])
  }
}
