import Crypto
import CryptoExtras
import SwiftASN1

extension PublicKey {
  /// Verifies a signature over `message`.
  ///
  /// - Returns: false for everything that is not exactly such a signature, of whatever length.
  /// - Throws: ``Unsupported`` when the key, or the algorithm with it, is not offered.
  public func isValid(
    _ signature: ArraySlice<UInt8>, of message: ArraySlice<UInt8>, _ algorithm: SignatureAlgorithm
  ) throws(Unsupported) -> Bool {
    guard algorithm.isUsable(with: self) else { throw mismatch(algorithm) }
    switch algorithm {
    case .ed25519:
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: keyBytes) else { throw Unsupported(summary) }
      return key.isValidSignature(signature, for: message)
    case .ed448:
      #if OpenSSL
        return try EVPKey.of(self).isValid(signature, of: message)
      #else
        throw Unsupported("Ed448 without the OpenSSL trait")
      #endif
    case .mlDSA65:
      guard let key = try? MLDSA65.PublicKey(rawRepresentation: keyBytes) else {
        throw Unsupported("this \(summary) key")
      }
      return key.isValidSignature(signature, for: message)
    case .mlDSA87:
      guard let key = try? MLDSA87.PublicKey(rawRepresentation: keyBytes) else {
        throw Unsupported("this \(summary) key")
      }
      return key.isValidSignature(signature, for: message)
    case .rsaPKCS1, .rsaPSS, .ecdsa, .dsa: break
    }
    guard let digest = algorithm.digest else { throw mismatch(algorithm) }
    return try isValid(signature, ofDigest: MessageDigest.hash(message, digest), algorithm)
  }

  /// Verifies a signature over a message of which only the digest is at hand. Not for algorithms that take the message
  /// whole: EdDSA and ML-DSA.
  public func isValid(
    _ signature: ArraySlice<UInt8>, ofDigest digest: [UInt8], _ algorithm: SignatureAlgorithm
  ) throws(Unsupported) -> Bool {
    guard algorithm.isUsable(with: self), let expected = algorithm.digest else { throw mismatch(algorithm) }
    guard digest.count == expected.byteCount else { return false }
    if case .ec(let curve) = kind { return try isValidECDSA(signature, digest, curve) }
    if case .dsa = kind { return try isValidDSA(signature, digest) }
    return try isValidRSA(signature, digest, algorithm)
  }

  private func mismatch(_ algorithm: SignatureAlgorithm) -> Unsupported {
    if case .other(let name) = kind { return Unsupported(name) }
    return Unsupported("\(algorithm.name) with \(summary)")
  }

  #if OpenSSL
    /// RSA v1.5 by libcrypto's bare operation and a block that is built and compared; PSS by swift-crypto where it can, since
    /// libcrypto takes a millisecond to look its first digest up.
    private func isValidRSA(
      _ signature: ArraySlice<UInt8>, _ digest: [UInt8], _ algorithm: SignatureAlgorithm
    ) throws(Unsupported) -> Bool {
      let key = try KnownRSAKeys.handle(keyBytes)
      guard signature.count == key.byteCount else { return false }
      switch algorithm {
      case .rsaPKCS1(let name):
        guard let block = key.encryptRaw(signature) else { return false }
        // QUIRK: DigestInfo without NULL (old Java and embedded signers); RFC 8017 §9.2 note 2 lets verifiers take it.
        return EMSAPKCS1.matches(block, digest, name, withNull: true)
          || EMSAPKCS1.matches(block, digest, name, withNull: false)
      case .rsaPSS(let parameters):
        let numbers = try rsaNumbers()
        if parameters.digest.isExtendable {
          guard let block = key.encryptRaw(signature) else { return false }
          return try EMSAPSSWithSHAKE(parameters.digest).matches(block, digest, modulusBits: numbers.bits)
        }
        if let isValid = try isValidInSwiftCrypto(signature, digest, algorithm, numbers) { return isValid }
        return try EVPKey(rsa: numbers).isValid(signature, digest, algorithm)
      case .ecdsa, .ed25519, .ed448, .mlDSA65, .mlDSA87, .dsa: throw mismatch(algorithm)
      }
    }
  #else
    private func isValidRSA(
      _ signature: ArraySlice<UInt8>, _ digest: [UInt8], _ algorithm: SignatureAlgorithm
    ) throws(Unsupported) -> Bool {
      let numbers = try rsaNumbers()
      guard signature.count == numbers.modulus.count else { return false }
      if let isValid = try isValidInSwiftCrypto(signature, digest, algorithm, numbers) { return isValid }
      throw Unsupported("\(algorithm.name) without the OpenSSL trait")
    }
  #endif

  private func rsaNumbers() throws(Unsupported) -> RSAPublicNumbers {
    guard let numbers = RSAPublicNumbers(keyBytes) else { throw Unsupported(summary) }
    if let objection = numbers.objection { throw Unsupported(objection) }
    return numbers
  }

  /// swift-crypto has four digests (and ends the process when it is given another), PSS with one digest and a salt of its
  /// size, and no key below 1024 bits; nil for what is beyond.
  private func isValidInSwiftCrypto(
    _ signature: ArraySlice<UInt8>, _ digest: [UInt8], _ algorithm: SignatureAlgorithm, _ numbers: RSAPublicNumbers
  ) throws(Unsupported) -> Bool? {
    let padding: _RSA.Signing.Padding
    switch algorithm {
    case .rsaPKCS1(let digest) where digest.isInSwiftCryptoRSA: padding = .insecurePKCS1v1_5
    case .rsaPSS(let parameters)
    where parameters.digest.isInSwiftCryptoRSA && parameters == PSSParameters(parameters.digest):
      padding = .PSS
    default: return nil
    }
    guard numbers.bits >= 1024, let digest = RSADigest(digest) else { return nil }
    guard let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: numbers.encoded) else {
      throw Unsupported("this \(summary) key")
    }
    return digest.isValid(signature, key, padding)
  }

  private func isValidECDSA(
    _ signature: ArraySlice<UInt8>, _ octets: [UInt8], _ curve: EllipticCurve
  ) throws(Unsupported) -> Bool {
    let digest = GivenDigest(octets)
    // A signature that does not parse is a bad signature; a point off the curve is a key that cannot be used.
    switch curve {
    case .p256:
      guard let key = try? P256.Signing.PublicKey(anyX963: keyBytes) else { throw Unsupported("this P-256 point") }
      guard let value = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
      return key.isValidSignature(value, for: digest)
    case .p384:
      guard let key = try? P384.Signing.PublicKey(anyX963: keyBytes) else { throw Unsupported("this P-384 point") }
      guard let value = try? P384.Signing.ECDSASignature(derRepresentation: signature) else { return false }
      return key.isValidSignature(value, for: digest)
    case .p521:
      guard let key = try? P521.Signing.PublicKey(anyX963: keyBytes) else { throw Unsupported("this P-521 point") }
      guard let value = try? P521.Signing.ECDSASignature(derRepresentation: signature) else { return false }
      return key.isValidSignature(value, for: digest)
    case .brainpoolP256r1, .brainpoolP384r1, .brainpoolP512r1:
      #if OpenSSL
        return try EVPKey.of(self).isValid(signature, ofDigest: octets)
      #else
        throw Unsupported("\(curve.name) without the OpenSSL trait")
      #endif
    }
  }

  private func isValidDSA(_ signature: ArraySlice<UInt8>, _ digest: [UInt8]) throws(Unsupported) -> Bool {
    #if OpenSSL
      return try EVPKey.of(self).isValid(signature, ofDigest: digest)
    #else
      throw Unsupported("DSA without the OpenSSL trait")
    #endif
  }
}

extension DigestAlgorithm {
  /// True for the digests that swift-crypto's RSA takes. The kind decides, not the size: SHA3-256 is as long as SHA-256.
  var isInSwiftCryptoRSA: Bool { [.sha1, .sha256, .sha384, .sha512].contains(self) }
}

#if OpenSSL
  /// RFC 8017 §9.2
  enum EMSAPKCS1 {
    /// What stands before the digest in a DigestInfo.
    private static func prefix(_ algorithm: DigestAlgorithm, withNull: Bool) -> [UInt8] {
      let identifier = withNull ? algorithm.identifierWithNull : algorithm.identifier
      let digest = [UInt8](repeating: 0, count: algorithm.byteCount)
      let info = DERWriter.value(0x30, identifier.encoded, DERWriter.value(0x04, digest))
      return Array(info.dropLast(algorithm.byteCount))
    }

    private static let prefixes = Dictionary(
      uniqueKeysWithValues: DigestAlgorithm.allCases.map { ($0, prefix($0, withNull: true)) })
    private static let prefixesWithoutNull = Dictionary(
      uniqueKeysWithValues: DigestAlgorithm.allCases.map { ($0, prefix($0, withNull: false)) })

    /// Whether `block` is exactly 00 01 FF … FF 00 DigestInfo. The block is built and compared, never parsed
    /// (CVE-2026-12860).
    static func matches(_ block: [UInt8], _ digest: [UInt8], _ algorithm: DigestAlgorithm, withNull: Bool) -> Bool {
      guard let prefix = (withNull ? prefixes : prefixesWithoutNull)[algorithm] else { return false }
      let padding = block.count - prefix.count - digest.count - 3
      guard padding >= 8, digest.count == algorithm.byteCount else { return false }
      var built: [UInt8] = []
      built.reserveCapacity(block.count)
      built += [0, 1]
      built += repeatElement(0xFF, count: padding)
      built.append(0)
      built += prefix
      built += digest
      return built == block
    }
  }
#endif

/// A digest that was computed elsewhere, in the shape that swift-crypto's ECDSA takes.
struct GivenDigest: Digest {
  static let byteCount = 0
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try unsafe bytes.withUnsafeBytes(body)
  }

  func makeIterator() -> Array<UInt8>.Iterator { bytes.makeIterator() }
  var description: String { "digest of \(bytes.count) bytes" }
}

extension PublicKey {
  /// What kind of key it is, in words: `RSA 2048`, `EC P-256`.
  public var summary: String {
    switch kind {
    case .rsaPSS(let bits, _): "RSA-PSS \(bits)"
    case .dsa(let bits): "DSA \(bits)"
    case .ec(let curve): "EC \(curve.name)"
    case .other(let name): name
    case .rsa, .ed25519, .ed448, .x25519, .x448, .mlDSA65, .mlDSA87, .mlKEM768, .mlKEM1024:
      PrivateKey.Kind(kind)?.name ?? ""
    }
  }

  /// True for RSA below 2048 bits, and for DSA.
  public var isWeak: Bool {
    switch kind {
    case .rsa(let bits), .rsaPSS(let bits, _): bits < 2048
    case .dsa: true
    default: false
    }
  }

  /// SHA-1 of the BIT STRING's content (RFC 5280 §4.2.1.2, method 1).
  public var subjectKeyIdentifier: [UInt8] { MessageDigest.sha1(keyBytes) }

  /// What a key of this kind signs with unless it is told otherwise: RSA v1.5 with SHA-256, or ECDSA with the curve's digest.
  public var defaultSignatureAlgorithm: SignatureAlgorithm {
    switch kind {
    case .ec(let curve): .ecdsa(curve.digest)
    case .ed25519: .ed25519
    case .ed448: .ed448
    case .mlDSA65: .mlDSA65
    case .mlDSA87: .mlDSA87
    case .dsa: .dsa(.sha1)
    case .rsaPSS(_, let restriction): .rsaPSS(restriction ?? PSSParameters(.sha256))
    case .rsa, .x25519, .x448, .mlKEM768, .mlKEM1024, .other: .rsaPKCS1(.sha256)
    }
  }
}

extension P256.Signing.PublicKey {
  init(anyX963 point: ArraySlice<UInt8>) throws {
    self = point.first == 4 ? try Self(x963Representation: point) : try Self(compressedRepresentation: point)
  }
}

extension P384.Signing.PublicKey {
  init(anyX963 point: ArraySlice<UInt8>) throws {
    self = point.first == 4 ? try Self(x963Representation: point) : try Self(compressedRepresentation: point)
  }
}

extension P521.Signing.PublicKey {
  init(anyX963 point: ArraySlice<UInt8>) throws {
    self = point.first == 4 ? try Self(x963Representation: point) : try Self(compressedRepresentation: point)
  }
}
