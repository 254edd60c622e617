public import SMIMECrypto
import SwiftASN1

/// RFC 6960 §4.1.1   OCSPRequest ::= SEQUENCE { tbsRequest TBSRequest, optionalSignature [0] EXPLICIT Signature OPTIONAL }
///                   TBSRequest ::= SEQUENCE { version [0] EXPLICIT DEFAULT v1, requestorName [1] EXPLICIT GeneralName OPTIONAL,
///                     requestList SEQUENCE OF Request, requestExtensions [2] EXPLICIT Extensions OPTIONAL }
///                   Request ::= SEQUENCE { reqCert CertID, singleRequestExtensions [0] EXPLICIT Extensions OPTIONAL }
public struct OCSPRequest: Hashable, Sendable {
  /// The certificates that are asked about, in order; at least one.
  public let certificates: [OCSPCertificateID]
  /// What makes an old response recognisable (§4.4.1, RFC 8954): the content of the OCTET STRING in the extension.
  public let nonce: ArraySlice<UInt8>?
  /// True when the request carries a signature, which nobody here asks for or looks at.
  public let isSigned: Bool
  /// A critical extension that is not known here; such a request is not answered (§4.1.2).
  public let hasUnknownCriticalExtension: Bool

  /// How many certificates one request may ask about.
  public static let certificateLimit = 64

  /// RFC 9654 §2.1: a nonce has 1 to 128 octets.
  public static let nonceLimit = 128

  public init(_ certificates: [OCSPCertificateID], nonce: [UInt8]? = nil) {
    self.certificates = certificates
    self.nonce = nonce.map { $0[...] }
    isSigned = false
    hasUnknownCriticalExtension = false
  }

  /// - Throws: ``Malformed``, also for an empty list, one over ``certificateLimit``, or a nonce of a size that RFC 9654 forbids.
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(der, as: "OCSPRequest")
    var fields = try top.enter()
    var tbs = try fields.sequence("tbsRequest")
    if var version = try tbs.context(ifPresent: 0, "version") {
      guard try version.int("version") == 0 else { throw tbs.failure("the version is not 1", "version") }
      try version.finish()
    }
    if var name = try tbs.context(ifPresent: 1, "requestorName") {
      _ = try GeneralName(from: &name)
      try name.finish()
    }
    var requests = try tbs.sequence("requestList")
    var list: [OCSPCertificateID] = []
    var hasUnknown = false
    while !requests.isAtEnd {
      guard list.count < Self.certificateLimit else {
        throw requests.failure("asks about more than \(Self.certificateLimit) certificates")
      }
      var request = try requests.element()
      list.append(try OCSPCertificateID(from: &request))
      if var wrapper = try request.context(ifPresent: 0, "singleRequestExtensions") {
        hasUnknown = try Self.extensions(&wrapper).contains(where: \.isCritical) || hasUnknown
      }
      try request.finish()
    }
    guard !list.isEmpty else { throw requests.failure("asks about no certificate") }
    certificates = list
    var nonce: ArraySlice<UInt8>?
    if var wrapper = try tbs.context(ifPresent: 2, "requestExtensions") {
      for one in try Self.extensions(&wrapper) {
        if one.oid == OID.ocspNonce {
          nonce = try OCSPNonce.read(one)
        } else if one.isCritical {
          hasUnknown = true
        }
      }
    }
    self.nonce = nonce
    hasUnknownCriticalExtension = hasUnknown
    try tbs.finish()
    isSigned = try fields.raw(ifPresent: .context(0)) != nil
    try fields.finish()
  }

  static func extensions(_ wrapper: inout ASN1Cursor) throws(Malformed) -> [Certificate.Extension] {
    var all = try wrapper.sequence("extensions")
    var list: [Certificate.Extension] = []
    while !all.isAtEnd { list.append(try Certificate.Extension(from: &all)) }
    try wrapper.finish()
    return list
  }

  /// The request's DER.
  public var encoded: [UInt8] {
    DER.Serializer.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.sequence { der in
            for certificate in certificates { der.sequence { $0.raw(certificate.encoded) } }
          }
          if let nonce {
            der.context(2) { der in der.sequence { OCSPNonce.extension(nonce).write(to: &$0) } }
          }
        }
      }
    }
  }
}

/// RFC 8954 §2.1, RFC 9654 §2.1   Nonce ::= OCTET STRING (SIZE(1..128))
package enum OCSPNonce {
  package static func `extension`(_ nonce: ArraySlice<UInt8>) -> Certificate.Extension {
    Certificate.Extension(OID.ocspNonce) { $0.octets(nonce) }
  }

  static func read(_ one: Certificate.Extension) throws(Malformed) -> ArraySlice<UInt8> {
    var top = try ASN1Cursor(one.value, as: "nonce")
    let nonce = try top.octets("nonce")
    guard !nonce.isEmpty, nonce.count <= OCSPRequest.nonceLimit else {
      throw Malformed("a nonce has from 1 to \(OCSPRequest.nonceLimit) octets", path: "nonce")
    }
    return nonce
  }
}
