package import SwiftASN1

/// The object identifiers of algorithms, keys and key files. Other modules add their own.
package enum OID {
  // Keys (RFC 8017 A.1, RFC 5480 §2.1.1, RFC 8410 §3)
  package static let rsaEncryption: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
  package static let ecPublicKey: ASN1ObjectIdentifier = [1, 2, 840, 10045, 2, 1]
  package static let ed25519: ASN1ObjectIdentifier = [1, 3, 101, 112]
  package static let ed448: ASN1ObjectIdentifier = [1, 3, 101, 113]
  package static let x25519: ASN1ObjectIdentifier = [1, 3, 101, 110]
  package static let x448: ASN1ObjectIdentifier = [1, 3, 101, 111]
  package static let dsa: ASN1ObjectIdentifier = [1, 2, 840, 10040, 4, 1]
  package static let p256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 3, 1, 7]
  package static let p384: ASN1ObjectIdentifier = [1, 3, 132, 0, 34]
  package static let p521: ASN1ObjectIdentifier = [1, 3, 132, 0, 35]
  package static let brainpoolP256r1: ASN1ObjectIdentifier = [1, 3, 36, 3, 3, 2, 8, 1, 1, 7]
  package static let brainpoolP384r1: ASN1ObjectIdentifier = [1, 3, 36, 3, 3, 2, 8, 1, 1, 11]
  package static let brainpoolP512r1: ASN1ObjectIdentifier = [1, 3, 36, 3, 3, 2, 8, 1, 1, 13]

  // Keys and signatures on lattices (RFC 9881 §2, RFC 9935 §3)
  package static let mlDSA65: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 18]
  package static let mlDSA87: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 19]
  package static let mlKEM768: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 4, 2]
  package static let mlKEM1024: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 4, 3]

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
  // RFC 9688 §3, RFC 8702 §2
  package static let ecdsaWithSHA3_224: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 9]
  package static let ecdsaWithSHA3_256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 10]
  package static let ecdsaWithSHA3_384: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 11]
  package static let ecdsaWithSHA3_512: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 12]
  package static let sha3_224WithRSA: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 13]
  package static let sha3_256WithRSA: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 14]
  package static let sha3_384WithRSA: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 15]
  package static let sha3_512WithRSA: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 16]
  package static let rsaPSSWithSHAKE128: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 6, 30]
  package static let rsaPSSWithSHAKE256: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 6, 31]
  package static let ecdsaWithSHAKE128: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 6, 32]
  package static let ecdsaWithSHAKE256: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 6, 33]
  // RFC 3370 §3.1, RFC 5758 §3.1
  package static let dsaWithSHA1: ASN1ObjectIdentifier = [1, 2, 840, 10040, 4, 3]
  package static let dsaWithSHA224: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 1]
  package static let dsaWithSHA256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 2]
  package static let dsaWithSHA384: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 3]
  package static let dsaWithSHA512: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 4]

  // Digests (RFC 3370 §2, RFC 5754 §2, RFC 8702 §3.1, RFC 9688 §2)
  package static let md5: ASN1ObjectIdentifier = [1, 2, 840, 113549, 2, 5]
  package static let sha1: ASN1ObjectIdentifier = [1, 3, 14, 3, 2, 26]
  package static let sha224: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 4]
  package static let sha256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 1]
  package static let sha384: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 2]
  package static let sha512: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 3]
  package static let sha3_224: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 7]
  package static let sha3_256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 8]
  package static let sha3_384: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 9]
  package static let sha3_512: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 10]
  package static let shake128: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 11]
  package static let shake256: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 2, 12]

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
  package static let chaCha20Poly1305: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 18]
  package static let aes128CCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 7]
  package static let aes192CCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 27]
  package static let aes256CCM: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 1, 47]

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
  // RFC 8418 §2
  package static let ecdhHKDFSHA256: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 19]
  package static let ecdhHKDFSHA384: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 20]
  package static let ecdhHKDFSHA512: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 21]

  // Key encapsulation (RFC 8619 §2, RFC 9690 §2)
  package static let hkdfSHA256: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 28]
  package static let hkdfSHA384: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 29]
  package static let hkdfSHA512: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 9, 16, 3, 30]
  package static let kdf3: ASN1ObjectIdentifier = [1, 3, 133, 16, 840, 9, 44, 1, 2]
  package static let rsaKEM: ASN1ObjectIdentifier = [1, 0, 18033, 2, 2, 4]

  // Password encryption (RFC 8018 A, RFC 7292 C, RFC 7914 §7)
  package static let pbes2: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 13]
  package static let pbkdf2: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 12]
  package static let pbmac1: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 5, 14]
  package static let scrypt: ASN1ObjectIdentifier = [1, 3, 6, 1, 4, 1, 11591, 4, 11]
  package static let pbeSHA1TripleDES: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 1, 3]
  package static let pbeSHA1RC2128: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 1, 5]
  package static let pbeSHA1RC240: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 12, 1, 6]
  package static let hmacSHA256: ASN1ObjectIdentifier = [1, 2, 840, 113549, 2, 9]

  /// The digest of an HMAC that PBKDF2 or PBMAC1 names (RFC 8018 B.1, RFC 9688 §4).
  package static func hmacDigest(_ oid: ASN1ObjectIdentifier) -> DigestAlgorithm? {
    switch oid {
    case [1, 2, 840, 113549, 2, 7]: .sha1
    case [1, 2, 840, 113549, 2, 8]: .sha224
    case hmacSHA256: .sha256
    case [1, 2, 840, 113549, 2, 10]: .sha384
    case [1, 2, 840, 113549, 2, 11]: .sha512
    // RFC 9688 §4
    case [2, 16, 840, 1, 101, 3, 4, 2, 13]: .sha3_224
    case [2, 16, 840, 1, 101, 3, 4, 2, 14]: .sha3_256
    case [2, 16, 840, 1, 101, 3, 4, 2, 15]: .sha3_384
    case [2, 16, 840, 1, 101, 3, 4, 2, 16]: .sha3_512
    default: nil
    }
  }

  /// What `oid` is called, or its digits.
  package static func name(_ oid: ASN1ObjectIdentifier) -> String { names[oid] ?? oid.digits }

  /// Names of what messages and certificates carry, offered here or not.
  private static let names: [ASN1ObjectIdentifier: String] = [
    rsaEncryption: "RSA", ecPublicKey: "EC", ed25519: "Ed25519", p256: "P-256", p384: "P-384", p521: "P-521",
    rsaPSS: "RSA-PSS", rsaOAEP: "RSA-OAEP", sha1WithRSA: "RSA with SHA-1", md5WithRSA: "RSA with MD5",
    sha256WithRSA: "RSA with SHA-256", sha384WithRSA: "RSA with SHA-384", sha512WithRSA: "RSA with SHA-512",
    ecdsaWithSHA256: "ECDSA with SHA-256", ecdsaWithSHA384: "ECDSA with SHA-384", ecdsaWithSHA512: "ECDSA with SHA-512",
    aes128CBC: "AES-128-CBC", aes192CBC: "AES-192-CBC", aes256CBC: "AES-256-CBC", aes128GCM: "AES-128-GCM",
    aes192GCM: "AES-192-GCM", aes256GCM: "AES-256-GCM", tripleDESCBC: "3DES-CBC", rc2CBC: "RC2-CBC", desCBC: "DES-CBC",
    chaCha20Poly1305: "ChaCha20-Poly1305", aes128CCM: "AES-128-CCM", aes192CCM: "AES-192-CCM", aes256CCM: "AES-256-CCM",
    dsa: "DSA", dsaWithSHA1: "DSA with SHA-1", dsaWithSHA224: "DSA with SHA-224", dsaWithSHA256: "DSA with SHA-256",
    x25519: "X25519", x448: "X448", ed448: "Ed448", [1, 2, 840, 10046, 2, 1]: "Diffie-Hellman",
    [1, 2, 840, 113549, 1, 1, 2]: "RSA with MD2", [1, 2, 840, 113549, 2, 2]: "MD2", [1, 3, 132, 0, 10]: "secp256k1",
    [1, 3, 132, 0, 33]: "P-224", [1, 2, 840, 10045, 3, 1, 1]: "P-192", brainpoolP256r1: "brainpoolP256r1",
    brainpoolP384r1: "brainpoolP384r1", brainpoolP512r1: "brainpoolP512r1", mlDSA65: "ML-DSA-65", mlDSA87: "ML-DSA-87",
    mlKEM768: "ML-KEM-768", mlKEM1024: "ML-KEM-1024", rsaKEM: "RSA-KEM", kdf3: "KDF3", hkdfSHA256: "HKDF with SHA-256",
    hkdfSHA384: "HKDF with SHA-384", hkdfSHA512: "HKDF with SHA-512",
    [2, 16, 840, 1, 101, 3, 4, 3, 17]: "ML-DSA-44", [2, 16, 840, 1, 101, 3, 4, 4, 1]: "ML-KEM-512",
    [1, 2, 840, 113549, 1, 9, 16, 3, 14]: "RSA-KEM key",
    [2, 16, 840, 1, 101, 3, 4, 2, 7]: "SHA3-224", [2, 16, 840, 1, 101, 3, 4, 2, 8]: "SHA3-256",
    [2, 16, 840, 1, 101, 3, 4, 2, 9]: "SHA3-384", [2, 16, 840, 1, 101, 3, 4, 2, 10]: "SHA3-512",
    [2, 16, 840, 1, 101, 3, 4, 2, 11]: "SHAKE128", [2, 16, 840, 1, 101, 3, 4, 2, 12]: "SHAKE256",
    [2, 16, 840, 1, 101, 3, 4, 2, 18]: "SHAKE256 of another length",
    [1, 2, 840, 113549, 1, 9, 16, 3, 6]: "3DES key wrap",
  ].merging(notOffered) { name, _ in name }

  /// Keys and signatures that no library here has (RFC 9909 §3, RFC 8708 §3, draft-ietf-lamps-pq-composite-sigs and -kem,
  /// and the pre-hashed forms of FIPS 204), by the number under which they are registered.
  private static let notOffered: [ASN1ObjectIdentifier: String] = {
    var names: [ASN1ObjectIdentifier: String] = [[1, 2, 840, 113549, 1, 9, 16, 3, 17]: "HSS/LMS"]
    let slhDSA = ["sha2", "shake"].flatMap { hash in
      ["128s", "128f", "192s", "192f", "256s", "256f"].map { "SLH-DSA-\(hash.uppercased())-\($0)" }
    }
    for (name, number) in zip(slhDSA, UInt(20)...) { names[nist(3, number)] = name }
    for (name, number) in zip(["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"], UInt(32)...) {
      names[nist(3, number)] = "\(name) with SHA-512"
    }
    for (name, number) in zip(slhDSA, UInt(35)...) { names[nist(3, number)] = "\(name), pre-hashed" }
    for (name, number) in zip(composites, UInt(37)...) { names[[1, 3, 6, 1, 5, 5, 7, 6, number]] = name }
    return names
  }()

  private static func nist(_ arc: UInt, _ number: UInt) -> ASN1ObjectIdentifier {
    [2, 16, 840, 1, 101, 3, 4, arc, number]
  }

  private static let composites: [String] = [
    "ML-DSA-44 with RSA-2048-PSS", "ML-DSA-44 with RSA-2048", "ML-DSA-44 with Ed25519", "ML-DSA-44 with P-256",
    "ML-DSA-65 with RSA-3072-PSS", "ML-DSA-65 with RSA-3072", "ML-DSA-65 with RSA-4096-PSS", "ML-DSA-65 with RSA-4096",
    "ML-DSA-65 with P-256", "ML-DSA-65 with P-384", "ML-DSA-65 with brainpoolP256r1", "ML-DSA-65 with Ed25519",
    "ML-DSA-87 with P-384", "ML-DSA-87 with brainpoolP384r1", "ML-DSA-87 with Ed448", "ML-DSA-87 with RSA-3072-PSS",
    "ML-DSA-87 with RSA-4096-PSS", "ML-DSA-87 with P-521", "ML-KEM-768 with RSA-2048", "ML-KEM-768 with RSA-3072",
    "ML-KEM-768 with RSA-4096", "ML-KEM-768 with X25519", "ML-KEM-768 with P-256", "ML-KEM-768 with P-384",
    "ML-KEM-768 with brainpoolP256r1", "ML-KEM-1024 with RSA-3072", "ML-KEM-1024 with P-384",
    "ML-KEM-1024 with brainpoolP384r1", "ML-KEM-1024 with X448", "ML-KEM-1024 with P-521",
  ].map { "the composite \($0)" }
}
