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
  /// What is in it, shared by all copies: certificates stand in many pools, sets and paths at once.
  private let fields: CertificateFields

  /// The whole certificate as it came.
  public var derBytes: ArraySlice<UInt8> { fields.derBytes }
  /// What the issuer signed.
  public var tbsBytes: ArraySlice<UInt8> { fields.tbsBytes }
  /// 1, 2 or 3; other numbers as they stand plus one.
  public var version: Int { fields.version }
  public var serialNumber: SerialNumber { fields.serialNumber }
  /// The algorithm inside what is signed, which must be the same (§4.1.1.2).
  public var innerSignatureAlgorithm: AlgorithmIdentifier { fields.innerSignatureAlgorithm }
  public var issuer: DistinguishedName { fields.issuer }
  public var validity: Validity { fields.validity }
  public var subject: DistinguishedName { fields.subject }
  /// On a path it has the parameters that it inherits from its issuer.
  public var publicKey: PublicKey { fields.publicKey }
  public var extensions: Extensions { fields.extensions }
  /// True when it is BER that DER does not allow.
  public var isOnlyBER: Bool { fields.isOnlyBER }
  /// What could not be read. Such a certificate is shown, and good for nothing.
  public var defects: [Malformed] { fields.defects }

  /// The algorithm beside the signature.
  public var signatureAlgorithm: AlgorithmIdentifier { fields.signatureBlock.algorithm }
  public var signature: ArraySlice<UInt8> { fields.signatureBlock.octets }

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    do {
      fields = try CertificateFields(der, .der)
    } catch {
      // QUIRK: old authorities wrote lengths and times that DER does not allow. The DER error is the one to tell.
      guard let lenient = try? CertificateFields(der, .ber) else { throw error }
      fields = lenient
    }
  }

  /// The same certificate with `publicKey`, which is its own with all parameters.
  init(_ certificate: Certificate, publicKey: PublicKey) {
    fields = CertificateFields(certificate.fields, publicKey: publicKey)
  }

  /// The certificate in a PEM block; nil for a block of something else.
  ///
  /// - Throws: ``Malformed``
  package init?(pem block: PEMBlock) throws(Malformed) {
    switch block.label {
    case "CERTIFICATE", "X509 CERTIFICATE": try self.init(der: block.bytes[...])
    case "TRUSTED CERTIFICATE":
      // QUIRK: `openssl x509 -trustout` writes one more value behind the certificate, OpenSSL's own X509_CERT_AUX: what it is
      // trusted for there, and what it is called. It is left aside: trust is a matter of whoever asks.
      var values = TLVCursor(block.bytes[...], as: "TRUSTED CERTIFICATE")
      let certificate = try values.raw(0x30, "certificate")
      _ = try values.content(ifPresent: 0x30, "trust")
      try values.finish()
      try self.init(der: certificate)
    default: return nil
    }
  }

  /// All certificates in `bytes`: PEM with any number of them, or one in DER.
  ///
  /// - Throws: ``Malformed``, also when there is none.
  public static func all(in bytes: [UInt8]) throws(Malformed) -> [Certificate] {
    let blocks = bytes.first == 0x30 ? [] : try PEMBlock.all(in: bytes)
    guard !blocks.isEmpty else { return [try Certificate(der: ArraySlice(bytes))] }
    var certificates: [Certificate] = []
    for block in blocks {
      if let certificate = try Certificate(pem: block) { certificates.append(certificate) }
    }
    guard !certificates.isEmpty else { throw Malformed("holds no certificate") }
    return certificates
  }

  /// The certificate as PEM text.
  public var pem: String { PEMBlock(label: "CERTIFICATE", bytes: Array(derBytes)).text }
}

extension Certificate: Hashable {
  public static func == (left: Certificate, right: Certificate) -> Bool {
    left.fields === right.fields || Bytes.areEqual(left.derBytes, right.derBytes)
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
    return try fields.signatureBlock.holds(over: tbsBytes, by: issuerKey)
  }
}

/// The fields of a certificate, read once.
private final class CertificateFields: Sendable {
  let derBytes: ArraySlice<UInt8>
  let tbsBytes: ArraySlice<UInt8>
  let version: Int
  let serialNumber: SerialNumber
  let innerSignatureAlgorithm: AlgorithmIdentifier
  let issuer: DistinguishedName
  let validity: Validity
  let subject: DistinguishedName
  let publicKey: PublicKey
  let extensions: Extensions
  let isOnlyBER: Bool
  let defects: [Malformed]
  let signatureBlock: SignatureBlock

  init(_ other: CertificateFields, publicKey: PublicKey) {
    (derBytes, tbsBytes, isOnlyBER) = (other.derBytes, other.tbsBytes, other.isOnlyBER)
    (version, serialNumber, validity) = (other.version, other.serialNumber, other.validity)
    (innerSignatureAlgorithm, signatureBlock) = (other.innerSignatureAlgorithm, other.signatureBlock)
    (issuer, subject, extensions, defects) = (other.issuer, other.subject, other.extensions, other.defects)
    self.publicKey = publicKey
  }

  init(_ bytes: ArraySlice<UInt8>, _ rules: EncodingRules) throws(Malformed) {
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
    publicKey = try PublicKey(from: &tbs, "subjectPublicKeyInfo")
    _ = try tbs.raw(ifPresent: .context(1))
    _ = try tbs.raw(ifPresent: .context(2))
    if tbs.tag == .context(3) {
      let wrapper = try tbs.begin(.context(3), "extensions")
      let all = try tbs.begin(.sequence, "extensions")
      extensions = try Extensions(from: &tbs)
      try tbs.leave(all)
      try tbs.leave(wrapper)
    } else {
      extensions = Extensions([])
    }
    try tbs.finish()
    signatureBlock = try SignatureBlock(from: &fields)
    try fields.finish()
  }

  /// A time that is none never was, and is told beside it.
  private static func validity(_ tbs: inout ASN1Cursor) throws(Malformed) -> (Validity, [Malformed]) {
    let scope = try tbs.begin(.sequence, "validity")
    var defects: [Malformed] = []
    func time(_ field: StaticString) -> Date {
      do { return try tbs.time(field) } catch {
        defects.append(error)
        return .distantPast
      }
    }
    let validity = Validity(notBefore: time("notBefore"), notAfter: time("notAfter"))
    try tbs.leave(scope)
    return (validity, defects)
  }
}
