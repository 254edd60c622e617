import ByteIO
import CMS
import PKIX
import SMIMECrypto

/// A file with certificates or revocation lists: PEM with one or many, DER, or a certs-only CMS (`.p7c`).
enum CertificateFile {
  static func exists(_ path: String) -> Bool { Files.exists(path) }

  /// Everything in the file; at least one certificate or list.
  static func bundle(in path: String) throws -> CertificateBundle {
    let bytes = try Input.bytes(of: path)
    do {
      let found = try CertificateBundle(bytes)
      guard !found.certificates.isEmpty || !found.lists.isEmpty else {
        throw Malformed("there is no certificate and no revocation list in it")
      }
      return found
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

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
}
