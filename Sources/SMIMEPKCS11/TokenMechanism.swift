#if PKCS11
  import CP11Kit
  import SMIMECrypto

  /// A mechanism of PKCS#11 with its parameters.
  enum TokenMechanism {
    /// The bare private-key operation: PKCS#11 2.40 §2.1.8.
    case rsaRaw
    /// RSA v1.5: a signature over a DigestInfo, or a decryption.
    case rsaPKCS1
    case rsaPSS(CK_RSA_PKCS_PSS_PARAMS)
    case rsaOAEP(digest: UInt, mask: UInt, label: [UInt8])
    /// Over a digest; the signature is r and s, one after the other.
    case ecdsa

    var type: UInt {
      switch self {
      case .rsaRaw: CKM_RSA_X_509
      case .rsaPKCS1: CKM_RSA_PKCS
      case .rsaPSS: CKM_RSA_PKCS_PSS
      case .rsaOAEP: CKM_RSA_PKCS_OAEP
      case .ecdsa: CKM_ECDSA
      }
    }

    /// How signatures of `algorithm` are asked for; nil for those that no token is asked for.
    init?(_ algorithm: SignatureAlgorithm) {
      switch algorithm {
      case .rsaPKCS1: self = .rsaPKCS1
      case .ecdsa: self = .ecdsa
      case .rsaPSS(let parameters):
        guard let digest = parameters.digest.mechanism, let mask = parameters.maskDigest.mask else { return nil }
        self = .rsaPSS(
          CK_RSA_PKCS_PSS_PARAMS(
            hashAlg: CK_MECHANISM_TYPE(digest), mgf: CK_RSA_PKCS_MGF_TYPE(mask),
            sLen: CK_ULONG(parameters.saltByteCount)))
      case .ed25519, .ed448, .mlDSA65, .mlDSA87, .dsa: return nil
      }
    }

    /// OAEP; nil with digests that PKCS#11 2.40 has no number for.
    init?(_ parameters: OAEPParameters) {
      guard let digest = parameters.digest.mechanism, let mask = parameters.maskDigest.mask else { return nil }
      self = .rsaOAEP(digest: digest, mask: mask, label: parameters.label)
    }

    /// Calls `body` with the parameters in the form that C takes.
    func withParameters<Result>(_ body: (UnsafeMutableRawPointer?, Int) -> Result) -> Result {
      switch self {
      case .rsaRaw, .rsaPKCS1, .ecdsa: return body(nil, 0)
      case .rsaPSS(var parameters):
        return unsafe withUnsafeMutableBytes(of: &parameters) { unsafe body($0.baseAddress, $0.count) }
      case .rsaOAEP(let digest, let mask, var label):
        return unsafe label.withUnsafeMutableBytes { label in
          var parameters = unsafe CK_RSA_PKCS_OAEP_PARAMS(
            hashAlg: CK_MECHANISM_TYPE(digest), mgf: CK_RSA_PKCS_MGF_TYPE(mask), source: 1,
            pSourceData: label.count == 0 ? nil : label.baseAddress, ulSourceDataLen: CK_ULONG(label.count))
          return unsafe withUnsafeMutableBytes(of: &parameters) { unsafe body($0.baseAddress, $0.count) }
        }
      }
    }
  }

  extension DigestAlgorithm {
    /// CKM_SHA_1 and its kin.
    fileprivate var mechanism: UInt? {
      switch self {
      case .sha1: CKM_SHA_1
      case .sha224: CKM_SHA224
      case .sha256: CKM_SHA256
      case .sha384: CKM_SHA384
      case .sha512: CKM_SHA512
      case .md5, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256: nil
      }
    }

    /// CKG_MGF1_SHA1 and its kin.
    fileprivate var mask: UInt? {
      switch self {
      case .sha1: CKG_MGF1_SHA1
      case .sha224: CKG_MGF1_SHA224
      case .sha256: CKG_MGF1_SHA256
      case .sha384: CKG_MGF1_SHA384
      case .sha512: CKG_MGF1_SHA512
      case .md5, .sha3_224, .sha3_256, .sha3_384, .sha3_512, .shake128, .shake256: nil
      }
    }
  }
#endif
