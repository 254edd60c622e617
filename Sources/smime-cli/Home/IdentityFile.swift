import ByteIO
import CMS
import PKIX
import SMIMECrypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A file with a private key and its certificates: PKCS#12, or PEM with key and chain.
struct IdentityFile: Sendable {
  let path: String
  /// The end-entity certificate, if it is known without a password: from the PEM file beside a PKCS#12 of the store.
  let certificate: Certificate?
  private let bytes: [UInt8]

  /// A file that somebody names. What lies beside it may be of another key.
  init(_ path: String) throws {
    self.path = path
    bytes = try Input.bytes(of: path)
    certificate = nil
  }

  /// A file of the store, which keeps the certificate beside it.
  init(stored path: String) throws {
    self.path = path
    bytes = try Input.bytes(of: path)
    let beside = Self.publicPath(of: path)
    certificate =
      path.hasSuffix(".p12") && Files.exists(beside) ? try? CertificateFile.certificates(in: beside).first : nil
  }

  /// When its certificate begins to be valid, in seconds since 1970: the newest is the one to use.
  var begins: Double { certificate?.validity.notBefore.timeIntervalSince1970 ?? 0 }

  /// Where the certificates of the store's identity `path` can be read without a password.
  static func publicPath(of path: String) -> String { String(path.dropLast(4)) + ".pem" }

  /// The identity, opened with the first password that fits.
  func opened(with unlock: Unlock) throws -> Identity {
    do {
      let blocks = try PEMBlock.all(in: bytes)
      return try unlock.open(named: path) { password in
        try blocks.isEmpty ? pkcs12(password) : pem(blocks, password)
      }
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  private func pkcs12(_ password: Password) throws -> Identity {
    let identities = try PKCS12.read(bytes, password: password).identities()
    guard let first = identities.first else {
      throw Malformed("there is no private key with its certificate in it")
    }
    return first
  }

  private func pem(_ blocks: [PEMBlock], _ password: Password) throws -> Identity {
    guard let keyBlock = blocks.first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
      throw Malformed("there is no private key in it")
    }
    let certificates = try blocks.filter { $0.label == "CERTIFICATE" }.map { try Certificate(der: $0.bytes[...]) }
    let key = try PrivateKey(pem: keyBlock, password: password)
    guard let own = certificates.first(where: { $0.publicKey == key.publicKey }) else {
      throw Malformed("there is no certificate for its private key in it")
    }
    return try Identity(certificate: own, chain: certificates.filter { $0 != own }, privateKey: key)
  }
}
