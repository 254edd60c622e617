import ByteIO
import CMS
import Foundation
import Issuance
import MIME
import PKIX
import SMIME
import SMIMECrypto

/// One kind of key with its authorities, known to both sides: to libcrypto by the files of a folder.
struct Stage {
  let name: String
  let kind: PrivateKey.Kind
  let folder: URL
  let key: PrivateKey
  let alice: Identity
  let root: Certificate
  private let rootKey: PrivateKey
  private let issuingKey: PrivateKey
  let issuing: Certificate
  private let algorithm: SignatureAlgorithm

  init(_ name: String, _ kind: PrivateKey.Kind, in parent: URL) async throws {
    self.name = name
    self.kind = kind
    folder = parent.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let validity = Validity(from: Date(timeIntervalSinceNow: -86_400), days: 800)
    rootKey = try PrivateKey(generate: kind)
    algorithm = rootKey.publicKey.defaultSignatureAlgorithm
    root = try await CertificateTemplate.root(
      subject: DistinguishedName(commonName: "Root"), publicKey: rootKey.publicKey, validity: validity
    ).prepared(issuer: nil, signatureAlgorithm: algorithm).signed(by: rootKey)
    issuingKey = try PrivateKey(generate: kind)
    issuing = try await CertificateTemplate.issuingAuthority(
      subject: DistinguishedName(commonName: "Issuing"), publicKey: issuingKey.publicKey, validity: validity
    ).prepared(issuer: root, signatureAlgorithm: algorithm).signed(by: rootKey)
    key = try PrivateKey(generate: kind)
    let leaf = try await Self.mailbox("alice@example.com", key, issuing, issuingKey, algorithm)
    alice = try Identity(certificate: leaf, chain: [issuing], privateKey: key)
    try write("key.der", key.pkcs8)
    try write("leaf.der", Array(leaf.derBytes))
    try write("issuing.der", Array(issuing.derBytes))
    try write("root.der", Array(root.derBytes))
  }

  private static func mailbox(
    _ address: String, _ key: PrivateKey, _ issuer: Certificate, _ issuerKey: PrivateKey,
    _ algorithm: SignatureAlgorithm
  ) async throws -> Certificate {
    try await CertificateTemplate.mailbox(
      addresses: [address], publicKey: key.publicKey,
      validity: Validity(from: Date(timeIntervalSinceNow: -86_400), days: 700)
    ).prepared(issuer: issuer, signatureAlgorithm: algorithm).signed(by: issuerKey)
  }

  /// `count` people with a certificate each. They share a few keys, since making keys takes long; nothing that reads
  /// their messages can make use of that.
  func people(_ count: Int, keys: Int) async throws -> [Identity] {
    var pool: [PrivateKey] = []
    for _ in 0..<keys { pool.append(try PrivateKey(generate: kind)) }
    var people: [Identity] = []
    for index in 0..<count {
      let key = pool[index % keys]
      let certificate = try await Self.mailbox("person\(index)@example.com", key, issuing, issuingKey, algorithm)
      people.append(try Identity(certificate: certificate, chain: [issuing], privateKey: key))
    }
    return people
  }

  /// A certificate with as many extensions as authorities put into one for a mailbox.
  func wideCertificate() async throws -> Certificate {
    try await CertificateTemplate.mailbox(
      addresses: ["alice@example.com", "alice.liddell@example.org"], name: "Alice Liddell", publicKey: key.publicKey,
      validity: Validity(from: Date(timeIntervalSinceNow: -86_400), days: 700),
      publication: PublicationPoints(
        revocationList: "http://pki.example.com/crl/issuing.crl",
        issuerCertificate: "http://pki.example.com/ca/issuing.cer", ocsp: "http://ocsp.example.com/")
    ).prepared(issuer: issuing, signatureAlgorithm: algorithm).signed(by: issuingKey)
  }

  /// `count` chains, each a leaf and its issuing authority, under the root. The authorities share a few keys, as people do.
  func chains(_ count: Int, keys: Int) async throws -> [[Certificate]] {
    var pool: [PrivateKey] = []
    for _ in 0..<keys { pool.append(try PrivateKey(generate: kind)) }
    let validity = Validity(from: Date(timeIntervalSinceNow: -86_400), days: 790)
    var chains: [[Certificate]] = []
    for index in 0..<count {
      let issuerKey = pool[index % keys]
      let issuer = try await CertificateTemplate.issuingAuthority(
        subject: DistinguishedName(commonName: "Issuing \(index)"), publicKey: issuerKey.publicKey, validity: validity
      ).prepared(issuer: root, signatureAlgorithm: algorithm).signed(by: rootKey)
      let leaf = try await Self.mailbox(
        "person\(index)@example.com", pool[(index + 1) % keys], issuer, issuerKey, algorithm)
      chains.append([leaf, issuer])
    }
    return chains
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: folder.appendingPathComponent(name))
  }

  /// Writes messages as `smime-reference` reads them.
  func pack(_ name: String, _ messages: [[UInt8]]) throws {
    var bytes: [UInt8] = []
    for message in messages {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: message.count >> shift)) }
      bytes += message
    }
    try write(name, bytes)
  }

  /// A mail of `count` bytes, written by whoever has the address.
  static func mail(_ count: Int, from address: String = "alice@example.com") -> [UInt8] {
    let line = Array("a line of a mail whose lines are about as long as those that people write\r\n".utf8)
    var bytes = Array(
      "From: \(address)\r\nTo: bob@example.com\r\nSubject: a mail\r\nContent-Type: text/plain\r\n\r\n".utf8)
    while bytes.count + line.count <= count { bytes += line }
    if count - bytes.count >= 2 { bytes += [UInt8](repeating: 0x61, count: count - bytes.count - 2) + [0x0D, 0x0A] }
    return bytes
  }

  static func written(_ body: (BufferSink) async throws -> Void) async throws -> [UInt8] {
    let sink = BufferSink()
    try await body(sink)
    return sink.bytes
  }
}
