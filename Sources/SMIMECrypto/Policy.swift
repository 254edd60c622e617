/// Which algorithms are good enough to be believed.
public struct AlgorithmPolicy: Hashable, Sendable {
  private let takesWeak: Bool

  /// What RFC 8550 and 8551 ask for today: SHA-2, RSA from 2048 bits on, AES.
  public static let standard = AlgorithmPolicy(takesWeak: false)

  /// Old mail too: MD5, SHA-1, RSA below 2048 bits, 3DES, RC2 and DES (RFC 8551 Appendix B). Reading only.
  public static let legacy = AlgorithmPolicy(takesWeak: true)

  /// Why `algorithm` with `key` is not believed, such as `SHA-1`; nil when it is.
  public func objection(to algorithm: SignatureAlgorithm, with key: PublicKey) -> String? {
    if takesWeak { return nil }
    if let digest = algorithm.digest, digest.isWeak { return digest.name }
    return key.isWeak ? key.summary : nil
  }

  /// Why `digest` is not believed; nil when it is.
  public func objection(to digest: DigestAlgorithm) -> String? { !takesWeak && digest.isWeak ? digest.name : nil }

  /// Why `key` is not believed; nil when it is.
  public func objection(to key: PublicKey) -> String? { !takesWeak && key.isWeak ? key.summary : nil }

  /// Why content encrypted by `cipher` is not opened; nil when it is.
  public func objection(to cipher: ContentEncryption) -> String? { !takesWeak && cipher.isWeak ? cipher.name : nil }
}
