import ByteIO
import CMS
import Foundation
import PKIX
import SMIMECrypto
import SMIMETestSupport
import Testing

@Suite(.enabled(if: isAvailable(OpenSSLPeer.program), "openssl is not installed"), .serialized)
struct `OpenSSL 3` {
  @Test func `reads what is signed here`() async throws { try await Exchange.signHere(OpenSSLPeer(Cast.shared.value)) }
  @Test func `signs what is read here`() async throws { try await Exchange.signThere(OpenSSLPeer(Cast.shared.value)) }
  @Test func `reads what is encrypted here`() async throws {
    try await Exchange.encryptHere(OpenSSLPeer(Cast.shared.value))
  }
  @Test func `encrypts what is read here`() async throws {
    try await Exchange.encryptThere(OpenSSLPeer(Cast.shared.value))
  }

  @Test func `writes certificates with what it trusts them for, which are read here`() async throws {
    let cast = try await Cast.shared.value
    let file = try OpenSSLPeer(cast).trustedRoot()
    #expect(String(decoding: file, as: UTF8.self).contains("BEGIN TRUSTED CERTIFICATE"))
    let root = try Certificate.all(in: Array(cast.rootPEM.utf8))
    #expect(try Certificate.all(in: file) == root && CertificateBundle(file).certificates == root)
  }

  /// The dialects of PKCS #12 that OpenSSL 3, OpenSSL 1 and the oldest wrote.
  @Test(arguments: [
    [], ["-legacy"], ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    ["-certpbe", "AES-128-CBC", "-keypbe", "AES-256-CBC", "-macalg", "sha512"], ["-nomac"], ["-certpbe", "NONE"],
  ]) func `writes PKCS #12 that is read here`(_ dialect: [String]) async throws {
    let cast = try await Cast.shared.value
    let peer = try OpenSSLPeer(cast)
    for member in cast.members {
      for password in ["sesame", "pässwörd", ""] {
        let file = try peer.pkcs12(of: member, dialect, password: password)
        let found = try PKCS12.read(file[...], password: Password(password)).identities()
        #expect(found.map(\.certificate) == [member.identity.certificate], "\(member.choice) \(password)")
        #expect(found.first?.chain.count == 1)
      }
    }
  }

  @Test(arguments: [PKCS12.Profile.modern, .compat])
  func `reads PKCS #12 that is written here`(_ profile: PKCS12.Profile) async throws {
    let cast = try await Cast.shared.value
    let peer = try OpenSSLPeer(cast)
    for member in cast.members {
      let file = try PKCS12.write(
        member.identity, friendlyName: "ä", password: Password("pässwörd"), profile: profile)
      let key = try PrivateKey(pkcs8: peer.key(in: file, password: "pässwörd")[...])
      #expect(key.publicKey == member.identity.certificate.publicKey)
    }
  }
}

@Suite(.enabled(if: isAvailable(GpgsmPeer.program), "gpgsm is not installed"), .serialized)
struct `gpgsm 2.2` {
  @Test func `reads what is signed here`() async throws { try await Exchange.signHere(GpgsmPeer(Cast.shared.value)) }
  @Test func `signs what is read here`() async throws { try await Exchange.signThere(GpgsmPeer(Cast.shared.value)) }
  @Test func `reads what is encrypted here`() async throws {
    try await Exchange.encryptHere(GpgsmPeer(Cast.shared.value))
  }
  @Test func `encrypts what is read here`() async throws {
    try await Exchange.encryptThere(GpgsmPeer(Cast.shared.value))
  }
}

@Suite(.enabled(if: isAvailable(NSSPeer.program), "cmsutil is not installed"), .serialized)
struct `NSS cmsutil` {
  @Test func `reads what is signed here`() async throws { try await Exchange.signHere(NSSPeer(Cast.shared.value)) }
  @Test func `signs what is read here`() async throws { try await Exchange.signThere(NSSPeer(Cast.shared.value)) }
  @Test func `reads what is encrypted here`() async throws {
    try await Exchange.encryptHere(NSSPeer(Cast.shared.value))
  }
  @Test func `encrypts what is read here`() async throws {
    try await Exchange.encryptThere(NSSPeer(Cast.shared.value))
  }

  @Test func `exchanges PKCS #12`() async throws {
    let cast = try await Cast.shared.value
    let peer = try NSSPeer(cast)
    for member in cast.members {
      for profile in [PKCS12.Profile.modern, .compat] {
        let file = try PKCS12.write(
          member.identity, friendlyName: "somebody", password: Password("pässwörd"), profile: profile)
        #expect(throws: Never.self, "\(member.choice) \(profile)") { try peer.imports(file, password: "pässwörd") }
      }
      for password in ["sesame", "pässwörd"] {
        let file = try peer.exports(member, password: password)
        let found = try PKCS12.read(file, password: Password(password)).identities()
        #expect(found.map(\.certificate) == [member.identity.certificate], "\(member.choice) \(password)")
      }
    }
  }
}

@Suite(.enabled(if: BouncyCastlePeer.isAvailable, "Bouncy Castle or a JDK is not installed"), .serialized)
struct `Bouncy Castle 1.72` {
  @Test func `reads what is signed here`() async throws {
    try await Exchange.signHere(BouncyCastlePeer(Cast.shared.value))
  }
  @Test func `signs what is read here`() async throws {
    try await Exchange.signThere(BouncyCastlePeer(Cast.shared.value))
  }
  @Test func `reads what is encrypted here`() async throws {
    try await Exchange.encryptHere(BouncyCastlePeer(Cast.shared.value))
  }
  @Test func `encrypts what is read here`() async throws {
    try await Exchange.encryptThere(BouncyCastlePeer(Cast.shared.value))
  }

  @Test func `exchanges authenticated content, by its attributes and by itself`() async throws {
    let cast = try await Cast.shared.value
    let peer = try BouncyCastlePeer(cast)
    for member in cast.members {
      let keys = DecryptionKeys(identities: [member.identity])
      for coverage in [AuthenticatedDataWriter.Coverage.content, .attributes()] {
        let name = "\(member.choice) \(coverage)"
        let ours = BufferSink()
        try await AuthenticatedDataWriter.authenticate(
          BufferSource(Exchange.content), for: [.init(member.identity.certificate)], covering: coverage, to: ours)
        #expect(try peer.check(ours.bytes, by: member) == Exchange.content, "\(name)")
        var altered = ours.bytes
        altered[altered.count - 1] ^= 1
        #expect(throws: PeerFailure.self, "\(name)") { try peer.check(altered, by: member) }

        let theirs = try peer.authenticate(Exchange.content, for: member, overAttributes: coverage != .content)
        let found = BufferSink()
        let content = try await AuthenticatedDataReader(BufferSource(theirs)).authenticate(with: keys, to: found)
        #expect(found.bytes == Exchange.content && content.defects == [], "\(name)")
        #expect((content.authenticatedAttributes == nil) == (coverage == .content), "\(name)")
      }
    }
  }

  @Test func `exchanges content under a password, and compressed content`() async throws {
    let peer = try await BouncyCastlePeer(Cast.shared.value)
    let sealed = BufferSink()
    try await EnvelopedDataWriter.encrypt(
      BufferSource(Exchange.content), for: [.password(Password("sesame"), rounds: 10_000)],
      cipher: .aesCBC(keyBits: 256), to: sealed)
    #expect(try peer.decrypt(sealed.bytes, password: "sesame") == Exchange.content)
    let opened = BufferSink()
    _ = try await EnvelopedDataReader(BufferSource(try peer.encrypt(Exchange.content, password: "sesame")))
      .decrypt(with: DecryptionKeys(passwords: [Password("sesame")]), to: opened)
    #expect(opened.bytes == Exchange.content)

    let compressed = BufferSink()
    try CompressedDataWriter.compress(BufferSource(Exchange.content), to: compressed)
    #expect(try peer.expand(compressed.bytes) == Exchange.content)
    let expanded = BufferSink()
    _ = try CompressedDataReader(BufferSource(try peer.compress(Exchange.content))).read(content: expanded)
    #expect(expanded.bytes == Exchange.content)
  }
}

@Suite(.enabled(if: NSSPeer.isThunderbirdAvailable, "thunderbird or cmsutil is not installed"), .serialized)
struct `Thunderbird's NSS` {
  private func peer() async throws -> NSSPeer { try await NSSPeer(Cast.shared.value, libraries: .thunderbird) }

  @Test func `reads what is signed here`() async throws { try await Exchange.signHere(peer()) }
  @Test func `signs what is read here`() async throws { try await Exchange.signThere(peer()) }
  @Test func `reads what is encrypted here`() async throws { try await Exchange.encryptHere(peer()) }
  @Test func `encrypts what is read here`() async throws { try await Exchange.encryptThere(peer()) }

  @Test(arguments: PKCS12.Profile.allCases)
  func `reads PKCS #12 that is written here, PBMAC1 included`(_ profile: PKCS12.Profile) async throws {
    let cast = try await Cast.shared.value
    let peer = try await peer()
    for member in cast.members {
      let file = try PKCS12.write(
        member.identity, friendlyName: "somebody", password: Password("pässwörd"), profile: profile)
      #expect(throws: Never.self, "\(member.choice) \(profile)") { try peer.imports(file, password: "pässwörd") }
      #expect(throws: PeerFailure.self) { try peer.imports(file, password: "wrong") }
    }
  }
}

/// Every combination of one direction with one peer.
enum Exchange {
  static let content = Array("Content-Type: text/plain\r\n\r\nDear peer,\r\n\ttake this: \u{e4}\u{20ac}.\r\n".utf8)

  /// Checks one row.
  private static func row(_ name: String, _ limit: Limit?, _ check: () async throws -> Void) async {
    switch limit {
    case .notAsked: return
    case .fails(let reason): await withKnownIssue("\(name): \(reason)", isIntermittent: true) { try await check() }
    case nil:
      do {
        try await check()
      } catch { Issue.record("\(name): \(error)") }
    }
  }

  static func signHere(_ peer: some Peer) async throws {
    let cast = try await Cast.shared.value
    for signing in Signing.all {
      let identity = try cast.member(signing.key).identity
      await row("\(signing)", peer.limit(reading: signing)) {
        let signer = SignedDataWriter.Signer(
          identity, algorithm: signing.isPSS ? .rsaPSS(PSSParameters(.sha256)) : nil, signingTime: Date())
        let object = BufferSink()
        try await SignedDataWriter.sign(
          BufferSource(content), signers: [signer], form: signing.isDetached ? .detached : .attached, to: object)
        try peer.verify(object.bytes, content: content, signing)
      }
    }
  }

  static func signThere(_ peer: some Peer) async throws {
    let cast = try await Cast.shared.value
    for signing in Signing.all {
      let member = try cast.member(signing.key)
      await row("\(signing)", peer.limit(writing: signing)) {
        let object = try peer.sign(content, by: member, signing)
        let found = BufferSink()
        let signed = try SignedDataReader(BufferSource(object))
          .read(content: found, detached: signing.isDetached ? BufferSource(content) : nil)
        guard signed.isDetached == signing.isDetached, signed.signerInfos.count == 1 else {
          throw PeerFailure("not the form that was asked for")
        }
        if !signing.isDetached, found.bytes != content { throw PeerFailure("other content") }
        let info = try signed.signerInfos[0].get()
        let verification = info.verify(in: signed, certificate: member.identity.certificate)
        guard verification == .valid else { throw PeerFailure("\(verification)") }
      }
    }
  }

  static func encryptHere(_ peer: some Peer) async throws {
    let cast = try await Cast.shared.value
    for encrypting in Encrypting.all {
      let member = try cast.member(encrypting.key)
      await row("\(encrypting)", peer.limit(reading: encrypting)) {
        let transport = encrypting.isOAEP ? KeyTransport.rsaOAEP(OAEPParameters(.sha256)) : .rsaPKCS1
        let object = BufferSink()
        try await EnvelopedDataWriter.encrypt(
          BufferSource(content), for: [.init(member.identity.certificate, transport: transport)],
          cipher: encrypting.isGCM ? .aesGCM(keyBits: 256) : .aesCBC(keyBits: 256), to: object)
        guard try peer.decrypt(object.bytes, by: member) == content else { throw PeerFailure("other content") }
      }
    }
  }

  static func encryptThere(_ peer: some Peer) async throws {
    let cast = try await Cast.shared.value
    for encrypting in Encrypting.all {
      let member = try cast.member(encrypting.key)
      await row("\(encrypting)", peer.limit(writing: encrypting)) {
        let object = try peer.encrypt(content, for: member, encrypting)
        let reader = try EnvelopedDataReader(BufferSource(object))
        guard reader.isAuthenticated == encrypting.isGCM else { throw PeerFailure("not the cipher that was asked for") }
        let found = BufferSink()
        // NSS writes AES-128 and old NSS 3DES, whatever it is asked.
        _ = try await reader.decrypt(with: cast.members.map(\.identity), to: found, policy: .legacy)
        guard found.bytes == content else { throw PeerFailure("other content") }
      }
    }
  }
}
