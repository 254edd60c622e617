import ByteIO
import SMIMECrypto

/// Decrypts what it takes.
final class DecryptingSink: ByteSink {
  private let decryptor: ContentDecryptor
  private let next: any ByteSink
  private var buffer: [UInt8] = []

  init(_ decryptor: ContentDecryptor, passingTo next: any ByteSink) {
    self.decryptor = decryptor
    self.next = next
  }

  func write(_ bytes: Span<UInt8>) throws {
    try decryptor.update(bytes, into: &buffer)
    try flush()
  }

  /// The end of the content: padding and tag are looked at here, and only here.
  func finish(tag: ArraySlice<UInt8>?) throws {
    try decryptor.finish(into: &buffer, tag: tag)
    try flush()
  }

  private func flush() throws {
    try next.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}

/// Decrypts what it takes with several keys side by side, and keeps nothing of it.
final class DecryptorRow: ByteSink {
  private let decryptors: [ContentDecryptor]
  private var buffer: [UInt8] = []

  init(_ decryptors: [ContentDecryptor]) { self.decryptors = decryptors }

  func write(_ bytes: Span<UInt8>) throws {
    for decryptor in decryptors {
      buffer.removeAll(keepingCapacity: true)
      try decryptor.update(bytes, into: &buffer)
    }
  }

  /// The end of the content: which of the keys it was encrypted with.
  func finish(tag: ArraySlice<UInt8>?) -> [Bool] {
    decryptors.map { decryptor in
      buffer.removeAll(keepingCapacity: true)
      do {
        try decryptor.finish(into: &buffer, tag: tag)
        return true
      } catch { return false }
    }
  }
}

/// Encrypts what it takes.
final class EncryptingSink: ByteSink {
  private let encryptor: ContentEncryptor
  private let next: any ByteSink
  private var buffer: [UInt8] = []

  init(_ encryptor: ContentEncryptor, passingTo next: any ByteSink) {
    self.encryptor = encryptor
    self.next = next
  }

  func write(_ bytes: Span<UInt8>) throws {
    try encryptor.update(bytes, into: &buffer)
    try flush()
  }

  /// The end of the content, and the tag if there is one.
  func finish() throws -> [UInt8]? {
    let tag = try encryptor.finish(into: &buffer)
    try flush()
    return tag
  }

  private func flush() throws {
    try next.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
