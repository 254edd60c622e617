import Crypto
import SwiftASN1

extension PrivateKey {
  /// Reads PKCS#8.
  ///
  /// RFC 5958 §2   OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier,
  ///                 privateKey OCTET STRING, attributes [0] OPTIONAL, publicKey [1] BIT STRING OPTIONAL }
  ///
  /// - Throws: ``Malformed`` or ``Unsupported``. A public key that stands beside it must be its own.
  public init(pkcs8: ArraySlice<UInt8>) throws {
    let info = try PrivateKeyInfo(pkcs8)
    do {
      try self.init(info)
    } catch let fault as Malformed where fault.path.isEmpty {
      throw Malformed(fault.reason, path: "PrivateKeyInfo", offset: pkcs8.startIndex)
    }
  }

  private init(_ info: PrivateKeyInfo) throws {
    switch info.algorithm.algorithm {
    case OID.rsaEncryption:
      guard info.algorithm.hasNoParameters else { throw Malformed("rsaEncryption has parameters") }
      try self.init(.rsa(RSAPrivateMaterial(pkcs1: info.key)))
    case OID.rsaPSS:
      if let parameters = info.algorithm.parameters {
        _ = try info.algorithm.reading(as: "PrivateKeyInfo.privateKeyAlgorithm") { _ in
          try PSSParameters(parameters: parameters)
        }
      }
      try self.init(.rsa(RSAPrivateMaterial(pkcs1: info.key, as: info.algorithm)))
    case OID.ecPublicKey:
      guard let parameters = info.algorithm.parameters else { throw Malformed("the EC key names no curve") }
      try self.init(sec1: info.key, curve: EllipticCurve(parameters: parameters))
    case OID.ed25519, OID.ed448, OID.x25519, OID.x448: try self.init(curvePrivateKey: info)
    case OID.mlDSA65, OID.mlDSA87, OID.mlKEM768, OID.mlKEM1024: try self.init(latticeKey: info)
    default:
      throw Unsupported("a private key for \(OID.name(info.algorithm.algorithm))")
    }
    if let statedKey = info.publicKey, statedKey != publicKey.keyBytes {
      throw Malformed("the public key beside the private key is not its own")
    }
  }

  /// RFC 8410 §7   CurvePrivateKey ::= OCTET STRING
  private init(curvePrivateKey info: PrivateKeyInfo) throws {
    let kinds: [ASN1ObjectIdentifier: (Kind, Int)] = [
      OID.ed25519: (.ed25519, 32), OID.ed448: (.ed448, 57), OID.x25519: (.x25519, 32), OID.x448: (.x448, 56),
    ]
    guard let (kind, count) = kinds[info.algorithm.algorithm] else { throw Unsupported("this private key") }
    var top = try ASN1Cursor(info.key, as: "CurvePrivateKey", rules: .ber)
    let octets = try top.octets("octets")
    guard octets.count == count else {
      throw Malformed("the \(kind.name) key has \(octets.count) octets instead of \(count)")
    }
    try self.init(KeyMaterial(kind, secret: Array(octets)))
  }

  /// Reads a PKCS#1 RSAPrivateKey (RFC 8017 A.1.2).
  public init(pkcs1: ArraySlice<UInt8>) throws {
    try self.init(.rsa(RSAPrivateMaterial(pkcs1: pkcs1)))
  }

  /// Reads a SEC1 ECPrivateKey that names its curve.
  public init(sec1: ArraySlice<UInt8>) throws { try self.init(sec1: sec1, curve: nil) }

  /// RFC 5915 §3   ECPrivateKey ::= SEQUENCE { version INTEGER, privateKey OCTET STRING, parameters [0] OPTIONAL,
  ///                 publicKey [1] BIT STRING OPTIONAL }
  private init(sec1: ArraySlice<UInt8>, curve given: EllipticCurve?) throws {
    var top = try ASN1Cursor(sec1, as: "ECPrivateKey", rules: .ber)
    var fields = try top.sequence("key")
    guard try fields.int("version") == 1 else { throw fields.failure("the version is not 1", "version") }
    let secret = try fields.octets("privateKey").drop { $0 == 0 }
    var named: EllipticCurve?
    if var parameters = try fields.context(ifPresent: 0, "parameters") {
      named = try EllipticCurve(parameters: try parameters.raw("namedCurve"))
    }
    var statedPoint: ArraySlice<UInt8>?
    if var point = try fields.context(ifPresent: 1, "publicKey") { statedPoint = try point.bits("point").bytes }
    try fields.finish()
    guard let curve = given ?? named else { throw Malformed("the EC key names no curve") }
    if let named, named != curve { throw Malformed("the EC key names two curves") }
    let size = curve.fieldByteCount
    guard secret.count <= size else { throw Malformed("a \(curve.name) key is too long") }
    let padded = [UInt8](repeating: 0, count: size - secret.count) + secret
    do {
      try self.init(KeyMaterial(.ec(curve), secret: padded))
    } catch let error as Unsupported {
      throw error
    } catch { throw Malformed("the number is not a \(curve.name) key") }
    if let statedPoint, statedPoint.first == 4, statedPoint != publicKey.keyBytes {
      throw Malformed("the public key beside the private key is not its own")
    }
  }

  /// The key as PKCS#8, not encrypted: secret bytes.
  public var pkcs8: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.int(0)
        material.identifier.write(to: &der)
        switch kind {
        case .rsa: der.octets(pkcs1 ?? [])
        case .ec: der.octets(sec1(namingCurve: false))
        case .ed25519, .ed448, .x25519, .x448:
          der.octets(DERWriter.encode { $0.octets(material.secret ?? []) })
        case .mlDSA65, .mlDSA87, .mlKEM768, .mlKEM1024:
          // RFC 9881 §6, RFC 9935 §6: the seed is the form to write.
          der.octets(DERWriter.encode { $0.octets(material.secret ?? [], tag: .primitive(0)) })
        }
      }
    }
  }

  /// The key as SEC1, for curves; nil for others. Secret bytes.
  public var sec1: [UInt8]? {
    if case .ec = kind { sec1(namingCurve: true) } else { nil }
  }

  /// The key as PKCS#1, for RSA; nil for others. Secret bytes.
  public var pkcs1: [UInt8]? {
    if case .rsa(let key) = material { key.pkcs1.octets } else { nil }
  }

  private func sec1(namingCurve: Bool) -> [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.int(1)
        der.octets(material.secret ?? [])
        if namingCurve, case .ec(let curve) = kind { der.context(0) { $0.oid(curve.oid) } }
        der.context(1) { $0.bits(publicKey.keyBytes) }
      }
    }
  }

  /// Reads an encrypted PKCS#8 key.
  ///
  /// RFC 5958 §3   EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
  ///
  /// - Throws: ``WrongPassword`` when the password does not open it.
  public init(encryptedPKCS8: ArraySlice<UInt8>, password: Password) throws {
    try self.init(pkcs8: PasswordEncryption.decryptedPrivateKey(encryptedPKCS8, password: password)[...])
  }

  /// The key as encrypted PKCS#8: PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018).
  public func encryptedPKCS8(password: Password) throws -> [UInt8] {
    try PasswordEncryption.encryptedPrivateKey(pkcs8, password: password)
  }

  /// The key as PEM: encrypted under `password`, in the clear if that is empty.
  public func pem(password: Password) throws -> String {
    guard !password.isEmpty else { return PEMBlock(label: "PRIVATE KEY", bytes: pkcs8).text }
    return PEMBlock(label: "ENCRYPTED PRIVATE KEY", bytes: try encryptedPKCS8(password: password)).text
  }

  /// Reads a key from a PEM block, whatever of these forms it holds.
  ///
  /// - Parameter password: for an encrypted block; without it such a block is a ``WrongPassword``.
  public init(pem block: PEMBlock, password: Password? = nil) throws {
    if block.headers.contains(where: { $0.name == "Proc-Type" && $0.value.contains("ENCRYPTED") }) {
      throw Unsupported("a key encrypted by OpenSSL's old PEM method")
    }
    switch block.label {
    case "PRIVATE KEY": try self.init(pkcs8: ArraySlice(block.bytes))
    case "RSA PRIVATE KEY": try self.init(pkcs1: ArraySlice(block.bytes))
    case "EC PRIVATE KEY": try self.init(sec1: ArraySlice(block.bytes))
    case "ENCRYPTED PRIVATE KEY":
      guard let password else { throw WrongPassword() }
      try self.init(encryptedPKCS8: ArraySlice(block.bytes), password: password)
    default: throw Unsupported("a private key in a PEM block \(block.label)")
    }
  }
}

extension EllipticCurve {
  /// RFC 5480 §2.1.1: the curve by its name; explicit parameters are refused.
  init(parameters: ArraySlice<UInt8>) throws {
    guard parameters.first == 0x06 else { throw Unsupported("an EC key with explicit curve parameters") }
    var top = try ASN1Cursor(parameters, as: "ECParameters", rules: .ber)
    let oid = try top.oid("namedCurve")
    guard let curve = Self.allCases.first(where: { $0.oid == oid }) else {
      throw Unsupported("the curve \(OID.name(oid))")
    }
    self = curve
  }
}

extension PasswordEncryption {
  /// `pkcs8` as an EncryptedPrivateKeyInfo.
  static func encryptedPrivateKey(_ pkcs8: [UInt8], password: Password) throws -> [UInt8] {
    let scheme = try pbes2()
    let encrypted = try scheme.encrypt(pkcs8, password: password)
    return DERWriter.encode { der in
      der.sequence { der in
        scheme.identifier.write(to: &der)
        der.octets(encrypted)
      }
    }
  }

  /// The PKCS#8 in an EncryptedPrivateKeyInfo.
  ///
  /// - Throws: ``WrongPassword`` also where a wrong password happened to leave good padding, and bytes that are no key.
  static func decryptedPrivateKey(_ encrypted: ArraySlice<UInt8>, password: Password) throws -> [UInt8] {
    var top = try ASN1Cursor(encrypted, as: "EncryptedPrivateKeyInfo", rules: .ber)
    var fields = try top.sequence("key")
    let algorithm = try AlgorithmIdentifier(from: &fields, "encryptionAlgorithm")
    let octets = try fields.octets("encryptedData")
    try fields.finish()
    let encryption = try algorithm.reading(as: "EncryptedPrivateKeyInfo.encryptionAlgorithm") {
      try PasswordEncryption($0)
    }
    let plain = try encryption.decrypt(octets, password: password)
    guard plain.first == 0x30 else { throw WrongPassword() }
    return plain
  }
}
