import ByteIO
import SwiftASN1

/// Object identifiers of the families that certificates and messages are full of, made once: to read one is to look it up.
enum KnownOIDs {
  /// The identifiers that differ in a last arc below ``lastArcs``.
  private struct Family: Sendable {
    let prefix: [UInt8]
    let members: [ASN1ObjectIdentifier]

    init(_ prefix: [UInt8]) {
      self.prefix = prefix
      members = (0..<KnownOIDs.lastArcs).compactMap { last in
        try? ASN1ObjectIdentifier(derEncoded: [0x06, UInt8(prefix.count + 1)] + prefix + [last])
      }
    }

    func member(_ content: ArraySlice<UInt8>) -> ASN1ObjectIdentifier? {
      guard content.count == prefix.count + 1, let last = content.last, last < members.count,
        Bytes.areEqual(content.dropLast(), prefix[...])
      else { return nil }
      return members[Int(last)]
    }
  }

  private static let lastArcs: UInt8 = 64

  // 2.5.4 and 2.5.29; 1.2.840.113549.1.1, .1.7 and .1.9; 2.16.840.1.101.3.4.1 and .2; 1.3.6.1.5.5.7.3 and .1.
  private static let attributeTypes = Family([0x55, 0x04])
  private static let extensions = Family([0x55, 0x1D])
  private static let pkcs1 = Family([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01])
  private static let pkcs7 = Family([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07])
  private static let pkcs9 = Family([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09])
  private static let ciphers = Family([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01])
  private static let digests = Family([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02])
  private static let purposes = Family([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03])
  private static let privateExtensions = Family([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01])

  /// The identifier with that content; nil when it is of no such family.
  static subscript(_ content: ArraySlice<UInt8>) -> ASN1ObjectIdentifier? {
    let start = content.startIndex
    switch content.count {
    case 3:
      guard content[start] == 0x55 else { return nil }
      return (content[start + 1] == 0x1D ? extensions : attributeTypes).member(content)
    case 8:
      return (content[start + 6] == 0x03 ? purposes : privateExtensions).member(content)
    case 9 where content[start] == 0x2A:
      switch content[start + 7] {
      case 0x01: return pkcs1.member(content)
      case 0x07: return pkcs7.member(content)
      case 0x09: return pkcs9.member(content)
      default: return nil
      }
    case 9 where content[start] == 0x60:
      return (content[start + 7] == 0x02 ? digests : ciphers).member(content)
    default: return nil
    }
  }
}
