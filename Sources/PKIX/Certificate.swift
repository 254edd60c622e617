import ByteIO
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// RFC 5280 §4.1   Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
///                 TBSCertificate ::= SEQUENCE { version [0] DEFAULT v1, serialNumber, signature AlgorithmIdentifier, issuer Name,
///                   validity, subject Name, subjectPublicKeyInfo, issuerUniqueID [1], subjectUniqueID [2], extensions [3] }
///
/// Reading is lenient, so that whatever mail carries can be shown: any version, serial number, key and algorithm; BER where
/// DER is demanded; extensions are read one by one when they are asked for. The path validator is not lenient. The bytes are
/// kept, and two certificates are equal when their bytes are.
public struct Certificate: Sendable {
  /// The whole certificate as it came.
  public let derBytes: ArraySlice<UInt8>
  /// What the issuer signed.
  public let tbsBytes: ArraySlice<UInt8>
  /// 1, 2 or 3; other numbers as they stand plus one.
  public let version: Int
  public let serialNumber: SerialNumber
  /// The algorithm inside what is signed, which must be the same (§4.1.1.2).
  public let innerSignatureAlgorithm: AlgorithmIdentifier
  public let issuer: DistinguishedName
  public let validity: Validity
  public let subject: DistinguishedName
  public let publicKey: PublicKey
  public let extensions: Extensions
  /// True when it is BER that DER does not allow.
  public let isOnlyBER: Bool
  /// What could not be read. Such a certificate is shown, and good for nothing.
  public let defects: [Malformed]
  private let signatureBlock: SignatureBlock

  /// The algorithm beside the signature.
  public var signatureAlgorithm: AlgorithmIdentifier { signatureBlock.algorithm }
  public var signature: ArraySlice<UInt8> { signatureBlock.octets }

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    do {
      try self.init(der, .der)
    } catch {
      // QUIRK: old authorities wrote lengths and times that DER does not allow. The DER error is the one to tell.
      guard let lenient = try? Certificate(der, .ber) else { throw error }
      self = lenient
    }
  }

  private init(_ bytes: ArraySlice<UInt8>, _ rules: EncodingRules) throws(Malformed) {
    var top = try ASN1Cursor(bytes, as: "Certificate", rules: rules)
    var fields = try top.enter()
    var tbs = try fields.sequence("tbsCertificate")
    derBytes = bytes
    tbsBytes = tbs.encoded
    isOnlyBER = rules == .ber
    if var field = try tbs.context(ifPresent: 0, "version") {
      version = try field.int("version") &+ 1
    } else {
      version = 1
    }
    serialNumber = SerialNumber(try tbs.integer("serialNumber"))
    innerSignatureAlgorithm = try AlgorithmIdentifier(from: &tbs, "signature")
    issuer = try DistinguishedName(from: &tbs, "issuer")
    (validity, defects) = try Self.validity(&tbs)
    subject = try DistinguishedName(from: &tbs, "subject")
    publicKey = try PublicKey(spki: try tbs.raw("subjectPublicKeyInfo"))
    _ = try tbs.raw(ifPresent: .context(1))
    _ = try tbs.raw(ifPresent: .context(2))
    var list: [Certificate.Extension] = []
    if var wrapper = try tbs.context(ifPresent: 3, "extensions") {
      var all = try wrapper.sequence("extensions")
      while !all.isAtEnd { list.append(try Certificate.Extension(from: &all)) }
      try wrapper.finish()
    }
    extensions = Extensions(list)
    try tbs.finish()
    signatureBlock = try SignatureBlock(from: &fields)
    try fields.finish()
  }

  /// A time that is none never was, and is told beside it.
  private static func validity(_ tbs: inout ASN1Cursor) throws(Malformed) -> (Validity, [Malformed]) {
    var times = try tbs.sequence("validity")
    var defects: [Malformed] = []
    func time(_ field: StaticString) -> Date {
      do { return try times.time(field) } catch {
        defects.append(error)
        return .distantPast
      }
    }
    let validity = Validity(notBefore: time("notBefore"), notAfter: time("notAfter"))
    try times.finish()
    return (validity, defects)
  }

  /// All certificates in `bytes`: PEM with any number of them, or one in DER.
  ///
  /// - Throws: ``Malformed``, also when there is none.
  public static func all(in bytes: [UInt8]) throws(Malformed) -> [Certificate] {
    let blocks = bytes.first == 0x30 ? [] : try PEMBlock.all(in: bytes)
    guard !blocks.isEmpty else { return [try Certificate(der: ArraySlice(bytes))] }
    var certificates: [Certificate] = []
    for block in blocks where ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(block.label) {
      certificates.append(try Certificate(der: ArraySlice(block.bytes)))
    }
    guard !certificates.isEmpty else { throw Malformed("holds no certificate") }
    return certificates
  }

  /// The certificate as PEM text.
  public var pem: String { PEMBlock(label: "CERTIFICATE", bytes: Array(derBytes)).text }
}

extension Certificate: Hashable {
  public static func == (left: Certificate, right: Certificate) -> Bool {
    Bytes.areEqual(left.derBytes, right.derBytes)
  }

  public func hash(into hasher: inout Hasher) { Bytes.hash(signature, into: &hasher) }
}

extension Certificate {
  /// The SHA-256 digest of the whole certificate.
  public var fingerprint: [UInt8] { MessageDigest.sha256(derBytes) }

  /// True when issuer and subject are the same name.
  public var isSelfIssued: Bool { issuer == subject }

  /// The mailboxes that the certificate is for: rfc822Name and SmtpUTF8Mailbox of the subjectAltName, then emailAddress of
  /// the subject (RFC 8550 §3, RFC 9598 §4). An extension that cannot be read names none.
  public var emailAddresses: [String] {
    let names = (try? extensions.subjectAlternativeName) ?? []
    var addresses = names.compactMap { if case .rfc822Name(let text) = $0 { text } else { nil } }
    addresses += names.compactMap { if case .smtpUTF8Mailbox(let text) = $0 { text } else { nil } }
    addresses += subject.values(of: OID.emailAddress)
    var seen: Set<String> = []
    return addresses.filter { seen.insert($0).inserted }
  }

  /// Every identifier by which a message may mean this certificate's key: the extension, SHA-1 of the key, and SHA-1 of the
  /// whole SubjectPublicKeyInfo.
  /// QUIRK: Outlook 2010 makes up an identifier for certificates without the extension.
  public var keyIdentifiers: [[UInt8]] {
    var identifiers = extensions.subjectKeyIdentifierBytes.map { [Array($0)] } ?? []
    identifiers.append(publicKey.subjectKeyIdentifier)
    identifiers.append(MessageDigest.sha1(publicKey.spki))
    return identifiers
  }

  /// Verifies this certificate's signature with the issuer's key.
  ///
  /// - Returns: false when it is wrong, or when the algorithm beside it is not the one that was signed.
  /// - Throws: ``Unsupported`` or ``Malformed`` for its algorithm.
  public func isSigned(by issuerKey: PublicKey) throws -> Bool {
    guard signatureAlgorithm == innerSignatureAlgorithm else { return false }
    return try signatureBlock.holds(over: tbsBytes, by: issuerKey)
  }
}
