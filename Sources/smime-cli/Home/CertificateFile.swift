import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// A file with certificates or revocation lists: PEM with one or many, DER, or a certs-only CMS (`.p7c`).
enum CertificateFile {
  static func exists(_ path: String) -> Bool { Files.exists(path) }

  /// All certificates in the file; at least one.
  static func certificates(in path: String) throws -> [Certificate] {
    let bytes = try Input.bytes(of: path)
    do {
      let found = try CertificateBundle(bytes).certificates
      guard !found.isEmpty else { throw Malformed("there is no certificate in it") }
      return found
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  static func first(in path: String) throws -> Certificate {
    let all = try certificates(in: path)
    guard let first = all.first else { throw CommandFailure(.unreadable, "\(path): there is no certificate in it") }
    return first
  }

  /// All revocation lists in the file; at least one.
  static func lists(in path: String) throws -> [CertificateRevocationList] {
    let bytes = try Input.bytes(of: path)
    do {
      let found = try CertificateBundle(bytes).lists
      guard !found.isEmpty else { throw Malformed("there is no certificate revocation list in it") }
      return found
    } catch {
      throw CommandFailure(error, in: path)
    }
  }
}

/// Everything public that a file of certificates may hold.
struct CertificateBundle {
  private(set) var certificates: [Certificate] = []
  private(set) var lists: [CertificateRevocationList] = []

  init(_ bytes: [UInt8]) throws {
    let blocks = try PEMBlock.all(in: bytes)
    if blocks.isEmpty {
      try read(der: bytes[...])
    } else {
      for block in blocks { try read(block) }
    }
  }

  private mutating func read(_ block: PEMBlock) throws {
    switch block.label {
    case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
      certificates.append(try Certificate(der: block.bytes[...]))
    case "X509 CRL": lists.append(try CertificateRevocationList(der: block.bytes[...]))
    case "PKCS7", "CMS": try read(cms: block.bytes)
    default: break
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
