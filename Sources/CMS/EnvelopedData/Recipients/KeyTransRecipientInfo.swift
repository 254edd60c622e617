public import SMIMECrypto
import SwiftASN1

/// RFC 5652 §6.2.1
///
///     KeyTransRecipientInfo ::= SEQUENCE {
///         version                 CMSVersion,  -- 0 or 2
///         rid                     RecipientIdentifier,
///         keyEncryptionAlgorithm  KeyEncryptionAlgorithmIdentifier,
///         encryptedKey            EncryptedKey }
public struct KeyTransRecipientInfo: Hashable, Sendable {
  public let version: Int
  public let recipient: SignerIdentifier
  public let keyEncryptionAlgorithm: AlgorithmIdentifier
  public let encryptedKey: ArraySlice<UInt8>

  init(_ fields: inout ASN1Cursor) throws(Malformed) {
    version = try fields.int("version")
    recipient = try SignerIdentifier(from: &fields, "rid")
    keyEncryptionAlgorithm = try AlgorithmIdentifier(from: &fields, "keyEncryptionAlgorithm")
    encryptedKey = try fields.octets("encryptedKey")
    try fields.finish()
  }

  init(_ recipient: SignerIdentifier, _ algorithm: AlgorithmIdentifier, encryptedKey: [UInt8]) {
    version = Self.requiredVersion(recipient)
    self.recipient = recipient
    keyEncryptionAlgorithm = algorithm
    self.encryptedKey = encryptedKey[...]
  }

  /// RFC 5652 §6.2.1: 0 for issuer and serial number, 2 for a key identifier.
  var requiredVersion: Int { Self.requiredVersion(recipient) }

  private static func requiredVersion(_ recipient: SignerIdentifier) -> Int {
    if case .issuerAndSerial = recipient { 0 } else { 2 }
  }

  func write(to der: inout DERWriter) {
    der.sequence { der in
      der.int(version)
      recipient.write(to: &der)
      keyEncryptionAlgorithm.write(to: &der)
      der.octets(encryptedKey)
    }
  }
}
