public import SMIMECrypto
import SwiftASN1

/// RFC 6960 §4.1.1   CertID ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, issuerNameHash OCTET STRING,
///                     issuerKeyHash OCTET STRING, serialNumber CertificateSerialNumber }
public struct OCSPCertificateID: Hashable, Sendable {
  public let hashAlgorithm: AlgorithmIdentifier
  /// Of the issuer's encoded name.
  public let issuerNameHash: ArraySlice<UInt8>
  /// Of the issuer's key: the content of its BIT STRING.
  public let issuerKeyHash: ArraySlice<UInt8>
  public let serialNumber: SerialNumber
  /// As it came, or as it is written.
  package let encoded: ArraySlice<UInt8>

  /// Names the certificate `serialNumber` of `issuer`.
  ///
  /// - Parameter digest: SHA-1 is what every responder knows (RFC 5019 §2.1.1); here it only names.
  /// - Throws: ``Unsupported`` for a digest that this build lacks.
  public init(
    _ serialNumber: SerialNumber, of issuer: Certificate, digest: DigestAlgorithm = .sha1
  ) throws(Unsupported) {
    issuerNameHash = ArraySlice(try MessageDigest.hash(ArraySlice(issuer.subject.encoded), digest))
    issuerKeyHash = ArraySlice(try MessageDigest.hash(issuer.publicKey.keyBytes, digest))
    // RFC 5019 §2.1.1 and all clients write NULL beside SHA-1; RFC 5754 §2 nothing beside SHA-2.
    hashAlgorithm = AlgorithmIdentifier(digest.oid, parameters: digest == .sha1 ? AlgorithmIdentifier.null : nil)
    self.serialNumber = serialNumber
    encoded = ArraySlice(
      DERWriter.value(
        0x30, hashAlgorithm.encoded, DERWriter.value(0x04, Array(issuerNameHash)),
        DERWriter.value(0x04, Array(issuerKeyHash)),
        DERWriter.value(0x02, Array(serialNumber.bytes))))
  }

  init(from cursor: inout ASN1Cursor) throws(Malformed) {
    var fields = try cursor.sequence("certID")
    encoded = fields.encoded
    hashAlgorithm = try AlgorithmIdentifier(from: &fields, "hashAlgorithm")
    issuerNameHash = try fields.octets("issuerNameHash")
    issuerKeyHash = try fields.octets("issuerKeyHash")
    serialNumber = SerialNumber(try fields.integer("serialNumber"))
    try fields.finish()
  }

  init(from cursor: inout TLVCursor) throws(Malformed) {
    encoded = try cursor.raw(0x30, "certID")
    var top = TLVCursor(encoded, as: "certID")
    var fields = try top.enter(0x30, "certID")
    hashAlgorithm = try Self.algorithm(try fields.raw(0x30, "hashAlgorithm"))
    issuerNameHash = try fields.content(0x04, "issuerNameHash")
    issuerKeyHash = try fields.content(0x04, "issuerKeyHash")
    let serial = try fields.content(0x02, "serialNumber")
    guard !serial.isEmpty else { throw fields.failure("the serial number has no octets") }
    serialNumber = SerialNumber(serial)
    try fields.finish()
  }

  /// The ways in which SHA-1 and SHA-256 are named, which are nearly all that there is.
  private static let common: [(encoded: [UInt8], AlgorithmIdentifier)] =
    [DigestAlgorithm.sha1, .sha256].flatMap { digest in
      [AlgorithmIdentifier.null, nil].map { AlgorithmIdentifier(digest.oid, parameters: $0) }
    }.map { ($0.encoded, $0) }

  private static func algorithm(_ encoded: ArraySlice<UInt8>) throws(Malformed) -> AlgorithmIdentifier {
    if let known = common.first(where: { $0.encoded.elementsEqual(encoded) }) { return known.1 }
    var top = try ASN1Cursor(encoded, as: "hashAlgorithm")
    return try AlgorithmIdentifier(from: &top, "hashAlgorithm")
  }

  /// True when this names the certificate `serialNumber` of `issuer`, in whatever digest.
  public func names(_ serialNumber: SerialNumber, of issuer: Certificate) -> Bool {
    guard serialNumber == self.serialNumber, let digest = try? DigestAlgorithm(hashAlgorithm),
      let expected = try? OCSPCertificateID(serialNumber, of: issuer, digest: digest)
    else { return false }
    return expected.issuerNameHash == issuerNameHash && expected.issuerKeyHash == issuerKeyHash
  }
}
