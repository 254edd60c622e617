public import ByteIO
public import SMIMECrypto
import SwiftASN1

/// Writes EncryptedData (RFC 5652 §8): DER wherever the size of the content is known, else BER of indefinite length.
public enum EncryptedDataWriter {
  /// Encrypts `content`, the bytes as they are, with a key that the reader has by other means.
  ///
  /// - Parameter cipher: one whose content needs no tag (RFC 5652 §8 has no place for one).
  public static func encrypt(
    _ content: any ByteStream, type: ContentType = .data, key: SymmetricKey, cipher: ContentEncryption,
    keyDerivation: ContentKeyDerivation = .none, unprotectedAttributes: [Attribute] = [], to sink: any ByteSink
  ) throws {
    guard !cipher.isAuthenticated else { throw Unsupported("\(cipher.name) inside \(ContentType.encryptedData)") }
    guard key.byteCount == cipher.keyByteCount else {
      throw Unsupported("\(cipher.name) with a key of \(key.byteCount * 8) bits")
    }
    let attributes = unprotectedAttributes.isEmpty ? nil : AttributeSet(unprotectedAttributes)
    let object = EncryptedObject(
      type: .encryptedData, before: DERWriter.encode { $0.int(attributes == nil ? 0 : 2) }, contentType: type,
      cipher: ContentCipher(fresh: cipher, keyDerivation))
    try object.write(content, key: key, associatedData: nil, to: sink) { _ in
      attributes?.encoded(tag: .context(1)) ?? []
    }
  }
}
