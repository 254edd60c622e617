import ByteIO
import PKIX
public import SMIMECrypto
import SwiftASN1

extension PKCS12 {
  /// Reads `bytes` with `password`.
  ///
  /// Throws `Malformed` for what is no PFX, `WrongPassword`, `Unsupported` for a protection that is not offered
  /// (public-key privacy or integrity), `LimitExceeded` for what asks for too much work.
  public static func read(
    _ bytes: some Sequence<UInt8>, password: Password, limits: CMSLimits = .standard
  ) throws -> PKCS12 {
    let bytes = (bytes as? ArraySlice<UInt8>) ?? ArraySlice(bytes)
    guard bytes.count <= limits.headerElementBytes else {
      throw LimitExceeded(.size, limit: limits.headerElementBytes)
    }
    var top = try ASN1Cursor(bytes, as: "PFX", rules: .ber)
    var fields = try top.enter()
    let version = try fields.int("version")
    guard version == 3 else { throw Malformed("is \(version), not 3", path: "PFX.version", offset: bytes.startIndex) }
    var authSafe = try fields.sequence("authSafe")
    let safe = try data(&authSafe)
    var reader = PKCS12Reader(limits: limits)
    if var mac = try fields.constructed(ifPresent: .sequence, "macData") {
      let check = try PKCS12Integrity(&mac)
      reader.passwords = try check.passwords(of: password, for: safe, spending: &reader.rounds)
      guard !reader.passwords.isEmpty else { throw WrongPassword() }
    } else {
      reader.passwords = password.spellings
    }
    try fields.finish()
    try reader.readAuthenticatedSafe(safe)
    return PKCS12(
      keys: reader.keys, keptKeys: reader.keptKeys, certificates: reader.certificates, crls: reader.crls,
      defects: reader.defects)
  }

  /// The octets of a ContentInfo of type data.
  fileprivate static func data(_ fields: inout ASN1Cursor) throws -> ArraySlice<UInt8> {
    let type = ContentType(try fields.oid("contentType"))
    guard type == .data else {
      throw Unsupported("PKCS#12 with \(type) as its outer content", path: fields.path.description)
    }
    var content = try fields.constructed(.context(0), "content")
    let octets = try content.octets("content")
    try content.finish()
    try fields.finish()
    return octets
  }
}

/// Opens the bags of one file and collects what is in them.
///
///     AuthenticatedSafe ::= SEQUENCE OF ContentInfo  -- data or encryptedData
///     SafeContents ::= SEQUENCE OF SafeBag
///     SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
private struct PKCS12Reader {
  private(set) var keys: [PKCS12.Key] = []
  private(set) var keptKeys: [PKCS12.KeptKey] = []
  private(set) var certificates: [PKCS12.CertificateEntry] = []
  private(set) var crls: [CertificateRevocationList] = []
  private(set) var defects: [Malformed] = []
  /// The spellings of the password that may open something.
  var passwords: [Password] = []
  /// Rounds of key derivation that are left.
  var rounds: WorkBudget
  private let limits: CMSLimits
  private var bags = 0

  init(limits: CMSLimits) {
    self.limits = limits
    rounds = WorkBudget(.keyDerivationRounds, limits.keyDerivationRounds)
  }

  private struct Attributes {
    var friendlyName: String?
    var localKeyID: [UInt8]?

    init(_ set: inout ASN1Cursor) throws(Malformed) {
      while !set.isAtEnd {
        var fields = try set.element()
        let type = try fields.oid("attrId")
        var values = try fields.set("attrValues")
        switch type {
        case .friendlyName:
          if values.tag == .bmpString {
            friendlyName = Self.text(try values.octets("friendlyName", tag: .bmpString))
          }
        case .localKeyID:
          if values.tag == .octetString { localKeyID = Array(try values.octets("localKeyID")) }
        default: break
        }
      }
    }

    init() {}

    /// BMPString is UTF-16 in practice: big-endian code units.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
      let octets = Array(bytes)
      let units = stride(from: 0, to: octets.count - octets.count % 2, by: 2).map { index in
        UInt16(octets[index]) << 8 | UInt16(octets[index + 1])
      }
      return String(decoding: units, as: UTF16.self)
    }
  }

  mutating func readAuthenticatedSafe(_ bytes: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(bytes, as: "AuthenticatedSafe", rules: .ber)
    var contents = try top.enter()
    while !contents.isAtEnd {
      var fields = try contents.element()
      var peek = fields
      switch ContentType(try peek.oid("contentType")) {
      case .data: try readSafeContents(try PKCS12.data(&fields), depth: 0)
      case .encryptedData: try readSafeContents(try decrypt(&fields), depth: 0)
      case let type: defects.append(Malformed("\(type) is not supported", path: contents.path.description))
      }
    }
  }

  /// RFC 5652 §8   EncryptedData ::= SEQUENCE { version, encryptedContentInfo EncryptedContentInfo, unprotectedAttrs … }
  private mutating func decrypt(_ fields: inout ASN1Cursor) throws -> ArraySlice<UInt8> {
    _ = try fields.oid("contentType")
    var content = try fields.constructed(.context(0), "content")
    var encrypted = try content.sequence("encryptedData")
    _ = try encrypted.int("version")
    var info = try encrypted.sequence("encryptedContentInfo")
    _ = try info.oid("contentType")
    let algorithm = try AlgorithmIdentifier(from: &info, "contentEncryptionAlgorithm")
    let encryption = try encryption(algorithm, "\(info.path.description).contentEncryptionAlgorithm")
    return try decrypt(try info.octets("encryptedContent", tag: .context(0)), encryption)
  }

  private func encryption(
    _ algorithm: AlgorithmIdentifier, _ path: @autoclosure () -> String
  ) throws -> PasswordEncryption {
    try algorithm.reading(as: path()) { try PasswordEncryption($0) }
  }

  /// Tries the spellings of the password; the one that works goes first from then on.
  private mutating func decrypt(
    _ octets: ArraySlice<UInt8>, _ encryption: PasswordEncryption
  ) throws -> ArraySlice<UInt8> {
    for (index, password) in passwords.enumerated() {
      try rounds.spend(encryption.rounds)
      guard let plain = try? encryption.decrypt(octets, password: password),
        (try? ASN1Cursor(plain[...], as: "", rules: .ber)) != nil
      else { continue }
      passwords.swapAt(0, index)
      return plain[...]
    }
    throw WrongPassword()
  }

  private mutating func readSafeContents(_ bytes: ArraySlice<UInt8>, depth: Int) throws {
    var top = try ASN1Cursor(bytes, as: "SafeContents", rules: .ber)
    var elements = try top.enter()
    try readBags(&elements, depth: depth)
  }

  private mutating func readBags(_ elements: inout ASN1Cursor, depth: Int) throws {
    guard depth < limits.nesting else { throw LimitExceeded(.nesting, limit: limits.nesting) }
    while !elements.isAtEnd {
      bags += 1
      guard bags <= limits.certificates else { throw LimitExceeded(.elements, limit: limits.certificates) }
      var bag = try elements.element()
      do {
        try readBag(&bag, depth: depth)
      } catch let fault as Malformed {
        defects.append(fault)
      } catch let unsupported as Unsupported {
        let path = unsupported.path.isEmpty ? bag.path.description : unsupported.path
        defects.append(Malformed(unsupported.words, path: path, offset: unsupported.offset))
      }
    }
  }

  private mutating func readBag(_ bag: inout ASN1Cursor, depth: Int) throws {
    let kind = try bag.oid("bagId")
    var value = try bag.constructed(.context(0), "bagValue")
    var attributes = Attributes()
    if var set = try bag.constructed(ifPresent: .set, "bagAttributes") { attributes = try Attributes(&set) }
    try bag.finish()
    switch kind {
    case .keyBag: try keep(try value.raw("keyBag"), attributes)
    case .shroudedKeyBag:
      // EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
      var fields = try value.sequence("pkcs8ShroudedKeyBag")
      let algorithm = try AlgorithmIdentifier(from: &fields, "encryptionAlgorithm")
      let encryption = try encryption(algorithm, "\(fields.path.description).encryptionAlgorithm")
      try keep(try decrypt(try fields.octets("encryptedData"), encryption), attributes)
    case .certificateBag:
      // CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT ANY }
      let der = try typedOctets(&value, .x509Certificate, "certBag")
      certificates.append(
        PKCS12.CertificateEntry(
          certificate: try Certificate(der: der), friendlyName: attributes.friendlyName,
          localKeyID: attributes.localKeyID))
    case .crlBag:
      crls.append(try CertificateRevocationList(der: try typedOctets(&value, .x509CRL, "crlBag")))
    case .safeContentsBag:
      var nested = try value.sequence("safeContentsBag")
      try readBags(&nested, depth: depth + 1)
    case .secretBag: throw Unsupported("a secretBag")
    default: throw Unsupported("a bag of type \(kind)")
    }
  }

  private mutating func keep(_ pkcs8: ArraySlice<UInt8>, _ attributes: Attributes) throws {
    let (name, keyID) = (attributes.friendlyName, attributes.localKeyID)
    do {
      keys.append(PKCS12.Key(privateKey: try PrivateKey(pkcs8: pkcs8), friendlyName: name, localKeyID: keyID))
    } catch let unsupported as Unsupported {
      keptKeys.append(
        PKCS12.KeptKey(privateKey: try OpaquePrivateKey(pkcs8: pkcs8), friendlyName: name, localKeyID: keyID))
      throw unsupported
    }
  }

  private func typedOctets(
    _ value: inout ASN1Cursor, _ expected: ASN1ObjectIdentifier, _ field: StaticString
  ) throws -> ArraySlice<UInt8> {
    var fields = try value.sequence(field)
    let type = try fields.oid("type")
    guard type == expected else { throw Unsupported("a \(field) of type \(type.digits)") }
    var wrapped = try fields.constructed(.context(0), "value")
    return try wrapped.octets("value")
  }
}
