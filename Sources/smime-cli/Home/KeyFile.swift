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
}
