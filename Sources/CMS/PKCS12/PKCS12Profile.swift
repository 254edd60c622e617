import SMIMECrypto

extension PKCS12 {
  /// How a file is protected.
  public enum Profile: Hashable, Sendable, CaseIterable {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, HMAC-SHA-256 over all: OpenSSL 3, current NSS, Windows 11.
    case modern
    /// pbeWithSHAAnd3-KeyTripleDES-CBC, HMAC-SHA-1: what every software since 1999 reads, Apple's and gpgsm included.
    case compat
    /// As ``modern``, with PBMAC1 over all (RFC 9879), so that nothing depends on PKCS#12's own key derivation: OpenSSL
    /// 3.4 and NSS 3.125 read it.
    case pbmac1

    /// Of each derivation. .NET and Windows refuse more than 300 000 rounds of one and 1 000 000 of all three.
    private var rounds: Int { self == .compat ? 10_000 : 250_000 }

    func encryption() throws -> PasswordEncryption {
      switch self {
      case .modern, .pbmac1: try .pbes2(rounds: rounds)
      case .compat: .tripleDES(rounds: rounds)
      }
    }

    /// The MacData over `safe`.
    func macData(over safe: [UInt8], password: Password) throws -> [UInt8] {
      switch self {
      case .modern: try macData(over: safe, password: password, .sha256)
      case .compat: try macData(over: safe, password: password, .sha1)
      case .pbmac1: try macDataByPBMAC1(over: safe, password: password)
      }
    }

    /// RFC 7292 §4: a code under a key of PKCS#12's own derivation.
    private func macData(over safe: [UInt8], password: Password, _ digest: DigestAlgorithm) throws -> [UInt8] {
      let salt = SecureRandom.bytes(16)
      let key = try PKCS12KDF.derive(
        .mac, password: password.bmp, salt: salt[...], rounds: rounds, byteCount: digest.byteCount, digest)
      return Self.encode(
        AlgorithmIdentifier(digest.oid, parameters: AlgorithmIdentifier.null),
        try HMACode.code(of: safe[...], key: key, digest), salt: salt, rounds: rounds)
    }

    /// RFC 9879 §4: salt and rounds stand in the algorithm's parameters; those of MacData are there and say nothing.
    private func macDataByPBMAC1(over safe: [UInt8], password: Password) throws -> [UInt8] {
      let mac = try PBMAC1(rounds: rounds)
      return Self.encode(
        try mac.identifier(), try mac.code(of: safe[...], password: password), salt: Array("NOT USED".utf8), rounds: 1)
    }

    private static func encode(
      _ algorithm: AlgorithmIdentifier, _ code: [UInt8], salt: [UInt8], rounds: Int
    ) -> [UInt8] {
      DERWriter.encode { der in
        der.sequence { der in
          der.sequence { der in
            algorithm.write(to: &der)
            der.octets(code)
          }
          der.octets(salt)
          // DER leaves out what is the default, 1 (RFC 7292 §4).
          if rounds != 1 { der.int(rounds) }
        }
      }
    }
  }
}
