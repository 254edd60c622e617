package import SwiftASN1

/// The object identifiers of algorithms, keys and key files. Other modules add their own.
package enum OID {
  // Keys (RFC 8017 A.1, RFC 5480 §2.1.1, RFC 8410 §3)
  package static let rsaEncryption: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
  package static let ecPublicKey: ASN1ObjectIdentifier = [1, 2, 840, 10045, 2, 1]
  package static let ed25519: ASN1ObjectIdentifier = [1, 3, 101, 112]
  package static let p256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 3, 1, 7]
  package static let p384: ASN1ObjectIdentifier = [1, 3, 132, 0, 34]
  package static let p521: ASN1ObjectIdentifier = [1, 3, 132, 0, 35]

  // Signatures (RFC 8017 A.2.4, RFC 4055 §3.1, RFC 5754 §3, RFC 5758 §3.2)
  package static let rsaPSS: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 10]
  package static let md5WithRSA: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 4]
  package static let sha1WithRSA: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 5]
  package static let sha1WithRSAOIW: ASN1ObjectIdentifier = [1, 3, 14, 3, 2, 29]
  package static let sha224WithRSA: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 14]
  package static let sha256WithRSA: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 11]
  package static let sha384WithRSA: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 12]
  package static let sha512WithRSA: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 13]
  package static let ecdsaWithSHA1: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 1]
  package static let ecdsaWithSHA224: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 1]
  package static let ecdsaWithSHA256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 2]
  package static let ecdsaWithSHA384: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 3]
  package static let ecdsaWithSHA512: ASN1ObjectIdentifier = [1, 2, 840, 10045, 4, 3, 4]

  // Key transport (RFC 4055 §4.1)
  package static let rsaOAEP: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 7]
  package static let mgf1: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 8]
  package static let pSpecified: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 9]

  // Content encryption and key wrap (RFC 3565, RFC 5084, RFC 3370 §5)
  package static let aes128CBC: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 2]
  package static let aes192CBC: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 22]
  package static let aes256CBC: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 42]
  package static let aes128GCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 6]
  package static let aes192GCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 26]
  package static let aes256GCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 46]
  package static let aes128Wrap: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 5]
  package static let aes192Wrap: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 25]
  package static let aes256Wrap: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 45]
  package static let tripleDESCBC: ASN1ObjectIdentifier = [1, 2, 840, 113549, 3, 7]
  package static let rc2CBC: ASN1ObjectIdentifier = [1, 2, 840, 113549, 3, 2]
  package static let desCBC: ASN1ObjectIdentifier = [1, 3, 14, 3, 2, 7]

  // Key agreement (RFC 5753 §7.1.4)
  package static let ecdhSHA1: ASN1ObjectIdentifier = [1, 3, 133, 16, 840, 63, 0, 2]
  package static let ecdhSHA224: ASN1ObjectIdentifier = [1, 3, 132, 1, 11, 0]
  package static let ecdhSHA256: ASN1ObjectIdentifier = [1, 3, 132, 1, 11, 1]
  package static let ecdhSHA384: ASN1ObjectIdentifier = [1, 3, 132, 1, 11, 2]
  package static let ecdhSHA512: ASN1ObjectIdentifier = [1, 3, 132, 1, 11, 3]
  package static let ecdhCofactorSHA1: ASN1ObjectIdentifier = [1, 3, 133, 16, 840, 63, 0, 3]
  package static let ecdhCofactorSHA224: ASN1ObjectIdentifier = [1, 3, 132, 1, 14, 0]
  package static let ecdhCofactorSHA256: ASN1ObjectIdentifier = [1, 3, 132, 1, 14, 1]
  package static let ecdhCofactorSHA384: ASN1ObjectIdentifier = [1, 3, 132, 1, 14, 2]
  package static let ecdhCofactorSHA512: ASN1ObjectIdentifier = [1, 3, 132, 1, 14, 3]

  // Password encryption (RFC 8018 A, RFC 7292 C, RFC 7914 §7)
  package static let pbes2: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 13]
  package static let pbkdf2: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 12]
  package static let pbmac1: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 14]
  package static let scrypt: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 11591, 4, 11]
  package static let pbeSHA1TripleDES: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 1, 3]
  package static let pbeSHA1RC2128: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 1, 5]
  package static let pbeSHA1RC240: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 1, 6]
  package static let hmacSHA256: ASN1ObjectIdentifier = [1, 2, 840, 113549, 2, 9]

  /// The digest of an HMAC that PBKDF2 or PBMAC1 names (RFC 8018 B.1).
  package static func hmacDigest(_ oid: ASN1ObjectIdentifier) -> DigestAlgorithm? {
    switch oid {
    case [1, 2, 840, 113549, 2, 7]: .sha1
    case [1, 2, 840, 113549, 2, 8]: .sha224
    case hmacSHA256: .sha256
    case [1, 2, 840, 113549, 2, 10]: .sha384
    case [1, 2, 840, 113549, 2, 11]: .sha512
    default: nil
    }
  }

  /// What `oid` is called, or its digits.
  package static func name(_ oid: ASN1ObjectIdentifier) -> String { names[oid] ?? "\(oid)" }

  /// Names of what messages and certificates carry, offered here or not.
  private static let names: [ASN1ObjectIdentifier: String] = [
    rsaEncryption: "RSA", ecPublicKey: "EC", ed25519: "Ed25519", p256: "P-256", p384: "P-384", p521: "P-521",
    rsaPSS: "RSA-PSS", rsaOAEP: "RSA-OAEP", sha1WithRSA: "RSA with SHA-1", md5WithRSA: "RSA with MD5",
    sha256WithRSA: "RSA with SHA-256", sha384WithRSA: "RSA with SHA-384", sha512WithRSA: "RSA with SHA-512",
    ecdsaWithSHA256: "ECDSA with SHA-256", ecdsaWithSHA384: "ECDSA with SHA-384", ecdsaWithSHA512: "ECDSA with SHA-512",
    aes128CBC: "AES-128-CBC", aes192CBC: "AES-192-CBC", aes256CBC: "AES-256-CBC", aes128GCM: "AES-128-GCM",
    aes192GCM: "AES-192-GCM", aes256GCM: "AES-256-GCM", tripleDESCBC: "3DES-CBC", rc2CBC: "RC2-CBC", desCBC: "DES-CBC",
    [1, 2, 840, 10040, 4, 1]: "DSA", [1, 2, 840, 10040, 4, 3]: "DSA with SHA-1", [1, 3, 101, 110]: "X25519",
    [1, 3, 101, 111]: "X448", [1, 3, 101, 113]: "Ed448", [1, 2, 840, 10046, 2, 1]: "Diffie-Hellman",
    [1, 2, 840, 113549, 1, 1, 2]: "RSA with MD2", [1, 2, 840, 113549, 2, 2]: "MD2", [1, 3, 132, 0, 10]: "secp256k1",
    [1, 3, 132, 0, 33]: "P-224", [1, 2, 840, 10045, 3, 1, 1]: "P-192",
    [1, 3, 36, 3, 3, 2, 8, 1, 1, 7]: "brainpoolP256r1",
    [1, 3, 36, 3, 3, 2, 8, 1, 1, 11]: "brainpoolP384r1", [1, 3, 36, 3, 3, 2, 8, 1, 1, 13]: "brainpoolP512r1",
    [2, 16, 840, 1, 101, 3, 4, 3, 17]: "ML-DSA-44", [2, 16, 840, 1, 101, 3, 4, 3, 18]: "ML-DSA-65",
    [2, 16, 840, 1, 101, 3, 4, 3, 19]: "ML-DSA-87", [2, 16, 840, 1, 101, 3, 4, 4, 1]: "ML-KEM-512",
    [2, 16, 840, 1, 101, 3, 4, 4, 2]: "ML-KEM-768", [2, 16, 840, 1, 101, 3, 4, 4, 3]: "ML-KEM-1024",
    [2, 16, 840, 1, 101, 3, 4, 2, 8]: "SHA3-256", [2, 16, 840, 1, 101, 3, 4, 2, 9]: "SHA3-384",
    [2, 16, 840, 1, 101, 3, 4, 2, 10]: "SHA3-512", [2, 16, 840, 1, 101, 3, 4, 2, 12]: "SHAKE256",
    [1, 2, 840, 113549, 1, 9, 16, 3, 18]: "ChaCha20-Poly1305", [2, 16, 840, 1, 101, 3, 4, 1, 7]: "AES-128-CCM",
    [2, 16, 840, 1, 101, 3, 4, 1, 47]: "AES-256-CCM", [1, 2, 840, 113549, 1, 9, 16, 3, 6]: "3DES key wrap",
  ]
}
