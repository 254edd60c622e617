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
  /// A critical extension that is not known here; such a request is not answered (§4.1.2).
  public let hasUnknownCriticalExtension: Bool

  /// How many certificates one request may ask about.
  public static let certificateLimit = 64

  /// RFC 9654 §2.1: a nonce has 1 to 128 octets.
  public static let nonceLimit = 128

  public init(_ certificates: [OCSPCertificateID], nonce: [UInt8]? = nil) {
    self.certificates = certificates
    self.nonce = nonce.map { $0[...] }
    hasUnknownCriticalExtension = false
  }

  /// - Throws: ``Malformed``, also for an empty list, one over ``certificateLimit``, or a nonce of a size that RFC 9654 forbids.
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    var top = TLVCursor(der, as: "OCSPRequest")
    var fields = try top.enter(0x30, "OCSPRequest")
    try top.finish()
    var tbs = try fields.enter(0x30, "tbsRequest")
    if let version = try tbs.content(ifPresent: 0xA0, "version") {
      guard version.elementsEqual([0x02, 0x01, 0x00]) else { throw tbs.failure("the version is not 1") }
    }
    _ = try tbs.content(ifPresent: 0xA1, "requestorName")
    var requests = try tbs.enter(0x30, "requestList")
    var list: [OCSPCertificateID] = []
    var hasUnknown = false
    while !requests.isAtEnd {
      guard list.count < Self.certificateLimit else {
        throw requests.failure("asks about more than \(Self.certificateLimit) certificates")
      }
      var request = try requests.enter(0x30, "request")
      list.append(try OCSPCertificateID(from: &request))
      if let extensions = try request.content(ifPresent: 0xA0, "singleRequestExtensions") {
        try Self.walk(extensions) { _, isCritical, _ in hasUnknown = hasUnknown || isCritical }
      }
      try request.finish()
    }
    guard !list.isEmpty else { throw requests.failure("asks about no certificate") }
    certificates = list
    var nonce: ArraySlice<UInt8>?
    if let extensions = try tbs.content(ifPresent: 0xA2, "requestExtensions") {
      try Self.walk(extensions) { oid, isCritical, value throws(Malformed) in
        if oid.elementsEqual(OCSPNonce.oid) {
          nonce = try OCSPNonce.read(value)
        } else {
          hasUnknown = hasUnknown || isCritical
        }
      }
    }
    self.nonce = nonce
    hasUnknownCriticalExtension = hasUnknown
    try tbs.finish()
    // Nobody here asks for a signature, or looks at one.
    _ = try fields.content(ifPresent: 0xA0, "optionalSignature")
    try fields.finish()
  }

  /// Hands every one of some Extensions to `body`: its identifier's content, whether it is critical, and its value.
  private static func walk(
    _ extensions: ArraySlice<UInt8>,
    _ body: (ArraySlice<UInt8>, Bool, ArraySlice<UInt8>) throws(Malformed) -> Void
  ) throws(Malformed) {
    var wrapper = TLVCursor(extensions, as: "extensions")
    var all = try wrapper.enter(0x30, "extensions")
    try wrapper.finish()
    while !all.isAtEnd {
      var fields = try all.enter(0x30, "extension")
      let oid = try fields.content(0x06, "extnID")
      let isCritical = try fields.content(ifPresent: 0x01, "critical")?.contains { $0 != 0 } ?? false
      let value = try fields.content(0x04, "extnValue")
      try fields.finish()
      try body(oid, isCritical, value)
    }
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
    DERWriter.encode { der in
      der.sequence { der in
        der.sequence { der in
          der.sequence { der in
            for certificate in certificates { der.sequence { $0.raw(certificate.encoded) } }
          }
          if let nonce {
            der.context(2) { der in der.sequence { $0.raw(OCSPNonce.encode(nonce)) } }
          }
        }
      }
    }
  }
}

/// RFC 8954 §2.1, RFC 9654 §2.1   Nonce ::= OCTET STRING (SIZE(1..128))
package enum OCSPNonce {
  /// The whole extension.
  package static func encode(_ nonce: ArraySlice<UInt8>) -> [UInt8] {
    DERWriter.value(0x30, DERWriter.value(0x06, oid), DERWriter.value(0x04, DERWriter.value(0x04, Array(nonce))))
  }

  /// The content octets of the extension's identifier.
  static let oid: [UInt8] = [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02]

  /// The nonce in the extension's value.
  static func read(_ value: ArraySlice<UInt8>) throws(Malformed) -> ArraySlice<UInt8> {
    var top = TLVCursor(value, as: "nonce")
    let nonce = try top.content(0x04, "nonce")
    try top.finish()
    guard !nonce.isEmpty, nonce.count <= OCSPRequest.nonceLimit else {
      throw Malformed("a nonce has from 1 to \(OCSPRequest.nonceLimit) octets", path: "nonce")
    }
    return nonce
  }
}
