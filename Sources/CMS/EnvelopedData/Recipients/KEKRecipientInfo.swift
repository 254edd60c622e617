public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §6.2.3
///
///     KEKRecipientInfo ::= SEQUENCE {
///         version                 CMSVersion,  -- 4
///         kekid                   KEKIdentifier,
///         keyEncryptionAlgorithm  KeyEncryptionAlgorithmIdentifier,
///         encryptedKey            EncryptedKey }
///     KEKIdentifier ::= SEQUENCE {
///         keyIdentifier  OCTET STRING,
///         date           GeneralizedTime OPTIONAL,
///         other          OtherKeyAttribute OPTIONAL }
///
/// The date and the other attribute are read over: the identifier alone names the key.
public struct KEKRecipientInfo: Hashable, Sendable {
  public let version: Int
  public let keyIdentifier: ArraySlice<UInt8>
  public let keyEncryptionAlgorithm: AlgorithmIdentifier
  public let encryptedKey: ArraySlice<UInt8>

  init(_ fields: inout ASN1Cursor) throws(Malformed) {
    version = try fields.int("version")
    var identifier = try fields.sequence("kekid")
    keyIdentifier = try identifier.octets("keyIdentifier")
    _ = try identifier.raw(ifPresent: .generalizedTime)
    _ = try identifier.raw(ifPresent: .sequence)
    try identifier.finish()
    keyEncryptionAlgorithm = try AlgorithmIdentifier(from: &fields, "keyEncryptionAlgorithm")
    encryptedKey = try fields.octets("encryptedKey")
    try fields.finish()
  }

  init(_ keyIdentifier: [UInt8], _ algorithm: AlgorithmIdentifier, encryptedKey: [UInt8]) {
    version = 4
    self.keyIdentifier = keyIdentifier[...]
    keyEncryptionAlgorithm = algorithm
    self.encryptedKey = encryptedKey[...]
  }

  func write(to der: inout DERWriter) {
    der.context(2) { der in
      der.int(version)
      der.sequence { $0.octets(keyIdentifier) }
      keyEncryptionAlgorithm.write(to: &der)
      der.octets(encryptedKey)
    }
  }
}
