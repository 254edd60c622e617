import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

/// What is refused is refused with what helps: the option that reads it, or gives what is missing.
@Suite struct NextStepTests {
  private static let tripleDES = AlgorithmIdentifier(
    [1, 2, 840, 113549, 3, 7], parameters: [4, 8, 1, 2, 3, 4, 5, 6, 7, 8])
  private static let aes = AlgorithmIdentifier(
    [2, 16, 840, 1, 101, 3, 4, 1, 42], parameters: ([4, 16] + [UInt8](repeating: 1, count: 16))[...])

  /// An object of `type` with what `write` puts into it.
  private static func object(_ type: CMS.ContentType, _ write: (inout DERWriter) -> Void) -> Data {
    Data(
      DERWriter.encode { der in
        der.sequence { der in
          der.oid(type.oid)
          der.context(0) { der in der.sequence { write(&$0) } }
        }
      })
  }

  private static func content(_ cipher: AlgorithmIdentifier, _ der: inout DERWriter) {
    der.sequence { der in
      der.oid(ContentType.data.oid)
      cipher.write(to: &der)
      der.octets([UInt8](repeating: 9, count: 16), tag: .context(0))
    }
  }

  /// EnvelopedData for nobody at all.
  private static func enveloped(_ cipher: AlgorithmIdentifier) -> Data {
    object(.envelopedData) { der in
      der.int(0)
      der.setOf([])
      content(cipher, &der)
    }
  }

  // MARK: Outdated methods

  @Test func `An outdated cipher is refused with the option that reads it`() throws {
    let shell = try Cast.copy()
    let encrypted = Self.object(.encryptedData) { der in
      der.int(0)
      Self.content(Self.tripleDES, &der)
    }
    try shell.write(encrypted, to: "old.p7m")
    try shell.write(Data(repeating: 7, count: 24), to: "key")
    let command = ["cms", "decrypt", "old.p7m", "--content-key", "key", "--out", "back"]
    let refused = try shell.smime(command, expect: 65)
    #expect(
      refused.errors.contains("contentEncryptionAlgorithm: 3DES-CBC is outdated, and not accepted at byte "),
      "\(refused.errors)")
    #expect(refused.errors.contains("hint: it opens with --legacy, if you must read it\n"))
    let read = try shell.smime(command + ["--legacy"], expect: nil)
    #expect(!read.errors.contains("outdated"))

    let base64 = Self.enveloped(Self.tripleDES).base64EncodedString(options: .lineLength76Characters)
    try shell.write(
      "From: alice@example.org\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; "
        + "smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64 + "\r\n",
      to: "old.eml")
    let bob = ["--identity", "bob.p12"] + Cast.password
    for command in [["decrypt", "old.eml"], ["open", "old.eml", "--anchor", "ca/root.pem"]] {
      let result = try shell.smime(command + bob, expect: 1)
      #expect(result.errors.contains("hint: it opens with --legacy, if you must read it\n"), "\(result.errors)")
    }
  }

  @Test func `An outdated digest is told with the option that takes it`() throws {
    let shell = try Cast.copy()
    let text = Array("tea at five\n".utf8)
    let digested = Self.object(.digestedData) { der in
      der.int(0)
      DigestAlgorithm.sha1.identifier.write(to: &der)
      der.sequence { der in
        der.oid(ContentType.data.oid)
        der.context(0) { $0.octets(text) }
      }
      der.octets(MessageDigest.sha1(text[...]))
    }
    try shell.write(digested, to: "old.p7d")
    let refused = try shell.smime("cms", "check", "old.p7d", expect: 1)
    #expect(refused.output.hasPrefix("digest: weakAlgorithm"))
    #expect(refused.errors.contains("hint: --legacy takes outdated methods"))
    try shell.smime("cms", "check", "old.p7d", "--legacy")
  }

  /// An RSA key of 1024 bits with a certificate of its own, and what OpenSSL signs and encrypts with it.
  private func short() throws -> Shell {
    let shell = try Cast.copy()
    try shell.write(
      """
      [req]
      distinguished_name = dn
      x509_extensions = ext
      [dn]
      [ext]
      subjectAltName = email:alice@example.org
      """, to: "short.cnf")
    let made = try shell.script(
      """
      openssl req -x509 -newkey rsa:1024 -nodes -keyout k.pem -out short.pem -subj /CN=Short -days 2 -config short.cnf
      cat k.pem short.pem > both.pem
      openssl cms -sign -md sha256 -binary -nodetach -signer short.pem -inkey k.pem -in mail.eml -outform DER -out s.p7m
      openssl cms -encrypt -aes256 -binary -in mail.eml -outform DER -out e.p7m short.pem
      """)
    #expect(made.status == 0, "\(made.errors)")
    return shell
  }

  @Test func `What a short RSA key signed and got is for --legacy`() throws {
    let shell = try short()
    let verify = ["cms", "verify", "s.p7m", "--anchor", "short.pem"]
    let judged = try shell.smime(verify, expect: 1)
    #expect(judged.output.hasPrefix("signature: weakAlgorithm"))
    #expect(judged.errors.contains("hint: --legacy takes outdated methods"))
    try shell.smime(verify + ["--legacy"])

    let decrypt = ["cms", "decrypt", "e.p7m", "--identity", "both.pem", "--out", "back.eml"] + Cast.password
    let refused = try shell.smime(decrypt, expect: 65)
    #expect(
      refused.errors.contains("recipientInfos[0].ktri: RSA 1024 is outdated, and not accepted"), "\(refused.errors)")
    #expect(refused.errors.contains("hint: it opens with --legacy, if you must read it\n"))
    #expect(!shell.exists("back.eml"))
    try shell.smime(decrypt + ["--legacy"])
    #expect(try shell.data("back.eml") == shell.data("mail.eml"))
  }

  @Test func `Nothing is encrypted to a short RSA key`() throws {
    let shell = try short()
    for command in [
      ["encrypt", "mail.eml"], ["encrypt", "--compatible", "mail.eml"], ["cms", "encrypt", "mail.eml"],
    ] {
      let refused = try shell.smime(
        command + ["--recipient", "bob.pem", "--recipient", "short.pem", "--out", "x"], expect: 65)
      #expect(
        refused.errors.contains(
          "short.pem: RSA 1024 is too short a key; RSA keys must have 2048 bits at least"), "\(refused.errors)")
      #expect(!shell.exists("x"))
    }
    // The sender's own copy is left out, and that is said.
    try shell.smime(["id", "import", "both.pem"] + Cast.newPassword)
    let sent = try shell.smime("encrypt", "mail.eml", "--recipient", "bob.pem", "--out", "x.eml")
    #expect(sent.errors.contains("warning: ") && sent.errors.contains("RSA 1024 is too short a key to encrypt to"))
  }

  // MARK: Keys

  @Test func `A missing key is asked for by the option that gives it`() throws {
    let shell = try Cast.copy()
    try shell.write(String(repeating: "5a", count: 32), to: "key")
    for (name, recipients) in [
      ("password", ["--password", "tea at five"]), ("shared", ["--shared-key", "0a0b:key"]),
      ("certificate", ["--recipient", "bob.pem"]), ("both", ["--recipient", "bob.pem", "--password", "tea"]),
    ] {
      try shell.smime(["cms", "encrypt", "mail.eml", "--out", "\(name).p7m"] + recipients)
    }
    try shell.write(Self.enveloped(Self.aes), to: "nobody.p7m")
    for (name, options) in [
      ("password", ["--password-file FILE"]), ("shared", ["--shared-key IDENTIFIER:FILE"]),
      ("certificate", ["--identity FILE"]), ("both", ["--identity FILE", "--password-file FILE"]), ("nobody", []),
    ] as [(String, [String])] {
      let result = try shell.smime("cms", "decrypt", "\(name).p7m", "--out", "never", expect: 77)
      let hints = result.errors.split(separator: "\n").filter { $0.hasPrefix("hint: ") }
      #expect(hints.count == options.count, "\(name): \(result.errors)")
      for option in options { #expect(hints.contains { $0.contains(option) }, "\(name): \(result.errors)") }
    }
  }

  // MARK: Certificates

  /// A certificate that its holder issued, and an object that it signed and is not in.
  @Test func `A signer's certificate that is missing is found among the anchors that are named`() async throws {
    let shell = try Cast.copy()
    let alice = try TestParty("Alice")
    let certificate = try await alice.root([
      .keyUsage([.digitalSignature]), .extendedKeyUsage([.emailProtection]),
      .subjectAlternativeName([.rfc822Name("alice@example.org")]),
    ])
    try shell.write(certificate.pem, to: "alone.pem")
    try shell.write(try alice.key.pem(password: Password("")) + certificate.pem, to: "alone-key.pem")
    try shell.smime(
      ["cms", "sign", "mail.eml", "--no-certificates", "--identity", "alone-key.pem", "--out", "alone.p7m"]
        + Cast.password)
    let verify = ["cms", "verify", "alone.p7m", "--at", "2026-09-21T14:13:20Z"]
    let missing = try shell.smime(verify + ["--anchor", "ca/root.pem"], expect: 1)
    #expect(missing.output.contains("signerCertificate: "))
    #expect(
      missing.errors.contains("hint: give the signer's certificate with --intermediate FILE"), "\(missing.errors)")
    let found = try shell.smime(verify + ["--anchor", "alone.pem"])
    #expect(found.output.hasPrefix("signature: verified"))
    // At hand it is tried, and not believed for that.
    let untrusted = try shell.smime(verify + ["--anchor", "ca/root.pem", "--intermediate", "alone.pem"], expect: 1)
    #expect(untrusted.output.hasPrefix("signature: untrusted"))
    #expect(untrusted.errors.contains("name the anchor with --anchor FILE"), "\(untrusted.errors)")
  }
}
