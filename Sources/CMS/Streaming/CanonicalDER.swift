import SMIMECrypto
import SwiftASN1

/// The DER of a value that came in BER, as far as that can be told without its type: definite minimal lengths, and the
/// members of SETs in order (X.690 §10.1, §11.6). Constructed strings keep their segments.
enum CanonicalDER {
  /// nil if `bytes` are not one value.
  static func encode(_ bytes: [UInt8]) -> [UInt8]? {
    guard let node = try? BER.parse(bytes) else { return nil }
    return DERWriter.encode { write(node, to: &$0) }
  }

  /// swift-asn1 refuses more than 50 levels, so this ends.
  private static func write(_ node: ASN1Node, to der: inout DERWriter) {
    switch node.content {
    case .primitive(let content):
      der.primitive(node.identifier) { $0.append(contentsOf: content) }
    case .constructed(let nodes):
      if node.identifier == .set {
        der.setOf(nodes.map { member in DERWriter.encode { write(member, to: &$0) } })
      } else {
        der.constructed(node.identifier) { der in
          for member in nodes { write(member, to: &der) }
        }
      }
    }
  }
}
