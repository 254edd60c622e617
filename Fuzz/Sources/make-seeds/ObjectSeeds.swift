import ByteIO
import CMS
import Foundation
import FuzzEntry
import Issuance
import PKIX
import SMIMECrypto

/// SignedData of every form.
struct SignedSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  func write() async throws {
    for form in [SignedDataWriter.Form.attached, .detached] {
      for naming in [SignedDataWriter.Naming.issuerAndSerial, .subjectKeyIdentifier] {
        var signers = cast.identities.prefix(2).map {
          SignedDataWriter.Signer($0, signingTime: Date(timeIntervalSince1970: 1_790_000_000))
        }
        for index in signers.indices { signers[index].naming = naming }
        let object = BufferSink()
        try await SignedDataWriter.sign(cast.content, signers: signers, form: form, to: object)
        try MakeSeeds.seed("fuzz-signed-data", "\(form)-\(naming).der", object.bytes)
        if naming == .issuerAndSerial {
          for entry in ["fuzz-tlv", "fuzz-amend"] { try MakeSeeds.seed(entry, "\(form).der", object.bytes) }
        }
      }
    }
    // Indefinite lengths and segments, by hand: ContentInfo of data in two pieces.
    try MakeSeeds.seed(
      "fuzz-tlv", "indefinite.ber",
      [
        0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01, 0xA0, 0x80, 0x24, 0x80, 0x04, 2,
        1, 2, 0x04, 1, 3, 0, 0, 0, 0, 0, 0,
      ])
  }
}

/// SignedData with what is added to it: countersignatures, time stamps, answers of responders.
struct AddedSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  func write() async throws {
    let signers = cast.identities.prefix(2).map { SignedDataWriter.Signer($0) }
    let (signed, countersigned) = (BufferSink(), BufferSink())
    try await SignedDataWriter.sign(cast.content, signers: [signers[0]], form: .attached, to: signed)
    try await SignedDataWriter.countersign(
      BufferSource(signed.bytes), by: [signers[1]], writingTo: countersigned)
    try seed("countersigned.der", countersigned.bytes)
    let stamped = BufferSink()
    try await SignedDataWriter.timestamp(
      BufferSource(countersigned.bytes), by: try await SeedAuthority(), writingTo: stamped)
    try seed("stamped.der", stamped.bytes)
    // The entry for responses has one that OpenSSL wrote.
    guard let response = FileManager.default.contents(atPath: "Fuzz/Corpus/fuzz-ocsp-response/resp.der") else { return }
    try seed(
      "evidence.der",
      SignedDataWriter.certificatesOnly(
        [cast.identities[0].certificate], ocspResponses: [try OCSPResponse(der: [UInt8](response)[...])]))
  }

  private func seed(_ name: String, _ bytes: [UInt8]) throws {
    for entry in ["fuzz-signed-data", "fuzz-amend"] { try MakeSeeds.seed(entry, name, bytes) }
  }
}

/// A time-stamping authority that knows SHA-256 alone.
private struct SeedAuthority: TimestampSource {
  let identity: Identity

  init() async throws {
    let key = try PrivateKey(generate: .ec(.p256))
    var template = CertificateTemplate.root(
      subject: DistinguishedName(commonName: "Fuzz"), publicKey: key.publicKey,
      validity: Validity(from: Date(timeIntervalSince1970: 1_760_000_000), days: 3_650))
    let purposes = Certificate.Extension.extendedKeyUsage([.timeStamping])
    template.extensions.append(Certificate.Extension(oid: purposes.oid, isCritical: true, value: purposes.value))
    let certificate = try await template.prepared(
      issuer: nil, signatureAlgorithm: key.publicKey.defaultSignatureAlgorithm
    ).signed(by: key)
    identity = try Identity(certificate: certificate, chain: [], privateKey: key)
  }

  func response(to request: [UInt8]) async throws -> [UInt8] {
    let request = try TimestampRequest(der: request[...])
    let nonce = request.nonce.map { [2, UInt8($0.count)] + $0 } ?? []
    let token = try await Self.token(over: Array(request.messageImprint.hash), nonce, by: identity)
    // Granted, and the token, whose length takes two octets.
    let content = [0x30, 3, 2, 1, 0] + token
    return [0x30, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
  }

  /// RFC 3161 §2.4.2: version 1, a policy, SHA-256, serial number 1, a time.
  static func token(over hash: [UInt8], _ nonce: [UInt8], by identity: Identity) async throws -> [UInt8] {
    let info: [UInt8] =
      [0x30, UInt8(0x4F + nonce.count), 2, 1, 1, 6, 3, 0x2A, 3, 4, 0x30, 0x31, 0x30, 0x0D, 6, 9]
      + [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32] + hash
      + [2, 1, 1, 0x18, 15] + Array("20260101000000Z".utf8) + nonce
    let token = BufferSink()
    try await SignedDataWriter.sign(
      BufferSource(info), type: .timestamp, signers: [.init(identity)], form: .attached, to: token)
    return token.bytes
  }
}

/// Where directories are, and SMIMEA records.
struct FindingSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  private static let directories = [
    ("plain", "ldap://ldap.example.com/dc=example,dc=com?userCertificate;binary?sub?(mail=alice@example.com)"),
    ("secure", "ldaps://[2001:db8::7]:636/o=A%20B??one?(%26(mail=a\\2a@b)(!(|(uid=x*y)(cn>=z))))"),
    ("started", "ldap://h/cn=a%2Cb?cACertificate;binary,crossCertificatePair;binary?base??!1.3.6.1.4.1.1466.20037"),
  ]

  func write() throws {
    for (name, url) in Self.directories { try MakeSeeds.seed("fuzz-finding", name, url) }
    let certificate = Array(cast.identities[0].certificate.derBytes)
    try MakeSeeds.seed("fuzz-finding", "certificate.smimea", [3, 0, 0] + certificate)
    try MakeSeeds.seed("fuzz-finding", "hash.smimea", [2, 1, 1] + (try MessageDigest.hash(certificate[...], .sha256)))
  }
}

/// EnvelopedData and AuthEnvelopedData, each cipher to each kind of recipient.
struct EnvelopedSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  /// Those who have no certificate.
  static let others: [Recipient] = [
    .keyEncryptionKey(identifier: FuzzKeys.shared.identifier, key: FuzzKeys.shared.key),
    .password(FuzzKeys.password, rounds: 1_000),
  ]

  func write() async throws {
    for cipher in [ContentEncryption.aesCBC(keyBits: 128), .aesGCM(keyBits: 256), .chaCha20Poly1305] {
      for (name, transport) in [("v15", KeyTransport.rsaPKCS1), ("oaep", .rsaOAEP(OAEPParameters(.sha256)))] {
        let recipients = cast.identities.map { Recipient($0.certificate, transport: transport) } + EnvelopedSeeds.others
        let object = BufferSink()
        try await EnvelopedDataWriter.encrypt(cast.content, for: recipients, cipher: cipher, to: object)
        try MakeSeeds.seed(
          "fuzz-enveloped-data", "\(cipher.name)-\(name).der", object.bytes)
      }
    }
  }
}

/// The other content types, and a time stamp.
struct ProtectedSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  func write() async throws {
    let encrypted = BufferSink()
    try EncryptedDataWriter.encrypt(
      cast.content, key: FuzzKeys.shared.key, cipher: .aesCBC(keyBits: 256), to: encrypted)
    try MakeSeeds.seed("fuzz-protected-data", "encrypted.der", encrypted.bytes)
    let recipients = cast.identities.prefix(1).map { Recipient($0.certificate) } + EnvelopedSeeds.others
    for (name, coverage) in [("content", AuthenticatedDataWriter.Coverage.content), ("attributes", .attributes())] {
      let authenticated = BufferSink()
      try await AuthenticatedDataWriter.authenticate(
        cast.content, for: recipients, covering: coverage, to: authenticated)
      try MakeSeeds.seed("fuzz-protected-data", "authenticated-\(name).der", authenticated.bytes)
    }
    for form in [SignedDataWriter.Form.attached, .detached] {
      let digested = BufferSink()
      try DigestedDataWriter.write(cast.content, form: form, to: digested)
      try MakeSeeds.seed("fuzz-protected-data", "digested-\(form).der", digested.bytes)
    }
    let compressed = BufferSink()
    try CompressedDataWriter.compress(cast.content, to: compressed)
    try MakeSeeds.seed("fuzz-protected-data", "compressed.der", compressed.bytes)
    // Of nothing in particular.
    let token = try await SeedAuthority.token(
      over: [UInt8](repeating: 9, count: 32), [], by: cast.identities[0])
    try MakeSeeds.seed("fuzz-timestamp", "token.der", token)
  }
}

/// Key files, certificates and PKCS #12.
struct FileSeeds {
  let cast: Cast

  init(_ cast: Cast) { self.cast = cast }

  private static let tokenAddresses = [
    ("all", "pkcs11:token=The%20Token;manufacturer=m;serial=0042;model=1.0;object=alice;type=private;id=%69%95"),
    ("pin", "pkcs11:object=a;slot-id=327?pin-source=file:/run/pin&module-path=/usr/lib/x.so"),
    ("value", "pkcs11:library-version=3.1;library-description=%C3%A4?pin-value=1234"),
  ]

  func write() throws {
    for identity in cast.identities {
      guard let key = identity.signingKey as? PrivateKey else { continue }
      let name = key.publicKey.summary.replacingOccurrences(of: " ", with: "-").lowercased()
      try MakeSeeds.seed("fuzz-private-key", "\(name).pkcs8", key.pkcs8)
      if let sec1 = key.sec1 { try MakeSeeds.seed("fuzz-private-key", "\(name).sec1", sec1) }
      if let pkcs1 = key.pkcs1 { try MakeSeeds.seed("fuzz-private-key", "\(name).pkcs1", pkcs1) }
      try MakeSeeds.seed("fuzz-private-key", "\(name).pem", PEMBlock(label: "PRIVATE KEY", bytes: key.pkcs8).text)
      try MakeSeeds.seed("fuzz-public-key", "\(name).spki", Array(key.publicKey.spki))
      try MakeSeeds.seed("fuzz-public-key", "\(name).cer", Array(identity.certificate.derBytes))
    }
    for (name, address) in Self.tokenAddresses { try MakeSeeds.seed("fuzz-token-address", name, address) }
    // Our own files ask for hundreds of thousands of rounds; two must do here, so OpenSSL writes it.
    guard let identity = cast.identities.first, let key = identity.signingKey as? PrivateKey else { return }
    let folder = NSTemporaryDirectory() + "/seeds-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let pem =
      PEMBlock(label: "PRIVATE KEY", bytes: key.pkcs8).text
      + PEMBlock(label: "CERTIFICATE", bytes: Array(identity.certificate.derBytes)).text
    try Data(pem.utf8).write(to: URL(fileURLWithPath: folder + "/in.pem"))
    for (name, dialect) in [("pbes2", [String]()), ("3des", ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES"])] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        [
          "openssl", "pkcs12", "-export", "-in", folder + "/in.pem", "-out", folder + "/out", "-iter", "2",
          "-passout", "pass:fuzz", "-name", "fuzz",
        ] + dialect
      try process.run()
      process.waitUntilExit()
      try MakeSeeds.seed("fuzz-pkcs12", "\(name).p12", [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/out"))))
    }
  }
}
