import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import smime_cli

/// What the system trusts for e-mail, as its bundle says.
@Suite struct SystemTrustTests {
  @Test func `A certificate that cannot be read is left out of the bundle, and no other`() async throws {
    let pki = try await TestPKI()
    let (root, issuing) = (pki.root.certificate, pki.issuing.certificate)
    func read(_ middle: String) -> [Certificate] {
      SystemTrust.certificates(in: Array("# Trusted\n\n\(root.pem)\n# Another\n\(middle)\(issuing.pem)".utf8))
    }
    #expect(read("") == [root, issuing])
    let cut = PEMBlock(label: "CERTIFICATE", bytes: Array(root.derBytes.dropLast())).text
    let text = "-----BEGIN CERTIFICATE-----\n(not base64)\n-----END CERTIFICATE-----\n"
    let endless = "-----BEGIN CERTIFICATE-----\nMIIB\n"
    for middle in [cut, text, endless, cut + text, pki.root.certificate.pem + cut] {
      let certificates = read(middle)
      #expect(certificates.first == root && certificates.last == issuing, "\(middle)")
      #expect(Set(certificates) == [root, issuing], "\(middle)")
    }
    #expect(SystemTrust.certificates(in: Array(cut.utf8)).isEmpty)
    #expect(SystemTrust.certificates(in: []).isEmpty)
  }
}
