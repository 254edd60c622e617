import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: all of it is read, or refused by an error that says why.
@Suite struct `Inputs of the fuzzing entries for certificates` {
  /// Has `read` read all of them.
  private func each(_ entry: String, _ read: ([UInt8]) throws -> Void) throws {
    for (name, bytes) in try FuzzInputs.of(entry) {
      do { try read(bytes) } catch { #expect(error is Malformed || error is Unsupported, "\(name): \(error)") }
    }
  }

  @Test func `requests`() throws {
    try each("fuzz-certificate-request") { bytes in
      let request = try CertificateSigningRequest(bytes)
      _ = request.emailAddresses
      _ = try request.provesPossession()
    }
  }

  @Test func `public keys and certificates`() throws {
    func use(_ key: PublicKey, _ bytes: [UInt8]) throws {
      _ = key.summary
      #expect(
        (try? key.isValid([UInt8](repeating: 0, count: 64)[...], of: bytes[...], key.defaultSignatureAlgorithm)) != true
      )
      _ = try key.encrypt(SymmetricKey(octets: [UInt8](repeating: 7, count: 16)), .rsaPKCS1)
    }
    try each("fuzz-public-key") { try use(PublicKey(spki: $0[...]), $0) }
    try each("fuzz-public-key") { bytes in
      for certificate in try Certificate.all(in: bytes) {
        _ = "\(certificate.subject) \(certificate.issuer) \(certificate.serialNumber) \(certificate.emailAddresses)"
        try use(certificate.publicKey, bytes)
      }
    }
  }

  @Test func `revocation lists`() throws {
    try each("fuzz-revocation-list") { bytes in
      for list in try CertificateRevocationList.all(in: bytes) {
        _ = try (list.entryCount, list.objection, list.number, list.entry(for: SerialNumber([1])))
      }
    }
  }

  @Test func `answers of responders`() throws {
    try each("fuzz-ocsp-response") { bytes in
      guard let basic = try OCSPResponse(der: bytes[...]).basic else { return }
      _ = basic.certificates.map { basic.responder.names($0) }
      _ = try basic.nonce
    }
  }
}
