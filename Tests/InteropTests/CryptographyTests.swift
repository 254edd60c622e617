import CMS
import PKIX
import SMIMECrypto
import Testing

@Suite(.enabled(if: CryptographyPeer.isAvailable, "cryptography is not installed"), .serialized)
struct `cryptography 50` {
  @Test func `signs what is read here`() async throws {
    try await Exchange.signThere(CryptographyPeer(Cast.shared.value))
  }
  @Test func `reads what is encrypted here`() async throws {
    try await Exchange.encryptHere(CryptographyPeer(Cast.shared.value))
  }
  @Test func `encrypts what is read here`() async throws {
    try await Exchange.encryptThere(CryptographyPeer(Cast.shared.value))
  }

  @Test(arguments: PKCS12.Profile.allCases)
  func `reads PKCS #12 that is written here, PBMAC1 included`(_ profile: PKCS12.Profile) async throws {
    let cast = try await Cast.shared.value
    let peer = try CryptographyPeer(cast)
    for member in cast.members {
      for password in ["sesame", "pässwörd"] {
        let file = try PKCS12.write(
          member.identity, friendlyName: "ä", password: Password(password), profile: profile)
        let key = try PrivateKey(pkcs8: peer.key(in: file, password: password)[...])
        #expect(key.publicKey == member.identity.certificate.publicKey)
      }
      let file = try PKCS12.write(member.identity, password: Password("right"), profile: profile)
      #expect(throws: PeerFailure.self) { try peer.key(in: file, password: "wrong") }
    }
  }

  @Test(arguments: [PrivateKey.Kind.mlDSA65, .mlDSA87, .ed25519, .ed448])
  func `verifies what is signed here, and signs what is verified here`(_ kind: PrivateKey.Kind) async throws {
    let peer = try await CryptographyPeer(Cast.shared.value)
    let key = try PrivateKey(generate: kind)
    let algorithm = key.publicKey.defaultSignatureAlgorithm
    let message = Exchange.content
    try peer.verify(key.sign(.message(message[...]), algorithm), of: message, by: key.publicKey)
    let theirs = try peer.sign(message, by: key)
    #expect(try key.publicKey.isValid(theirs[...], of: message[...], algorithm))
    #expect(try !key.publicKey.isValid(theirs[...], of: (message + [0])[...], algorithm))
    #expect(throws: PeerFailure.self) { try peer.verify(theirs, of: message + [0], by: key.publicKey) }
  }

  @Test(arguments: [PrivateKey.Kind.mlKEM768, .mlKEM1024])
  func `shares secrets by encapsulation, either way`(_ kind: PrivateKey.Kind) async throws {
    let peer = try await CryptographyPeer(Cast.shared.value)
    let key = try PrivateKey(generate: kind)
    let kem = try #require(KeyEncapsulation(for: key.publicKey.kind))
    let ours = try key.publicKey.encapsulate(kem)
    #expect(try SymmetricKey(octets: peer.decapsulate(ours.ciphertext, by: key)) == ours.secret)
    let theirs = try peer.encapsulate(for: key.publicKey)
    #expect(try key.decapsulate(theirs.ciphertext[...], kem) == SymmetricKey(octets: theirs.secret))
  }
}
