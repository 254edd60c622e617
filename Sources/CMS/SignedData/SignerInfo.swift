public import PKIX
public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// RFC 5652 §5.3
///
///     SignerInfo ::= SEQUENCE {
///         version             CMSVersion,
///         sid                 SignerIdentifier,
///         digestAlgorithm     DigestAlgorithmIdentifier,
///         signedAttrs         [0] IMPLICIT SignedAttributes OPTIONAL,
///         signatureAlgorithm  SignatureAlgorithmIdentifier,
///         signature           SignatureValue,
///         unsignedAttrs       [1] IMPLICIT UnsignedAttributes OPTIONAL }
///
/// What can be read is kept even where it breaks a rule, so that a bad signer can be shown; ``verify(in:certificate:policy:)``
/// tells the rule.
public struct SignerInfo: Hashable, Sendable {
  public let version: Int
  public let signer: SignerIdentifier
  public let digestAlgorithm: AlgorithmIdentifier
  public let signedAttributes: Attributes?
  public let signatureAlgorithm: AlgorithmIdentifier
  public let signature: ArraySlice<UInt8>
  public let unsignedAttributes: Attributes?
  /// The whole encoding as it came.
  public let encoded: ArraySlice<UInt8>

  /// The signed attribute contentType (RFC 5652 §11.1).
  public let contentType: ContentType?
  /// The signed attribute messageDigest (RFC 5652 §11.2).
  public let messageDigest: ArraySlice<UInt8>?
  /// When the signer says it signed (RFC 5652 §11.3): a claim, to be shown and never to be trusted.
  public let signingTime: Date?
  /// What the signer can decrypt (RFC 8551 §2.5.2).
  public let capabilities: Capabilities?
  /// The certificate that the signer wants mail encrypted to (RFC 8551 §2.5.3).
  public let encryptionKeyPreference: EncryptionKeyPreference?
  public let algorithmProtection: AlgorithmProtection?

  /// The first rule that the structure itself breaks.
  let fault: Malformed?

  init(_ element: TLVReader.Element) throws(Malformed) {
    do throws(Malformed) {
      var top = try element.cursor()
      var fields = try top.enter()
      try self.init(fields: &fields, element: element)
    } catch { throw element.place(error) }
  }

  private init(fields: inout ASN1Cursor, element: TLVReader.Element) throws(Malformed) {
    encoded = fields.encoded
    version = try fields.int("version")
    signer = try SignerIdentifier(from: &fields, "sid")
    digestAlgorithm = try AlgorithmIdentifier(from: &fields, "digestAlgorithm")
    var signed: Attributes?
    if var set = try fields.context(ifPresent: 0, "signedAttrs") { signed = try Attributes(&set) }
    signedAttributes = signed
    signatureAlgorithm = try AlgorithmIdentifier(from: &fields, "signatureAlgorithm")
    signature = try fields.octets("signature")
    var unsigned: Attributes?
    if var set = try fields.context(ifPresent: 1, "unsignedAttrs") { unsigned = try Attributes(&set) }
    unsignedAttributes = unsigned
    try fields.finish()

    var reading = AttributeReading(signed: signed, unsigned: unsigned)
    contentType = reading.contentType()
    messageDigest = reading.messageDigest()
    signingTime = reading.signingTime()
    capabilities = reading.capabilities()
    encryptionKeyPreference = reading.encryptionKeyPreference()
    algorithmProtection = reading.algorithmProtection()
    let expectedVersion = if case .issuerAndSerial = signer { 1 } else { 3 }
    if version != expectedVersion {
      fault = Malformed(
        "is \(version) and must be \(expectedVersion) for this kind of sid", path: element.path + ".version",
        offset: element.offset)
    } else {
      fault = reading.fault.map { element.place($0) }
    }
  }

  /// Those of `pool` that the signer identifier names, each once. A key identifier can name several: all are to be tried.
  public func certificates(in pool: [Certificate]) -> [Certificate] {
    var found: [Certificate] = []
    for certificate in pool where signer.names(certificate) && !found.contains(certificate) {
      found.append(certificate)
    }
    return found
  }
}

/// RFC 8551 §2.5.3
///
///     SMIMEEncryptionKeyPreference ::= CHOICE {
///         issuerAndSerialNumber    [0] IssuerAndSerialNumber,
///         receipentKeyId           [1] RecipientKeyIdentifier,
///         subjectAltKeyIdentifier  [2] SubjectKeyIdentifier }
public enum EncryptionKeyPreference: Hashable, Sendable {
  case issuerAndSerial(IssuerAndSerialNumber)
  case subjectKeyIdentifier(ArraySlice<UInt8>)

  init(_ value: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(value, as: "SMIMEEncryptionKeyPreference", rules: .ber)
    if var fields = try top.context(ifPresent: 0, "issuerAndSerialNumber") {
      self = .issuerAndSerial(try IssuerAndSerialNumber(fields: &fields))
    } else if var fields = try top.context(ifPresent: 1, "receipentKeyId") {
      self = .subjectKeyIdentifier(try fields.octets("subjectKeyIdentifier"))
    } else {
      self = .subjectKeyIdentifier(try top.octets("subjectAltKeyIdentifier", tag: .context(2)))
    }
  }

  var encoded: [UInt8] {
    DER.Serializer.encode { der in
      switch self {
      case .issuerAndSerial(let value): value.write(to: &der, tag: .context(0))
      case .subjectKeyIdentifier(let identifier): der.octets(identifier, tag: .context(2))
      }
    }
  }

  /// Whether `certificate` is the one that is preferred.
  public func names(_ certificate: Certificate) -> Bool {
    switch self {
    case .issuerAndSerial(let value): SignerIdentifier.issuerAndSerial(value).names(certificate)
    case .subjectKeyIdentifier(let identifier): SignerIdentifier.subjectKeyIdentifier(identifier).names(certificate)
    }
  }
}

/// Reads the attributes that are known, and notes the first rule that they break (RFC 5652 §11, RFC 8551 §2.5): each
/// at most once, with one value, and none of them unsigned.
private struct AttributeReading {
  private let signed: Attributes?
  private(set) var fault: Malformed?

  init(signed: Attributes?, unsigned: Attributes?) {
    self.signed = signed
    for type: (ASN1ObjectIdentifier, String) in [
      (.contentTypeAttribute, "contentType"), (.messageDigestAttribute, "messageDigest"),
      (.signingTimeAttribute, "signingTime"), (.capabilitiesAttribute, "sMIMECapabilities"),
      (.algorithmProtectionAttribute, "CMSAlgorithmProtection"),
    ] {
      guard let unsigned, !unsigned.all(type.0).isEmpty else { continue }
      note(Malformed("\(type.1) must not be unsigned", path: ".unsignedAttrs", offset: unsigned.encoded.startIndex))
    }
    if let signed, signed.all.isEmpty {
      note(Malformed("is empty", path: ".signedAttrs", offset: signed.encoded.startIndex))
    }
  }

  private mutating func note(_ new: Malformed) { fault = fault ?? new }

  private mutating func single(
    _ type: ASN1ObjectIdentifier, _ name: String, isRequired: Bool = false
  ) -> ArraySlice<UInt8>? {
    guard let signed else { return nil }
    let found = signed.all(type)
    guard let first = found.first else {
      if isRequired { note(Malformed("\(name) is missing", path: ".signedAttrs", offset: signed.encoded.startIndex)) }
      return nil
    }
    guard found.count == 1 else {
      let offset = found[1].values.first?.startIndex ?? signed.encoded.startIndex
      note(Malformed("\(name) is there \(found.count) times", path: ".signedAttrs", offset: offset))
      return nil
    }
    guard let value = first.values.first, first.values.count == 1 else {
      let offset = first.values.first?.startIndex ?? signed.encoded.startIndex
      note(Malformed("\(name) has \(first.values.count) values", path: ".signedAttrs", offset: offset))
      return nil
    }
    return value
  }

  mutating func contentType() -> ContentType? {
    guard let value = single(.contentTypeAttribute, "contentType", isRequired: true) else { return nil }
    do throws(Malformed) {
      var top = try ASN1Cursor(value, as: ".signedAttrs.contentType", rules: .ber)
      return ContentType(try top.oid("value"))
    } catch {
      note(error)
      return nil
    }
  }

  mutating func messageDigest() -> ArraySlice<UInt8>? {
    guard let value = single(.messageDigestAttribute, "messageDigest", isRequired: true) else { return nil }
    do throws(Malformed) {
      var top = try ASN1Cursor(value, as: ".signedAttrs.messageDigest", rules: .ber)
      return try top.octets("value")
    } catch {
      note(error)
      return nil
    }
  }

  mutating func signingTime() -> Date? {
    guard let value = single(.signingTimeAttribute, "signingTime") else { return nil }
    do throws(Malformed) {
      var top = try ASN1Cursor(value, as: ".signedAttrs.signingTime", rules: .ber)
      return try top.time("value")
    } catch {
      note(error)
      return nil
    }
  }

  /// Capabilities and preferences that cannot be read are none: they are hints, and decide nothing about the signature.
  mutating func capabilities() -> Capabilities? {
    single(.capabilitiesAttribute, "sMIMECapabilities").flatMap { try? Capabilities($0) }
  }

  mutating func encryptionKeyPreference() -> EncryptionKeyPreference? {
    single(.encryptionKeyPreferenceAttribute, "encrypKeyPref").flatMap { try? EncryptionKeyPreference($0) }
  }

  mutating func algorithmProtection() -> AlgorithmProtection? {
    guard let value = single(.algorithmProtectionAttribute, "CMSAlgorithmProtection") else { return nil }
    do throws(Malformed) {
      return try AlgorithmProtection(value)
    } catch {
      note(Malformed(error.reason, path: ".signedAttrs." + error.path, offset: error.offset))
      return nil
    }
  }
}
