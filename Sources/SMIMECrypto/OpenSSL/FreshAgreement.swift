#if OpenSSL
  import ByteIO
  import COpenSSL

  /// Agreement by a key that is made for it and forgotten, on libcrypto's curves.
  enum FreshAgreement {
    /// The curves' parameters, made once and only read.
    nonisolated(unsafe) private static let groups: [EllipticCurve: OpaquePointer] = {
      guard LibCrypto.isReady else { return unsafe [:] }
      var groups: [EllipticCurve: OpaquePointer] = unsafe [:]
      for curve in EllipticCurve.allCases { unsafe groups[curve] = unsafe EC_GROUP_new_by_curve_name(curve.number) }
      LibCrypto.clearErrors()
      return unsafe groups
    }()

    /// The secret that a fresh key on `curve` shares with the owner of `peer`, and the fresh key's point; nil when `peer` is
    /// not on the curve.
    static func agree(
      _ curve: EllipticCurve, with peer: ArraySlice<UInt8>
    ) -> (secret: SymmetricKey, ephemeral: [UInt8])? {
      guard let group = unsafe groups[curve] else { return nil }
      let count = curve.fieldByteCount
      var point = [UInt8](repeating: 0, count: 2 * count + 1)
      var secret = [UInt8](repeating: 0, count: count)
      defer { wipe(&secret) }
      let done = unsafe peer.withUnsafeBufferPointer { peer in
        unsafe smime_ec_agree(group, peer.baseAddress, peer.count, &point, point.count, &secret, count)
      }
      guard done == 1 else {
        LibCrypto.clearErrors()
        return nil
      }
      return (SymmetricKey(octets: secret), point)
    }
  }

  extension EllipticCurve {
    /// libcrypto's number.
    fileprivate var number: Int32 {
      switch self {
      case .p256: NID_X9_62_prime256v1
      case .p384: NID_secp384r1
      case .p521: NID_secp521r1
      case .brainpoolP256r1: NID_brainpoolP256r1
      case .brainpoolP384r1: NID_brainpoolP384r1
      case .brainpoolP512r1: NID_brainpoolP512r1
      }
    }
  }
#endif
