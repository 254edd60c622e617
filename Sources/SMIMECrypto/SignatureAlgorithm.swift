import SwiftASN1

/// RFC 4055 §3.1   RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] DEFAULT sha1, maskGenAlgorithm [1] DEFAULT mgf1SHA1,
///                   saltLength [2] INTEGER DEFAULT 20, trailerField [3] INTEGER DEFAULT 1 }
public struct PSSParameters: Hashable, Sendable {
  public let digest: DigestAlgorithm
  /// MGF1's digest.
  public let maskDigest: DigestAlgorithm
  /// The salt's size in bytes.
  public let saltByteCount: Int

  public init(digest: DigestAlgorithm, maskDigest: DigestAlgorithm, saltByteCount: Int) {
    self.digest = digest
    self.maskDigest = maskDigest
    self.saltByteCount = saltByteCount
  }

  /// What is written: one digest for both, and a salt as long as it. SHAKE masks by itself, without MGF1 (RFC 8702 §3.2.1).
  public init(_ digest: DigestAlgorithm) {
    self.init(digest: digest, maskDigest: digest, saltByteCount: digest.byteCount)
  }

  init(parameters: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    digest = try .explicit(0, from: &fields, "hashAlgorithm")
    maskDigest = try .mask(1, from: &fields, "maskGenAlgorithm")
    var salt = 20
    let beforeSalt = fields
    if var field = try fields.context(ifPresent: 2, "saltLength") {
      salt = try field.int("saltLength")
      try field.finish()
    }
    guard salt >= 0 && salt <= 1024 else { throw beforeSalt.failure("the salt's length is out of range", "saltLength") }
    saltByteCount = salt
    if var field = try fields.context(ifPresent: 3, "trailerField") {
      guard try field.int("trailerField") == 1 else {
        throw Unsupported("an RSASSA-PSS trailer field other than 1", path: field.path.description)
      }
      try field.finish()
    }
    try fields.finish()
  }

  /// S/MIME BR 7.1.3.2.1: NULL parameters on both digests, and the default trailer field left out.
  var encoded: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        if digest != .sha1 { der.context(0) { digest.identifierWithNull.write(to: &$0) } }
        if maskDigest != .sha1 { der.context(1) { maskDigest.maskIdentifier.write(to: &$0) } }
        if saltByteCount != 20 { der.context(2) { $0.int(saltByteCount) } }
      }
    }
  }
}

extension DigestAlgorithm {
  var identifierWithNull: AlgorithmIdentifier { AlgorithmIdentifier(oid, parameters: AlgorithmIdentifier.null) }

  /// RFC 4055 §2.2: MGF1 over this digest.
  var maskIdentifier: AlgorithmIdentifier {
    AlgorithmIdentifier(OID.mgf1, parameters: ArraySlice(identifierWithNull.encoded))
  }

  /// A digest under an EXPLICIT tag, SHA-1 when it is absent.
  static func explicit(_ tag: UInt, from fields: inout ASN1Cursor, _ field: StaticString) throws -> DigestAlgorithm {
    guard var inner = try fields.context(ifPresent: tag, field) else { return .sha1 }
    let identifier = try AlgorithmIdentifier(from: &inner, field)
    try inner.finish()
    return try identifier.reading(as: inner.path.description) { try DigestAlgorithm($0).ofFixedSize }
  }

  /// This digest where SHAKE is not allowed: RFC 8702 has identifiers of its own for PSS, and none for OAEP or MGF1.
  private var ofFixedSize: DigestAlgorithm {
    get throws(Unsupported) {
      guard !isExtendable else { throw Unsupported("\(name) in parameters of PSS or OAEP") }
      return self
    }
  }

  /// MGF1's digest under an EXPLICIT tag, SHA-1 when it is absent.
  static func mask(_ tag: UInt, from fields: inout ASN1Cursor, _ field: StaticString) throws -> DigestAlgorithm {
    guard var inner = try fields.context(ifPresent: tag, field) else { return .sha1 }
    let identifier = try AlgorithmIdentifier(from: &inner, field)
    try inner.finish()
    return try identifier.reading(as: inner.path.description) { identifier in
      guard identifier.algorithm == OID.mgf1 else {
        throw Unsupported("the mask generation function \(OID.name(identifier.algorithm))")
      }
      guard let parameters = identifier.parameters else { throw Malformed("MGF1 names no digest") }
      var top = try ASN1Cursor(parameters, as: "", rules: .ber)
      let digest = try AlgorithmIdentifier(from: &top, "parameters")
      return try digest.reading(as: "parameters") { try DigestAlgorithm($0).ofFixedSize }
    }
  }
}

/// How a signature is made, digest included.
public enum SignatureAlgorithm: Hashable, Sendable {
  /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2)
  case rsaPKCS1(DigestAlgorithm)
  /// RSASSA-PSS (RFC 8017 §8.1)
  case rsaPSS(PSSParameters)
  /// ECDSA (RFC 5480, RFC 5753 §2)
  case ecdsa(DigestAlgorithm)
  /// PureEdDSA on curve25519 (RFC 8032, RFC 8410, RFC 8419)
  case ed25519
  /// PureEdDSA on curve448 (RFC 8032, RFC 8410, RFC 8419)
  case ed448
  /// ML-DSA with an empty context (RFC 9881, RFC 9882)
  case mlDSA65, mlDSA87
  /// DSA (RFC 3370 §3.1). Reading only.
  case dsa(DigestAlgorithm)

  /// What `identifier` names.
  ///
  /// - Parameter digest: the SignerInfo's digest, for identifiers that name a key's algorithm alone; nil in a certificate,
  ///   where such identifiers are not allowed.
  /// - Throws: ``Malformed`` or ``Unsupported``.
  public init(_ identifier: AlgorithmIdentifier, digest: DigestAlgorithm? = nil) throws {
    if let (algorithm, _) = Self.table.first(where: { $0.1 == identifier.algorithm }) {
      guard algorithm.takes(identifier) else { throw Malformed("\(algorithm.name) has parameters") }
      self = algorithm
      return
    }
    switch identifier.algorithm {
    case OID.rsaPSS:
      guard let parameters = identifier.parameters else { throw Malformed("RSASSA-PSS has no parameters") }
      self = .rsaPSS(try PSSParameters(parameters: parameters))
    case OID.rsaEncryption where digest != nil:
      // RFC 3370 §3.2: what most software writes in a SignerInfo.
      guard let digest, !digest.isExtendable else { throw Unsupported("rsaEncryption as a signature algorithm") }
      self = .rsaPKCS1(digest)
    case OID.ecPublicKey where digest != nil:
      // QUIRK: Apple's Security framework names the key's algorithm here; RFC 5753 §2.1.1 wants ecdsa-with-*.
      guard let digest else { throw Unsupported("id-ecPublicKey as a signature algorithm") }
      self = .ecdsa(digest)
    case OID.dsa where digest != nil:
      // QUIRK: OpenSSL before 1.0 and others name the key's algorithm here; RFC 3370 §3.1 wants id-dsa-with-sha1.
      guard let digest else { throw Unsupported("id-dsa as a signature algorithm") }
      self = .dsa(digest)
    case OID.sha1WithRSAOIW:
      self = .rsaPKCS1(.sha1)
    default:
      throw Unsupported("the signature algorithm \(OID.name(identifier.algorithm))")
    }
  }

  /// As it is written: NULL for RSA v1.5, nothing for ECDSA and EdDSA, PSS with its parameters (S/MIME BR 7.1.3.2).
  public var identifier: AlgorithmIdentifier {
    switch self {
    case .rsaPSS(let parameters) where parameters.digest.isExtendable: AlgorithmIdentifier(oid)
    case .rsaPSS(let parameters): AlgorithmIdentifier(OID.rsaPSS, parameters: ArraySlice(parameters.encoded))
    case .rsaPKCS1: AlgorithmIdentifier(oid, parameters: AlgorithmIdentifier.null)
    default: AlgorithmIdentifier(oid)
    }
  }

  /// RFC 8419 §2.4, RFC 9881 §2, RFC 8702 §3.2: no parameters, where older algorithms also take NULL.
  private func takes(_ identifier: AlgorithmIdentifier) -> Bool {
    switch self {
    case .ed448, .mlDSA65, .mlDSA87, .rsaPSS, .ecdsa(.shake128), .ecdsa(.shake256): identifier.parameters == nil
    default: identifier.hasNoParameters
    }
  }

  private var oid: ASN1ObjectIdentifier { Self.table.first { $0.0 == self }?.1 ?? OID.rsaPSS }

  private static let table: [(SignatureAlgorithm, ASN1ObjectIdentifier)] = [
    (.rsaPKCS1(.sha256), OID.sha256WithRSA), (.ecdsa(.sha256), OID.ecdsaWithSHA256),
    (.ecdsa(.sha384), OID.ecdsaWithSHA384), (.rsaPKCS1(.sha384), OID.sha384WithRSA),
    (.rsaPKCS1(.sha512), OID.sha512WithRSA), (.ecdsa(.sha512), OID.ecdsaWithSHA512), (.ed25519, OID.ed25519),
    (.rsaPKCS1(.sha224), OID.sha224WithRSA), (.ecdsa(.sha224), OID.ecdsaWithSHA224),
    (.rsaPKCS1(.sha1), OID.sha1WithRSA), (.ecdsa(.sha1), OID.ecdsaWithSHA1), (.rsaPKCS1(.md5), OID.md5WithRSA),
    (.mlDSA65, OID.mlDSA65), (.mlDSA87, OID.mlDSA87), (.ed448, OID.ed448),
    (.rsaPKCS1(.sha3_224), OID.sha3_224WithRSA), (.rsaPKCS1(.sha3_256), OID.sha3_256WithRSA),
    (.rsaPKCS1(.sha3_384), OID.sha3_384WithRSA), (.rsaPKCS1(.sha3_512), OID.sha3_512WithRSA),
    (.ecdsa(.sha3_224), OID.ecdsaWithSHA3_224), (.ecdsa(.sha3_256), OID.ecdsaWithSHA3_256),
    (.ecdsa(.sha3_384), OID.ecdsaWithSHA3_384), (.ecdsa(.sha3_512), OID.ecdsaWithSHA3_512),
    (.ecdsa(.shake128), OID.ecdsaWithSHAKE128), (.ecdsa(.shake256), OID.ecdsaWithSHAKE256),
    (.rsaPSS(PSSParameters(.shake128)), OID.rsaPSSWithSHAKE128),
    (.rsaPSS(PSSParameters(.shake256)), OID.rsaPSSWithSHAKE256),
    (.dsa(.sha1), OID.dsaWithSHA1), (.dsa(.sha224), OID.dsaWithSHA224), (.dsa(.sha256), OID.dsaWithSHA256),
    (.dsa(.sha384), OID.dsaWithSHA384), (.dsa(.sha512), OID.dsaWithSHA512),
  ]
}

extension SignatureAlgorithm {
  /// The digest that is signed; nil where the algorithm takes the whole message.
  public var digest: DigestAlgorithm? {
    switch self {
    case .rsaPKCS1(let digest), .ecdsa(let digest), .dsa(let digest): digest
    case .rsaPSS(let parameters): parameters.digest
    case .ed25519, .ed448, .mlDSA65, .mlDSA87: nil
    }
  }

  public var name: String {
    switch self {
    case .rsaPKCS1(let digest): "RSA with \(digest.name)"
    case .rsaPSS(let parameters): "RSA-PSS with \(parameters.digest.name)"
    case .ecdsa(let digest): "ECDSA with \(digest.name)"
    case .dsa(let digest): "DSA with \(digest.name)"
    case .ed25519: "Ed25519"
    case .ed448: "Ed448"
    case .mlDSA65: "ML-DSA-65"
    case .mlDSA87: "ML-DSA-87"
    }
  }

  /// The digest that goes into the signed attributes beside such a signature: its own, or the one that is written where it
  /// has none (RFC 8419 §2.3, RFC 9882 §4).
  public var contentDigest: DigestAlgorithm {
    switch self {
    case .ed448: .shake256
    default: digest ?? .sha512
    }
  }

  /// How a SignerInfo with signed attributes names ``contentDigest``: Ed448 wants SHAKE256's length said (RFC 8419 §3.1).
  public var contentDigestIdentifier: AlgorithmIdentifier {
    self == .ed448 ? DigestAlgorithm.ed448Identifier : contentDigest.identifier
  }

  /// True when a digest in it is weak.
  public var isWeak: Bool { digest?.isWeak ?? false }

  /// True when a key of `key`'s kind can make such signatures.
  public func isUsable(with key: PublicKey) -> Bool {
    switch (self, key.kind) {
    case (.rsaPKCS1(let digest), .rsa): !digest.isExtendable
    case (.rsaPSS(let parameters), .rsa):
      // RFC 8702 §3.2.1: SHAKE goes with itself alone.
      parameters.digest.isExtendable || parameters.maskDigest.isExtendable
        ? parameters == PSSParameters(parameters.digest) : true
    case (.ecdsa, .ec), (.ed25519, .ed25519), (.ed448, .ed448), (.mlDSA65, .mlDSA65), (.mlDSA87, .mlDSA87),
      (.dsa, .dsa):
      true
    case (.rsaPSS(let parameters), .rsaPSS(_, let restriction)):
      // RFC 4055 §3.3: digest and mask as the key says, the salt at least as long.
      restriction.map {
        $0.digest == parameters.digest && $0.maskDigest == parameters.maskDigest
          && parameters.saltByteCount >= $0.saltByteCount
      } ?? true
    default: false
    }
  }
}
