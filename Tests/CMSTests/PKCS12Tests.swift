import ByteIO
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@testable import CMS

@Suite struct `PKCS#12` {
  private func alice(_ kind: PrivateKey.Kind = .ec(.p256)) async throws -> (Identity, PrivateKey) {
    let identity = try await TestPKI().mailbox("alice@example.com", key: kind)
    return (identity, try #require(identity.signingKey as? PrivateKey))
  }

  #if OpenSSL
    private static let profiles = PKCS12.Profile.allCases
    /// The one with less work in it.
    private static let quick = PKCS12.Profile.compat
  #else
    private static let profiles = [PKCS12.Profile.modern, .pbmac1]
    private static let quick = PKCS12.Profile.modern
  #endif

  @Test(arguments: profiles, ["secret", "", "σύνθημα γνώρισμα", "emoji 🔑"])
  func `what is written opens with its password only`(profile: PKCS12.Profile, password: String) async throws {
    let (identity, key) = try await alice()
    let file = try PKCS12.write(
      identity, friendlyName: "Alice Ω", password: Password(password), profile: profile)
    let read = try PKCS12.read(file, password: Password(password))
    #expect(read.defects.isEmpty)
    #expect(read.keys.map(\.friendlyName) == ["Alice Ω"])
    let found = try #require(read.identities().first)
    #expect(found.certificate == identity.certificate)
    #expect(found.chain == identity.chain)
    #expect(read.keys.first?.privateKey.publicKey == key.publicKey)
    #expect(throws: WrongPassword()) { try PKCS12.read(file, password: Password(password + "x")) }
  }

  @Test(arguments: [PrivateKey.Kind.rsa(bits: 2048), .ec(.p384), .ec(.p521), .ed25519])
  func `keys of every kind`(kind: PrivateKey.Kind) async throws {
    let (identity, _) = try await alice(kind)
    let file = try PKCS12.write(identity, password: Password("p"), profile: .modern)
    #expect(try PKCS12.read(file, password: Password("p")).identities().first?.certificate == identity.certificate)
  }

  @Test(arguments: [PrivateKey.Kind.x25519, .mlDSA65, .mlKEM768])
  func `keys of newer kinds`(kind: PrivateKey.Kind) async throws {
    let identity = try await TestPKI().mailbox(
      "alice@example.com", key: kind, use: kind == .mlDSA65 ? .signing : .encryption)
    let file = try PKCS12.write(identity, password: Password("p"), profile: Self.quick)
    let found = try PKCS12.read(file, password: Password("p")).identities().first
    #expect(found?.certificate == identity.certificate)
  }

  /// An ML-DSA-44 key.
  private static let unofferedKey = DERWriter.encode { der in
    der.sequence { der in
      der.int(0)
      AlgorithmIdentifier([2, 16, 840, 1, 101, 3, 4, 3, 17]).write(to: &der)
      der.octets([0x80, 32] + [UInt8](repeating: 7, count: 32))
    }
  }

  /// An ML-DSA-44 key: named as a defect, kept, and written again octet for octet.
  @Test(arguments: profiles) func `a key that is not offered goes on unchanged`(profile: PKCS12.Profile) async throws {
    let (identity, _) = try await alice()
    let pkcs8 = Self.unofferedKey
    let file = try PKCS12.write(
      OpaquePrivateKey(pkcs8: pkcs8[...]), certificate: identity.certificate, chain: identity.chain,
      friendlyName: "Alice", password: Password("p"), profile: profile)
    let read = try PKCS12.read(file, password: Password("p"))
    #expect(read.keys.isEmpty)
    #expect(read.identities().isEmpty)
    #expect(read.defects.map(\.reason) == ["a private key for ML-DSA-44 is not supported"])
    let kept = try #require(read.keptKeys.first)
    #expect(kept.privateKey.name == "ML-DSA-44")
    #expect(kept.privateKey.pkcs8 == pkcs8)
    #expect(kept.friendlyName == "Alice")
    let found = try #require(read.certificates(for: kept))
    #expect(found.certificate == identity.certificate)
    #expect(found.chain == identity.chain)
    #expect(
      try PKCS12.read(
        PKCS12.write(
          kept.privateKey, certificate: found.certificate, password: Password("q"), profile: profile),
        password: Password("q")
      ).keptKeys.first?.privateKey.pkcs8 == pkcs8)
  }

  /// What software with more than one key writes: nothing is lost when the file is protected anew.
  @Test(arguments: profiles) func `a whole file is written again`(profile: PKCS12.Profile) async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com", key: .ec(.p256))
    let bob = try await pki.mailbox("bob@example.com", key: .ed25519)
    let one = try PKCS12.read(
      PKCS12.write(alice, friendlyName: "Alice", password: Password("p"), profile: Self.quick),
      password: Password("p"))
    let other = try PKCS12.read(
      PKCS12.write(bob, friendlyName: "Bob", password: Password("p"), profile: Self.quick), password: Password("p"))
    let kept = PKCS12.KeptKey(
      privateKey: try OpaquePrivateKey(pkcs8: Self.unofferedKey[...]), friendlyName: "later", localKeyID: [1, 2])
    let both = PKCS12(
      keys: one.keys + other.keys, keptKeys: [kept], certificates: one.certificates + other.certificates, crls: [],
      defects: [])
    let again = try PKCS12.read(both.written(password: Password("q"), profile: profile), password: Password("q"))
    #expect(again.keys.map(\.friendlyName) == ["Alice", "Bob"])
    #expect(again.keys.map(\.localKeyID) == both.keys.map(\.localKeyID))
    #expect(again.keptKeys.map(\.privateKey.pkcs8) == [Self.unofferedKey])
    #expect(again.keptKeys.map(\.friendlyName) == ["later"])
    #expect(again.keptKeys.map(\.localKeyID) == [[1, 2]])
    #expect(again.certificates == both.certificates)
    #expect(again.identities().map(\.certificate) == [alice.certificate, bob.certificate])
    #expect(again.identities().map(\.chain) == [alice.chain, bob.chain])
  }

  /// RFC 9879 §4: the code's algorithm carries its own salt and rounds, those of MacData say nothing.
  @Test func `PBMAC1 names its key's length, and MacData's own salt is not used`() async throws {
    let (identity, _) = try await alice()
    let file = try PKCS12.write(identity, password: Password("p"), profile: .pbmac1)
    var top = try ASN1Cursor(file[...], as: "PFX")
    var fields = try top.enter()
    _ = try fields.int("version")
    _ = try fields.raw("authSafe")
    var mac = try fields.sequence("macData")
    var info = try mac.sequence("mac")
    let algorithm = try AlgorithmIdentifier(from: &info, "digestAlgorithm")
    #expect(algorithm.algorithm == [1, 2, 840, 113549, 1, 5, 14])
    #expect(try info.octets("digest").count == 32)
    #expect(try mac.octets("macSalt").elementsEqual("NOT USED".utf8))
    #expect(mac.isAtEnd)
    var parameters = try ASN1Cursor(algorithm.parameters ?? [], as: "PBMAC1-params")
    var parts = try parameters.enter()
    let derivation = try AlgorithmIdentifier(from: &parts, "keyDerivationFunc")
    #expect(try PBKDF2(parameters: derivation.parameters ?? []).keyByteCount == 32)
  }

  @Test func `every truncation is an error`() async throws {
    let (identity, _) = try await alice()
    let file = try PKCS12.write(identity, password: Password("p"), profile: Self.quick)
    for count in stride(from: 0, to: file.count, by: 3) {
      #expect(throws: Malformed.self) { try PKCS12.read(file.prefix(count), password: Password("p")) }
    }
  }

  @Test func `an altered file does not open`() async throws {
    let (identity, _) = try await alice()
    let file = try PKCS12.write(identity, password: Password("p"), profile: Self.quick)
    for index in stride(from: 40, to: file.count, by: 97) {
      var altered = file
      altered[index] ^= 0x40
      #expect(throws: (any Error).self) { try PKCS12.read(altered, password: Password("p")) }
    }
  }

  /// Bouncy Castle CVE-2026-13586 and its kin: the file says how much work it is.
  @Test func `CVE-2026-13586: rounds of key derivation are counted over the whole file`() async throws {
    let (identity, _) = try await alice()
    let file = try PKCS12.write(identity, password: Password("p"), profile: .modern)
    var limits = CMSLimits()
    limits.keyDerivationRounds = 1_000
    #expect(throws: LimitExceeded(.keyDerivationRounds, limit: 1_000)) {
      try PKCS12.read(file, password: Password("p"), limits: limits)
    }
    // What the MAC takes suffices for nothing more.
    limits.keyDerivationRounds = 250_001
    #expect(throws: LimitExceeded(.keyDerivationRounds, limit: 250_001)) {
      try PKCS12.read(file, password: Password("p"), limits: limits)
    }
  }

  @Test func `what is no PKCS#12 is told with its place`() throws {
    #expect(throws: Malformed.self) { try PKCS12.read([], password: Password("")) }
    let version2: [UInt8] = [0x30, 0x05, 0x02, 0x01, 0x02, 0x30, 0x00]
    #expect(throws: Malformed("is 2, not 3", path: "PFX.version", offset: 0)) {
      try PKCS12.read(version2, password: Password(""))
    }
  }
}
