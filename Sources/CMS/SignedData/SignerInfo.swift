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
  /// The certificates by which the signer says its signature is to be verified (RFC 5035); empty when it does not say.
  public let signingCertificates: [SigningCertificate]
  /// Where in the object it stands, such as `SignedData.signerInfos[0]`.
  public var path: String { place.description }
  let place: ASN1Path
  /// The offset of ``encoded`` in the object.
  public let offset: Int

  /// What a SignerInfo is over: content, or another signature.
  enum Role: Hashable, Sendable { case signer, countersigner }

  /// The first rule that the structure itself breaks.
  let fault: Malformed?
  let role: Role

  init(_ element: TLVReader.Element, role: Role = .signer) throws(Malformed) {
    do throws(Malformed) {
      var top = try element.cursor()
      var fields = try top.enter()
      try self.init(fields: &fields, element: element, role: role)
    } catch { throw element.place(error) }
  }

  private init(fields: inout ASN1Cursor, element: TLVReader.Element, role: Role) throws(Malformed) {
    self.role = role
    place = element.place
    offset = element.offset
    encoded = fields.encoded
    let start = fields.failure("", "version")
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

    var reading = AttributeReading(signed: signed, unsigned: unsigned, role: role)
    contentType = reading.contentType()
    messageDigest = reading.messageDigest()
    signingTime = reading.signingTime()
    capabilities = reading.capabilities()
    encryptionKeyPreference = reading.encryptionKeyPreference()
    algorithmProtection = reading.algorithmProtection()
    signingCertificates = reading.signingCertificates()
    let expectedVersion = if case .issuerAndSerial = signer { 1 } else { 3 }
    if version != expectedVersion {
      let words = "is \(version) and must be \(expectedVersion) for this kind of sid"
      fault = element.place(Malformed(words, path: ".version", offset: start.offset))
    } else {
      fault = reading.fault.map { element.place($0) }
    }
  }

  /// Those of `pool` that the signer identifier names, each once. A key identifier can name several: all are to be tried.
  public func certificates(in pool: [Certificate]) -> [Certificate] {
    var seen: Set<Certificate> = []
    return pool.filter { signer.names($0) && seen.insert($0).inserted }
  }
}

extension SignerInfo {
  /// The same bytes are the same signer, wherever they stand.
  public static func == (left: SignerInfo, right: SignerInfo) -> Bool { left.encoded == right.encoded }

  public func hash(into hasher: inout Hasher) { hasher.combine(signature) }

  /// The fields of a SignerInfo by their names in RFC 5652.
  enum Field: String {
    case version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature, unsignedAttrs
  }

  /// An error at `field`, with its place in the object; at the field behind it where it is absent.
  func failure(_ reason: String, _ field: Field) -> Malformed {
    var at = offset
    if let fields = try? fieldEncodings() {
      let signed = signedAttributes == nil ? 0 : 1
      let index =
        switch field {
        case .version: 0
        case .sid: 1
        case .digestAlgorithm: 2
        case .signedAttrs: 3
        case .signatureAlgorithm: 3 + signed
        case .signature: 4 + signed
        case .unsignedAttrs: 5 + signed
        }
      let place = index < fields.count ? fields[index].startIndex : encoded.endIndex
      at += place - encoded.startIndex
    }
    return Malformed(reason, path: "\(path).\(field.rawValue)", offset: at)
  }

  /// The fields as they came, each with tag and length.
  func fieldEncodings() throws(Malformed) -> [ArraySlice<UInt8>] {
    var top = try ASN1Cursor(encoded, as: "SignerInfo", rules: .ber)
    var fields = try top.enter()
    var found: [ArraySlice<UInt8>] = []
    while !fields.isAtEnd { found.append(try fields.raw()) }
    return found
  }

  /// Written anew from what was read. Of DER it is the octets that came.
  package var derBytes: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.int(version)
        signer.write(to: &der)
        digestAlgorithm.write(to: &der)
        if let signedAttributes { der.raw(signedAttributes.encoded) }
        signatureAlgorithm.write(to: &der)
        der.octets(signature)
        if let unsignedAttributes { der.raw(unsignedAttributes.encoded) }
      }
    }
  }

  /// An attribute's value inside the object, for what reads it as a structure of its own.
  func element(_ value: ArraySlice<UInt8>, _ path: String) -> TLVReader.Element {
    TLVReader.Element(bytes: value, offset: offset + value.startIndex - encoded.startIndex, place: .text(place, path))
  }
}
