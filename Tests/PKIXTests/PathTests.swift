import Foundation
import Issuance
import PKIX
import SMIMECrypto
import SMIMETestSupport
import SwiftASN1
import Testing

@Suite struct `Path validation` {
  private func checks(
    _ result: Result<ValidatedPath, PathFailure>
  ) -> [PathProblem.Check] {
    switch result {
    case .success: []
    case .failure(let failure): failure.problems.map(\.check)
    }
  }

  private func validator(_ anchor: Certificate, _ policy: AlgorithmPolicy = .standard) -> PathValidator {
    PathValidator(anchors: TrustAnchors([anchor]), policy: policy)
  }

  @Test func `an anchor is a path of length nothing`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let path = try await validator(alice.certificate).validate(alice.certificate, at: TestPKI.now).get()
    #expect(path.certificates == [alice.certificate])
    let short = try await validator(pki.issuing.certificate).validate(alice.certificate, at: TestPKI.now).get()
    #expect(short.certificates.count == 2)
  }

  @Test func `without the issuer there is no path, and the issuer is named`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let result = await validator(pki.root.certificate).validate(alice.certificate, at: TestPKI.now)
    #expect(checks(result) == [.path])
    guard case .failure(let failure) = result else { return }
    #expect(failure.description.contains("CN=Test Issuing"))
  }

  @Test func `an authority that nobody trusts is heard about what it revoked, and about nothing else`() async throws {
    let (pki, other, twin) = try await (TestPKI(), TestPKI(name: "Other"), TestPKI())
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    func heard(_ identity: Identity, _ list: CertificateRevocationList, under anchor: Certificate) async
      -> [PathProblem.Check]
    {
      let paths = PathValidator(anchors: TrustAnchors([anchor]), revocation: .soft([RevocationFiles([list])]))
      return checks(
        await paths.validateHearingStrangers(identity.certificate, with: identity.chain, at: TestPKI.now))
    }
    let list = try await pki.revocationList(revoking: [alice])
    #expect(await heard(alice, list, under: other.root.certificate) == [.revoked, .path])
    #expect(await heard(bob, list, under: other.root.certificate) == [.path])
    #expect(await heard(alice, list, under: pki.root.certificate) == [.revoked])
    #expect(await heard(bob, list, under: pki.root.certificate) == [])
    // Another authority of that name has no say.
    let forged = try await twin.revocationList(revoking: [alice])
    #expect(await heard(alice, forged, under: other.root.certificate) == [.path])
    let silent = PathValidator(anchors: TrustAnchors([other.root.certificate]))
    #expect(
      checks(await silent.validateHearingStrangers(alice.certificate, with: alice.chain, at: TestPKI.now)) == [.path])
  }

  @Test func `an issuer of the same name with another key signs nothing`() async throws {
    let (pki, twin) = try await (TestPKI(), TestPKI())
    let alice = try await pki.mailbox("alice@example.com")
    let result = await validator(twin.root.certificate).validate(
      alice.certificate, with: [twin.issuing.certificate], at: TestPKI.now)
    #expect(checks(result).contains(.signature))
  }

  @Test func `every bit of a certificate counts`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    for offset in stride(from: 0, to: alice.certificate.derBytes.count, by: 5) {
      var bytes = Array(alice.certificate.derBytes)
      bytes[offset] ^= 1
      guard let changed = try? Certificate(der: bytes[...]) else { continue }
      let result = await validator(pki.root.certificate).validate(changed, with: alice.chain, at: TestPKI.now)
      #expect(!checks(result).isEmpty, "byte \(offset)")
    }
  }

  @Test func `a signature that claims padding bits is no signature`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    var bytes = Array(alice.certificate.derBytes)
    let padding = bytes.count - alice.certificate.signature.count - 1
    #expect(bytes[padding] == 0)
    bytes[padding] = 1
    bytes[bytes.count - 1] &= 0xFE
    let padded = try Certificate(der: bytes[...])
    #expect(try padded.isSigned(by: pki.issuing.certificate.publicKey) == false)
    #expect(
      checks(await validator(pki.root.certificate).validate(padded, with: alice.chain, at: TestPKI.now)) == [.signature]
    )
  }

  @Test func `a certificate with a time that is none is shown and good for nothing`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    var bytes = Array(alice.certificate.derBytes)
    let times = alice.certificate.validity
    let field = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x17, 13]) })
    bytes[field + 2] = UInt8(ascii: "x")
    let odd = try Certificate(der: bytes[...])
    #expect(odd.defects.map(\.path) == ["Certificate.tbsCertificate.validity.notBefore"])
    #expect(odd.defects.map(\.offset) == [field])
    #expect(odd.validity.notAfter == times.notAfter)
    #expect(checks(await validator(odd).validate(odd, with: [], at: TestPKI.now)).contains(.certificate))
  }

  @Test func `key usage and purpose are kept`() async throws {
    let pki = try await TestPKI()
    let signer = try await pki.mailbox("alice@example.com", use: .signing)
    let paths = validator(pki.root.certificate)
    _ = try await paths.validate(signer.certificate, with: signer.chain, at: TestPKI.now, use: .signing).get()
    let result = await paths.validate(signer.certificate, with: signer.chain, at: TestPKI.now, use: .encryption)
    #expect(checks(result) == [.keyUsage])
    let server = try await pki.mailbox("alice@example.com") { template in
      template.extensions.removeAll { $0.oid == OID.extendedKeyUsage }
      template.extensions.append(.extendedKeyUsage([.serverAuth]))
    }
    #expect(
      checks(await paths.validate(server.certificate, with: server.chain, at: TestPKI.now)) == [.extendedKeyUsage])
  }

  @Test func `a mailbox certificate is no authority`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let key = try PrivateKey(generate: .ec(.p256))
    let tbs = CertificateTemplate(
      subject: DistinguishedName(commonName: "Eve"),
      validity: Validity(from: TestPKI.now.addingTimeInterval(-3_600), days: 10), publicKey: key.publicKey,
      extensions: [.subjectAlternativeName([.rfc822Name("eve@example.com")])])
    #expect(throws: IssuanceRefusal.self) {
      _ = try tbs.prepared(issuer: alice.certificate, signatureAlgorithm: .ecdsa(.sha256))
    }
  }

  @Test func `an unknown critical extension fails`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com") { template in
      template.extensions.append(Certificate.Extension(oid: [1, 2, 3, 4], isCritical: true, value: [5, 0]))
    }
    let result = await validator(pki.root.certificate).validate(alice.certificate, with: alice.chain, at: TestPKI.now)
    #expect(checks(result) == [.criticalExtension])
  }

  @Test func `the most telling problem comes first`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let lists = try await [pki.revocationList(revoking: [alice])]
    let paths = PathValidator(
      anchors: TrustAnchors([pki.root.certificate]), revocation: .hard([RevocationFiles(lists)]))
    let late = TestPKI.now.addingTimeInterval(6 * 86_400)
    let result = await paths.validate(alice.certificate, with: alice.chain, at: late)
    #expect(checks(result) == [.revoked, .revocationUnknown])
  }
}

@Suite struct `Revocation lists` {
  @Test func `say who is on them`() async throws {
    let pki = try await TestPKI()
    let (alice, bob) = try await (pki.mailbox("alice@example.com"), pki.mailbox("bob@example.com"))
    let list = try await pki.revocationList(revoking: [alice], reason: .superseded)
    #expect(try list.entry(for: alice.certificate.serialNumber)?.reason == .superseded)
    #expect(try list.entry(for: bob.certificate.serialNumber) == nil)
    #expect(try list.entryCount == 1)
    #expect(try list.number?.description == "01")
    #expect(try list.isSigned(by: pki.issuing.certificate.publicKey))
    #expect(try !list.isSigned(by: pki.root.certificate.publicKey))
  }

  @Test func `cut anywhere are an error, never a crash`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let list = try await pki.revocationList(revoking: [alice])
    for count in 0..<list.derBytes.count {
      #expect(throws: Malformed.self) { try CertificateRevocationList(der: list.derBytes.prefix(count)) }
    }
  }

  @Test func `that ran out, or are by another issuer, say nothing`() async throws {
    let (pki, other) = try await (TestPKI(), TestPKI())
    let alice = try await pki.mailbox("alice@example.com")
    let late = TestPKI.now.addingTimeInterval(30 * 86_400)
    for (list, instant) in [
      (try await pki.revocationList(), late), (try await other.revocationList(), TestPKI.now),
    ] {
      let paths = PathValidator(
        anchors: TrustAnchors([pki.issuing.certificate]), revocation: .hard([RevocationFiles([list])]))
      guard case .failure(let failure) = await paths.validate(alice.certificate, at: instant) else {
        Issue.record("a useless list was believed")
        continue
      }
      #expect(failure.problems.map(\.check) == [.revocationUnknown])
    }
  }
}

@Suite struct `Certificates` {
  @Test func `cut anywhere are an error, never a crash`() async throws {
    let pki = try await TestPKI()
    let der = pki.root.certificate.derBytes
    for count in 0..<der.count {
      #expect(throws: Malformed.self) { try Certificate(der: der.prefix(count)) }
    }
  }

  @Test func `keep their bytes`() async throws {
    let pki = try await TestPKI()
    let alice = try await pki.mailbox("alice@example.com")
    let again = try #require(try Certificate.all(in: Array(alice.certificate.pem.utf8)).first)
    #expect(again == alice.certificate)
    #expect(again.derBytes.elementsEqual(alice.certificate.derBytes))
  }

  /// OpenSSL writes what it trusts a certificate for behind it, under a label of its own.
  @Test func `are taken from a block with OpenSSL's trust, which is left aside`() async throws {
    let pki = try await TestPKI()
    let root = Array(pki.root.certificate.derBytes)
    // X509_CERT_AUX ::= SEQUENCE { trust SEQUENCE OF OBJECT IDENTIFIER OPTIONAL, … alias UTF8String OPTIONAL … }
    let trust: [UInt8] =
      [0x30, 0x12, 0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04, 0x0C, 0x04]
      + Array("Root".utf8)
    func read(_ label: String, _ bytes: [UInt8]) throws -> [Certificate] {
      try Certificate.all(in: Array(PEMBlock(label: label, bytes: bytes).text.utf8))
    }
    for bytes in [root, root + trust] {
      #expect(try read("TRUSTED CERTIFICATE", bytes) == [pki.root.certificate])
      #expect(try read("TRUSTED CERTIFICATE", bytes).first?.derBytes.elementsEqual(root) == true)
    }
    for rest in [trust + trust, trust + [0], Array(trust.dropLast()), [0x04, 0x00]] {
      #expect(throws: Malformed.self) { try read("TRUSTED CERTIFICATE", root + rest) }
    }
    for label in ["CERTIFICATE", "X509 CERTIFICATE"] {
      #expect(try read(label, root) == [pki.root.certificate])
      #expect(throws: Malformed.self) { try read(label, root + trust) }
    }
    #expect(throws: Malformed.self) { try read("TRUSTED CERTIFICATE", []) }
    #expect(throws: Malformed.self) { try read("TRUSTED CERTIFICATE", trust) }
  }

  @Test func `a request proves that its sender holds the key`() async throws {
    let key = try PrivateKey(generate: .ec(.p384))
    let request = try await CertificateSigningRequest.create(
      subject: DistinguishedName(commonName: "Alice"), addresses: ["alice@example.com"], key: key)
    #expect(try request.provesPossession())
    #expect(request.emailAddresses == ["alice@example.com"])
    let read = try CertificateSigningRequest(Array(request.pem.utf8))
    #expect(read == request)
    var bytes = Array(request.derBytes)
    bytes[40] ^= 1
    let proves = (try? CertificateSigningRequest(der: bytes[...])).map { (try? $0.provesPossession()) ?? false }
    #expect(proves != true)
  }

  @Test func `capabilities go round as bytes`() throws {
    let read = try Capabilities(ArraySlice(Capabilities.default.encoded))
    #expect(read == .default)
    #expect(read.contains(.aesGCM(keyBits: 256)) && !read.contains(.tripleDESCBC))
    #expect(read.contentCiphers.first == .aesGCM(keyBits: 256) && read.contentCiphers.count == 7)
    #expect(read.keyTransport == .rsaOAEP(OAEPParameters(.sha256)))
  }

  @Test func `lists of capabilities and extensions have a thousand members at most`() throws {
    func capabilities(_ count: Int) throws(Malformed) -> Capabilities {
      let members = [[UInt8]](repeating: [0x30, 0x04, 0x06, 0x02, 0x2A, 0x03], count: count).flatMap { $0 }
      return try Capabilities(DERWriter.value(0x30, members)[...])
    }
    #expect(try capabilities(1_000).algorithms.count == 1_000)
    #expect(throws: Malformed.self) { try capabilities(1_001) }
    func extensions(_ count: Int) throws(Malformed) -> Extensions {
      let members = [[UInt8]](repeating: [0x30, 0x06, 0x06, 0x02, 0x2A, 0x03, 0x04, 0x00], count: count).flatMap { $0 }
      let bytes = DERWriter.value(0x30, members)
      var top = try ASN1Cursor(bytes[...], as: "Extensions")
      var list = try top.enter()
      return try Extensions(from: &list)
    }
    #expect(try extensions(1_000).all.count == 1_000)
    #expect(throws: Malformed.self) { try extensions(1_001) }
  }

  /// RFC 3560 §5: with its parameters, of which those for SHA-256 are printed without the tags that belong there.
  @Test func `OAEP is understood in every form in which it is announced`() throws {
    let digest: [UInt8] = [0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00]
    let mask: [UInt8] = [0x30, 0x1A, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08] + digest
    let tagged = [0x30, 0x2F, 0xA0, 0x0F] + digest + [0xA1, 0x1C] + mask
    let sha1 = KeyTransport.rsaOAEP(OAEPParameters(.sha1))
    let sha256 = KeyTransport.rsaOAEP(OAEPParameters(.sha256))
    let rows: [([UInt8], KeyTransport?)] = [
      ([], sha1), ([0x30, 0x00], sha1), ([0x30, 0x2B] + digest + mask, sha256), (tagged, sha256), ([0x05, 0x00], nil),
      ([0x04, 0x00], nil),
    ]
    for (parameters, transport) in rows {
      let oid: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x07]
      let one = [0x30, UInt8(oid.count + parameters.count)] + oid + parameters
      let list = try Capabilities(ArraySlice([0x30, UInt8(one.count)] + one))
      #expect(list.keyTransport == transport && list.contentCiphers.isEmpty, "\(parameters)")
    }
  }

  @Test func `A certificate says what its holder's software reads`() async throws {
    let root = try TestParty("Root")
    let bob = try TestParty("Bob")
    let stated = try await root.certify(bob, [.capabilities(.default)])
    #expect(try stated.extensions.capabilities == .default)
    #expect(stated.extensions.all.allSatisfy { !$0.isCritical })
    #expect(try await root.certify(bob, []).extensions.capabilities == nil)
    let broken = Certificate.Extension(
      oid: [1, 2, 840, 113549, 1, 9, 15], isCritical: false, value: [0x30, 0x03, 0x30, 0x05, 0x00])
    let damaged = try await root.certify(bob, [broken])
    #expect(throws: Malformed.self) { try damaged.extensions.capabilities }
  }
}
