package import SwiftASN1

/// How content is encrypted, mode and key size included.
public enum ContentEncryption: Hashable, Sendable {
  /// RFC 3565; 128, 192 or 256
  case aesCBC(keyBits: Int)
  /// RFC 5084; 128, 192 or 256
  case aesGCM(keyBits: Int)
  /// RFC 8103; 256
  case chaCha20Poly1305
  /// AES-CCM (RFC 5084); 128, 192 or 256. Reading only, and not above 32 MiB.
  case aesCCM(keyBits: Int)
  /// DES-EDE3-CBC (RFC 3370 §5.1). Reading only.
  case tripleDESCBC
  /// RC2-CBC (RFC 3370 §5.2) with its effective key bits. Reading only.
  case rc2CBC(effectiveBits: Int)
  /// DES-CBC. Reading only.
  case desCBC

  /// True for ciphers that prove the content whole.
  public var isAuthenticated: Bool {
    switch self {
    case .aesGCM, .chaCha20Poly1305, .aesCCM: true
    case .aesCBC, .tripleDESCBC, .rc2CBC, .desCBC: false
    }
  }

  /// True for ciphers that are only read, and only under ``AlgorithmPolicy/legacy``.
  public var isWeak: Bool {
    switch self {
    case .aesCBC, .aesGCM, .chaCha20Poly1305, .aesCCM: false
    case .tripleDESCBC, .rc2CBC, .desCBC: true
    }
  }

  /// True for ciphers that content is only read from.
  public var isReadOnly: Bool { if case .aesCCM = self { true } else { isWeak } }

  /// The size of the content-encryption key in bytes.
  public var keyByteCount: Int {
    switch self {
    case .aesCBC(let bits), .aesGCM(let bits), .aesCCM(let bits): bits / 8
    case .chaCha20Poly1305: 32
    case .tripleDESCBC: 24
    // RFC 3370 §5.2: the key that is wrapped has as many bits as are effective, and at least 40.
    case .rc2CBC(let bits): bits / 8
    case .desCBC: 8
    }
  }

  /// The cipher's block in bytes, which CBC pads to.
  package var blockByteCount: Int {
    switch self {
    // A stream cipher has none; its library still wants room for one.
    case .aesCBC, .aesGCM, .aesCCM, .chaCha20Poly1305: 16
    case .tripleDESCBC, .rc2CBC, .desCBC: 8
    }
  }

  public var name: String {
    switch self {
    case .aesCBC(let bits): "AES-\(bits)-CBC"
    case .aesGCM(let bits): "AES-\(bits)-GCM"
    case .chaCha20Poly1305: "ChaCha20-Poly1305"
    case .aesCCM(let bits): "AES-\(bits)-CCM"
    case .tripleDESCBC: "3DES-CBC"
    case .rc2CBC(let bits): "RC2-\(bits)-CBC"
    case .desCBC: "DES-CBC"
    }
  }

  package var oid: ASN1ObjectIdentifier {
    switch self {
    case .aesCBC(128): OID.aes128CBC
    case .aesCBC(192): OID.aes192CBC
    case .aesCBC: OID.aes256CBC
    case .aesGCM(128): OID.aes128GCM
    case .aesGCM(192): OID.aes192GCM
    case .aesGCM: OID.aes256GCM
    case .chaCha20Poly1305: OID.chaCha20Poly1305
    case .aesCCM(128): OID.aes128CCM
    case .aesCCM(192): OID.aes192CCM
    case .aesCCM: OID.aes256CCM
    case .tripleDESCBC: OID.tripleDESCBC
    case .rc2CBC: OID.rc2CBC
    case .desCBC: OID.desCBC
    }
  }
}

/// A content cipher with its nonce or IV: the contentEncryptionAlgorithm of EnvelopedData and AuthEnvelopedData.
///
/// RFC 5084 §3.1   CCMParameters ::= SEQUENCE { aes-nonce OCTET STRING (SIZE(7..13)), aes-ICVlen INTEGER DEFAULT 12 }
/// RFC 5084 §3.2   GCMParameters ::= SEQUENCE { aes-nonce OCTET STRING, aes-ICVlen INTEGER (12..16) DEFAULT 12 }
/// RFC 8103 §2     AEADChaCha20Poly1305Nonce ::= OCTET STRING (SIZE(12))
public struct ContentCipherParameters: Hashable, Sendable {
  public let encryption: ContentEncryption
  /// The nonce (GCM, CCM, ChaCha20) or initialisation vector (CBC).
  public let initialValue: [UInt8]
  /// The size of the mac: for GCM the least, 12 to 16 octets; for CCM exactly; 16 for ChaCha20-Poly1305; 0 for CBC.
  public let tagByteCount: Int

  /// A fresh nonce or IV, and a whole tag.
  public init(fresh encryption: ContentEncryption) {
    self.encryption = encryption
    initialValue = SecureRandom.bytes(encryption.isAuthenticated ? 12 : encryption.blockByteCount)
    tagByteCount = encryption.isAuthenticated ? 16 : 0
  }

  /// CBC with an IV that is derived and not carried (RFC 7292 B.3).
  init(_ encryption: ContentEncryption, initialValue: [UInt8]) {
    self.encryption = encryption
    self.initialValue = initialValue
    tagByteCount = 0
  }

  /// - Throws: ``Malformed`` for parameters that the algorithm does not allow, ``Unsupported`` for other algorithms.
  public init(_ identifier: AlgorithmIdentifier) throws {
    let oid = identifier.algorithm
    let simple: [ContentEncryption] = [
      .aesCBC(keyBits: 256), .aesCBC(keyBits: 128), .aesCBC(keyBits: 192), .tripleDESCBC, .desCBC,
    ]
    if let encryption = simple.first(where: { $0.oid == oid }) {
      guard let parameters = identifier.parameters else { throw Malformed("\(encryption.name) has no IV") }
      var top = try ASN1Cursor(parameters, as: "", rules: .ber)
      self.encryption = encryption
      initialValue = Array(try top.octets("parameters"))
      tagByteCount = 0
      guard initialValue.count == encryption.blockByteCount else {
        throw Malformed("\(encryption.name) has an IV of \(initialValue.count) octets")
      }
    } else if oid == OID.chaCha20Poly1305 {
      guard let parameters = identifier.parameters else { throw Malformed("ChaCha20-Poly1305 has no nonce") }
      var top = try ASN1Cursor(parameters, as: "", rules: .ber)
      encryption = .chaCha20Poly1305
      initialValue = Array(try top.octets("parameters"))
      tagByteCount = 16
      guard initialValue.count == 12 else {
        throw Malformed("ChaCha20-Poly1305 has a nonce of \(initialValue.count) octets")
      }
    } else if let bits = [256, 128, 192].first(where: { ContentEncryption.aesCCM(keyBits: $0).oid == oid }) {
      encryption = .aesCCM(keyBits: bits)
      (initialValue, tagByteCount) = try Self.nonceAndTag(identifier, "AES-CCM")
      guard (7...13).contains(initialValue.count) else {
        throw Malformed("AES-CCM has a nonce of \(initialValue.count) octets")
      }
      guard (4...16).contains(tagByteCount), tagByteCount % 2 == 0 else {
        throw Malformed("aes-ICVlen is \(tagByteCount)")
      }
      // 4 and 6 octets, which RFC 5084 §3.1 has too, can be guessed.
      guard tagByteCount >= 8 else { throw Unsupported("AES-CCM with a mac of \(tagByteCount) octets") }
    } else if let bits = [256, 128, 192].first(where: { ContentEncryption.aesGCM(keyBits: $0).oid == oid }) {
      encryption = .aesGCM(keyBits: bits)
      (initialValue, tagByteCount) = try Self.nonceAndTag(identifier, "AES-GCM")
      // CVE-2025-15467: an oversized nonce. RFC 5084 §3.2 recommends 12; what EVP takes is 1 to 16.
      guard (1...16).contains(initialValue.count) else {
        throw Malformed("AES-GCM has a nonce of \(initialValue.count) octets")
      }
      guard (12...16).contains(tagByteCount) else { throw Malformed("aes-ICVlen is \(tagByteCount)") }
    } else if oid == OID.rc2CBC {
      guard let parameters = identifier.parameters else { throw Malformed("RC2-CBC has no parameters") }
      (encryption, initialValue) = try Self.rc2(parameters)
      tagByteCount = 0
    } else {
      throw Unsupported("the content encryption \(OID.name(oid))")
    }
  }

  /// What GCMParameters and CCMParameters have.
  private static func nonceAndTag(_ identifier: AlgorithmIdentifier, _ name: String) throws -> ([UInt8], Int) {
    guard let parameters = identifier.parameters else { throw Malformed("\(name) has no parameters") }
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let nonce = Array(try fields.octets("aes-nonce"))
    let count = fields.isAtEnd ? 12 : try fields.int("aes-ICVlen")
    try fields.finish()
    return (nonce, count)
  }

  /// RFC 3370 §5.2   RC2-CBC parameter ::= SEQUENCE { rc2ParameterVersion INTEGER, iv OCTET STRING }
  private static func rc2(_ parameters: ArraySlice<UInt8>) throws -> (ContentEncryption, [UInt8]) {
    var top = try ASN1Cursor(parameters, as: "parameters", rules: .ber)
    var fields = try top.enter()
    let version = try fields.int("rc2ParameterVersion")
    let iv = Array(try fields.octets("iv"))
    try fields.finish()
    guard let bits = rc2Versions.first(where: { $0.value == version })?.key else {
      throw Unsupported("RC2 parameter version \(version)")
    }
    guard iv.count == 8 else { throw Malformed("RC2-CBC has an IV of \(iv.count) octets") }
    return (.rc2CBC(effectiveBits: bits), iv)
  }

  /// RFC 2268 §6: effective key bits, and how rc2ParameterVersion says them.
  private static let rc2Versions = [40: 160, 64: 120, 128: 58]

  /// As it is written; aes-ICVlen is always there, since OpenSSL cannot read a message without it.
  public var identifier: AlgorithmIdentifier {
    let parameters = DERWriter.encode { der in
      switch encryption {
      case .aesGCM, .aesCCM:
        der.sequence { der in
          der.octets(initialValue)
          der.int(tagByteCount)
        }
      case .rc2CBC(let bits):
        der.sequence { der in
          der.int(Self.rc2Versions[bits] ?? bits)
          der.octets(initialValue)
        }
      case .aesCBC, .tripleDESCBC, .desCBC, .chaCha20Poly1305: der.octets(initialValue)
      }
    }
    return AlgorithmIdentifier(encryption.oid, parameters: ArraySlice(parameters))
  }

  /// Why `tag` cannot be this content's mac; nil when it can. RFC 5084 §3.2: as long as aes-ICVlen says. A longer one is
  /// verified whole.
  /// QUIRK: RFC 8551 §3.4's own message has no aes-ICVlen (12) and a mac of 16 octets.
  public func objection(toTag tag: ArraySlice<UInt8>) -> String? {
    switch encryption {
    case .aesCCM, .chaCha20Poly1305:
      return tag.count == tagByteCount ? nil : "the mac has \(tag.count) octets instead of \(tagByteCount)"
    default: break
    }
    guard tag.count >= 12, tag.count <= 16 else { return "the mac has \(tag.count) octets" }
    return tag.count < tagByteCount ? "the mac has \(tag.count) octets and aes-ICVlen is \(tagByteCount)" : nil
  }
}
