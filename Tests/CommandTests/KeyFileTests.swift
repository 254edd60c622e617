import Foundation
import PKIX
import SMIMECrypto
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
    #expect(used.errors.contains("a private key for ML-DSA-44 is not supported"))
    try shell.smime(["id", "export", "joined.p12", "--out", "again.p12"] + Cast.password)
    #expect(try read("again.p12", in: shell).keptKeys.map(\.privateKey.pkcs8) == [Self.unofferedKey])
    try shell.write(PEMBlock(label: "PRIVATE KEY", bytes: Self.unofferedKey).text, to: "key.pem")
    try shell.write(Data(Self.unofferedKey), to: "key.der")
    for name in ["key.pem", "key.der"] {
      #expect(try shell.smime("show", name).output.contains("a private key for ML-DSA-44 is not supported"))
    }
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
