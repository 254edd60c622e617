import ByteIO
import SMIMECrypto
import SMIMETestSupport
import Testing

/// The seeds of fuzzing entries, and whatever ended one of them once: all of it is read, or refused by an error that says why.
@Suite struct `Inputs of the fuzzing entry for private keys` {
  @Test func `are read, or refused by name`() throws {
    for (name, bytes) in try FuzzInputs.of("fuzz-private-key") {
      let slice = bytes[...]
      let readers: [() throws -> [PrivateKey]] = [
        { [try PrivateKey(pkcs8: slice)] }, { [try PrivateKey(sec1: slice)] }, { [try PrivateKey(pkcs1: slice)] },
        { try PEMBlock.all(in: bytes).map { try PrivateKey(pem: $0) } },
      ]
      for read in readers {
        do {
          for key in try read() { try use(key) }
        } catch { #expect(Self.isTyped(error), "\(name): \(error)") }
      }
    }
  }

  /// A key that was read is written so that it is read as the same, and can be used or says why not.
  private func use(_ key: PrivateKey) throws {
    #expect(try PrivateKey(pkcs8: key.pkcs8[...]).publicKey.keyBytes == key.publicKey.keyBytes)
    let uses: [() throws -> Void] = [
      { _ = try key.sign(.message([1, 2, 3]), key.publicKey.defaultSignatureAlgorithm) },
      { _ = try key.sharedSecret(with: key.publicKey) },
      { _ = try key.decrypt([UInt8](repeating: 1, count: 256)[...], .rsaPKCS1, keyByteCount: 32) },
    ]
    for use in uses { do { try use() } catch { #expect(Self.isTyped(error), "\(key): \(error)") } }
  }

  private static func isTyped(_ error: any Error) -> Bool {
    error is Malformed || error is Unsupported || error is DecryptionFailed || error is LimitExceeded
      || error is WrongPassword
  }
}
