import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@testable import CMS

/// Key files beyond one key with its certificate.
@Suite struct KeyFileTests {
  private static let password = Password("open sesame")

  /// ML-DSA-44 by its seed: of an algorithm that is not offered.
  private static let unofferedKey: [UInt8] =
    [0x30, 0x34, 0x02, 0x01, 0x00, 0x30, 0x0B, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11]
    + [0x04, 0x22, 0x80, 0x20] + [UInt8](repeating: 7, count: 32)

  /// Everything in these files of the cast, and `kept` beside it, in one file.
  private func join(_ names: [String], _ kept: [PKCS12.KeptKey] = [], in shell: Shell) throws {
    let files = try names.map { try PKCS12.read([UInt8](shell.data($0)), password: Self.password) }
    let all = PKCS12(
      keys: files.flatMap(\.keys), keptKeys: kept, certificates: files.flatMap(\.certificates), crls: [], defects: [])
    try shell.write(Data(all.written(password: Self.password, profile: .compat)), to: "joined.p12")
  }

  private func keptKey() throws -> PKCS12.KeptKey {
    PKCS12.KeptKey(
      privateKey: try OpaquePrivateKey(pkcs8: Self.unofferedKey[...]), friendlyName: "later", localKeyID: [9])
  }

  private func read(_ name: String, in shell: Shell) throws -> PKCS12 {
    try PKCS12.read([UInt8](shell.data(name)), password: Self.password)
  }

  @Test func `Every key of a file is brought in, and opens mail from the file`() throws {
    let shell = try Cast.copy()
    try join(["eve.p12", "bob.p12"], in: shell)
    let opened = try shell.smime(
      ["open", "sealed.eml", "--identity", "joined.p12", "--anchor", "ca/root.pem"] + Cast.password)
    #expect(opened.output.contains("Thursday"))
    try shell.smime(["id", "import", "joined.p12"] + Cast.password)
    let list = try shell.smime("id", "list")
    #expect(list.output.contains("eve@example.net") && list.output.contains("bob@example.com"))
    try shell.smime(["open", "sealed.eml", "--anchor", "ca/root.pem"] + Cast.password)
  }

  @Test(arguments: [[], ["--compat"], ["--pbmac1"]])
  func `What is exported from a file has all that was in it`(form: [String]) throws {
    let shell = try Cast.copy()
    try join(["alice.p12", "bob.p12"], [keptKey()], in: shell)
    try shell.smime(["id", "export", "joined.p12", "--out", "again.p12"] + form + Cast.password)
    #expect(try shell.permissions("again.p12") == 0o600)
    let (before, after) = try (read("joined.p12", in: shell), read("again.p12", in: shell))
    #expect(after.keys.map(\.privateKey.publicKey) == before.keys.map(\.privateKey.publicKey))
    #expect(after.keys.map(\.friendlyName) == before.keys.map(\.friendlyName))
    #expect(after.keptKeys.map(\.privateKey.pkcs8) == [Self.unofferedKey])
    #expect(after.certificates == before.certificates)
    try shell.smime(["sign", "mail.eml", "--identity", "again.p12", "--out", "x.eml"] + Cast.password)
  }

  @Test func `A key that is not offered is shown and named, and not used`() throws {
    let shell = try Cast.copy()
    try join([], [keptKey()], in: shell)
    let shown = try shell.smime(["show", "joined.p12"] + Cast.password)
    #expect(shown.output.contains("ML-DSA-44") && shown.output.contains("later"))
    let used = try shell.smime(
      ["sign", "mail.eml", "--identity", "joined.p12", "--out", "x.eml"] + Cast.password, expect: 65)
    #expect(
      used.errors.contains("error: joined.p12: a private key for ML-DSA-44 is not supported\n"), "\(used.errors)")
    try shell.smime(["id", "export", "joined.p12", "--out", "again.p12"] + Cast.password)
    #expect(try read("again.p12", in: shell).keptKeys.map(\.privateKey.pkcs8) == [Self.unofferedKey])
    try shell.write(PEMBlock(label: "PRIVATE KEY", bytes: Self.unofferedKey).text, to: "key.pem")
    try shell.write(Data(Self.unofferedKey), to: "key.der")
    for name in ["key.pem", "key.der"] {
      #expect(try shell.smime("show", name).output.contains("a private key for ML-DSA-44 is not supported"))
    }
  }

  /// A key that no command can use, and the certificate of a mailbox for it.
  private struct Unusable {
    let pkcs8: [UInt8]
    let certificate: Certificate
    let authority: Certificate
    /// What is said when it is to be used.
    let refusal: String

    /// ML-DSA-65 in expanded form without its seed, of which ρ, where it begins, is enough here.
    static func expanded() async throws -> Unusable {
      let key = try PrivateKey(generate: .mlDSA65).publicKey
      let pki = try await TestPKI()
      let certificate = try await Self.certificate(for: key, by: pki)
      let octets = Array(key.keyBytes.prefix(32)) + [UInt8](repeating: 7, count: 4000)
      return Unusable(
        pkcs8: Self.pkcs8(Self.mlDSA + [0x12], DERWriter.encode { $0.octets(octets) }), certificate: certificate,
        authority: pki.issuing.certificate,
        refusal: "the expanded form of a ML-DSA-65 key without its seed is not supported")
    }

    /// ML-DSA-44 by its seed and in expanded form. Nobody certifies such keys here: the certificate's algorithm is changed,
    /// and its signature does not matter.
    static func both() async throws -> Unusable {
      let key = try PrivateKey(generate: .mlDSA65).publicKey
      let pki = try await TestPKI()
      var der = Data(try await Self.certificate(for: key, by: pki).derBytes)
      let place = try #require(der.range(of: Data(Self.mlDSA + [0x12])))
      der[place.upperBound - 1] = 0x11
      let form = DERWriter.encode { writer in
        writer.sequence { writer in
          writer.octets([UInt8](repeating: 9, count: 32))
          writer.octets(Array(key.keyBytes.prefix(32)) + [UInt8](repeating: 7, count: 2528))
        }
      }
      return Unusable(
        pkcs8: Self.pkcs8(Self.mlDSA + [0x11], form), certificate: try Certificate(der: Array(der)[...]),
        authority: pki.issuing.certificate, refusal: "a private key for ML-DSA-44 is not supported")
    }

    /// The content of the object identifiers of ML-DSA but for the last octet: 17 is ML-DSA-44, 18 ML-DSA-65.
    private static let mlDSA: [UInt8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03]

    private static func pkcs8(_ oid: [UInt8], _ key: [UInt8]) -> [UInt8] {
      DERWriter.encode { der in
        der.sequence { der in
          der.int(0)
          der.raw([0x30, UInt8(oid.count + 2), 0x06, UInt8(oid.count)] + oid)
          der.octets(key)
        }
      }
    }

    private static func certificate(for key: PublicKey, by pki: TestPKI) async throws -> Certificate {
      let issuer = pki.issuing
      return try await CertificateTemplate.mailbox(
        addresses: ["later@example.com"], publicKey: key, use: .signing,
        validity: Validity(from: TestPKI.now.addingTimeInterval(-86_400), days: 365)
      ).prepared(
        issuer: issuer.certificate, signatureAlgorithm: issuer.certificate.publicKey.defaultSignatureAlgorithm
      ).signed(by: issuer.signingKey)
    }
  }

  @Test(arguments: [false, true], [false, true])
  func `A key that is not offered is kept from PEM as it is from PKCS12`(isBoth: Bool, isEncrypted: Bool) async throws {
    let shell = try Cast.copy()
    let key = try await isBoth ? Unusable.both() : .expanded()
    let block = try OpaquePrivateKey(pkcs8: key.pkcs8[...]).pem(password: isEncrypted ? Self.password : Password(""))
    #expect(block.contains("ENCRYPTED") == isEncrypted)
    try shell.write(key.authority.pem + block + key.certificate.pem, to: "kept.pem")
    func expectKept(_ file: String) throws {
      let read = try read(file, in: shell)
      #expect(read.keptKeys.map(\.privateKey.pkcs8) == [key.pkcs8] && read.keys.isEmpty)
      #expect(Set(read.certificates.map(\.certificate)) == [key.certificate, key.authority])
      let own = try #require(read.keptKeys.first.flatMap { read.certificates(for: $0) })
      #expect(own.certificate == key.certificate)
    }
    try shell.smime(["id", "export", "kept.pem", "--out", "file.p12"] + Cast.password)
    try expectKept("file.p12")
    let used = try shell.smime(
      ["sign", "mail.eml", "--identity", "kept.pem", "--out", "x.eml"] + Cast.password, expect: 65)
    #expect(used.errors.contains("error: kept.pem: \(key.refusal)\n"), "\(used.errors)")

    let stored = try shell.smime(["id", "import", "kept.pem"] + Cast.password)
    #expect(stored.errors.contains("stored: later@example.com"))
    #expect(try shell.smime("id", "list").output.contains("later@example.com"))
    try shell.smime(["id", "export", "later@example.com", "--out", "store.p12"] + Cast.password)
    try expectKept("store.p12")
    try shell.write(Cast.mail.replacing("alice@example.org", with: "later@example.com"), to: "later.eml")
    let signed = try shell.smime(["sign", "later.eml", "--out", "x.eml"] + Cast.password, expect: 65)
    #expect(signed.errors.contains("error: later@example.com: \(key.refusal)\n") && !shell.exists("x.eml"))

    // A certificate that is for another key is not taken for its own.
    let other = try await Unusable.expanded()
    try shell.write(block + other.certificate.pem, to: "other.pem")
    let refused = try shell.smime(["id", "import", "other.pem"] + Cast.password, expect: 65)
    #expect(refused.errors.contains("there is no certificate for its private key in it"))
  }

  @Test func `What a file has besides keys with certificates is named when it is left out`() throws {
    let shell = try Cast.copy()
    let (alice, bob) = try (read("alice.p12", in: shell), read("bob.p12", in: shell))
    let all = PKCS12(
      keys: alice.keys + bob.keys, keptKeys: [try keptKey()], certificates: alice.certificates, crls: [], defects: [])
    try shell.write(Data(all.written(password: Self.password, profile: .compat)), to: "joined.p12")
    let stored = try shell.smime(["id", "import", "joined.p12"] + Cast.password)
    #expect(stored.errors.contains("left out: a private key without a certificate: EC P-256"))
    #expect(stored.errors.contains("left out: a private key without a certificate: ML-DSA-44, later"))
    #expect(stored.errors.components(separatedBy: "left out").count == 3, "\(stored.errors)")
    #expect(try !shell.smime(["id", "import", "alice.p12"] + Cast.password).errors.contains("left out"))
    let exported = try shell.smime(["id", "export", "joined.p12", "--out", "x.p12"] + Cast.password)
    #expect(!exported.errors.contains("left out"))
  }

  @Test func `A bag that cannot be read is named`() throws {
    func der(_ tag: UInt8, _ parts: [UInt8]...) -> [UInt8] {
      let content = parts.flatMap { $0 }
      return [tag, 0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }
    func bag(_ kind: UInt8, _ value: [UInt8]) -> [UInt8] {
      der(0x30, [0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, kind], der(0xA0, value))
    }
    func data(_ content: [UInt8]) -> [UInt8] {
      der(0x30, [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01], der(0xA0, der(0x04, content)))
    }
    let shell = try Cast.copy()
    let alice = try read("alice.p12", in: shell)
    let key = try #require(alice.keys.first).privateKey
    let own = try #require(alice.certificates.first { $0.certificate.publicKey == key.publicKey }).certificate
    let x509: [UInt8] = [0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x16, 0x01]
    let certificate = der(0x30, x509, der(0xA0, der(0x04, Array(own.derBytes))))
    // A secretBag, and a key that is none.
    let bags = der(
      0x30, bag(1, key.pkcs8), bag(3, certificate), bag(5, [0x30, 0x00]), bag(1, [0x30, 0x03, 0x02, 0x01, 0x00]))
    try shell.write(Data(der(0x30, [0x02, 0x01, 0x03], data(der(0x30, data(bags))))), to: "odd.p12")
    for command in [["id", "import", "odd.p12"], ["id", "export", "odd.p12", "--out", "x.p12"]] {
      let result = try shell.smime(command + Cast.password + Cast.newPassword)
      #expect(result.errors.components(separatedBy: "left out: ").count == 3, "\(result.errors)")
      #expect(result.errors.contains("secretBag"))
    }
    try shell.smime(["sign", "mail.eml", "--out", "1.eml"] + Cast.password)
  }

  @Test func `One form at a time`() throws {
    let shell = try Cast.copy()
    try shell.smime(
      ["id", "export", "alice.p12", "--compat", "--pbmac1", "--out", "x.p12"] + Cast.password, expect: 64)
    #expect(!shell.exists("x.p12"))
  }
}
