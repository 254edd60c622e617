import SMIMECrypto

extension SignatureAlgorithm {
  /// The digests that may stand beside it in a SignerInfo with signed attributes: its own (RFC 8933 §3), the one that
  /// EdDSA is bound to (RFC 8419 §3.1), or those that are as strong as ML-DSA (RFC 9882 §3.3).
  var contentDigests: [DigestAlgorithm] {
    switch self {
    case .rsaPKCS1(let digest), .ecdsa(let digest), .dsa(let digest): [digest]
    case .rsaPSS(let parameters): [parameters.digest]
    case .ed25519: [.sha512]
    case .ed448: [.shake256]
    case .mlDSA65: [.sha512, .sha384, .sha3_384, .sha3_512, .shake256]
    case .mlDSA87: [.sha512, .sha3_512, .shake256]
    }
  }
}
