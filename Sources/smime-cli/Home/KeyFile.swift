import SMIMECrypto

/// A file with a private key alone, as PEM.
extension PrivateKey {
  /// The key in the file at `path`, opened with the first password that fits.
  static func read(_ path: String, unlock: Unlock) throws -> PrivateKey {
    do {
      guard let block = try PEMBlock.all(in: try Input.bytes(of: path)).first else {
        throw Malformed("there is no private key in it")
      }
      return try unlock.open(named: path) { try PrivateKey(pem: block, password: $0) }
    } catch {
      throw CommandFailure(error, in: path)
    }
  }

  /// The key as PEM: encrypted under `password`, in the clear if that is empty.
  func pem(password: Password) throws -> String {
    guard !password.isEmpty else { return PEMBlock(label: "PRIVATE KEY", bytes: pkcs8).text }
    return PEMBlock(label: "ENCRYPTED PRIVATE KEY", bytes: try encryptedPKCS8(password: password)).text
  }
}
