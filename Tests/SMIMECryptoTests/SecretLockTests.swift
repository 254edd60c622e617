import ByteIO
import SMIMECrypto
import Testing

@Suite struct SecretLockTests {
  @Test func `A secret comes out as it went in, by its key and subject only`() throws {
    let key = SecureRandom.key(byteCount: 32)
    let secret = Array("a private key".utf8)
    let sealed = try SealedSecret(secret, under: key, of: [1])
    #expect(try sealed.opened(with: key, of: [1]) == secret)
    #expect(throws: WrongPassword.self) { try sealed.opened(with: key, of: [2]) }
    #expect(throws: WrongPassword.self) { try sealed.opened(with: SecureRandom.key(byteCount: 32), of: [1]) }
    #expect(try SealedSecret(secret, under: key, of: [1]) != sealed, "no nonce comes twice")
  }

  @Test func `A sealed secret that changed in any octet does not open`() throws {
    let key = SecureRandom.key(byteCount: 32)
    let sealed = try SealedSecret([7, 7, 7], under: key, of: [])
    for index in sealed.bytes.indices {
      var bytes = sealed.bytes
      bytes[index] ^= 1
      if index == 0 {
        #expect(throws: Malformed.self) { try SealedSecret(bytes: bytes) }
      } else {
        #expect(throws: WrongPassword.self) { try SealedSecret(bytes: bytes).opened(with: key, of: []) }
      }
    }
    #expect(throws: Malformed.self) { try SealedSecret(bytes: Array(sealed.bytes.prefix(28))) }
  }

  @Test func `A passphrase opens its lock, and nothing else does`() throws {
    let (lock, key) = try SecretLock.make(passphrase: Password("open sesame"))
    let read = try SecretLock(bytes: lock.bytes)
    #expect(read == lock && read.kind == .passphrase && read.openKey == nil)
    #expect(try read.opened(with: Password("open sesame")) == key)
    for wrong in ["", "open", "Open sesame"] {
      #expect(throws: WrongPassword.self) { try read.opened(with: Password(wrong)) }
    }
    #expect(throws: WrongPassword.self) { try read.opened(withKeyFile: [UInt8](repeating: 1, count: 32)) }
  }

  @Test func `A key file opens its lock, and must be long enough`() throws {
    let file = SecureRandom.bytes(32)
    let (lock, key) = try SecretLock.make(keyFile: file)
    #expect(try SecretLock(bytes: lock.bytes).opened(withKeyFile: file) == key)
    #expect(throws: WrongPassword.self) { try lock.opened(withKeyFile: SecureRandom.bytes(32)) }
    #expect(throws: WrongPassword.self) { try lock.opened(with: Password("open sesame")) }
    #expect(throws: Malformed.self) { try SecretLock.make(keyFile: SecureRandom.bytes(31)) }
  }

  @Test func `An open lock has its key in itself`() throws {
    let (lock, key) = SecretLock.makeOpen()
    #expect(try SecretLock(bytes: lock.bytes).openKey == key)
  }

  @Test(
    arguments: [
      [], [0], [4], [1], [3, 1], [2] + [UInt8](repeating: 0, count: 20),
      [1, 15, 8, 1] + [UInt8](repeating: 9, count: 30),
      [1, 0, 8, 1] + [UInt8](repeating: 1, count: 100), [1, 15, 0, 1] + [UInt8](repeating: 1, count: 100),
      [1, 15, 8, 0] + [UInt8](repeating: 1, count: 100),
    ] as [[UInt8]])
  func `What is no lock is refused`(bytes: [UInt8]) {
    #expect(throws: Malformed.self) { try SecretLock(bytes: bytes) }
  }

  @Test(arguments: [[17, 8, 1], [20, 255, 1], [63, 8, 1], [255, 255, 4], [15, 8, 200]] as [[UInt8]])
  func `A lock that asks for too much memory or work is refused before any is spent`(parameters: [UInt8]) {
    #expect(throws: LimitExceeded.self) {
      try SecretLock(bytes: [1] + parameters + [UInt8](repeating: 1, count: 100))
    }
  }

  @Test func `A lock whose parameters were changed does not open`() throws {
    let (lock, _) = try SecretLock.make(passphrase: Password("open sesame"))
    var bytes = lock.bytes
    bytes[1] = 14
    #expect(throws: WrongPassword.self) { try SecretLock(bytes: bytes).opened(with: Password("open sesame")) }
  }
}
