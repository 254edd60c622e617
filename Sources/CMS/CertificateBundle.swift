import ByteIO
package import PKIX
import SMIMECrypto

/// Everything public that a file of certificates may hold: PEM with one or many, DER, or a certs-only CMS (RFC 8551 §3.8).
package struct CertificateBundle {
  package private(set) var certificates: [Certificate] = []
  package private(set) var lists: [CertificateRevocationList] = []

  package init(_ bytes: [UInt8]) throws {
    let blocks = try PEMBlock.all(in: bytes)
    if blocks.isEmpty {
      guard bytes.first == 0x30 else {
        throw Malformed(bytes.isEmpty ? "is empty" : "is neither PEM nor DER", offset: 0)
      }
      try read(der: bytes[...])
    } else {
      for block in blocks { try read(block) }
    }
  }

  private mutating func read(_ block: PEMBlock) throws {
    switch block.label {
    case "X509 CRL": lists.append(try CertificateRevocationList(der: block.bytes[...]))
    case "PKCS7", "CMS": try read(cms: block.bytes)
    default: if let certificate = try Certificate(pem: block) { certificates.append(certificate) }
    }
  }

  /// The three structures differ in their first element: a CMS begins with an OBJECT IDENTIFIER; a CRL has no version
  /// tag, so that it is tried when the bytes are no certificate.
  private mutating func read(der: ArraySlice<UInt8>) throws {
    do {
      certificates.append(try Certificate(der: der))
    } catch {
      if let list = try? CertificateRevocationList(der: der) {
        lists.append(list)
      } else if (try? read(cms: Array(der))) == nil {
        throw error
      }
    }
  }

  private mutating func read(cms: [UInt8]) throws {
    let signed = try SignedDataReader(BufferSource(cms)).read(content: NullSink())
    certificates += signed.certificates
    lists += signed.crls
  }
}
