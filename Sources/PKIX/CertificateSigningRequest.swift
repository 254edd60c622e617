public import SMIMECrypto
import SwiftASN1

/// RFC 2986 §4   CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature BIT STRING }
///               CertificationRequestInfo ::= SEQUENCE { version INTEGER, subject Name, subjectPKInfo, attributes [0] }
public struct CertificateSigningRequest: Hashable, Sendable {
  public let derBytes: ArraySlice<UInt8>
  private let infoBytes: ArraySlice<UInt8>
  public let subject: DistinguishedName
  public let publicKey: PublicKey
  private let signatureBlock: SignatureBlock
  /// The extensions that are asked for (RFC 2985 §5.4.2). An authority decides; it does not copy.
  public let requestedExtensions: Extensions

  /// - Throws: ``Malformed``
  public init(der: ArraySlice<UInt8>) throws(Malformed) {
    var top = try ASN1Cursor(der, as: "CertificationRequest", rules: .ber)
    var fields = try top.enter()
    var info = try fields.sequence("certificationRequestInfo")
    derBytes = der
    infoBytes = info.encoded
    guard try info.int("version") == 0 else { throw info.failure("the version is not 1", "version") }
    subject = try DistinguishedName(from: &info, "subject")
    publicKey = try PublicKey(spki: try info.raw("subjectPKInfo"))
    var requested: [Certificate.Extension] = []
    // QUIRK: some software leaves out the attributes where RFC 2986 §4 wants an empty set.
    if var attributes = try info.context(ifPresent: 0, "attributes") {
      while !attributes.isAtEnd {
        var attribute = try attributes.element()
        let type = try attribute.oid("type")
        var values = try attribute.set("values")
        guard type == OID.extensionRequest, !values.isAtEnd else { continue }
        var extensions = try values.element()
        while !extensions.isAtEnd { requested.append(try Certificate.Extension(from: &extensions)) }
      }
    }
    requestedExtensions = Extensions(requested)
    try info.finish()
    signatureBlock = try SignatureBlock(from: &fields)
    try fields.finish()
  }

  /// Reads PEM with one request, or DER.
  public init(_ bytes: [UInt8]) throws(Malformed) {
    guard bytes.first != 0x30 else {
      try self.init(der: ArraySlice(bytes))
      return
    }
    let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]
    guard let block = try PEMBlock.all(in: bytes).first(where: { labels.contains($0.label) }) else {
      throw Malformed("holds no certificate request")
    }
    try self.init(der: ArraySlice(block.bytes))
  }

  public var signatureAlgorithm: AlgorithmIdentifier { signatureBlock.algorithm }

  /// True when the request is signed by the key that it names: its sender holds that key.
  ///
  /// - Throws: ``Unsupported`` or ``Malformed`` for the algorithm.
  public func provesPossession() throws -> Bool {
    try signatureBlock.holds(over: infoBytes, by: publicKey)
  }

  /// The mailboxes that it asks for, in the subjectAltName or the subject.
  public var emailAddresses: [String] {
    let names = (try? requestedExtensions.subjectAlternativeName) ?? []
    var seen: Set<String> = []
    return (names.compactMap(\.mailbox) + subject.values(of: OID.emailAddress)).filter { seen.insert($0).inserted }
  }

  /// A request for a mailbox certificate, signed by its key.
  public static func create(
    subject: DistinguishedName, addresses: [String], key: any SigningKey
  ) async throws -> CertificateSigningRequest {
    let algorithm = key.publicKey.defaultSignatureAlgorithm
    let info = DERWriter.encode { der in
      der.sequence { der in
        der.int(0)
        der.raw(subject.encoded)
        der.raw(key.publicKey.spki)
        der.context(0) { der in
          der.sequence { der in
            der.oid(OID.extensionRequest)
            der.constructed(.set) { der in
              der.sequence { der in
                Certificate.Extension.subjectAlternativeName(addresses.map { GeneralName(mailbox: $0) }).write(to: &der)
              }
            }
          }
        }
      }
    }
    let signature = try await key.signature(.message(ArraySlice(info)), algorithm)
    let encoded = DERWriter.encode { der in
      der.sequence { der in
        der.raw(info)
        algorithm.identifier.write(to: &der)
        der.bits(signature)
      }
    }
    return try CertificateSigningRequest(der: ArraySlice(encoded))
  }

  /// The request as PEM text.
  public var pem: String { PEMBlock(label: "CERTIFICATE REQUEST", bytes: Array(derBytes)).text }
}
