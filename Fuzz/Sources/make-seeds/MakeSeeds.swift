import ByteIO
import CMS
import CertificateAuthority
import Fetching
import Foundation
import FuzzEntry
import Issuance
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// Writes the seeds of Fuzz/Corpus with the libraries themselves, and the identities that they name. Run it in the
/// package's folder when what is written changes; what is there is replaced. Keys are new each time.
@_cdecl("fuzz_entry") public func entry() {
  // libFuzzer has the process' `main`; this ends it before the first input.
  exit(
    FuzzEntry.wait {
      do { try await MakeSeeds.run() } catch {
        print("\(error)")
        return 1
      }
      return 0
    })
}

enum MakeSeeds {
  fileprivate static func run() async throws {
    let cast = try await Cast()
    try cast.write()
    try await SignedSeeds(cast).write()
    try await AddedSeeds(cast).write()
    try await EnvelopedSeeds(cast).write()
    try await ProtectedSeeds(cast).write()
    try await MailSeeds(cast).write()
    try FindingSeeds(cast).write()
    try FileSeeds(cast).write()
    try await AuthoritySeeds().write()
  }

  /// Puts `bytes` among the seeds of `entry`.
  static func seed(_ entry: String, _ name: String, _ bytes: [UInt8]) throws {
    let folder = "Fuzz/Corpus/" + entry
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  static func seed(_ entry: String, _ name: String, _ text: String) throws { try seed(entry, name, Array(text.utf8)) }
}

/// Who is in the seeds: one identity for each kind of key.
struct Cast {
  let identities: [Identity]
  let content = BufferSource(Array("Content-Type: text/plain\r\n\r\nDear peer,\r\n".utf8))

  init() async throws {
    var identities: [Identity] = []
    for kind in [PrivateKey.Kind.ec(.p256), .rsa(bits: 2048), .x25519, .mlKEM768] {
      let key = try PrivateKey(generate: kind)
      let subject = DistinguishedName(commonName: "Fuzz")
      let validity = Validity(from: Date(timeIntervalSince1970: 1_780_000_000), days: 3_650)
      // Who cannot sign is certified by the first.
      let issuer = identities.first
      let signs = [.ec(.p256), .rsa(bits: 2048)].contains(kind)
      let template = CertificateTemplate.root(subject: subject, publicKey: key.publicKey, validity: validity)
      let signer = signs ? key : (issuer?.signingKey as? PrivateKey ?? key)
      let certificate = try await template.prepared(
        issuer: signs ? nil : issuer?.certificate, signatureAlgorithm: signer.publicKey.defaultSignatureAlgorithm
      ).signed(by: signer)
      identities.append(try Identity(certificate: certificate, chain: [], privateKey: key))
    }
    self.identities = identities
  }

  /// The keys lie open: they open nothing but the seeds.
  func write() throws {
    var text = "Keys and certificates of the fuzzing seeds; nobody's.\n"
    for identity in identities {
      if let key = identity.signingKey as? PrivateKey {
        text += PEMBlock(label: "PRIVATE KEY", bytes: key.pkcs8).text
      }
      text += PEMBlock(label: "CERTIFICATE", bytes: Array(identity.certificate.derBytes)).text
    }
    try FileManager.default.createDirectory(atPath: "Fuzz/Corpus", withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: "Fuzz/Corpus/identities.pem"))
  }
}
