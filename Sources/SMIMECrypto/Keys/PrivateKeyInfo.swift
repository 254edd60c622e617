package import SwiftASN1

/// RFC 5958 §2   OneAsymmetricKey ::= SEQUENCE { version INTEGER, privateKeyAlgorithm AlgorithmIdentifier,
///                 privateKey OCTET STRING, attributes [0] OPTIONAL, publicKey [1] BIT STRING OPTIONAL }
struct PrivateKeyInfo {
  let algorithm: AlgorithmIdentifier
  /// The content of privateKey: secret bytes.
  let key: ArraySlice<UInt8>
  let publicKey: ArraySlice<UInt8>?

  init(_ pkcs8: ArraySlice<UInt8>) throws {
    var top = try ASN1Cursor(pkcs8, as: "PrivateKeyInfo", rules: .ber)
    var fields = try top.sequence("key")
    let version = try fields.int("version")
    guard version == 0 || version == 1 else { throw Unsupported("PKCS#8 version \(version)") }
    algorithm = try AlgorithmIdentifier(from: &fields, "privateKeyAlgorithm")
    key = try fields.octets("privateKey")
    _ = try fields.raw(ifPresent: .context(0))
    publicKey = fields.tag == .context(1) ? try fields.bits("publicKey", tag: .context(1)).bytes : nil
    try fields.finish()
  }
}

extension ASN1Identifier {
  /// `[number] IMPLICIT` over a primitive value.
  package static func primitive(_ number: UInt) -> ASN1Identifier {
    ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
  }
}
