import Crypto
import CryptoExtras
import SwiftASN1

/// An RSA private key: its PKCS#1 form, and the handle that works with it.
struct RSAPrivateMaterial: Sendable {
  let numbers: RSAPublicNumbers
  /// rsaEncryption, or id-RSASSA-PSS with what it restricts the key to (RFC 4055 §1.2).
  let identifier: AlgorithmIdentifier
  /// RFC 8017 A.1.2 RSAPrivateKey
  let pkcs1: SymmetricKey
  #if OpenSSL
    private let key: LazyRSAKey
  #else
    private let key: _RSA.Signing.PrivateKey
    private let rawKey: _RSA.BlindSigning.PrivateKey<SHA384>
  #endif

  /// RFC 8017 A.1.2   RSAPrivateKey ::= SEQUENCE { version, modulus, publicExponent, privateExponent, prime1, prime2,
  ///                    exponent1, exponent2, coefficient }
  ///
  /// - Throws: ``Malformed`` or ``Unsupported``; signs and sizes are checked before a library sees the key.
  init(pkcs1: ArraySlice<UInt8>, as identifier: AlgorithmIdentifier? = nil) throws {
    var top = try ASN1Cursor(pkcs1, as: "RSAPrivateKey", rules: .ber)
    var fields = try top.enter()
    guard try fields.int("version") == 0 else { throw Unsupported("RSA with more than two primes") }
    let numbers = RSAPublicNumbers(
      modulus: try fields.magnitude("modulus"), exponent: try fields.magnitude("publicExponent"))
    if let objection = numbers.objection { throw Unsupported(objection) }
    for name in ["privateExponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"] as [StaticString] {
      let before = fields
      let number = try fields.magnitude(name)
      guard !number.isEmpty, number.count <= numbers.modulus.count else {
        throw before.failure("is out of range", name)
      }
    }
    try fields.finish()
    self.numbers = numbers
    self.identifier = identifier ?? AlgorithmIdentifier(OID.rsaEncryption, parameters: AlgorithmIdentifier.null)
    self.pkcs1 = SymmetricKey(octets: pkcs1)
    // swift-crypto's import proves that the numbers belong together, which libcrypto's does not; below 1024 bits it takes
    // none, and libcrypto is asked to prove it.
    let mismatch = Malformed("the numbers of an RSA key do not belong together", path: "RSAPrivateKey")
    #if OpenSSL
      key = LazyRSAKey(pkcs1: self.pkcs1)
      guard
        numbers.bits < 1024
          ? try key.evp().isConsistent : (try? _RSA.Signing.PrivateKey(unsafeDERRepresentation: pkcs1)) != nil
      else { throw mismatch }
    #else
      guard numbers.bits >= 1024 else { throw Unsupported("RSA with \(numbers.bits) bits without the OpenSSL trait") }
      do { key = try _RSA.Signing.PrivateKey(unsafeDERRepresentation: pkcs1) } catch { throw mismatch }
      do {
        rawKey = try _RSA.BlindSigning.PrivateKey(
          unsafeDERRepresentation: pkcs1, parameters: .RSABSSA_SHA384_PSS_Deterministic)
      } catch { throw Unsupported("this RSA \(numbers.bits) key without the OpenSSL trait") }
    #endif
  }

  /// Signs a digest of the algorithm's size.
  func sign(_ digest: [UInt8], _ algorithm: SignatureAlgorithm) throws -> [UInt8] {
    #if OpenSSL
      if case .rsaPSS(let parameters) = algorithm, parameters.digest.isExtendable {
        let block = try EMSAPSSWithSHAKE(parameters.digest).block(digest, modulusBits: numbers.bits)
        guard let signature = decryptRaw(block[...]) else { throw Unsupported("\(algorithm.name) with this key") }
        return signature
      }
      if case .rsaPKCS1(let kind) = algorithm, let signature = try key.handle().sign(digest, kind) { return signature }
      return try key.evp().sign(digest, algorithm)
    #else
      guard algorithm.digest?.isInSwiftCryptoRSA ?? false else {
        throw Unsupported("\(algorithm.name) without the OpenSSL trait")
      }
      let padding: _RSA.Signing.Padding
      switch algorithm {
      case .rsaPKCS1: padding = .insecurePKCS1v1_5
      case .rsaPSS(let parameters) where parameters == PSSParameters(parameters.digest): padding = .PSS
      default: throw Unsupported("\(algorithm.name) without the OpenSSL trait")
      }
      guard let signature = try RSADigest(digest)?.sign(key, padding) else {
        throw Unsupported("\(algorithm.name) without the OpenSSL trait")
      }
      return signature
    #endif
  }

  /// The bare private-key operation (RFC 8017 §5.1.2), blinded: as many bytes as the modulus has; nil if the number is
  /// not below it.
  func decryptRaw(_ encrypted: ArraySlice<UInt8>) -> [UInt8]? {
    let count = numbers.modulus.count
    guard encrypted.count <= count else { return nil }
    // QUIRK: a few old writers drop leading zeros; RFC 8017 §7.2.1 wants as many octets as the modulus has.
    let whole = repeatElement(0, count: count - encrypted.count) + encrypted
    #if OpenSSL
      return try? key.handle().decryptRaw(whole[...])
    #else
      return (try? rawKey.blindSignature(for: whole)).map { [UInt8]($0.rawRepresentation) }
    #endif
  }

  /// RSAES-OAEP (RFC 8017 §7.1.2); nil for whatever goes wrong.
  func decrypt(_ encrypted: ArraySlice<UInt8>, _ parameters: OAEPParameters) -> [UInt8]? {
    #if OpenSSL
      return try? key.evp().decrypt(encrypted, parameters)
    #else
      let padding: _RSA.Encryption.Padding
      switch parameters {
      case OAEPParameters(.sha1): padding = .PKCS1_OAEP
      case OAEPParameters(.sha256): padding = .PKCS1_OAEP_SHA256
      default: return nil
      }
      let bytes = pkcs1.octets
      return (try? _RSA.Encryption.PrivateKey(unsafeDERRepresentation: bytes).decrypt(encrypted, padding: padding))
        .map { [UInt8]($0) }
    #endif
  }
}

/// A digest in the four shapes that swift-crypto's RSA takes; any other ends the process there.
enum RSADigest {
  case sha1(Insecure.SHA1Digest)
  case sha256(SHA256Digest)
  case sha384(SHA384Digest)
  case sha512(SHA512Digest)

  /// The digest made of `octets`, by their number; nil for the digests that are not offered.
  init?(_ octets: [UInt8]) {
    switch octets.count {
    case 20:
      if let digest = Self.load(octets, as: Insecure.SHA1Digest.self) { self = .sha1(digest) } else { return nil }
    case 32: if let digest = Self.load(octets, as: SHA256Digest.self) { self = .sha256(digest) } else { return nil }
    case 48: if let digest = Self.load(octets, as: SHA384Digest.self) { self = .sha384(digest) } else { return nil }
    case 64: if let digest = Self.load(octets, as: SHA512Digest.self) { self = .sha512(digest) } else { return nil }
    default: return nil
    }
  }

  /// swift-crypto makes its digests by hashing only. They are plain words in memory order, the last one filled up with
  /// zeros; should one ever be anything else, its size, its kind or what it reads back as differs and this gives nil.
  private static func load<D: Digest>(_ octets: [UInt8], as type: D.Type) -> D? {
    let size = MemoryLayout<D>.size
    guard D.byteCount == octets.count, size >= octets.count, size < octets.count + 8, _isPOD(D.self) else { return nil }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: MemoryLayout<D>.alignment)
    defer { unsafe memory.deallocate() }
    unsafe memory.copyBytes(from: octets + [UInt8](repeating: 0, count: size - octets.count))
    let digest = unsafe memory.load(as: D.self)
    return Array(digest) == octets ? digest : nil
  }

  func isValid(
    _ signature: ArraySlice<UInt8>, _ key: _RSA.Signing.PublicKey, _ padding: _RSA.Signing.Padding
  ) -> Bool {
    let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
    return switch self {
    case .sha1(let digest): key.isValidSignature(signature, for: digest, padding: padding)
    case .sha256(let digest): key.isValidSignature(signature, for: digest, padding: padding)
    case .sha384(let digest): key.isValidSignature(signature, for: digest, padding: padding)
    case .sha512(let digest): key.isValidSignature(signature, for: digest, padding: padding)
    }
  }

  func sign(_ key: _RSA.Signing.PrivateKey, _ padding: _RSA.Signing.Padding) throws -> [UInt8] {
    let signature =
      switch self {
      case .sha1(let digest): try key.signature(for: digest, padding: padding)
      case .sha256(let digest): try key.signature(for: digest, padding: padding)
      case .sha384(let digest): try key.signature(for: digest, padding: padding)
      case .sha512(let digest): try key.signature(for: digest, padding: padding)
      }
    return [UInt8](signature.rawRepresentation)
  }
}
