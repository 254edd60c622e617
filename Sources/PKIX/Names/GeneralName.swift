package import SMIMECrypto
import SwiftASN1

/// RFC 5280 §4.2.1.6   GeneralName ::= CHOICE { otherName [0], rfc822Name [1] IA5String, dNSName [2] IA5String,
///                       x400Address [3], directoryName [4] Name, ediPartyName [5], uniformResourceIdentifier [6] IA5String,
///                       iPAddress [7] OCTET STRING, registeredID [8] OBJECT IDENTIFIER }
public enum GeneralName: Hashable, Sendable {
  case rfc822Name(String)
  /// An otherName whose address may have characters beyond ASCII (RFC 9598 §3).
  case smtpUTF8Mailbox(String)
  case dnsName(String)
  case directoryName(DistinguishedName)
  case uri(String)
  /// 4 or 16 octets; twice as many, with the mask, in name constraints.
  case ipAddress([UInt8])
  /// Any other form: its tag number and whole encoding.
  case other(tag: UInt, ArraySlice<UInt8>)

  package init(from cursor: inout ASN1Cursor) throws(Malformed) {
    guard let tag = cursor.tag, tag.tagClass == .contextSpecific else { throw cursor.failure("is not a GeneralName") }
    switch tag.tagNumber {
    case 1: self = .rfc822Name(Self.text(try cursor.octets("rfc822Name", tag: tag)))
    case 2: self = .dnsName(Self.text(try cursor.octets("dNSName", tag: tag)))
    case 6: self = .uri(Self.text(try cursor.octets("uniformResourceIdentifier", tag: tag)))
    case 7: self = .ipAddress(Array(try cursor.octets("iPAddress", tag: tag)))
    case 4:
      var name = try cursor.constructed(tag, "directoryName")
      self = .directoryName(try DistinguishedName(from: &name, "name"))
      try name.finish()
    case 0:
      var copy = cursor
      let encoded = try copy.raw()
      var fields = try cursor.constructed(tag, "otherName")
      guard try fields.oid("type-id") == OID.smtpUTF8Mailbox, var value = try fields.context(ifPresent: 0, "value")
      else {
        self = .other(tag: 0, encoded)
        return
      }
      self = .smtpUTF8Mailbox(Self.text(try value.octets("mailbox", tag: .utf8String)))
    default: self = .other(tag: tag.tagNumber, try cursor.raw())
    }
  }

  /// IA5String and UTF8String; octets that are neither are read as ISO 8859-1, so that a name is shown in any case.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  /// A mailbox in the form that its characters ask for (RFC 9598 §3).
  public init(mailbox: String) {
    let local = mailbox.lastIndex(of: "@").map { mailbox[..<$0] } ?? mailbox[...]
    self = local.utf8.allSatisfy { $0 < 0x80 } ? .rfc822Name(mailbox) : .smtpUTF8Mailbox(mailbox)
  }

  /// The mailbox, if this names one.
  public var mailbox: String? {
    switch self {
    case .rfc822Name(let text), .smtpUTF8Mailbox(let text): text
    default: nil
    }
  }

  package func write(to der: inout DERWriter) {
    switch self {
    case .rfc822Name(let text): der.string(text, tag: .context(1))
    case .dnsName(let text): der.string(text, tag: .context(2))
    case .uri(let text): der.string(text, tag: .context(6))
    case .ipAddress(let bytes): der.octets(bytes, tag: .context(7))
    case .directoryName(let name): der.context(4) { $0.raw(name.encoded) }
    case .smtpUTF8Mailbox(let text):
      der.context(0) { der in
        der.oid(OID.smtpUTF8Mailbox)
        der.context(0) { $0.string(text) }
      }
    case .other(_, let encoded): der.raw(encoded)
    }
  }
}

extension GeneralName: CustomStringConvertible {
  public var description: String {
    switch self {
    case .rfc822Name(let text), .smtpUTF8Mailbox(let text): text
    case .dnsName(let text): "DNS:\(text)"
    case .uri(let text): text
    case .directoryName(let name): "\(name)"
    case .ipAddress(let bytes): "IP:" + bytes.map { "\($0)" }.joined(separator: ".")
    case .other(let tag, let encoded): "[\(tag)]:\(Hex.text(encoded))"
    }
  }
}
