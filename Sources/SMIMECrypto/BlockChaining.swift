/// CBC over whole blocks, without padding: what old key wraps are made of.
enum BlockChaining {
  /// Decrypts `blocks`, whole blocks of the cipher.
  ///
  /// The engines hold the last block back, since padding may be in it: one more block is behind it, and is left there.
  static func decrypt(
    _ blocks: [UInt8], _ cipher: ContentEncryption, initialValue: [UInt8], key: SymmetricKey
  ) throws -> [UInt8] {
    let parameters = ContentCipherParameters(cipher, initialValue: initialValue)
    let engine = try CipherEngines.make(parameters, key: key, direction: .decrypt, associatedData: [])
    var output: [UInt8] = []
    try engine.update((blocks + [UInt8](repeating: 0, count: cipher.blockByteCount)).span, into: &output)
    guard output.count == blocks.count else { throw DecryptionFailed() }
    return output
  }

  /// Encrypts `blocks`, whole blocks of the cipher.
  static func encrypt(
    _ blocks: [UInt8], _ cipher: ContentEncryption, initialValue: [UInt8], key: SymmetricKey
  ) throws -> [UInt8] {
    let parameters = ContentCipherParameters(cipher, initialValue: initialValue)
    let engine = try CipherEngines.make(parameters, key: key, direction: .encrypt, associatedData: [])
    var output: [UInt8] = []
    try engine.update(blocks.span, into: &output)
    guard output.count == blocks.count else { throw Unsupported("\(cipher.name) over \(blocks.count) octets") }
    return output
  }
}
