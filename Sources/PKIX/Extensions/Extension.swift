public import SMIMECrypto
public import SwiftASN1

extension Certificate {
  /// RFC 5280 §4.1   Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
  public struct Extension: Hashable, Sendable {
    public let oid: ASN1ObjectIdentifier
    public let isCritical: Bool
    /// What the OCTET STRING holds.
    public let value: ArraySlice<UInt8>

    public init(oid: ASN1ObjectIdentifier, isCritical: Bool, value: ArraySlice<UInt8>) {
      self.oid = oid
      self.isCritical = isCritical
      self.value = value
    }

    package init(from cursor: inout ASN1Cursor) throws(Malformed) {
      let scope = try cursor.beginElement()
      oid = try cursor.oid("extnID")
      isCritical = cursor.tag == .boolean ? try cursor.boolean("critical") : false
      value = try cursor.octets("extnValue")
      try cursor.leave(scope)
    }

    package func write(to der: inout DERWriter) {
      der.sequence { der in
        der.oid(oid)
        if isCritical { der.boolean(true) }
        der.octets(value)
      }
    }

    init(_ oid: ASN1ObjectIdentifier, critical: Bool = false, _ body: (inout DERWriter) -> Void) {
      self.init(oid: oid, isCritical: critical, value: ArraySlice(DERWriter.encode(body)))
    }
  }
}

/// RFC 5280 §4.2.1.9   BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
public struct BasicConstraints: Hashable, Sendable {
  public let isAuthority: Bool
  /// How many authorities may follow below; nil for any number.
  public let pathLength: Int?

  public static func authority(pathLength: Int?) -> BasicConstraints {
    BasicConstraints(isAuthority: true, pathLength: pathLength)
  }

  public static let endEntity = BasicConstraints(isAuthority: false, pathLength: nil)
}

/// What a key may be used for beyond its keyUsage (RFC 5280 §4.2.1.12).
public struct KeyPurpose: Hashable, Sendable, CustomStringConvertible {
  public let oid: ASN1ObjectIdentifier

  public init(_ oid: ASN1ObjectIdentifier) { self.oid = oid }

  public static let any = KeyPurpose([2, 5, 29, 37, 0])
  public static let serverAuth = KeyPurpose([1, 3, 6, 1, 5, 5, 7, 3, 1])
  public static let clientAuth = KeyPurpose([1, 3, 6, 1, 5, 5, 7, 3, 2])
  public static let codeSigning = KeyPurpose([1, 3, 6, 1, 5, 5, 7, 3, 3])
  public static let emailProtection = KeyPurpose([1, 3, 6, 1, 5, 5, 7, 3, 4])
  public static let timeStamping = KeyPurpose([1, 3, 6, 1, 5, 5, 7, 3, 8])
  public static let ocspSigning = KeyPurpose([1, 3, 6, 1, 5, 5, 7, 3, 9])

  public var description: String {
    switch self {
    case .any: "anyExtendedKeyUsage"
    case .serverAuth: "serverAuth"
    case .clientAuth: "clientAuth"
    case .codeSigning: "codeSigning"
    case .emailProtection: "emailProtection"
    case .timeStamping: "timeStamping"
    case .ocspSigning: "OCSPSigning"
    default: oid.digits
    }
  }
}

// MARK: - Writing

extension Certificate.Extension {
  /// Always critical (RFC 5280 §4.2.1.9).
  public static func basicConstraints(_ constraints: BasicConstraints) -> Self {
    Self(OID.basicConstraints, critical: true) { der in
      der.sequence { der in
        if constraints.isAuthority { der.boolean(true) }
        if let length = constraints.pathLength { der.int(length) }
      }
    }
  }

  /// Always critical.
  public static func keyUsage(_ usage: KeyUsage) -> Self {
    Self(OID.keyUsage, critical: true) { der in
      // A named bit list: trailing zero bits are left out (X.690 §11.2.2). Bit 0 is the first octet's highest.
      let last = 15 - usage.rawValue.leadingZeroBitCount
      var octets = [UInt8](repeating: 0, count: last < 0 ? 0 : last / 8 + 1)
      for bit in 0...15 where usage.rawValue >> bit & 1 == 1 { octets[bit / 8] |= 0x80 >> UInt8(bit % 8) }
      der.bits(octets, paddingBits: last < 0 ? 0 : UInt8(7 - last % 8))
    }
  }

  public static func extendedKeyUsage(_ purposes: [KeyPurpose]) -> Self {
    Self(OID.extendedKeyUsage) { der in der.sequence { der in for purpose in purposes { der.oid(purpose.oid) } } }
  }

  public static func subjectAlternativeName(_ names: [GeneralName], critical: CriticalityOfNames = .subjectIsNamed)
    -> Self
  {
    Self(OID.subjectAlternativeName, critical: critical == .subjectIsEmpty) { der in
      der.sequence { der in for name in names { name.write(to: &der) } }
    }
  }

  /// RFC 5280 §4.2.1.6: the extension is critical when the subject is empty.
  public enum CriticalityOfNames: Hashable, Sendable {
    case subjectIsNamed, subjectIsEmpty
  }

  public static func subjectKeyIdentifier(_ identifier: ArraySlice<UInt8>) -> Self {
    Self(OID.subjectKeyIdentifier) { $0.octets(identifier) }
  }

  public static func authorityKeyIdentifier(keyIdentifier: ArraySlice<UInt8>) -> Self {
    Self(OID.authorityKeyIdentifier) { der in der.sequence { $0.octets(keyIdentifier, tag: .context(0)) } }
  }

  public static func crlDistributionPoints(uris: [String]) -> Self {
    Self(OID.crlDistributionPoints) { der in
      der.sequence { der in
        for uri in uris {
          der.sequence { der in
            der.context(0) { der in der.context(0) { GeneralName.uri(uri).write(to: &$0) } }
          }
        }
      }
    }
  }

  public static func authorityInformationAccess(ocsp: [String], caIssuers: [String]) -> Self {
    Self(OID.authorityInformationAccess) { der in
      der.sequence { der in
        for (method, uri) in ocsp.map({ (OID.ocsp, $0) }) + caIssuers.map({ (OID.caIssuers, $0) }) {
          der.sequence { der in
            der.oid(method)
            GeneralName.uri(uri).write(to: &der)
          }
        }
      }
    }
  }

  /// RFC 5280 §5.2.3
  public static func crlNumber(_ number: Int) -> Self { Self(OID.crlNumber) { $0.int(number) } }

  /// Always critical (RFC 5280 §5.2.4).
  public static func deltaCRLIndicator(base: Int) -> Self {
    Self(OID.deltaCRLIndicator, critical: true) { $0.int(base) }
  }

  /// Always critical (RFC 5280 §5.2.5): the list covers the certificates that name this distribution point.
  public static func issuingDistributionPoint(uri: String) -> Self {
    Self(OID.issuingDistributionPoint, critical: true) { der in
      der.sequence { der in
        der.context(0) { der in der.context(0) { GeneralName.uri(uri).write(to: &$0) } }
      }
    }
  }

  /// RFC 6960 §4.2.2.2.1: a responder's certificate with it need not be checked for revocation.
  public static let ocspNoCheck = Self(OID.ocspNoCheck) { $0.null() }

  /// RFC 5280 §5.3.1
  public static func reasonCode(_ reason: RevocationReason) -> Self {
    Self(OID.reasonCode) { $0.int(reason.rawValue, tag: .enumerated) }
  }
}

// MARK: - Reading

extension Certificate.Extension {
  static func cursor(_ one: Self, _ name: StaticString) throws(Malformed) -> ASN1Cursor {
    try ASN1Cursor(one.value, as: name, rules: .ber)
  }

  /// Stands before the first element of an extension that is a SEQUENCE.
  static func fields(_ one: Self, _ name: StaticString) throws(Malformed) -> ASN1Cursor {
    try ASN1Cursor(inside: one.value, as: name, rules: .ber)
  }

  public static func basicConstraints(_ one: Self) throws(Malformed) -> BasicConstraints {
    var fields = try fields(one, "basicConstraints")
    let isAuthority = fields.tag == .boolean ? try fields.boolean("cA") : false
    let length = fields.tag == .integer ? try fields.int("pathLenConstraint") : nil
    try fields.finish()
    if let length, length < 0 { throw fields.failure("is negative", "pathLenConstraint") }
    return BasicConstraints(isAuthority: isAuthority, pathLength: length)
  }

  public static func keyUsage(_ one: Self) throws(Malformed) -> KeyUsage {
    var top = try cursor(one, "keyUsage")
    let bits = try top.bits("bits").bytes
    var usage: UInt16 = 0
    for (index, octet) in bits.prefix(2).enumerated() {
      for bit in 0..<8 where octet & (0x80 >> UInt8(bit)) != 0 { usage |= 1 << UInt16(index * 8 + bit) }
    }
    return KeyUsage(rawValue: usage)
  }

  public static func extendedKeyUsage(_ one: Self) throws(Malformed) -> [KeyPurpose] {
    var fields = try fields(one, "extKeyUsage")
    var purposes: [KeyPurpose] = []
    while !fields.isAtEnd { purposes.append(KeyPurpose(try fields.oid("purpose"))) }
    return purposes
  }

  public static func generalNames(_ one: Self) throws(Malformed) -> [GeneralName] {
    var fields = try fields(one, "GeneralNames")
    return try names(&fields)
  }

  static func names(_ fields: inout ASN1Cursor) throws(Malformed) -> [GeneralName] {
    var names: [GeneralName] = []
    while !fields.isAtEnd { names.append(try GeneralName(from: &fields)) }
    return names
  }

  static func keyIdentifier(_ one: Self) throws(Malformed) -> ArraySlice<UInt8> {
    var top = try cursor(one, "subjectKeyIdentifier")
    return try top.octets("keyIdentifier")
  }

  /// RFC 5280 §4.2.1.1   AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0], authorityCertIssuer [1],
  ///                       authorityCertSerialNumber [2] }
  static func authorityKeyIdentifier(_ one: Self) throws(Malformed) -> ArraySlice<UInt8>? {
    var fields = try fields(one, "authorityKeyIdentifier")
    return fields.tag == .context(0) ? try fields.octets("keyIdentifier", tag: .context(0)) : nil
  }

  /// The URIs of RFC 5280 §4.2.1.13's distribution points that name their CRL in full.
  static func distributionURIs(_ one: Self) throws(Malformed) -> [String] {
    var fields = try fields(one, "cRLDistributionPoints")
    var uris: [String] = []
    while !fields.isAtEnd {
      let point = try fields.beginElement()
      if fields.tag == .context(0) {
        let name = try fields.begin(.context(0), "distributionPoint")
        if fields.tag == .context(0) {
          let full = try fields.begin(.context(0), "fullName")
          while !fields.isAtEnd { if case .uri(let uri) = try GeneralName(from: &fields) { uris.append(uri) } }
          try fields.leave(full)
        }
        try fields.abandon(name)
      }
      try fields.abandon(point)
    }
    return uris
  }

  /// The URIs of one access method (RFC 5280 §4.2.2.1).
  static func accessURIs(_ one: Self, _ method: ASN1ObjectIdentifier) throws(Malformed) -> [String] {
    var fields = try fields(one, "authorityInfoAccess")
    var uris: [String] = []
    while !fields.isAtEnd {
      let description = try fields.beginElement()
      let found = try fields.oid("accessMethod")
      if found == method, case .uri(let uri) = try GeneralName(from: &fields) { uris.append(uri) }
      try fields.abandon(description)
    }
    return uris
  }
}
