import ByteIO
import Crypto
import CryptoExtras

/// AES-CBC by swift-crypto, a run of whole blocks at a time: each run's IV is the last block before it.
final class BlockChain: CipherEngine {
  private let key: SymmetricKey
  private let direction: CipherDirection
  private var iv: [UInt8]
  /// Bytes that do not fill a block yet; when decrypting, the last block too, since its padding is for the end.
  private var held: [UInt8] = []

  init(_ parameters: ContentCipherParameters, key: SymmetricKey, direction: CipherDirection) throws {
    self.key = key
    self.direction = direction
    iv = parameters.initialValue
  }

  func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
    unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
    let keep = direction == .encrypt ? held.count % 16 : held.isEmpty ? 0 : (held.count - 1) % 16 + 1
    let whole = held.count - keep
    guard whole > 0 else { return }
    let run = held[..<whole]
    let iv = try AES._CBC.IV(ivBytes: iv)
    switch direction {
    case .encrypt:
      let encrypted = try AES._CBC.encrypt(run, using: key.storage, iv: iv, noPadding: true)
      self.iv = Array(encrypted.suffix(16))
      output.append(contentsOf: encrypted)
    case .decrypt:
      output.append(contentsOf: try AES._CBC.decrypt(run, using: key.storage, iv: iv, noPadding: true))
      self.iv = Array(run.suffix(16))
    }
    held.removeFirst(whole)
  }

  func finishEncrypting(into output: inout [UInt8]) throws -> [UInt8]? {
    output.append(contentsOf: try AES._CBC.encrypt(held, using: key.storage, iv: AES._CBC.IV(ivBytes: iv)))
    return nil
  }

  func finishDecrypting(into output: inout [UInt8], tag: ArraySlice<UInt8>) throws {
    guard held.count == 16 else { throw DecryptionFailed() }
    output.append(contentsOf: try AES._CBC.decrypt(held, using: key.storage, iv: AES._CBC.IV(ivBytes: iv)))
  }
}

/// AES-GCM and ChaCha20-Poly1305 by swift-crypto, which takes a message in one piece only.
final class WholeAEAD: CipherEngine {
  private let encryption: ContentEncryption
  private let key: SymmetricKey
  private let nonce: [UInt8]
  private let associatedData: [UInt8]
  private var held: [UInt8] = []

  init(_ parameters: ContentCipherParameters, key: SymmetricKey, associatedData: [UInt8]) throws {
    guard parameters.initialValue.count >= 12 else {
      throw Unsupported(
        "\(parameters.encryption.name) with a nonce of \(parameters.initialValue.count) octets without the OpenSSL trait"
      )
    }
    encryption = parameters.encryption
    self.key = key
    nonce = parameters.initialValue
    self.associatedData = associatedData
  }

  func update(_ bytes: Span<UInt8>, into output: inout [UInt8]) throws {
    guard held.count + bytes.count <= WholeContent.limit else {
      throw Unsupported("\(encryption.name) over more than \(WholeContent.limit >> 20) MiB without the OpenSSL trait")
    }
    unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
  }

  func finishEncrypting(into output: inout [UInt8]) throws -> [UInt8]? {
    if encryption == .chaCha20Poly1305 {
      let box = try ChaChaPoly.seal(
        held, using: key.storage, nonce: ChaChaPoly.Nonce(data: nonce), authenticating: associatedData)
      output.append(contentsOf: box.ciphertext)
      return Array(box.tag)
    }
    let box = try AES.GCM.seal(
      held, using: key.storage, nonce: AES.GCM.Nonce(data: nonce), authenticating: associatedData)
    output.append(contentsOf: box.ciphertext)
    return Array(box.tag)
  }

  func finishDecrypting(into output: inout [UInt8], tag: ArraySlice<UInt8>) throws {
    guard tag.count == 16 else {
      throw Unsupported("a mac of \(tag.count) octets without the OpenSSL trait")
    }
    if encryption == .chaCha20Poly1305 {
      let box = try ChaChaPoly.SealedBox(nonce: ChaChaPoly.Nonce(data: nonce), ciphertext: held, tag: tag)
      output.append(contentsOf: try ChaChaPoly.open(box, using: key.storage, authenticating: associatedData))
      return
    }
    let box = try AES.GCM.SealedBox(nonce: AES.GCM.Nonce(data: nonce), ciphertext: held, tag: tag)
    output.append(contentsOf: try AES.GCM.open(box, using: key.storage, authenticating: associatedData))
  }
}
