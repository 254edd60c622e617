public import SMIMECrypto
import SwiftASN1

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// RFC 6960 §4.2.1   OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT ResponseBytes OPTIONAL }
///                   ResponseBytes ::= SEQUENCE { responseType OBJECT IDENTIFIER, response OCTET STRING }
public struct OCSPResponse: Hashable, Sendable {
  /// How the responder took the request (§2.3).
  public enum Status: Int, Hashable, Sendable, CaseIterable {
    case successful = 0
    case malformedRequest = 1
    case internalError = 2
    case tryLater = 3
    case sigRequired = 5
    case unauthorized = 6

    /// The RFC's name.
    public var name: String { "\(self)" }
  }

  public let derBytes: ArraySlice<UInt8>
  public let status: Status
  /// What is said of certificates; nil unless the status is successful.
  public let basic: BasicOCSPResponse?

  /// - Throws: ``Malformed``; ``Unsupported`` for a response of another type than the basic one.
  public init(der: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(der, as: "OCSPResponse")
    var fields = try top.enter()
    derBytes = der
    let code = try fields.int("responseStatus", tag: .enumerated)
    guard let status = Status(rawValue: code) else { throw fields.failure("\(code) is no status", "responseStatus") }
    self.status = status
    guard var wrapper = try fields.context(ifPresent: 0, "responseBytes") else {
      guard status != .successful else { throw fields.failure("says nothing", "responseBytes") }
      basic = nil
      try fields.finish()
      return
    }
    guard status == .successful else { throw fields.failure("an error has content", "responseBytes") }
    var bytes = try wrapper.sequence("responseBytes")
    let type = try bytes.oid("responseType")
    guard type == OID.ocspBasic else { throw Unsupported("the OCSP response type \(type.digits)") }
    basic = try BasicOCSPResponse(der: try bytes.octets("response"))
    try bytes.finish()
    try wrapper.finish()
    try fields.finish()
  }
}

/// RFC 6960 §4.2.1   BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier,
///                     signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
///                   ResponseData ::= SEQUENCE { version [0] EXPLICIT DEFAULT v1, responderID ResponderID, producedAt GeneralizedTime,
///                     responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT Extensions OPTIONAL }
public struct BasicOCSPResponse: Hashable, Sendable {
  /// ResponderID ::= CHOICE { byName [1] Name, byKey [2] KeyHash }
  public enum ResponderID: Hashable, Sendable, CustomStringConvertible {
    case name(DistinguishedName)
    /// SHA-1 of the content of the key's BIT STRING.
    case key(ArraySlice<UInt8>)

    /// True when this names the holder of `certificate`.
    public func names(_ certificate: Certificate) -> Bool {
      switch self {
      case .name(let name): name == certificate.subject
      case .key(let hash): hash.elementsEqual(certificate.publicKey.subjectKeyIdentifier)
      }
    }

    public var description: String {
      switch self {
      case .name(let name): "\(name)"
      case .key(let hash): "the key \(Hex.text(hash))"
      }
    }
  }

  private let tbsBytes: ArraySlice<UInt8>
  public let responder: ResponderID
  public let producedAt: Date
  public let responses: [OCSPSingleResponse]
  public let extensions: Extensions
  private let signatureBlock: SignatureBlock
  /// The certificates that came along; one that cannot be read is left out.
  public let certificates: [Certificate]

  public var signatureAlgorithm: AlgorithmIdentifier { signatureBlock.algorithm }

  init(der: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(der, as: "BasicOCSPResponse")
    var fields = try top.enter()
    var tbs = try fields.sequence("tbsResponseData")
    tbsBytes = tbs.encoded
    if var version = try tbs.context(ifPresent: 0, "version") {
      guard try version.int("version") == 0 else { throw tbs.failure("the version is not 1", "version") }
      try version.finish()
    }
    if var name = try tbs.context(ifPresent: 1, "responderID.byName") {
      responder = .name(try DistinguishedName(from: &name, "name"))
      try name.finish()
    } else if var key = try tbs.context(ifPresent: 2, "responderID.byKey") {
      responder = .key(try key.octets("keyHash"))
      try key.finish()
    } else {
      throw tbs.failure("is neither a name nor a key", "responderID")
    }
    producedAt = try tbs.time("producedAt")
    var list = try tbs.sequence("responses")
    var responses: [OCSPSingleResponse] = []
    while !list.isAtEnd { responses.append(try OCSPSingleResponse(from: &list)) }
    self.responses = responses
    if var wrapper = try tbs.context(ifPresent: 1, "responseExtensions") {
      extensions = Extensions(try OCSPRequest.extensions(&wrapper))
    } else {
      extensions = Extensions([])
    }
    try tbs.finish()
    signatureBlock = try SignatureBlock(from: &fields)
    var certificates: [Certificate] = []
    if var wrapper = try fields.context(ifPresent: 0, "certs") {
      var all = try wrapper.sequence("certs")
      while !all.isAtEnd { if let one = try? Certificate(der: try all.raw()) { certificates.append(one) } }
      try wrapper.finish()
    }
    self.certificates = certificates
    try fields.finish()
  }

  /// The nonce that came back (§4.4.1); nil when there is none.
  public var nonce: ArraySlice<UInt8>? {
    get throws(Malformed) {
      guard let one = extensions[OID.ocspNonce] else { return nil }
      return try OCSPNonce.read(one.value)
    }
  }

  /// Verifies the signature; whether the signer may say such things is another question.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm.
  public func isSigned(by key: PublicKey) throws -> Bool { try signatureBlock.holds(over: tbsBytes, by: key) }
}

/// RFC 6960 §4.2.1   SingleResponse ::= SEQUENCE { certID CertID, certStatus CertStatus, thisUpdate GeneralizedTime,
///                     nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, singleExtensions [1] EXPLICIT Extensions OPTIONAL }
///                   CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL }
public struct OCSPSingleResponse: Hashable, Sendable {
  public let certificate: OCSPCertificateID
  public let status: CertificateStatus
  /// When the status was known to be right.
  public let thisUpdate: Date
  /// When there will be news at the latest; nil when there may be at any time.
  public let nextUpdate: Date?
  public let extensions: Extensions

  /// RFC 6960 §4.4.4   ArchiveCutoff ::= GeneralizedTime
  ///
  /// Since when the responder remembers certificates that ran out; nil when it does not say that it does.
  public var archiveCutoff: Date? {
    get throws(Malformed) {
      guard let one = extensions[OID.ocspArchiveCutoff] else { return nil }
      var top = try ASN1Cursor(one.value, as: "archiveCutoff")
      return try top.time("date")
    }
  }

  init(from list: inout ASN1Cursor) throws(Malformed) {
    var fields = try list.element()
    certificate = try OCSPCertificateID(from: &fields)
    switch fields.tag {
    case .context(0):
      _ = try fields.raw("certStatus")
      status = .good
    case .context(1):
      var revoked = try fields.constructed(.context(1), "certStatus")
      let date = try revoked.time("revocationTime")
      var reason = RevocationReason.unspecified
      if var wrapper = try revoked.context(ifPresent: 0, "revocationReason") {
        reason = RevocationReason(rawValue: try wrapper.int("reason", tag: .enumerated)) ?? .unspecified
        try wrapper.finish()
      }
      try revoked.finish()
      status = .revoked(RevokedCertificate(date: date, reason: reason))
    case .context(2):
      _ = try fields.raw("certStatus")
      status = .unknown
    default: throw fields.failure("is neither good, revoked nor unknown", "certStatus")
    }
    thisUpdate = try fields.time("thisUpdate")
    if var wrapper = try fields.context(ifPresent: 0, "nextUpdate") {
      nextUpdate = try wrapper.time("nextUpdate")
      try wrapper.finish()
    } else {
      nextUpdate = nil
    }
    if var wrapper = try fields.context(ifPresent: 1, "singleExtensions") {
      extensions = Extensions(try OCSPRequest.extensions(&wrapper))
    } else {
      extensions = Extensions([])
    }
    try fields.finish()
  }
}

/// What is known of a certificate (RFC 6960 §2.2).
public enum CertificateStatus: Hashable, Sendable {
  /// Issued, and not revoked.
  case good
  case revoked(RevokedCertificate)
  /// Nobody there issued it.
  case unknown
}
