public import SMIMECrypto
public import SwiftASN1

/// RFC 3161 §2.4.1
///
///     TimeStampReq ::= SEQUENCE {
///         version         INTEGER { v1(1) },
///         messageImprint  MessageImprint,
///         reqPolicy       TSAPolicyId OPTIONAL,
///         nonce           INTEGER OPTIONAL,
///         certReq         BOOLEAN DEFAULT FALSE,
///         extensions      [0] IMPLICIT Extensions OPTIONAL }
public struct TimestampRequest: Hashable, Sendable {
  public let messageImprint: MessageImprint
  public let policy: ASN1ObjectIdentifier?
  /// The content octets of an INTEGER; nil for none.
  public let nonce: ArraySlice<UInt8>?
  /// Whether the authority's certificate is to come along.
  public let wantsCertificate: Bool

  /// A request with a nonce of its own, for a token with the authority's certificate.
  public init(for messageImprint: MessageImprint, policy: ASN1ObjectIdentifier? = nil) {
    self.messageImprint = messageImprint
    self.policy = policy
    // A first octet of 1 to 127 makes a positive INTEGER of the least length.
    let random = SecureRandom.bytes(16)
    nonce = [0x01] + random
    wantsCertificate = true
  }

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(der, as: "TimeStampReq")
    var fields = try top.enter()
    let version = try fields.int("version")
    guard version == 1 else { throw fields.failure("\(version) is not 1", "version") }
    messageImprint = try MessageImprint(from: &fields, "messageImprint")
    policy = fields.tag == .objectIdentifier ? try fields.oid("reqPolicy") : nil
    nonce = fields.tag == .integer ? try fields.integer("nonce") : nil
    wantsCertificate = fields.tag == .boolean ? try fields.boolean("certReq") : false
    if fields.tag == .context(0) { _ = try fields.raw("extensions") }
    try fields.finish()
  }

  public var derBytes: [UInt8] {
    DERWriter.encode { der in
      der.sequence { der in
        der.int(1)
        messageImprint.write(to: &der)
        if let policy { der.oid(policy) }
        if let nonce { der.integer(nonce) }
        if wantsCertificate { der.boolean(true) }
      }
    }
  }
}
